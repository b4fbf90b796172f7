"""Trainings that wait for the one that runs, and those that a terminal begins meanwhile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from fstmuse_core.runs.events import Cancelled, Failed
from fstmuse_core.runs.store import REPORT_FILE, TrainingLock
from fstmuse_gui.settings import Settings
from fstmuse_gui.train.data.reader import DataSetReader
from fstmuse_gui.train.results.presenter import past_runs
from fstmuse_gui.train.run import queue as queue_module
from fstmuse_gui.train.run.queue import TRAIN_QUEUE
from fstmuse_gui.train.run.training import begin_training, follow_training
from tests.gui_train.conftest import LONG_MS, MakeTrainBench, TrainBench
from tests.gui_train.fakes import make_done
from tests.gui_train.test_run_actions import make_run
from tests.training_system.test_quick import write_songs

FAILED = Failed("the disk is full", "r1", True)


def spoken(bench: TrainBench) -> list[str]:
    """The list of trainings as a screen reader says it."""
    runs = bench.view.form.runs.list
    role = Qt.ItemDataRole.AccessibleTextRole
    return [str(runs.item(place).data(role)) for place in range(runs.count())]


def add(bench: TrainBench, *names: str) -> None:
    for name in names:
        bench.form.name.setText(name)
        bench.tab._train.trigger()


def out(bench: TrainBench) -> str:
    words = bench.training.what
    assert isinstance(words, list)
    return str(words[words.index("--out") + 1])


def choose(bench: TrainBench, place: int) -> None:
    runs = bench.view.form.runs
    bench.window.activateWindow()
    runs.list.setFocus()
    bench.qtbot.waitUntil(runs.list.hasFocus)
    runs.list.setCurrentRow(place)


def waits_for(bench: TrainBench, count: int) -> None:
    bench.qtbot.waitUntil(lambda: len(bench.begun) == count)


@pytest.mark.parametrize(
    "end", [make_done(), make_done(resumable=True), FAILED, Cancelled()], ids=lambda e: str(e)[:20]
)
def test_the_next_begins_by_itself_in_its_turn(running: TrainBench, end: object) -> None:
    add(running, "second", "third")
    assert len(running.begun) == 1
    assert spoken(running) == ["second, Waiting, next", "third, Waiting, number 2"]
    running.tell(end)
    waits_for(running, 2)
    assert out(running) == "second"
    assert spoken(running) == ["third, Waiting, next"]
    running.tell(end)
    waits_for(running, 3)
    assert out(running) == "third"
    assert spoken(running) == []
    running.tell(end)
    with running.qtbot.waitSignal(running.tab.past.listed):
        running.tab.past.refresh()
    assert len(running.begun) == 3


def test_what_was_entered_is_what_begins(running: TrainBench) -> None:
    add(running, "second")
    entered = list(running.presenter.form.options.arguments())
    running.form.name.setText("another")
    running.form.design.setCurrentIndex(running.form.design.findData("quick"))
    running.tell(make_done())
    waits_for(running, 2)
    assert running.training.what == entered


def test_no_two_models_get_one_name(running: TrainBench) -> None:
    add(running, "my-library", "my-library")
    assert [words.partition(",")[0] for words in spoken(running)] == [
        "my-library-2",
        "my-library-3",
    ]
    running.presenter.form.taken_names = lambda: {"my-library", "my-library-2"}
    running.tell(make_done())
    waits_for(running, 2)
    assert out(running) == "my-library-4"


def test_one_is_removed_by_its_key_and_brought_back(running: TrainBench) -> None:
    add(running, "second", "third")
    choose(running, 0)
    assert running.view.trouble_page.sentence.startswith("It begins by itself when my-library")
    assert running.tab._edits["delete"].isEnabled()
    with running.qtbot.waitSignal(running.tab.message) as said:
        running.qtbot.keyClick(running.view.form.runs.list, Qt.Key.Key_Delete)
    assert said.args == ["second waits no more. Ctrl+Z brings it back."]
    assert spoken(running) == ["third, Waiting, next"]
    assert running.view.page is not running.view.trouble_page
    running.tab._edits["undo"].trigger()
    assert spoken(running) == ["second, Waiting, next", "third, Waiting, number 2"]


def test_one_is_removed_by_its_button(running: TrainBench) -> None:
    add(running, "second", "third")
    choose(running, 1)
    running.view.trouble_page.remove_button.click()
    assert spoken(running) == ["second, Waiting, next"]


def test_the_button_that_stands_out_removes_nothing(running: TrainBench) -> None:
    add(running, "second", "third")
    choose(running, 1)
    assert running.view.trouble_page.retry_button.text() == "Back to the data set"
    running.view.trouble_page.retry_button.click()
    assert len(spoken(running)) == 2
    assert running.view.page is not running.view.trouble_page


def test_a_result_stays_in_view_when_the_next_begins(
    make_bench: MakeTrainBench, own_folders: Path, qtbot: QtBot
) -> None:
    make_run(own_folders, "r1")
    bench = make_bench(lister=past_runs)
    bench.train()
    bench.tab.live.run = "r1"
    add(bench, "second")
    bench.tell(make_done())
    waits_for(bench, 2)
    assert bench.view.page is bench.view.results_page
    assert bench.view.form.runs.current == "r1"


def test_they_wait_for_the_next_start_of_the_window(
    make_bench: MakeTrainBench, settings: Settings, qtbot: QtBot
) -> None:
    words = ["--model", "fst-muse", "--out"]
    settings.set(TRAIN_QUEUE, [["second", *words, "second"], ["third", *words, "third"]])
    bench = make_bench()
    qtbot.waitUntil(lambda: "2 trainings wait since the last time" in bench.view.notice.text)
    assert spoken(bench) == ["second, Waiting, next", "third, Waiting, number 2"]
    assert bench.begun == []
    choose(bench, 1)
    bench.view.trouble_page.retry_button.click()
    waits_for(bench, 1)
    assert out(bench) == "third"
    assert bench.view.page is bench.view.busy_page
    assert settings.get(TRAIN_QUEUE) == [["second", *words, "second"]]
    bench.tell(make_done())
    waits_for(bench, 2)
    assert out(bench) == "second"
    assert settings.get(TRAIN_QUEUE) == []


def test_the_queue_is_kept_at_once(running: TrainBench, settings: Settings) -> None:
    add(running, "second")
    ((title, *words),) = settings.get(TRAIN_QUEUE)
    assert title == "second"
    assert words == running.presenter.form.options.arguments()


@pytest.mark.parametrize("broken", [["x"], [["only a title"]], [["a", 1]], [["a", "b\0"]]])
def test_a_queue_that_is_damaged_is_left_out(
    broken: list[object], make_bench: MakeTrainBench, settings: Settings
) -> None:
    settings._store.setValue(TRAIN_QUEUE.key, str(broken).replace("'", '"'))
    assert spoken(make_bench()) == []


def test_the_next_waits_while_another_program_trains(
    running: TrainBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "running_training", lambda: "of-another-kind")
    add(running, "second")
    with running.qtbot.waitSignal(running.tab.past.listed):
        running.tell(make_done())
    assert spoken(running) == ["second, Waiting, next"]
    assert len(running.begun) == 1
    monkeypatch.setattr(queue_module, "running_training", lambda: None)
    running.tab.past.refresh()
    waits_for(running, 2)


def test_a_training_of_a_terminal_is_noticed(
    make_bench: MakeTrainBench, own_folders: Path, qtbot: QtBot
) -> None:
    make_run(own_folders, "r1")
    bench = make_bench(lister=past_runs)
    qtbot.waitUntil(lambda: len(spoken(bench)) == 1)
    make_run(own_folders, "r2")
    (own_folders / "fstmuse" / "runs" / "r2" / REPORT_FILE).unlink()
    with TrainingLock("r2"):
        qtbot.waitUntil(lambda: "R2, Training now" in spoken(bench), timeout=6_000)
        assert bench.tab.live.is_running
    qtbot.waitUntil(lambda: "R2, Training now" not in spoken(bench), timeout=6_000)


@pytest.mark.slow
@pytest.mark.timeout(3 * LONG_MS / 1000)
def test_real_trainings_follow_each_other_and_one_of_a_terminal(
    make_bench: MakeTrainBench, tmp_path: Path, own_folders: Path, usual_priority: None
) -> None:
    bench = make_bench(
        starter=begin_training, follower=follow_training, lister=past_runs, data=DataSetReader
    )
    qtbot, form = bench.qtbot, bench.form
    form.design.setCurrentIndex(form.design.findData("quick"))
    form.defaults_requested.emit()
    bench.learn_from(str(write_songs(tmp_path / "songs", {"Folk": 6, "Rock": 6})))
    add(bench, "first", "second")
    assert "second, Waiting, next" in spoken(bench)
    ends = "first, Done", "second, Done"
    qtbot.waitUntil(
        lambda: all(any(row.startswith(end) for row in spoken(bench)) for end in ends),
        timeout=LONG_MS,
    )
    form.name.setText("typed")
    words = bench.presenter.form.options.arguments()
    terminal = subprocess.Popen([sys.executable, "-m", "fstmuse_core.cli", "train", *words])
    # It takes a second or two: whether it is seen while it runs is chance.
    qtbot.waitUntil(
        lambda: any(row.startswith("typed, Done") for row in spoken(bench)), timeout=LONG_MS
    )
    assert terminal.wait(60) == 0
