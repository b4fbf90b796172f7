"""A training in another process: what its folder says, how it ends, and what it is asked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from fstmuse_core.runs.events import (
    Cancelled,
    Done,
    Epoch,
    Failed,
    Preparing,
    Started,
    ending,
    read_events,
)
from fstmuse_core.runs.metrics import Metrics
from fstmuse_core.runs.store import (
    runs_folder,
)
from fstmuse_gui.train.run import training
from fstmuse_gui.train.run.closing import Closing
from fstmuse_gui.train.run.training import begin_training
from tests.gui_train.child import DONE, END, START
from tests.gui_train.told import WAIT_MS, Heard, line


@pytest.fixture
def begin(own_folders: Path) -> Iterator[Callable[..., Heard]]:
    begun: list[Heard] = []

    def start(scenario: str, *arguments: str) -> Heard:
        command = (sys.executable, "-m", "tests.gui_train.child", scenario)
        heard = Heard(begin_training(arguments or ["--seed", "1"], None, command))
        begun.append(heard)
        return heard

    yield start
    for heard in begun:
        heard.training.let_go()
        heard.training.deleteLater()
    for child in training._let_go:
        child.kill()
        child.wait()
    training._let_go.clear()


def child_of(heard: Heard) -> subprocess.Popen[bytes]:
    begun = heard.training._process
    assert begun is not None
    assert begun._child is not None
    return begun._child


def test_a_training_is_heard_from_start_to_end(begin: Callable[[str], Heard], qtbot: QtBot) -> None:
    heard = begin("plain")
    qtbot.waitUntil(lambda: heard.has(Done), timeout=WAIT_MS)
    assert [type(e) for e in heard.events] == [Preparing, Started, Epoch, Done]
    done = heard.last
    assert isinstance(done, Done)
    assert isinstance(done.metrics, Metrics)
    assert done.metrics.recall == {"Folk": 1.0, "Rock": 0.0}
    assert not heard.training.is_running


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="another system's priorities")
def test_the_child_makes_way_for_the_window(begin: Callable[[str], Heard]) -> None:
    child = child_of(begin("deaf"))
    assert os.getpriority(os.PRIO_PROCESS, child.pid) >= training._NICENESS
    group = Path(f"/proc/{child.pid}/autogroup")
    if group.exists():
        assert group.read_text().endswith(f"nice {training._NICENESS}\n")


def test_garbage_between_the_lines_does_no_harm(
    begin: Callable[[str], Heard], qtbot: QtBot
) -> None:
    heard = begin("garbage")
    qtbot.waitUntil(lambda: heard.has(Done), timeout=WAIT_MS)
    assert [type(e) for e in heard.events] == [Preparing, Started, Epoch, Done]


def test_a_child_that_dies_gets_a_calm_sentence(
    begin: Callable[[str], Heard], qtbot: QtBot
) -> None:
    heard = begin("dies")
    qtbot.waitUntil(lambda: heard.has(Failed), timeout=WAIT_MS)
    failed = heard.last
    assert isinstance(failed, Failed)
    assert "learned up to its last epoch is kept" in failed.sentence
    assert failed.resumable
    assert failed.run == "r1"


def test_a_refusal_is_passed_on_word_for_word(begin: Callable[[str], Heard], qtbot: QtBot) -> None:
    heard = begin("refused")
    qtbot.waitUntil(lambda: heard.has(Failed), timeout=WAIT_MS)
    assert heard.events == [Failed("training: r0 is being trained already; stop it")]


def test_why_a_run_was_not_kept_is_said_when_its_folder_is_gone(
    begin: Callable[[str], Heard], qtbot: QtBot
) -> None:
    heard = begin("discarded")
    qtbot.waitUntil(lambda: heard.has(Failed), timeout=WAIT_MS)
    assert heard.last == Failed("music: none of its 3 files can be used")


def test_a_program_that_cannot_be_started_is_a_failure(own_folders: Path, qtbot: QtBot) -> None:
    heard = Heard(begin_training([], None, ("/nowhere/python",)))
    qtbot.waitUntil(lambda: heard.has(Failed), timeout=WAIT_MS)
    heard.training.deleteLater()


def test_numbers_that_are_none_are_heard(begin: Callable[[str], Heard], qtbot: QtBot) -> None:
    heard = begin("diverges")
    qtbot.waitUntil(lambda: heard.has(Failed), timeout=WAIT_MS)
    epoch = [e for e in heard.events if isinstance(e, Epoch)][-1]
    assert epoch.loss != epoch.loss
    assert epoch.val_loss != epoch.val_loss


@pytest.mark.parametrize(("word", "end"), [("stop", Done), ("cancel", Cancelled)])
def test_the_child_hears_the_words(
    word: str, end: type, begin: Callable[[str], Heard], qtbot: QtBot
) -> None:
    heard = begin("listens")
    qtbot.waitUntil(lambda: heard.has(Epoch), timeout=WAIT_MS)
    getattr(heard.training, word)()
    qtbot.waitUntil(lambda: heard.has(end), timeout=WAIT_MS)
    last = heard.last
    if isinstance(last, Done):
        assert last.stopped_early


def test_a_deaf_child_is_ended_by_force(
    begin: Callable[[str], Heard], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "CANCEL_GRACE_MS", 200)
    heard = begin("deaf")
    heard.training.cancel()
    qtbot.waitUntil(lambda: heard.has(Cancelled), timeout=WAIT_MS)
    assert heard.events == [Cancelled()]


def test_a_child_let_go_lives_on_without_the_window(
    begin: Callable[[str], Heard], qtbot: QtBot
) -> None:
    heard = begin("listens")
    qtbot.waitUntil(lambda: heard.has(Epoch), timeout=WAIT_MS)
    child = child_of(heard)
    heard.training.let_go()
    (runs_folder() / "r1" / END).touch()
    assert child.wait(timeout=120) == 0
    assert not heard.has(Done)
    assert isinstance(ending(read_events(runs_folder() / "r1")), Done)


def test_what_is_asked_before_there_is_a_folder_is_passed_on(
    begin: Callable[[str], Heard], qtbot: QtBot
) -> None:
    heard = begin("late")
    heard.training.stop()
    child = child_of(heard)
    qtbot.waitUntil(lambda: child.poll() is not None, timeout=WAIT_MS)
    assert child.returncode == 0


@pytest.mark.parametrize("closing", [Closing.STOP, Closing.CANCEL])
def test_a_window_that_closes_before_there_is_a_folder_ends_the_child(
    closing: Closing, begin: Callable[..., Heard]
) -> None:
    heard = begin("deaf")
    child = child_of(heard)
    heard.training.leave(closing)
    assert child.poll() is not None


@pytest.mark.parametrize(("closing", "is_left"), [(Closing.STOP, True), (Closing.CANCEL, False)])
def test_what_a_resumed_run_came_with_is_kept_unless_it_is_to_be_discarded(
    closing: Closing, is_left: bool, begin: Callable[..., Heard]
) -> None:
    earlier = runs_folder() / "r0"
    earlier.mkdir(parents=True)
    begin("deaf", "--resume", "r0").training.leave(closing)
    assert earlier.is_dir() == is_left


def test_of_a_resumed_run_only_what_is_new_is_told(
    begin: Callable[..., Heard], qtbot: QtBot
) -> None:
    folder = runs_folder() / "r1"
    folder.mkdir(parents=True)
    end = line("done", **{**DONE, "stopped_early": True, "resumable": True})
    (folder / "events.jsonl").write_text(line("started", **START) + "\n" + end + "\n")
    heard = begin("plain", "--resume", "r1")
    qtbot.waitUntil(lambda: not heard.training.is_running, timeout=WAIT_MS)
    assert [type(e) for e in heard.events] == [Preparing, Started, Epoch, Done]
