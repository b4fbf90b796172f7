"""The child process: what it says, how it ends, and what it is told."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from fstmuse_core.runs import store
from fstmuse_core.runs.events import (
    Cancelled,
    Done,
    Epoch,
    Failed,
    Preparing,
    Started,
    TrainEvent,
    drop_superseded,
    ending,
    parse_event,
    read_events,
)
from fstmuse_core.runs.metrics import Metrics
from fstmuse_core.runs.store import CANCEL, STOP, TrainingLock, read_request, runs_folder
from fstmuse_gui.train.run import process
from fstmuse_gui.train.run import process as event_lines
from fstmuse_gui.train.run.process import (
    LineFile,
    OtherTraining,
    OwnTraining,
    thinned,
    without_earlier_ends,
)
from tests.gui_train.child import DONE, EPOCH, START

CHILD = Path(__file__).with_name("child.py")
WAIT_MS = 120_000


class Heard:
    """A training and everything that it said."""

    def __init__(self, training: process.Training) -> None:
        self.training = training
        self.events: list[TrainEvent] = []
        training.told.connect(self.events.append)

    @property
    def last(self) -> TrainEvent | None:
        return self.events[-1] if self.events else None

    def has(self, kind: type) -> bool:
        return any(isinstance(event, kind) for event in self.events)


@pytest.fixture
def begin() -> Iterator[Callable[[str], Heard]]:
    begun: list[Heard] = []

    def start(scenario: str) -> Heard:
        heard = Heard(OwnTraining(["--seed", "1"], None, (sys.executable, str(CHILD), scenario)))
        begun.append(heard)
        return heard

    yield start
    for heard in begun:
        heard.training.let_go()
        heard.training.deleteLater()
    for child in process._let_go:
        child.kill()
        child.wait()
    process._let_go.clear()


def line(event: str, **values: Any) -> str:
    return json.dumps({"event": event, **values})


def test_a_training_is_heard_from_start_to_end(begin: Callable[[str], Heard], qtbot: QtBot) -> None:
    heard = begin("plain")
    qtbot.waitUntil(lambda: heard.has(Done), timeout=WAIT_MS)
    assert [type(e) for e in heard.events] == [Preparing, Started, Epoch, Done]
    done = heard.last
    assert isinstance(done, Done)
    assert isinstance(done.metrics, Metrics)
    assert done.metrics.recall == {"Folk": 1.0, "Rock": 0.0}
    assert not heard.training.is_running
    assert not heard.training._folder.exists()  # type: ignore[attr-defined]


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="another system's priorities")
def test_the_child_makes_way_for_the_window(begin: Callable[[str], Heard]) -> None:
    child = begin("deaf").training._child  # type: ignore[attr-defined]
    assert os.getpriority(os.PRIO_PROCESS, child.pid) >= process._NICENESS
    group = Path(f"/proc/{child.pid}/autogroup")
    if group.exists():
        assert group.read_text().endswith(f"nice {process._NICENESS}\n")


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


def test_a_program_that_cannot_be_started_is_a_failure(qtbot: QtBot) -> None:
    heard = Heard(OwnTraining([], None, ("/nowhere/python",)))
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
    monkeypatch.setattr(process, "CANCEL_GRACE_MS", 200)
    heard = begin("deaf")
    heard.training.cancel()
    qtbot.waitUntil(lambda: heard.has(Cancelled), timeout=WAIT_MS)
    assert heard.events == [Cancelled()]


def test_a_child_let_go_lives_on_without_the_window(
    begin: Callable[[str], Heard], qtbot: QtBot
) -> None:
    heard = begin("goes on")
    qtbot.waitUntil(lambda: heard.has(Epoch), timeout=WAIT_MS)
    child = heard.training._child  # type: ignore[attr-defined]
    heard.training.let_go()
    # Its standard input has ended; the real program goes on then, this one ends in order.
    assert child.wait(timeout=120) == 0
    assert not heard.has(Done)


def test_lines_come_whole(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    lines = LineFile(file)
    assert lines.read() == []
    file.write_bytes(b"one\ntw")
    assert lines.read() == ["one"]
    with file.open("ab") as stream:
        stream.write(b"o\n\xff\n")
    assert lines.read() == ["two", "\ufffd"]


def test_a_story_leaves_out_what_was_taken_back() -> None:
    lines = [
        line("started", **START),
        line("epoch", **EPOCH),
        line("epoch", **{**EPOCH, "epoch": 2}),
        line("failed", sentence="gone", run="r1", resumable=True),
        line("started", **{**START, "resumed_from_epoch": 1}),
        line("epoch", **{**EPOCH, "epoch": 2, "loss": 0.1}),
        line("done", **DONE),
    ]
    events = [e for e in map(parse_event, lines) if e is not None]
    story = drop_superseded(events)
    assert [type(e) for e in story] == [Started, Epoch, Epoch, Done]
    assert isinstance(ending(story), Done)
    kinds = [type(parse_event(one)) for one in without_earlier_ends(lines)]
    assert kinds == [Started, Epoch, Epoch, Started, Epoch, Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path))
    folder = runs_folder() / "r1"
    folder.mkdir(parents=True)
    (folder / "events.jsonl").write_text(
        line("started", **START) + "\n" + line("epoch", **EPOCH) + "\n"
    )
    return folder


def test_an_earlier_end_far_down_a_long_story_is_not_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_lines, "_MOST_BYTES", 1000)
    monkeypatch.setattr(process, "running_training", lambda: tmp_path.name)
    progress = [line("progress", step=number) for number in range(200)]
    resumed = line("started", **{**START, "resumed_from_epoch": 1})
    said = [line("started", **START), line("epoch", **EPOCH), *progress, line("done", **DONE)]
    (tmp_path / "events.jsonl").write_text("\n".join([*said, resumed, ""]))
    heard = Heard(OtherTraining(tmp_path))
    heard.training._poll()
    assert heard.training.is_running
    assert isinstance(heard.last, Started)
    heard.training.let_go()


@pytest.mark.parametrize(
    "end",
    [
        line("done", **{**DONE, "stopped_early": True, "resumable": True}),
        line("failed", sentence="gone", run="r1", resumable=True),
    ],
    ids=["stopped", "failed"],
)
def test_a_resumed_run_that_still_prepares_has_not_ended(end: str, run: Path, qtbot: QtBot) -> None:
    with (run / "events.jsonl").open("a") as stream:
        stream.write(end + "\n" + line("preparing", stage="reading", done=0, total=1) + "\n")
    with TrainingLock("r1"):
        heard = Heard(OtherTraining(run))
        qtbot.waitUntil(lambda: heard.has(Preparing), timeout=WAIT_MS)
        assert [type(event) for event in heard.events] == [Started, Epoch, Preparing]
        assert heard.training.is_running
    heard.training.let_go()
    heard.training.deleteLater()


def test_of_much_progress_told_at_once_some_is_left() -> None:
    progress = [line("progress", step=number) for number in range(1000)]
    lines = [line("started", **START), *progress, line("epoch", **EPOCH), progress[-1]]
    kept = thinned(lines)
    assert kept[0] == lines[0]
    assert kept[-2:] == lines[-2:]
    assert 20 < len(kept) < 60
    assert thinned(lines[-3:]) == lines[-3:]
    assert thinned([]) == []


def test_a_run_of_another_process_is_followed(run: Path, qtbot: QtBot) -> None:
    with TrainingLock("r1"):
        heard = Heard(OtherTraining(run))
        qtbot.waitUntil(lambda: heard.has(Epoch), timeout=WAIT_MS)
        with (run / "events.jsonl").open("a") as stream:
            stream.write(line("done", **DONE) + "\n")
        qtbot.waitUntil(lambda: heard.has(Done), timeout=WAIT_MS)
    heard.training.deleteLater()
    assert isinstance(ending(read_events(run)), Done)


def test_a_followed_run_that_vanishes_is_said(run: Path, qtbot: QtBot) -> None:
    heard = Heard(OtherTraining(run))
    qtbot.waitUntil(lambda: heard.has(Failed), timeout=WAIT_MS)
    failed = heard.last
    assert isinstance(failed, Failed)
    assert failed.resumable
    heard.training.deleteLater()


@pytest.mark.parametrize("word", [STOP, CANCEL])
def test_a_followed_run_is_asked_in_its_folder(word: str, run: Path) -> None:
    with TrainingLock("r1"):
        training = OtherTraining(run)
        getattr(training, word)()
        assert read_request(run) == word
        training.let_go()
        training.deleteLater()


def test_a_followed_run_that_is_discarded_elsewhere_is_said(run: Path, qtbot: QtBot) -> None:
    with TrainingLock("r1"):
        heard = Heard(OtherTraining(run))
        qtbot.waitUntil(lambda: heard.has(Epoch), timeout=WAIT_MS)
    shutil.rmtree(run)
    qtbot.waitUntil(lambda: heard.has(Failed), timeout=WAIT_MS)
    assert heard.last == Failed("the training ended and has left nothing to go on with")
    heard.training.deleteLater()


def test_a_followed_run_that_is_deaf_is_ended_by_force(
    run: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "CANCEL_GRACE_MS", 200)
    hold = f"""
