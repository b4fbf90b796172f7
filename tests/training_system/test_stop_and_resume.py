"""Stop keeps, Cancel discards, and what was killed goes on as if nothing had happened."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from fstmuse_core.bundle.bundle import load_bundle
from fstmuse_core.runs.store import (
    CANCEL,
    STOP,
    RunState,
    find_run,
    list_runs,
    newest_checkpoint,
    read_request,
    request_end,
    runs_folder,
)
from fstmuse_core.training import packaging
from fstmuse_core.training import preparation as prepare
from fstmuse_core.training.control import CancelledError, Control
from tests.training_system.conftest import Event, Home, fstmuse, killed_in_epoch

EPOCHS = 4
OPTIONS: dict[str, Any] = {"model": "toy-model", "epochs": EPOCHS, "batch_size": 16, "out": "tones"}

linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="needs XDG folders and POSIX signals"
)


def arguments(tones: Path) -> list[str]:
    words = [f"--{k.replace('_', '-')}={v}" for k, v in OPTIONS.items()]
    return fstmuse("train", *words, "--data", str(tones), "--events", "-")


def after_epoch(number: int, verb: str) -> Callable[[Event, Control], None]:
    def on(event: Event, control: Control) -> None:
        if event["event"] == "epoch" and event["epoch"] == number:
            getattr(control, verb)()

    return on


def test_stop_keeps_the_best_and_resume_goes_on(home: Home, tones: Path) -> None:
    assert home.train(**OPTIONS, data=[str(tones)]) == 0
    unbroken = home.of_kind("epoch")

    other = {**OPTIONS, "out": "stopped"}
    assert home.train(**other, data=[str(tones)], on=after_epoch(2, "stop")) == 0
    assert home.last["event"] == "done"
    assert home.last["stopped_early"]
    assert home.last["resumable"]
    assert load_bundle(home.last["bundle"]).name == "stopped"
    run = home.of_kind("started")[0]["run"]
    assert {s.run: s.state for s in list_runs()}[run] == RunState.STOPPED
    _, checkpoint = newest_checkpoint(find_run(run))
    assert checkpoint is not None
    state = json.loads((checkpoint / "state.json").read_text())
    assert 0.0 < state["seconds"] <= home.last["seconds"]
    (checkpoint / "state.json").write_text(json.dumps({**state, "seconds": 10_000.0}))

    assert home.train(resume=run) == 0
    assert home.last["seconds"] > 10_000.0, "of all starts"
    assert home.of_kind("started")[0]["resumed_from_epoch"] == 2
    assert not home.last["stopped_early"]
    again = home.of_kind("epoch")
    assert [event["epoch"] for event in again] == [3, 4]
    for one, two in zip(unbroken[2:], again, strict=True):
        assert two["loss"] == pytest.approx(one["loss"], abs=1e-3)
        assert two["val_loss"] == pytest.approx(one["val_loss"], abs=1e-3)
        assert two["learning_rate"] == pytest.approx(one["learning_rate"])
    assert {s.run: s.state for s in list_runs()}[run] == RunState.DONE

    assert home.train(resume=run) == 2
    assert "is done" in home.last["sentence"]


def test_stop_within_the_first_epoch_keeps_that(home: Home, tones: Path) -> None:
    def on(event: Event, control: Control) -> None:
        if event["event"] == "progress":
            control.stop()

    assert home.train(**OPTIONS, data=[str(tones)], on=on) == 0
    assert home.last["stopped_early"]
    assert not home.last["resumable"]
    assert load_bundle(home.last["bundle"]).manifest.training["best_epoch"] == 1


@pytest.mark.parametrize("moment", ["features", "epoch"])
def test_cancel_leaves_nothing(home: Home, tones: Path, moment: str) -> None:
    def on(event: Event, control: Control) -> None:
        if moment in (event["event"], event.get("stage")):
            control.cancel()

    assert home.train(**OPTIONS, data=[str(tones)], on=on) == 130
    assert home.last["event"] == "cancelled"
    assert list_runs() == []
    assert [p.name for p in runs_folder().iterdir()] == ["training.lock"]
    assert not (home.folder / "data" / "fstmuse" / "models").exists()


@pytest.mark.parametrize("moment", ["features", "epoch"])
def test_cancel_discards_a_resumed_run_too(home: Home, tones: Path, moment: str) -> None:
    def on(event: Event, control: Control) -> None:
        if moment in (event["event"], event.get("stage")):
            control.cancel()

    home.train(**OPTIONS, data=[str(tones)], on=after_epoch(1, "stop"))
    assert home.train(resume=home.of_kind("started")[0]["run"], on=on) == 130
    assert not home.last["kept"]
    assert home.said[-1] == "cancelled; nothing was kept"
    assert list_runs() == []


def test_stop_while_a_resumed_run_prepares_leaves_it_as_it_was(home: Home, tones: Path) -> None:
    def on(event: Event, control: Control) -> None:
        if event.get("stage") == "features":
            control.stop()

    home.train(**OPTIONS, data=[str(tones)], on=after_epoch(1, "stop"))
    run = home.of_kind("started")[0]["run"]
    assert home.train(resume=run, on=on) == 130
    assert home.last["kept"]
    assert f"fstmuse train --resume {run} still does" in home.said[-1]

    assert home.train(resume=run) == 0
    assert home.of_kind("started")[0]["resumed_from_epoch"] == 1


@pytest.mark.slow
@linux_only
def test_killed_and_resumed_equals_unbroken(home: Home, tones: Path) -> None:
    assert home.train(**{**OPTIONS, "out": "unbroken"}, data=[str(tones)]) == 0
    unbroken = home.of_kind("epoch")[-1]
    killed_in_epoch(3, arguments(tones), home.environment)
    summary = next(s for s in list_runs() if s.out == "tones")
    assert summary.state == RunState.UNFINISHED
    assert summary.resumable
    assert summary.epoch == 2

    assert home.train(resume=summary.run) == 0
    final = home.of_kind("epoch")[-1]
    assert final["epoch"] == EPOCHS
    assert final["loss"] == pytest.approx(unbroken["loss"], abs=1e-3)
    assert final["val_loss"] == pytest.approx(unbroken["val_loss"], abs=1e-3)
    assert newest_checkpoint(Path(summary.folder))[0] == EPOCHS


@linux_only
def test_an_interrupt_stops_a_process(home: Home, tones: Path) -> None:
    with subprocess.Popen(
        arguments(tones),
        env=home.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        events = []
        for line in child.stdout:
            events.append(json.loads(line))
            if events[-1]["event"] == "epoch" and events[-1]["epoch"] == 1:
                os.kill(child.pid, signal.SIGINT)
    assert child.returncode == 0
    assert events[-1]["event"] == "done"
    assert events[-1]["stopped_early"]


@pytest.mark.parametrize(("said", "is_cancelled"), [(b"stop\n", False), (b"hm\nCANCEL\n", True)])
def test_lines_on_standard_input_are_obeyed(said: bytes, is_cancelled: bool) -> None:
    heard, speak = os.pipe()
    control = Control()
    listener = control.watch_stream(heard)
    os.write(speak, said)
    os.close(speak)
    listener.join(120.0)
    assert control.stopped
    with pytest.raises(CancelledError) if is_cancelled else nullcontext():
        control.check()


def test_the_end_of_standard_input_stops_nothing() -> None:
    heard, speak = os.pipe()
    control = Control()
    os.close(speak)
    control.watch_stream(heard).join(120.0)
    assert not control.stopped


def test_damaged_checkpoint_is_a_sentence(home: Home, tones: Path) -> None:
    home.train(**OPTIONS, data=[str(tones)], on=after_epoch(1, "stop"))
    summary = list_runs()[0]
    folder = newest_checkpoint(Path(summary.folder))[1]
    assert folder is not None
    (folder / "optimizer.npz").write_bytes(b"no zip")
    assert home.train(resume=summary.run) == 1
    assert "checkpoint is damaged" in home.last["sentence"]


def test_unknown_run_is_a_sentence(home: Home) -> None:
    assert home.train(resume="nobody") == 2
    assert "there is no run by that name" in home.last["sentence"]


def test_a_disk_full_at_the_end_loses_nothing(
    home: Home, tones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "model.tflite")

    short = {**OPTIONS, "epochs": 1}
    with monkeypatch.context() as patch:
        patch.setattr(packaging, "package_classifier", full)
        assert home.train(**short, data=[str(tones)]) == 1
    assert "No space left on device (model.tflite)" in home.last["sentence"]
    assert home.last["resumable"]
    assert home.train(resume=home.last["run"]) == 0
    assert home.of_kind("epoch") == []
    assert load_bundle(home.last["bundle"]).manifest.training["best_epoch"] == 1


def test_a_resumed_run_goes_on_with_the_music_that_is_left(
    home: Home, tones: Path, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    shutil.copytree(tones, music)
    home.train(**OPTIONS, data=[str(music)], on=after_epoch(1, "stop"))
    run = home.of_kind("started")[0]["run"]
    (music / "Rock-0.wav").unlink()
    (music / "manifest.csv").unlink()
    assert home.train(resume=run) == 0
    (sentence,) = [w["sentence"] for w in home.of_kind("warning") if "aside" in w["sentence"]]
    assert sentence == "1 file is set aside: Rock-0.wav: the file is missing"


def test_music_that_is_all_gone_cannot_be_resumed(home: Home, tones: Path, tmp_path: Path) -> None:
    music = tmp_path / "music"
    shutil.copytree(tones, music)
    home.train(**OPTIONS, data=[str(music)], on=after_epoch(1, "stop"))
    run = home.of_kind("started")[0]["run"]
    shutil.rmtree(music)
    assert home.train(resume=run) == 1
    assert "cannot be read any more; put it back" in home.last["sentence"]
    assert home.last["resumable"]


def test_what_was_cut_off_while_it_read_its_music_reads_it_again(
    home: Home, tones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*arguments: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(prepare, "read_features", die)
        with pytest.raises(SystemExit):
            home.train(**OPTIONS, data=[str(tones)])
    (summary,) = list_runs()
    assert (summary.state, summary.epoch, summary.resumable) == (RunState.UNFINISHED, 0, True)
    assert home.train(resume=summary.run) == 0
    assert home.of_kind("started")[0]["resumed_from_epoch"] == 0
    assert len(home.of_kind("epoch")) == EPOCHS


# -- asked for by another process ------------------------------------------------------


def asking(word: str, moment: str) -> Callable[[Event, Control], None]:
    """Ask for the end as another window does, in the run's folder."""

    def on(event: Event, control: Control) -> None:
        if moment in (event["event"], event.get("stage")):
            (run,) = [summary for summary in list_runs() if summary.state == RunState.RUNNING]
            request_end(Path(run.folder), word)

    return on


