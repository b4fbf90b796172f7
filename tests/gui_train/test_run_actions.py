"""Trainings are renamed, noted on, deleted and brought back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from fstmuse_core.runs.events import EVENTS_FILE
from fstmuse_core.runs.store import REPORT_FILE, RUN_FILE
from fstmuse_gui.train.results.presenter import NoteQuestion, RunActions, past_runs
from tests.gui_train.child import DONE, EPOCH, START
from tests.gui_train.conftest import MakeTrainBench, TrainBench
from tests.gui_train.told import line


def make_run(folder: Path, name: str) -> None:
    run = folder / "fstmuse" / "runs" / name
    run.mkdir(parents=True)
    settings = {"model": "toy-model", "design": "deep", "out": name.upper(), "epochs": 2}
    (run / RUN_FILE).write_text(json.dumps({"settings": settings}))
    (run / REPORT_FILE).write_text(json.dumps({"stopped_early": False, "resumable": False}))
    told = [line("started", **START), line("epoch", **EPOCH), line("done", **DONE), ""]
    (run / EVENTS_FILE).write_text("\n".join(told))


@pytest.fixture
def bench(make_bench: MakeTrainBench, own_folders: Path, qtbot: QtBot) -> TrainBench:
    """A window with two finished trainings."""
    for name in ("r1", "r2"):
        make_run(own_folders, name)
    made = make_bench(lister=past_runs)
    qtbot.waitUntil(lambda: made.view.form.runs.list.count() == 2)
    return made


def titles(bench: TrainBench) -> list[str]:
    runs = bench.view.form.runs.list
    return sorted(runs.item(place).text() for place in range(runs.count()))


def actions(bench: TrainBench) -> RunActions:
    assert bench.tab._built is not None
    return bench.tab._built.actions


def choose(bench: TrainBench, run: str) -> None:
    bench.view.form.runs.select(run)
    bench.view.form.runs.chosen.emit(run)


def test_a_training_is_renamed_by_its_key(bench: TrainBench, qtbot: QtBot) -> None:
    entry = bench.tab._edits["rename"]
    assert not entry.isEnabled()
    choose(bench, "r1")
    actions(bench)._name = lambda _window, name: f"{name} with reverb"
    assert entry.isEnabled()
    entry.trigger()
    qtbot.waitUntil(lambda: "R1 with reverb" in titles(bench))
    choose(bench, "r1")
    assert bench.view.results_page._head.lines[0] == "R1 with reverb"


def test_a_note_is_seen_and_read_out(bench: TrainBench, qtbot: QtBot) -> None:
    choose(bench, "r1")
    actions(bench)._note = lambda *_: "Learned with half the rate"
    bench.tab._edits["write"].trigger()
    runs = bench.view.form.runs.list

    def spoken() -> list[str]:
        role = Qt.ItemDataRole.AccessibleTextRole
        return [str(runs.item(place).data(role)) for place in range(runs.count())]

    qtbot.waitUntil(lambda: any("half the rate" in words for words in spoken()))
    choose(bench, "r1")
    assert bench.view.results_page._note.text() == "Learned with half the rate"
    choose(bench, "r2")
    assert bench.view.results_page._note.isHidden()


def test_a_deleted_training_comes_back(bench: TrainBench, qtbot: QtBot) -> None:
    choose(bench, "r1")
    runs = bench.view.form.runs.list
    runs.setFocus()
    with qtbot.waitSignal(bench.tab.message) as said:
        qtbot.keyClick(runs, Qt.Key.Key_Delete)
    assert said.args == ["Deleted R1; its model stays. Ctrl+Z brings it back."]
    qtbot.waitUntil(lambda: titles(bench) == ["R2"])
    assert bench.view.page is not bench.view.results_page
    assert bench.tab._edits["undo"].text() == "&Undo the deletion of R1"
    bench.tab._edits["undo"].trigger()
    qtbot.waitUntil(lambda: titles(bench) == ["R1", "R2"])
    assert not bench.tab._edits["undo"].isEnabled()


def test_a_note_that_is_given_up_changes_nothing(bench: TrainBench, qtbot: QtBot) -> None:
    question = NoteQuestion(bench.window, "Note on R1", "before")
    assert question.field.toPlainText() == "before"
    assert question.field.accessibleName() == "Note"
    question.reject()
    question.deleteLater()
