"""Runs of other processes: followed by their folder, asked there, and ended by force."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from fstmuse_core.runs import follow, store
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
from fstmuse_core.runs.store import (
    CANCEL,
    RUN_FILE,
    STOP,
    TrainingLock,
    read_request,
    runs_folder,
)
from fstmuse_gui.train.run import training
from fstmuse_gui.train.run.training import begin_training, follow_training
from tests.gui_train.child import DONE, EPOCH, START
from tests.gui_train.told import WAIT_MS, Heard, line


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path))
    folder = runs_folder() / "r1"
    folder.mkdir(parents=True)
    (folder / RUN_FILE).write_text("{}")
    (folder / "events.jsonl").write_text(
        line("started", **START) + "\n" + line("epoch", **EPOCH) + "\n"
    )
    return folder


def test_an_earlier_end_far_down_a_long_story_is_not_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "_MOST_BYTES", 1000)
    monkeypatch.setattr(training, "running_training", lambda: tmp_path.name)
    progress = [line("progress", step=number) for number in range(200)]
    resumed = line("started", **{**START, "resumed_from_epoch": 1})
    said = [line("started", **START), line("epoch", **EPOCH), *progress, line("done", **DONE)]
    (tmp_path / "events.jsonl").write_text("\n".join([*said, resumed, ""]))
    heard = Heard(follow_training(tmp_path))
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
        heard = Heard(follow_training(run))
        qtbot.waitUntil(lambda: heard.has(Preparing), timeout=WAIT_MS)
        assert [type(event) for event in heard.events] == [Started, Epoch, Preparing]
        assert heard.training.is_running
    heard.training.let_go()
    heard.training.deleteLater()


def test_a_run_of_another_process_is_followed(run: Path, qtbot: QtBot) -> None:
    with TrainingLock("r1"):
        heard = Heard(follow_training(run))
        qtbot.waitUntil(lambda: heard.has(Epoch), timeout=WAIT_MS)
        with (run / "events.jsonl").open("a") as stream:
            stream.write(line("done", **DONE) + "\n")
        qtbot.waitUntil(lambda: heard.has(Done), timeout=WAIT_MS)
    heard.training.deleteLater()
    assert isinstance(ending(read_events(run)), Done)


def test_a_followed_run_that_vanishes_is_said(run: Path, qtbot: QtBot) -> None:
    heard = Heard(follow_training(run))
    qtbot.waitUntil(lambda: heard.has(Failed), timeout=WAIT_MS)
    failed = heard.last
    assert isinstance(failed, Failed)
    assert failed.resumable
    heard.training.deleteLater()


@pytest.mark.parametrize("word", [STOP, CANCEL])
def test_a_followed_run_is_asked_in_its_folder(word: str, run: Path) -> None:
    with TrainingLock("r1"):
        followed = follow_training(run)
        getattr(followed, word)()
        assert read_request(run) == word
        followed.let_go()
        followed.deleteLater()


def test_a_followed_run_that_is_discarded_elsewhere_is_said(run: Path, qtbot: QtBot) -> None:
    with TrainingLock("r1"):
        heard = Heard(follow_training(run))
        qtbot.waitUntil(lambda: heard.has(Epoch), timeout=WAIT_MS)
    shutil.rmtree(run)
    qtbot.waitUntil(lambda: heard.has(Failed), timeout=WAIT_MS)
    assert heard.last == Failed("the training ended and has left nothing to go on with")
    heard.training.deleteLater()


def test_a_followed_run_that_is_deaf_is_ended_by_force(
    run: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "CANCEL_GRACE_MS", 200)
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
        heard = Heard(follow_training(run))
        qtbot.waitUntil(lambda: heard.has(Epoch), timeout=WAIT_MS)
        heard.training.cancel()
        qtbot.waitUntil(lambda: heard.has(Cancelled), timeout=WAIT_MS)
        assert child.wait(120) != 0
    assert not run.exists()
    heard.training.deleteLater()


def begin_deaf(run: Path) -> Heard:
    """The training of a run that heeds nothing."""
    script = f"""
import platformdirs, time
platformdirs.user_data_dir = lambda *_a, **_k: {str(run.parents[1])!r}
from fstmuse_core.runs.store import TrainingLock
with TrainingLock("r1"):
    time.sleep(60)
"""
    return Heard(begin_training([], None, (sys.executable, "-c", script)))


def test_what_a_deaf_child_has_written_is_discarded(
    run: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "CANCEL_GRACE_MS", 200)
    (run.parent / "r2").mkdir()
    heard = begin_deaf(run)
    qtbot.waitUntil(lambda: heard.has(Epoch), timeout=WAIT_MS)
    heard.training.cancel()
    qtbot.waitUntil(lambda: not heard.training.is_running, timeout=WAIT_MS)
    assert heard.last == Cancelled()
    assert not run.exists()
    assert (run.parent / "r2").is_dir()
    heard.training.deleteLater()


def test_what_may_not_be_removed_is_said_to_be_kept(
    run: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "CANCEL_GRACE_MS", 200)
    heard = begin_deaf(run)
    qtbot.waitUntil(lambda: heard.has(Started), timeout=WAIT_MS)
    monkeypatch.setattr(store, "no_training", lambda: contextlib.nullcontext("r2"))
    heard.training.cancel()
    qtbot.waitUntil(lambda: not heard.training.is_running, timeout=WAIT_MS)
    failed = heard.last
    assert isinstance(failed, Failed)
    assert "by force" in failed.sentence
    assert failed.resumable
    assert run.is_dir()
    heard.training.deleteLater()