def test_stop_can_be_asked_for_in_the_runs_folder(home: Home, tones: Path) -> None:
    assert home.train(**OPTIONS, data=[str(tones)], on=asking(STOP, "epoch")) == 0
    assert home.last["stopped_early"]
    assert home.last["resumable"]
    run = home.of_kind("started")[0]["run"]
    # It was meant for that start, not for the next.
    assert home.train(resume=run) == 0
    assert not home.last["stopped_early"]


@pytest.mark.parametrize("moment", ["features", "progress"])
def test_cancel_can_be_asked_for_in_the_runs_folder(home: Home, tones: Path, moment: str) -> None:
    assert home.train(**OPTIONS, data=[str(tones)], on=asking(CANCEL, moment)) == 130
    assert home.last["event"] == "cancelled"
    assert list_runs() == []


def test_an_old_request_does_not_end_a_resumed_run(home: Home, tones: Path) -> None:
    home.train(**OPTIONS, data=[str(tones)], on=after_epoch(1, "stop"))
    (summary,) = list_runs()
    request_end(Path(summary.folder), CANCEL)
    assert home.train(resume=summary.run) == 0
    assert not home.last["stopped_early"]
    assert read_request(Path(summary.folder)) == ""


def test_a_request_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    control = Control()
    control.watch_run(tmp_path)
    (tmp_path / "request").write_bytes(b"\xff\x00 stop it")
    assert not control.stopped
    (tmp_path / "request").unlink()
    (tmp_path / "request").mkdir()
    control.check()
