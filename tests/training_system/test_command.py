"""``fstmuse train`` as a command."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from fstmuse_core.cli import main
from fstmuse_core.runs.store import list_runs
from fstmuse_core.training.control import Control
from fstmuse_core.training.events import Events
from tests.training_system.conftest import Event, Home


def test_runs_are_listed(home: Home, tones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--runs"]) == 0
    assert "no runs yet" in capsys.readouterr().err

    def stop(event: Event, control: Control) -> None:
        if event["event"] == "epoch":
            control.stop()

    home.train(model="toy-model", data=[str(tones)], epochs=3, out="short", on=stop)
    (run,) = list_runs()
    (run_folder := Path(run.folder)).joinpath("run.json.part").touch()
    (run_folder.parent / "not-a-run").mkdir()
    capsys.readouterr()
    assert main(["train", "--runs"]) == 0
    shown = capsys.readouterr().out
    assert "stopped" in shown
    assert f"fstmuse train --resume {run.run}" in shown
    assert main(["train", "--runs", "--format", "json"]) == 0
    (values,) = json.loads(capsys.readouterr().out)
    assert values["epoch"] == 1
    assert values["epochs"] == 3
    assert values["state"] == "stopped"


def test_resume_takes_no_other_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--resume", "a-run", "--epochs", "3"]) == 2
    assert "leave out --epochs" in capsys.readouterr().err


def test_a_listener_that_leaves_does_not_end_the_training(tmp_path: Path) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    def gone(sentence: str) -> None:
        raise BrokenPipeError

    events = Events(Gone(), gone)
    events.keep_in(tmp_path / "events.jsonl")
    for _ in range(2):
        events.warn("a sentence")
    events.close()
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == 2
