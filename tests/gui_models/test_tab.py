"""The Models tab as a person uses it."""

from __future__ import annotations

import json
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QHeaderView, QLineEdit
from pytestqt.qtbot import QtBot

from fstmuse_core.bundle import find_bundle
from fstmuse_core.errors import FstMuseError
from fstmuse_core.models.changes import delete_model, trash_folder
from fstmuse_gui.classify.bridge import WorkerBridge
from fstmuse_gui.classify.models import installed_models
from fstmuse_gui.classify.tab import ClassifyTab
from fstmuse_gui.main_window import MainWindow
from fstmuse_gui.models.card_view import CardView
from fstmuse_gui.models.shelf import import_model
from fstmuse_gui.models.tab import ModelsTab
from fstmuse_gui.settings import MODEL, Settings
from fstmuse_gui.shortcuts import keys_of
from fstmuse_gui.tabs import TabContext
from fstmuse_gui.theme import ThemeController
from tests.gui.fakes import FakeLister, FakePlayer, FakeRecording, FakeWorker
from tests.gui.test_window import controls
from tests.gui_models.conftest import (
    Importing,
    MakeModelsBench,
    ModelsBench,
    add_generator,
    add_model,
)

SHIPPED = ["fst-muse", "toy-gan", "toy-model"]


def type_name(bench: ModelsBench, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    """Press F2, type, and press a key."""
    rows = bench.view.sidebar.list
    rows.setFocus()
    bench.qtbot.keyClick(rows, Qt.Key.Key_F2)
    editor = rows.findChild(QLineEdit)
    assert editor is not None
    bench.qtbot.keyClicks(editor, text)
    bench.qtbot.keyClick(editor, key)


# -- what cannot be --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("a/b", "cannot hold '/'"),
        ("CON", "Windows keeps this name"),
        ("FstMuse", "called fst-muse already"),
        ("   ", "it is empty"),
    ],
)
def test_a_name_that_cannot_be_is_said_and_the_old_one_stays(
    bench: ModelsBench, typed: str, why: str
) -> None:
    bench.choose("mine")
    with bench.qtbot.waitSignal(bench.shelf.trouble):
        type_name(bench, typed)
    assert why in bench.view.notice.text
    assert bench.names == [*SHIPPED, "mine"]
    assert bench.view.sidebar.list.item(3).text() == "My songs"


def test_models_that_came_along_cannot_be_changed(bench: ModelsBench) -> None:
    bench.choose("fst-muse")
    details = bench.view.details
    assert not bench.tab._rename.isEnabled()
    assert not bench.tab._delete.isEnabled()
    assert not details.rename_button.isVisible()
    assert not details.delete_button.isVisible()
    bench.presenter.rename()
    assert bench.view.sidebar.list.findChild(QLineEdit) is None
    bench.presenter.delete()
    assert bench.names == [*SHIPPED, "mine"]


def test_a_file_that_is_refused_says_why(bench: ModelsBench, tmp_path: Path) -> None:
    bench.importing.error = FstMuseError("net.keras", "it is a Keras model", "import another")
    with bench.qtbot.waitSignals([bench.shelf.trouble, bench.shelf.import_ended]):
        bench.window.open_paths([str(tmp_path / "net.keras")])
    assert bench.view.notice.text == "net.keras: it is a Keras model; import another."
    assert bench.view.sidebar.work == ""
    assert bench.names == [*SHIPPED, "mine"]


def test_a_model_that_has_gone_from_the_disk_goes_from_the_list(bench: ModelsBench) -> None:
    bench.choose("mine")
    shutil.rmtree(bench.models / "mine")
    bench.settle(bench.presenter.delete, "toy-model")
    assert "there is no model by that name" in bench.view.notice.text
    assert bench.names == SHIPPED
    assert bench.view.sidebar.list.current == "toy-model"


def test_a_damaged_model_says_what_is_wrong_and_can_be_deleted(
    make_bench: MakeModelsBench, own_models: Path
) -> None:
    (add_model(own_models, "mine") / "weights.npz").write_bytes(b"")
    bench = make_bench()
    bench.choose("mine")
    details = bench.view.details
    assert "weights.npz has been changed or cut" in details._trouble.text()
    for button in (details.use_button, details.tune_button, details.export_button):
        assert not button.isVisible()
    assert not bench.tab._use.isEnabled()
    bench.settle(bench.presenter.delete)
    assert bench.names == SHIPPED