import platformdirs
platformdirs.user_data_dir = lambda *_a, **_k: {str(run.parents[1])!r}
from fstmuse_core.runs.store import TrainingLock
with TrainingLock("r1"):
    print("held", flush=True)
    input()
"""
    command = [sys.executable, "-c", hold]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        heard = Heard(OtherTraining(run))
        qtbot.waitUntil(lambda: heard.has(Epoch), timeout=WAIT_MS)
        heard.training.cancel()
        qtbot.waitUntil(lambda: heard.has(Cancelled), timeout=WAIT_MS)
        assert child.wait(120) != 0
    assert not run.exists()
    heard.training.deleteLater()


def begin_deaf(run: Path, said: str) -> Heard:
    """The training of a run that says this and hears nothing."""
    script = f"""
import platformdirs, time
platformdirs.user_data_dir = lambda *_a, **_k: {str(run.parents[1])!r}
from fstmuse_core.runs.store import TrainingLock
with TrainingLock("r1"):
    print({said!r}, flush=True)
    time.sleep(60)
"""
    return Heard(OwnTraining([], None, (sys.executable, "-c", script)))


@pytest.mark.parametrize("event", ["started", "preparing"])
def test_what_a_deaf_child_has_written_is_discarded(
    event: str, run: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "CANCEL_GRACE_MS", 200)
    said = {
        "started": line("started", **{**START, "folder": str(run)}),
        "preparing": line("preparing", stage="reading", done=0, total=1),
    }
    (run.parent / "r2").mkdir()
    heard = begin_deaf(run, said[event])
    qtbot.waitUntil(lambda: bool(heard.events), timeout=WAIT_MS)
    heard.training.cancel()
    qtbot.waitUntil(lambda: not heard.training.is_running, timeout=WAIT_MS)
    assert heard.last == Cancelled()
    assert not run.exists()
    assert (run.parent / "r2").is_dir()
    heard.training.deleteLater()


@pytest.mark.parametrize("where", ["elsewhere", "another trains"])
def test_what_may_not_be_removed_is_said_to_be_kept(
    where: str, run: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "CANCEL_GRACE_MS", 200)
    folder = run.parents[1] / "r1" if where == "elsewhere" else run
    folder.mkdir(exist_ok=True)
    heard = begin_deaf(run, line("started", **{**START, "folder": str(folder)}))
    qtbot.waitUntil(lambda: heard.has(Started), timeout=WAIT_MS)
    if where == "another trains":
        monkeypatch.setattr(store, "no_training", lambda: contextlib.nullcontext("r2"))
    heard.training.cancel()
    qtbot.waitUntil(lambda: not heard.training.is_running, timeout=WAIT_MS)
    failed = heard.last
    assert isinstance(failed, Failed)
    assert "by force" in failed.sentence
    assert failed.resumable
    assert folder.is_dir()
    heard.training.deleteLater()
