"""The Train tab as a person uses it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from fstmuse_core.errors import FstMuseError
from fstmuse_gui.classify.models import ModelInfo
from fstmuse_gui.shortcuts import keys_of
from fstmuse_gui.train.data_work import DataWork
from fstmuse_gui.train.events import Cancelled, Failed, Preparing, Warned
from fstmuse_gui.train.fma import FmaGetter, FmaSet
from fstmuse_gui.train.history import PastRun
from fstmuse_gui.train.options import default_recipe
from fstmuse_gui.train.presenter import TRAIN_DATA
from fstmuse_gui.train.runs_list import RunRow
from fstmuse_gui.train.survey import Survey
from fstmuse_gui.train.view import Closing
from tests.gui.test_window import controls
from tests.gui_train.conftest import MakeTrainBench, TrainBench
from tests.gui_train.fakes import (
    FakeTraining,
    check_at_once,
    make_done,
    make_epoch,
    make_progress,
    make_started,
)
from tests.gui_train.test_process import line

UNFINISHED = PastRun(
    RunRow("r3", "jazz-or-folk", "Unfinished, 4 of 20 epochs", "unfinished"), Path("/r3"), True
)


@pytest.fixture
def running(bench: TrainBench) -> TrainBench:
    """A training in its second epoch."""
    bench.train(make_started(), make_progress(1), make_epoch(1), make_progress(2))
    return bench


def test_the_tab_is_built_when_it_is_first_looked_at(make_bench: MakeTrainBench) -> None:
    bench = make_bench(front=0)
    assert bench.tab._built is None
    assert bench.tab.may_close()
    bench.window._tab_widget.setCurrentIndex(1)
    assert bench.tab._built is not None
    assert bench.view.isVisible()


# -- the data set ----------------------------------------------------------------------


def test_it_begins_with_an_invitation(bench: TrainBench) -> None:
    assert bench.view.page is bench.view.empty_page
    assert not bench.view.form.train_button.isEnabled()


def test_a_dropped_folder_is_read(bench: TrainBench, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bench.presenter._data.surveyed):
        bench.window.open_paths([str(tmp_path)])
    assert bench.view.page is bench.view.data_page
    assert bench.view.form.data.text() == str(tmp_path)
    assert bench.view.form.train_button.isEnabled()
    assert "Punk, 30, 2 artists" in bench.view.data_page.bars.spoken()


def test_a_dropped_song_is_no_data_set(bench: TrainBench) -> None:
    bench.window.open_paths(["/music/song.mp3"])
    assert "folder" in bench.view.notice.text
    assert bench.view.page is bench.view.empty_page


def test_a_path_can_be_typed(bench: TrainBench, qtbot: QtBot) -> None:
    field = bench.view.form.data
    field.setFocus()
    qtbot.keyClicks(field, "/music/typed")
    with qtbot.waitSignal(bench.presenter._data.surveyed):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert bench.view.page is bench.view.data_page


def test_what_is_no_data_set_says_so_beside_the_field(
    make_bench: MakeTrainBench, qtbot: QtBot
) -> None:
    def fail(path: str, *_: object) -> Survey:
        raise FstMuseError(Path(path), "there is no such folder", "check the name")

    bench = make_bench(data=lambda parent: DataWork(parent, reader=fail, checker=check_at_once))
    with qtbot.waitSignal(bench.presenter._data.trouble):
        bench.presenter.use_data("/music/gone")
    assert "there is no such folder; check the name." in bench.view.form.data_field.trouble
    assert bench.view.page is bench.view.empty_page


def test_the_data_set_is_there_again_at_the_next_start(
    make_bench: MakeTrainBench, tmp_path: Path, qtbot: QtBot
) -> None:
    first = make_bench()
    with qtbot.waitSignal(first.presenter._data.surveyed):
        first.presenter.use_data(str(tmp_path))
    first.window._context.settings.set(TRAIN_DATA, str(tmp_path))
    again = make_bench()
    qtbot.waitUntil(lambda: again.view.page is again.view.data_page)


def test_every_file_is_checked_and_the_report_saved(
    bench: TrainBench, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.survey()
    page = bench.view.data_page
    assert not page.save_button.isVisible()
    with qtbot.waitSignal(bench.presenter._data.checked):
        page.check_button.click()
    assert any("more than once" in sentence for sentence in page.findings)
    target = tmp_path / "report.md"
    monkeypatch.setattr(bench.view, "ask_save_path", lambda _s: str(target))
    with qtbot.waitSignal(bench.tab.message):
        page.save_button.click()
    assert target.read_text() == "# my library\n"


def test_a_check_can_be_given_up(make_bench: MakeTrainBench, qtbot: QtBot) -> None:
    asked: list[bool] = []

    def slow(path: str, tell: object, cancelled: object) -> object:
        assert callable(cancelled)
        while not cancelled():
            pass
        asked.append(True)
        return check_at_once(path, lambda *_: None, lambda: True)

    from tests.gui_train.fakes import read_at_once

    bench = make_bench(data=lambda parent: DataWork(parent, reader=read_at_once, checker=slow))  # type: ignore[arg-type]
    bench.survey()
    page = bench.view.data_page
    page.check_button.click()
    assert page.stop_button.isVisible()
    page.stop_button.click()
    assert page.check_button.isEnabled()
    qtbot.waitUntil(lambda: bool(asked))
    QCoreApplication.processEvents()
    assert not page.save_button.isVisible()


# -- the form --------------------------------------------------------------------------


def test_one_genre_is_too_few(bench: TrainBench) -> None:
    bench.survey()
    chips = list(bench.view.form.chips.chips.values())
    for chip in chips[1:]:
        chip.click()
    assert not bench.view.form.train_button.isEnabled()
    assert "two genres" in bench.view.form.chips.accessibleDescription()
    chips[1].click()
    assert bench.view.form.train_button.isEnabled()


@pytest.mark.parametrize("name", ["", "my model", "../away", "fst-muse", "x" * 65])
def test_a_bad_name_is_said_beside_the_field(bench: TrainBench, name: str, qtbot: QtBot) -> None:
    bench.survey()
    bench.view.form.name.clear()
    qtbot.keyClicks(bench.view.form.name, name or " ")
    assert bench.view.form.name_field.trouble
    assert not bench.presenter.can_train


def test_defaults_follow_model_and_design(bench: TrainBench) -> None:
    form = bench.view.form
    form.design.setCurrentIndex(form.design.findData("original"))
    form.design.activated.emit(form.design.currentIndex())
    assert form.options.recipe == default_recipe("fst-muse", "original")
    assert not form.recipe.dropout.isEnabled()
    form.recipe.epochs.setValue(3)
    form.recipe.defaults_button.click()
    assert form.options.recipe.epochs == 10


def test_the_small_model_takes_its_own_genres(bench: TrainBench) -> None:
    bench.survey()
    form = bench.view.form
    form.model.setCurrentIndex(form.model.findData("toy-model"))
    form.model.activated.emit(form.model.currentIndex())
    assert set(form.options.genres) == {"Folk", "Rock", "Hip-Hop"}


def test_the_command_holds_what_was_entered(bench: TrainBench) -> None:
    bench.survey()
    form = bench.view.form
    form.recipe.learning_rate.setValue(0.0005)
    form.recipe.balance.setChecked(True)
    form.name.setText("band-night")
    bench.presenter.train()
    words = bench.training.what
    assert isinstance(words, list)
    pairs = dict(zip(words[:-1:2], words[1::2], strict=True))
    assert pairs["--data"] == "/music/my library"
    assert pairs["--genres"].split(",")[0] == "Rock"
    assert pairs["--learning-rate"] == "0.0005"
    assert pairs["--out"] == "band-night"
    assert words[-1] == "--balance"


# -- the training ----------------------------------------------------------------------


def test_one_training_at_a_time(bench: TrainBench) -> None:
    bench.train()
    assert not bench.view.form.train_button.isEnabled()
    bench.presenter.train()
    assert len(bench.begun) == 1


def test_preparation_is_shown(bench: TrainBench) -> None:
    bench.train(Preparing("features", 3, 10))
    assert bench.view.page is bench.view.busy_page
    labels = [label.text() for label in bench.view.busy_page.findChildren(QLabel)]
    assert "3 of 10" in labels


def test_curves_and_matrix_follow(running: TrainBench) -> None:
    page = running.view.run_page
    assert running.view.page is page
    assert page.where.startswith("Epoch 2 of 30")
    assert page.curves.loss.validation.x == [1]
    assert len(page.curves.loss.live.x) == 2
    assert "training" in page.curves.accuracy.accessibleDescription()
    assert page.confusion.accessibleDescription().endswith("right")


def test_a_loss_that_is_no_number_leaves_the_curves_whole(running: TrainBench) -> None:
    running.tell(make_epoch(2, loss=float("nan"), val_loss=float("inf")), make_epoch(3))
    page = running.view.run_page
    assert page.curves.loss.training.x == [1, 3]
    assert page.curves.loss.validation.x == [1, 3]


def test_stop_answers_at_once_and_shows_the_result(running: TrainBench) -> None:
    running.view.run_page.stop_button.click()
    assert running.training.heard == ["stop"]
    assert running.view.run_page.where.startswith("Stopping")
    running.tell(make_progress(2, 80))
    assert running.view.run_page.where.startswith("Stopping")
    running.tell(make_done(resumable=True))
    assert running.view.page is running.view.results_page
    assert running.view.results_page.resume_button.isVisible()


def test_cancel_asks_and_discards(running: TrainBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running.view, "ask_cancel", lambda: False)
    running.view.run_page.cancel_button.click()
    assert running.training.heard == []
    monkeypatch.setattr(running.view, "ask_cancel", lambda: True)
    running.view.run_page.cancel_button.click()
    assert running.training.heard == ["cancel"]
    running.tell(Cancelled())
    assert running.view.page is running.view.data_page
    assert "discarded" in running.view.notice.text
    assert running.presenter.can_train


def test_nothing_learned_is_nothing_to_ask_about(bench: TrainBench) -> None:
    bench.train(Preparing("reading", 0, 1))
    bench.view.busy_page.cancel_button.click()
    assert bench.training.heard == ["cancel"]


def test_a_failure_says_why_and_resumes(running: TrainBench) -> None:
    running.tell(Failed("learning rate: 10 is too much; try 0.001", "r1", True))
    page = running.view.trouble_page
    assert running.view.page is page
    assert page.sentence == "Learning rate: 10 is too much; try 0.001."
    page.retry_button.click()
    assert running.training.what == ["--resume", "r1"]


def test_a_failure_with_nothing_to_resume_leads_back(running: TrainBench) -> None:
    running.tell(Failed("the disk is full"))
    assert not running.view.trouble_page.retry_button.isVisible()
    running.view.trouble_page.remove_button.click()
    assert running.view.page is running.view.data_page


def test_warnings_are_sentences(running: TrainBench) -> None:
    running.tell(Warned("Folk has 2 artists"))
    assert running.view.notice.text == "Folk has 2 artists."


def test_the_data_set_can_be_looked_at_meanwhile(running: TrainBench) -> None:
    running.view.form.about_button.click()
    assert running.view.page is running.view.data_page
    running.tell(make_epoch(2))
    assert running.view.page is running.view.data_page
    running.presenter.show_run(make_started().run)
    assert running.view.page is running.view.run_page
    assert running.view.run_page.curves.loss.validation.x == [1, 2]


# -- the result ------------------------------------------------------------------------


def test_the_result_is_said_in_words(running: TrainBench) -> None:
    running.tell(make_done())
    page = running.view.results_page
    assert "names the right genre for about" in page.words
    assert "Folk and Punk rest on fewer than 5 artists" in page.words
    assert "Jazz, 61\u00a0%, 18 songs, 7 artists" in page.recall.spoken()
    assert not page.resume_button.isVisible()
    page.curves_button.click()
    assert running.view.page is running.view.run_page
    running.view.run_page.result_button.click()
    assert running.view.page is page


def test_a_new_model_can_be_used_at_once(running: TrainBench) -> None:
    chooser = running.classify.view.sidebar.model_chooser
    before = chooser.currentData()
    running.models.append(ModelInfo("my-library", "My library", ("Rock", "Folk")))
    running.tell(make_done())
    assert chooser.findData("my-library") >= 0
    assert chooser.currentData() == before
    running.view.results_page.use_button.click()
    assert running.window.tab is running.classify
    assert chooser.currentData() == "my-library"
    running.classify.presenter.open_paths(["/m/a.mp3"])
    assert running.classify.presenter._model is not None
    assert running.classify.presenter._model.title == "My library"


def test_the_card_is_opened(running: TrainBench, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(running.view, "open_file", opened.append)
    running.tell(make_done())
    running.view.results_page.card_button.click()
    assert opened == ["/models/CARD.md"]


def test_the_next_name_is_another(running: TrainBench, monkeypatch: pytest.MonkeyPatch) -> None:
    running.presenter._taken_names = lambda: {"my-library"}
    running.tell(make_done())
    assert running.view.form.name.text() == "my-library-2"
    assert running.presenter.can_train


# -- earlier trainings -----------------------------------------------------------------


def test_an_unfinished_run_resumes(bench: TrainBench, qtbot: QtBot) -> None:
    bench.runs.append(UNFINISHED)
    with qtbot.waitSignal(bench.tab.past.listed):
        bench.tab.past.refresh()
    listed = bench.view.form.runs.list
    listed.setFocus()
    qtbot.keyClick(listed, Qt.Key.Key_Down)
    assert bench.view.page is bench.view.trouble_page
    assert "4 of 20 epochs" in bench.view.trouble_page.sentence
    bench.view.trouble_page.retry_button.click()
    assert bench.training.what == ["--resume", "r3"]


def test_a_finished_run_shows_its_result_again(
    bench: TrainBench, tmp_path: Path, qtbot: QtBot
) -> None:
    from tests.gui_train.child import DONE, EPOCH, START

    (tmp_path / "events.jsonl").write_text(
        "\n".join([line("started", **START), line("epoch", **EPOCH), line("done", **DONE), ""])
    )
    bench.runs.append(PastRun(RunRow("r1", "mine", "Done, 2 of 2 epochs", "done"), tmp_path, False))
    with qtbot.waitSignal(bench.tab.past.listed):
        bench.tab.past.refresh()
    bench.presenter.show_run("r1")
    assert bench.view.page is bench.view.results_page
    bench.view.results_page.curves_button.click()
    assert bench.view.run_page.curves.loss.validation.y == [0.6]
    assert not bench.view.run_page.stop_button.isVisible()


def test_a_training_that_runs_already_is_followed(bench: TrainBench, qtbot: QtBot) -> None:
    row = RunRow("r9", "in-a-terminal", "Training now", "running")
    bench.runs.append(PastRun(row, Path("/r9"), False))
    with qtbot.waitSignal(bench.tab.past.listed):
        bench.tab.past.refresh()
    assert bench.training.what == Path("/r9")
    bench.tell(make_started("/runs/r9"), make_epoch(1))
    assert bench.view.page is bench.view.run_page


# -- closing ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (Closing.KEEP, ["let go"]),
        (Closing.STOP, ["stop", "let go"]),
        (Closing.CANCEL, ["cancel", "let go"]),
    ],
)
def test_closing_asks_what_becomes_of_the_training(
    running: TrainBench, answer: Closing, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.view, "ask_closing", lambda _title: answer)
    training: FakeTraining = running.training
    running.window.close()
    assert not running.window.isVisible()
    assert training.heard == heard


def test_closing_can_be_thought_better_of(
    running: TrainBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.view, "ask_closing", lambda _title: Closing.STAY)
    running.window.close()
    assert running.window.isVisible()
    assert running.training.heard == []


def test_closing_without_a_training_asks_nothing(
    bench: TrainBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_title: str) -> Closing:
        raise AssertionError("asked for no reason")

    monkeypatch.setattr(bench.view, "ask_closing", refuse)
    bench.window.close()
    assert not bench.window.isVisible()


# -- for every hand and eye ------------------------------------------------------------


def test_every_control_has_a_name_and_a_way_by_keyboard(running: TrainBench) -> None:
    view = running.view
    view.form.recipe.fold_button.setChecked(True)
    found = [*controls(view), *view.findChildren(QLineEdit), *view.findChildren(QSpinBox)]
    # Parts of the table and of the number fields: the whole takes the keys.
    found = [
        c
        for c in found
        if c.objectName() != "qt_spinbox_lineedit" and not isinstance(c.parent(), QTableView)
    ]
    assert len(found) > 30
    for control in found:
        name = control.accessibleName()
        if isinstance(control, QPushButton):
            name = name or control.text()
        assert name.strip(), f"{control} has no accessible name"
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, f"{name} cannot be reached by Tab"


def test_tab_reaches_every_control_of_the_form(bench: TrainBench, qtbot: QtBot) -> None:
    bench.survey()
    bench.view.form.recipe.fold_button.setChecked(True)
    QCoreApplication.processEvents()
    bench.window.activateWindow()
    wanted: set[QWidget] = {c for c in controls(bench.view) if c.isVisible() and c.isEnabled()}
    reached = set()
    for _ in range(80):
        qtbot.keyClick(QApplication.focusWidget() or bench.window, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    assert not wanted - reached


def test_the_matrix_is_read_cell_by_cell(running: TrainBench) -> None:
    running.tell(make_done())
    matrix = running.view.results_page.confusion
    spoken = matrix.model().index(6, 2).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Punk heard as Rock: 4 of 9"


def test_no_key_is_taken_twice(bench: TrainBench) -> None:
    keys = [key for group in keys_of(bench.window.menuBar()).values() for key, _ in group]
    assert len(keys) == len(set(keys))
    assert {"Ctrl + T", "Ctrl + D"} <= set(keys)


def test_keys_of_a_tab_behind_do_nothing(bench: TrainBench, qtbot: QtBot) -> None:
    bench.window.setFocus()
    qtbot.keyClick(bench.window, Qt.Key.Key_R)
    assert bench.classify.presenter._recording.toggled == 0  # type: ignore[attr-defined]
    bench.window._tab_widget.setCurrentIndex(0)
    qtbot.keyClick(bench.window, Qt.Key.Key_R)
    assert bench.classify.presenter._recording.toggled == 1  # type: ignore[attr-defined]


# -- FMA -------------------------------------------------------------------------------


def test_fma_is_asked_for_got_and_used(
    make_bench: MakeTrainBench, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[float, float, str]] = []

    def fetch(name: str, folder: Path, tell: object, cancelled: object) -> None:
        assert callable(tell)
        assert name == "fma-small"
        tell("fma_small.zip", 2**30, 7 * 2**30)

    bench = make_bench(fma=lambda parent: FmaGetter(parent, fetcher=fetch, folder=tmp_path))

    def answer(small: float, medium: float, folder: str) -> FmaSet:
        asked.append((small, medium, folder))
        return FmaSet.SMALL

    monkeypatch.setattr(bench.view, "ask_fma", answer)
    with qtbot.waitSignals([bench.presenter.fma.getter.progressed, bench.presenter.fma.getter.got]):
        bench.view.empty_page.fetch_button.click()
    assert asked == [(pytest.approx(7.534), pytest.approx(22.334), str(tmp_path))]
    qtbot.waitUntil(lambda: bench.view.page is bench.view.data_page)
    assert bench.view.form.data.text() == str(tmp_path)


def test_fma_that_cannot_be_had_says_why(
    make_bench: MakeTrainBench, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise FstMuseError("fma_small.zip", "there is no room for 7.2 GiB", "free some")

    bench = make_bench(fma=lambda parent: FmaGetter(parent, fetcher=fail, folder=tmp_path))
    monkeypatch.setattr(bench.view, "ask_fma", lambda *_: FmaSet.SMALL)
    with qtbot.waitSignal(bench.presenter.fma.getter.trouble):
        bench.view.empty_page.fetch_button.click()
    assert "there is no room for 7.2 GiB; free some." in bench.view.notice.text
    assert bench.view.page is bench.view.empty_page


def test_getting_fma_can_be_given_up(
    make_bench: MakeTrainBench, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up = threading.Event()

    def endless(name: str, folder: Path, tell: object, cancelled: object) -> None:
        assert callable(cancelled)
        while not cancelled():
            pass
        given_up.set()

    bench = make_bench(fma=lambda parent: FmaGetter(parent, fetcher=endless, folder=tmp_path))
    monkeypatch.setattr(bench.view, "ask_fma", lambda *_: FmaSet.SMALL)
    bench.view.empty_page.fetch_button.click()
    assert bench.view.page is bench.view.busy_page
    bench.view.busy_page.cancel_button.click()
    assert bench.view.page is bench.view.empty_page
    qtbot.waitUntil(given_up.is_set)