def test_an_export_that_fails_says_why(
    bench: ModelsBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = str(tmp_path / "no" / "such" / "place.fstmuse")
    monkeypatch.setattr(bench.view, "ask_save_path", lambda _suggestion: place)
    with bench.qtbot.waitSignal(bench.shelf.trouble):
        bench.view.details.export_button.click()
    assert "cannot be written" in bench.view.notice.text


def test_a_folder_that_cannot_be_read_is_said_once(
    bench: ModelsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("fstmuse_core.models.entries.list_models", refuse)
    with bench.qtbot.waitSignal(bench.shelf.list_trouble):
        bench.shelf.refresh()
    assert "Permission denied" in bench.view.notice.text
    with bench.qtbot.assertNotEmitted(bench.shelf.list_trouble, wait=200):
        pass


def test_without_any_model_it_invites(
    make_bench: MakeModelsBench, own_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fstmuse_core.bundle.shipped_models_folder", lambda: own_models)
    bench = make_bench()
    assert bench.view.page is bench.view.empty_page
    for act in (bench.presenter.use, bench.presenter.fine_tune, bench.presenter.export):
        act()
    monkeypatch.setattr(bench.view, "ask_files", lambda: ["/m/new.fstmuse"])
    # The stand-in copies a shipped model.
    monkeypatch.undo()
    monkeypatch.setattr("fstmuse_core.bundle.user_models_folder", lambda: own_models)
    bench.settle(lambda: bench.presenter.import_files(["/m/new.fstmuse"]), "new")
    assert bench.view.page is bench.view.details


# -- looking ---------------------------------------------------------------------------


def test_the_tab_is_built_when_it_is_first_looked_at(
    qtbot: QtBot, settings: Settings, theme: ThemeController
) -> None:
    tab = ModelsTab(TabContext(settings, WorkerBridge(FakeWorker)))
    assert tab._built is None
    assert tab.may_close()
    tab.close()
    tab.widget.deleteLater()
    tab.deleteLater()


def test_the_list_says_title_and_origin(make_bench: MakeModelsBench, own_models: Path) -> None:
    add_model(own_models, "mine", "My songs")
    add_model(
        own_models, "theirs", training={"imported": {"file": "x.fstmuse", "at": "2026-11-22"}}
    )
    bench = make_bench()
    spoken = [
        bench.view.sidebar.list.item(row).data(Qt.ItemDataRole.AccessibleTextRole)
        for row in range(5)
    ]
    assert spoken[0].startswith("FstMuse, Came with FstMuse, 7 genres")
    assert spoken[3].startswith("My songs, Your own, 3 genres")
    assert spoken[4].startswith("theirs, Imported, 3 genres")
    assert "knows Folk, Hip-Hop, Rock" in spoken[3]
    bench.choose("theirs")
    assert "Origin: Imported from x.fstmuse on 2026-11-22" in bench.view.details.spoken_facts


def test_the_details_show_figures_facts_and_card(bench: ModelsBench) -> None:
    bench.choose("fst-muse")
    details = bench.view.details
    bundle = find_bundle("fst-muse")
    metrics = bundle.manifest.metrics
    assert details._accuracy.number == f"{round(100 * metrics['accuracy'])} %"
    assert details._f1.number == f"{metrics['macro_f1']:.2f}"
    assert len(details.recall.spoken()) == 7
    rock = next(row for row in metrics["genres"] if row["genre"] == "Rock")
    assert any(
        line.startswith("Rock, ")
        and line.endswith(f"{rock['songs']} songs, {rock['artists']} artists")
        for line in details.recall.spoken()
    )
    assert details.confusion.model().rowCount() == 7
    facts = details.spoken_facts
    assert f"SHA-256: {bundle.sha256}" in facts
    assert f"Made by: {bundle.manifest.training['command']}" in facts
    assert "What not to trust" in details.card.toPlainText()
    assert "**" not in details.card.toPlainText()


def test_what_was_not_measured_is_not_shown(make_bench: MakeModelsBench, own_models: Path) -> None:
    add_model(own_models, "mine", metrics={})
    bench = make_bench()
    bench.choose("mine")
    assert not bench.view.details._figures.isVisible()


def test_a_generator_is_used_to_make_music(make_bench: MakeModelsBench, own_models: Path) -> None:
    add_generator(own_models, "gan")
    bench = make_bench()
    bench.choose("gan")
    assert "Makes music" in bench.view.details._head.lines[1]
    assert bench.view.details._accuracy.name == "Heard as asked for"
    assert bench.view.details._accuracy.number == "40 %"
    assert not bench.view.details._f1.isVisible()
    assert bench.view.details.recall.spoken()[0].startswith("Folk, 25 %")
    assert not bench.view.details._doubt.isVisible()
    assert not bench.view.details.tune_button.isVisible()
    assert not bench.tab._tune.isEnabled()
    assert bench.view.details.delete_button.isVisible()
    assert bench.view.details.use_button.text() == " Use in Generate"
    assert bench.tab._use.text() == "Use the model in &Generate"
    with bench.qtbot.waitSignal(bench.news.generator_wanted) as used:
        bench.view.details.use_button.click()
    assert used.args == ["gan"]


def test_a_card_runs_nothing_and_fetches_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    card = CardView()
    qtbot.addWidget(card)
    picture = tmp_path / "secret.png"
    picture.write_bytes(b"x")
    card.show_card(
        f"# heading\n\nhello ![p](file://{picture}) <img src='{picture}'> "
        "<script>x</script> [link](https://example.org)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    text = card.toPlainText()
    assert "heading" not in text
    assert "hello" in text
    assert "<script>" in text
    url = QUrl.fromLocalFile(str(picture))
    kind = QTextDocument.ResourceType.ImageResource
    assert card.loadResource(kind.value, url) is None
    assert not card.openLinks()


def test_a_card_without_end_is_cut(qtbot: QtBot) -> None:
    card = CardView()
    qtbot.addWidget(card)
    card.show_card("# heading\n" + "| a " * 9 + "|\n" + "|---" * 9 + "|\n" + "| 1 " * 400_000)
    text = card.toPlainText()
    assert len(text) < 30_000
    assert "too long to be shown here" in text


def test_a_model_that_others_have_made_appears(bench: ModelsBench) -> None:
    bench.choose("mine")
    add_model(bench.models, "new")
    bench.settle(bench.news.changed.emit, "mine")
    assert bench.names == [*SHIPPED, "mine", "new"]
    assert bench.view.sidebar.list.current == "mine"


def test_walking_the_list_shows_each(bench: ModelsBench) -> None:
    rows = bench.view.sidebar.list
    rows.setFocus()
    with bench.qtbot.waitSignal(
        bench.shelf.detailed, check_params_cb=lambda d: d.entry.name == "toy-gan"
    ):
        bench.qtbot.keyClick(rows, Qt.Key.Key_Down)
    assert bench.view.details._head.lines[0] == "ToyGan"


# -- changing --------------------------------------------------------------------------


def test_rename_in_place(bench: ModelsBench) -> None:
    bench.choose("mine")
    told: list[tuple[str, str]] = []
    bench.news.renamed.connect(lambda old, new: told.append((old, new)))
    with bench.qtbot.waitSignal(bench.news.changed):
        bench.settle(lambda: type_name(bench, "Jazz & more".replace("&", "and")), "Jazz-and-more")
    assert told == [("mine", "Jazz-and-more")]
    assert bench.names == [*SHIPPED, "Jazz-and-more"]
    assert bench.view.sidebar.list.current == "Jazz-and-more"
    assert bench.view.details._head.lines[0] == "Jazz and more"
    assert find_bundle("jazz and more").manifest.title == "Jazz and more"


def test_escape_leaves_the_name_as_it_was(bench: ModelsBench) -> None:
    bench.choose("mine")
    type_name(bench, "other", Qt.Key.Key_Escape)
    QCoreApplication.processEvents()
    assert bench.view.sidebar.list.item(3).text() == "My songs"
    assert find_bundle("mine").manifest.title == "My songs"


def test_delete_and_undo_by_the_keys(bench: ModelsBench) -> None:
    bench.choose("mine")
    rows = bench.view.sidebar.list
    rows.setFocus()
    bench.settle(lambda: bench.qtbot.keyClick(rows, Qt.Key.Key_Delete), "toy-model")
    assert bench.names == SHIPPED
    bar = bench.view.sidebar.undo_bar
    assert bar.isVisible()
    assert bar.text == "Deleted My songs"
    with bench.qtbot.waitSignal(bench.news.changed):
        bench.settle(
            lambda: bench.qtbot.keyClick(rows, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier),
            "mine",
        )
    assert bench.names == [*SHIPPED, "mine"]
    assert rows.current == "mine"
    assert not bar.isVisible()
    assert not bench.tab._undo.isEnabled()


def test_delete_and_undo_by_the_mouse(bench: ModelsBench) -> None:
    bench.choose("mine")
    bench.settle(bench.view.details.delete_button.click)
    bench.settle(bench.view.sidebar.undo_bar.undo_button.click, "mine")
    assert bench.names == [*SHIPPED, "mine"]


def test_undo_brings_back_one_after_the_other(bench: ModelsBench) -> None:
    add_model(bench.models, "other")
    bench.settle(bench.news.changed.emit)
    for name in ("mine", "other"):
        bench.choose(name)
        bench.settle(bench.presenter.delete)
    bench.settle(bench.presenter.undo, "other")
    bench.settle(bench.presenter.undo, "mine")
    assert bench.names == [*SHIPPED, "mine", "other"]


def test_what_was_deleted_earlier_can_be_brought_back(
    make_bench: MakeModelsBench, own_models: Path
) -> None:
    add_model(own_models, "mine", "My songs")
    delete_model("mine")
    bench = make_bench()
    sidebar = bench.view.sidebar
    assert sidebar.deleted_button.isVisible()
    assert not bench.tab._undo.isEnabled()
    (action,) = sidebar.deleted_menu.actions()
    assert action.text().startswith("My songs, deleted ")
    bench.settle(action.trigger, "mine")
    assert bench.names == [*SHIPPED, "mine"]
    assert not sidebar.deleted_button.isVisible()
    assert list(trash_folder().iterdir()) == []


# -- moving ----------------------------------------------------------------------------


def test_export_asks_where_and_writes(
    bench: ModelsBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bench.choose("mine")
    asked: list[str] = []

    def answer(suggestion: str) -> str:
        asked.append(suggestion)
        return str(tmp_path / "elsewhere.fstmuse")

    monkeypatch.setattr(bench.view, "ask_save_path", answer)
    with bench.qtbot.waitSignal(bench.tab.message):
        bench.view.details.export_button.click()
    assert asked == ["mine.fstmuse"]
    with zipfile.ZipFile(tmp_path / "elsewhere.fstmuse") as archive:
        assert json.loads(archive.read("model.json"))["title"] == "My songs"


def test_who_would_rather_not_export_or_import_does_nothing(
    bench: ModelsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.view, "ask_save_path", lambda _suggestion: "")
    monkeypatch.setattr(bench.view, "ask_files", list)
    bench.view.details.export_button.click()
    bench.view.sidebar.import_button.click()
    assert not bench.shelf.is_importing


def test_dropped_files_are_imported_one_after_the_other(bench: ModelsBench) -> None:
    with (
        bench.qtbot.waitSignal(bench.shelf.import_ended),
        bench.qtbot.waitSignal(
            bench.shelf.detailed, check_params_cb=lambda d: d.entry.name == "second"
        ),
    ):
        bench.window.open_paths(["/m/first.fstmuse", "/m/second.fstmuse"])
    assert bench.importing.paths == ["/m/first.fstmuse", "/m/second.fstmuse"]
    assert set(bench.names) == {*SHIPPED, "mine", "first", "second"}
    assert bench.view.sidebar.list.current == "second"


@pytest.fixture
def held(bench: ModelsBench) -> Callable[[], None]:
    """Holds an import until the function is called or the import is given up."""
    gate = threading.Event()

    def hold(cancelled: Callable[[], bool]) -> None:
        while not gate.wait(0.01):
            if cancelled():
                raise FstMuseError("x", "given up")

    bench.importing.hold = hold
    return gate.set


def test_an_import_says_what_it_does_while_the_window_goes_on(
    bench: ModelsBench, held: Callable[[], None]
) -> None:
    with bench.qtbot.waitSignal(
        bench.shelf.import_begun, check_params_cb=lambda _file, step: step.startswith("Building")
    ):
        bench.presenter.import_files(["/m/new.fstmuse"])
    QCoreApplication.processEvents()
    assert bench.view.sidebar.work == (
        "Importing new.fstmuse: Building the network from its weights"
    )
    bench.choose("mine")
    bench.settle(held, "new")
    assert bench.view.sidebar.work == ""


def test_an_import_can_be_cancelled_with_those_that_wait(
    bench: ModelsBench, held: Callable[[], None]
) -> None:
    bench.presenter.import_files(["/m/new.fstmuse", "/m/next.fstmuse"])
    with bench.qtbot.waitSignal(bench.shelf.import_ended):
        bench.view.sidebar.cancel_button.click()
    assert bench.importing.paths == ["/m/new.fstmuse"]
    assert not bench.view.notice.isVisible()
    assert bench.names == [*SHIPPED, "mine"]


def test_the_window_closes_while_something_is_imported(
    bench: ModelsBench, held: Callable[[], None]
) -> None:
    bench.presenter.import_files(["/m/new.fstmuse"])
    assert bench.window.close()
    assert not (bench.models / "new").exists()


@pytest.mark.slow
def test_a_real_file_is_really_imported(
    make_bench: MakeModelsBench, own_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_model(own_models, "mine", "My songs")
    bench = make_bench(importer=import_model)
    bench.choose("mine")
    file = str(tmp_path / "mine.fstmuse")
    monkeypatch.setattr(bench.view, "ask_save_path", lambda _suggestion: file)
    with bench.qtbot.waitSignal(bench.shelf.exported):
        bench.presenter.export()
    with bench.qtbot.waitSignal(
        bench.shelf.detailed, check_params_cb=lambda d: d.entry.name == "mine-2", timeout=200_000
    ):
        bench.presenter.import_files([file])
    assert bench.names == [*SHIPPED, "mine", "mine-2"]
    assert bench.view.details._head.lines[0] == "My songs 2"


# -- with the other tabs -----------------------------------------------------------------


def test_use_and_fine_tune_are_told(bench: ModelsBench) -> None:
    bench.choose("mine")
    with bench.qtbot.waitSignal(bench.news.wanted) as used:
        bench.view.details.use_button.click()
    assert used.args == ["mine"]
    with bench.qtbot.waitSignal(bench.news.fine_tune_wanted) as tuned:
        bench.view.details.tune_button.click()
    assert tuned.args == ["mine"]


@dataclass
class TwoTabs:
    """A window with the Classify tab in front, which uses the model "mine"."""

    window: MainWindow
    classify: ClassifyTab
    models: ModelsTab
    worker: list[FakeWorker]


@pytest.fixture
def two_tabs(
    qtbot: QtBot, settings: Settings, theme: ThemeController, own_models: Path
) -> Iterator[TwoTabs]:
    add_model(own_models, "mine", "My songs")
    settings.set(MODEL, "mine")
    workers: list[FakeWorker] = []

    def make_worker(on_event: Callable[[Any], None]) -> FakeWorker:
        workers.append(FakeWorker(on_event))
        return workers[-1]

    context = TabContext(settings, WorkerBridge(make_worker))
    window = MainWindow(
        context,
        theme,
        [
            lambda c: ClassifyTab(
                c,
                player=FakePlayer,
                recording=lambda _panel, _settings, parent: FakeRecording(parent),
                lister=FakeLister,
                models=installed_models,
            ),
            lambda c: ModelsTab(c, importer=Importing(own_models)),
        ],
    )
    classify, models = window.tabs
    assert isinstance(classify, ClassifyTab)
    assert isinstance(models, ModelsTab)
    with qtbot.waitExposed(window):
        window.show()
    yield TwoTabs(window, classify, models, workers)
    window.close()
    for item in (models, classify, context.bridge, window):
        item.deleteLater()


def test_the_classify_tab_follows_a_rename_and_forgets_what_was_deleted(
    two_tabs: TwoTabs, settings: Settings, qtbot: QtBot
) -> None:
    shelf = two_tabs.models.presenter._shelf
    news = two_tabs.window._context.models
    chooser = two_tabs.classify.view.sidebar.model_chooser
    assert chooser.currentData() == "mine"
    with qtbot.waitSignal(news.changed):
        shelf.rename("mine", "Jazz")
    assert chooser.currentData() == "Jazz"
    assert settings.get(MODEL) == "Jazz"
    with qtbot.waitSignal(news.changed):
        shelf.delete("Jazz")
    assert chooser.currentData() == "fst-muse"
    assert chooser.findData("Jazz") < 0


def test_use_brings_the_classify_tab_to_the_front(two_tabs: TwoTabs, qtbot: QtBot) -> None:
    shelf = two_tabs.models.presenter._shelf
    with qtbot.waitSignal(shelf.listed):
        two_tabs.window._tab_widget.setCurrentIndex(1)
    with qtbot.waitSignal(shelf.detailed, check_params_cb=lambda d: d.entry.name == "toy-model"):
        two_tabs.models.presenter.choose("toy-model")
    with qtbot.waitSignal(two_tabs.window._context.models.wanted):
        two_tabs.models.view.details.use_button.click()
    assert two_tabs.window.tab is two_tabs.classify
    assert two_tabs.classify.view.sidebar.model_chooser.currentData() == "toy-model"


def test_a_model_dropped_on_another_tab_goes_where_models_are(
    two_tabs: TwoTabs, qtbot: QtBot
) -> None:
    assert two_tabs.window.tab is two_tabs.classify
    with qtbot.waitSignal(two_tabs.models.presenter._shelf.imported):
        two_tabs.window.open_paths(["/m/Theirs.FSTMUSE"])
    assert two_tabs.window.tab is two_tabs.models
    assert two_tabs.worker[0].submitted == []
    two_tabs.window._tab_widget.setCurrentIndex(0)
    two_tabs.window.open_paths(["/m/song.mp3"])
    assert two_tabs.window.tab is two_tabs.classify


# -- reaching everything -----------------------------------------------------------------


def test_every_control_has_a_name_and_a_way_by_keyboard(bench: ModelsBench) -> None:
    bench.choose("mine")
    bench.view.sidebar.undo_bar.say("x")
    found = controls(bench.window)
    assert len(found) > 8
    for control in found:
        if isinstance(control, QHeaderView) or control.objectName() == "qt_tableview_cornerbutton":
            continue
        said = control.accessibleName() or getattr(control, "text", lambda: "")()
        assert said.strip(), control
        if control.isVisible():
            assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, said


def test_the_list_has_a_menu_of_its_own(bench: ModelsBench) -> None:
    texts = [action.text().replace("&", "") for action in bench.view.sidebar.list.actions()]
    assert "Rename the model" in texts
    assert "Delete the model" in texts


def test_the_list_of_keys_names_them(bench: ModelsBench) -> None:
    keys = dict(keys_of(bench.window.menuBar())["File"])
    assert keys["F2"] == "Rename the model"
    assert keys["Del"] == "Delete the model"
    assert keys["Ctrl + Z"] == "Undo the deletion"


def test_the_splitter_comes_back_as_it_was(make_bench: MakeModelsBench) -> None:
    first = make_bench()
    # No wider than it must be: the offscreen screen is 800 pixels wide.
    first.window.resize(880, 700)
    first.view.splitter.setSizes([352, 528])
    sizes = first.view.splitter.sizes()
    first.window.close()
    assert make_bench().view.splitter.sizes() == sizes


def test_the_button_lights_up_while_a_file_hangs_above(bench: ModelsBench) -> None:
    bench.tab.set_hot(True)
    assert bench.view.sidebar.import_button.text() == " Drop to import"
    bench.tab.set_hot(False)
    assert bench.view.sidebar.import_button.text().startswith(" Import a model")
