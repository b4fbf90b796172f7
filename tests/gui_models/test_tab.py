"""The Models tab as a whole: empty, gone, and by keyboard."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHeaderView
from pytestqt.qtbot import QtBot

from fstmuse_core.system.wording import sized
from fstmuse_gui.models.tab import ModelsTab
from fstmuse_gui.models.words import list_line
from fstmuse_gui.settings import Settings
from fstmuse_gui.shared.tabs import TabContext
from fstmuse_gui.theme import ThemeController, scaled_font
from fstmuse_gui.widgets.dialogs import keys_of
from fstmuse_gui.workers.bridge import WorkerBridge
from tests.gui.fakes import FakeWorker
from tests.gui.test_window import controls
from tests.gui_models.conftest import (
    SHIPPED,
    MakeModelsBench,
    ModelsBench,
)
from tests.narrowing import current


def test_the_tab_is_built_when_it_is_first_looked_at(
    qtbot: QtBot, settings: Settings, theme: ThemeController
) -> None:
    tab = ModelsTab(TabContext(settings, WorkerBridge(FakeWorker)))
    assert tab._built is None
    assert tab.may_close()
    tab.close()
    tab.widget.deleteLater()
    tab.deleteLater()


def test_without_any_model_it_invites(
    make_bench: MakeModelsBench, own_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fstmuse_core.bundle.bundle.shipped_models_folder", lambda: own_models)
    bench = make_bench()
    assert current(bench.view.page) is bench.view.empty_page
    for act in (bench.presenter.use, bench.presenter.fine_tune, bench.presenter.export):
        act()
    monkeypatch.setattr(bench.view, "ask_files", lambda: ["/m/new.fstmuse"])
    # The stand-in copies a shipped model.
    monkeypatch.undo()
    monkeypatch.setattr("fstmuse_core.bundle.bundle.user_models_folder", lambda: own_models)
    bench.settle(lambda: bench.presenter.import_files(["/m/new.fstmuse"]), "new")
    assert current(bench.view.page) is bench.view.details


def test_what_stands_below_a_name_fits_its_row(bench: ModelsBench) -> None:
    bench.window.resize(1024, 640)
    rows = bench.view.sidebar.list
    metrics = QFontMetrics(scaled_font(rows.font(), 0.92))
    inside = rows.visualItemRect(rows.item(0)).width() - 28
    for entry in rows.entries:
        room = inside - metrics.horizontalAdvance(sized(entry.size_bytes)) - 8
        # It was cut in its middle: "Makes music, ...use, 6 genres".
        assert metrics.horizontalAdvance(list_line(entry)) <= room, entry.name


def test_a_model_that_has_gone_from_the_disk_goes_from_the_list(bench: ModelsBench) -> None:
    bench.choose("mine")
    shutil.rmtree(bench.models / "mine")
    bench.settle(bench.presenter.delete, "toy-model")
    assert "there is no model by that name" in bench.view.notice.text
    assert bench.names == SHIPPED
    assert bench.view.sidebar.list.current == "toy-model"


def test_a_folder_that_cannot_be_read_is_said_once(
    bench: ModelsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("fstmuse_core.bundle.model_list.list_models", refuse)
    with bench.qtbot.waitSignal(bench.store.list_trouble):
        bench.store.refresh()
    assert "Permission denied" in bench.view.notice.text
    with bench.qtbot.assertNotEmitted(bench.store.list_trouble, wait=200):
        pass


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
    keys = dict(keys_of(bench.window.menuBar())["Edit"])
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
    bench.tab.set_drop_highlight(True)
    assert bench.view.sidebar.import_button.text() == " Drop to import"
    bench.tab.set_drop_highlight(False)
    assert bench.view.sidebar.import_button.text().startswith(" Import a model")
