"""``fstmuse train`` as a command."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from fstmuse_core.cli import main
from fstmuse_core.runs.store import RUN_FILE, list_runs, runs_folder, write_json
from fstmuse_core.training.control import Control
from fstmuse_core.training.events import Events
from fstmuse_core.training.record import command_of
from fstmuse_core.training.settings import TrainSettings, settings_from
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


def test_a_name_may_hold_blanks_as_everywhere_else() -> None:
    settings = settings_from({"data": ("music",), "out": "  my  caf\u00e9 songs"})
    assert (settings.out, settings.title) == ("my-cafe-songs", "my caf\u00e9 songs")
    assert "--out 'my caf\u00e9 songs'" in command_of(settings)
    assert TrainSettings.from_dict(settings.to_dict()) == settings


def test_a_quick_run_is_listed_by_its_songs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path))
    settings = settings_from({"data": ("music",), "design": "quick", "out": "mine"}).to_dict()
    learned: dict[str, dict[str, object]] = {"r1": {}, "r2": {"parts": {"train": [{}] * 12}}}
    for name, known in learned.items():
        folder = runs_folder() / name
        folder.mkdir(parents=True)
        write_json(folder / RUN_FILE, {"settings": settings, **known})
    assert main(["train", "--runs"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "quick  (" in first
    assert "quick, 12 songs  (" in second
    assert "epoch" not in first + second


@pytest.mark.parametrize(("design", "advice"), [("quick", "less music"), ("ours", "--batch-size")])
def test_without_memory_the_advice_fits_the_design(
    design: str, advice: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("fstmuse_core.training.session.Preparation", full)
    assert home.train(model="fst-muse", design=design, data=["music"], out="mine") == 1
    assert advice in home.last["sentence"]
