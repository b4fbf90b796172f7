"""What cannot be trained is said in one sentence, before anything is lost."""

from __future__ import annotations

import errno
import math
import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from fstmuse_core.bundle.bundle import bundle_folders, load_bundle
from fstmuse_core.runs.store import TrainingLock, list_runs, runs_folder
from fstmuse_core.training.control import Control
from fstmuse_core.training.events import Events
from fstmuse_core.training.trainer import ClassifierTrainer
from tests.training_system.conftest import Event, Home, write_tones

NO_ROOM = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

OPTIONS: dict[str, Any] = {"model": "toy-model", "epochs": 2, "batch_size": 16, "out": "tones"}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"epochs": 0}, "--epochs: 0 cannot be used; 1 to 10000"),
        ({"batch_size": 0}, "--batch-size: 0"),
        ({"learning_rate": 0.0}, "--learning-rate: 0.0"),
        ({"learning_rate": math.nan}, "--learning-rate: nan"),
        ({"learning_rate": math.inf}, "--learning-rate: inf"),
        ({"learning_rate": 1e18}, "--learning-rate: 1e+18"),
        ({"epochs": 10**18}, "--epochs: 1000000000000000000"),
        ({"dropout": 1.0}, "--dropout: 1.0"),
        ({"l2": -1.0}, "--l2: -1.0"),
        ({"l2": math.inf}, "--l2: inf"),
        ({"genres": ["Rock"]}, "two genres or more"),
        ({"seed": 2**32}, "--seed: 4294967296"),
        ({"out": "../x"}, "letters, digits"),
        ({"data": []}, "name the folder"),
        ({"design": "original", "augment": "full"}, "the report's design had none"),
        ({"model": "toy-gan", "design": "original", "learning_rate": 5.0}, "rates of its own"),
        ({"out": "FST_muse"}, "there is a model called fst-muse already"),
        ({"fine_tune": "nobody"}, "there is no model by that name"),
    ],
)
def test_wrong_settings(home: Home, tones: Path, changed: dict[str, Any], sentence: str) -> None:
    code = home.train(**{**OPTIONS, "data": [str(tones)], **changed})
    assert code == (1 if changed.keys() & {"fine_tune"} or "already" in sentence else 2)
    assert [event["event"] for event in home.events] == ["failed"]
    assert sentence in home.last["sentence"]
    assert not home.last["resumable"]


@pytest.mark.parametrize(
    ("artists", "sentence"),
    [
        ({"Rock": 12}, "Rock"),
        ({"Rock": 2, "Folk": 1}, "too few"),
        ({"Rock": 1, "Folk": 1, "Hip-Hop": 1}, "too few"),
    ],
)
def test_too_little_music(
    home: Home, tmp_path: Path, artists: dict[str, int], sentence: str
) -> None:
    music = write_tones(tmp_path / "music", artists, seconds=3.5)
    assert home.train(**OPTIONS, data=[str(music)]) == 1
    assert home.last["event"] == "failed"
    assert sentence in home.last["sentence"]
    assert list_runs() == []


def test_missing_folder(home: Home, tmp_path: Path) -> None:
    assert home.train(**OPTIONS, data=[str(tmp_path / "nowhere")]) == 1
    assert "nowhere" in home.last["sentence"]


def test_a_folder_without_music(home: Home, tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "notes.txt").write_text("nothing to hear")
    assert home.train(**OPTIONS, data=[str(tmp_path / "music")]) == 1
    assert "no music was found in it; name a folder with mp3" in home.last["sentence"]
    assert list_runs() == []


def test_missing_genre(home: Home, tones: Path) -> None:
    assert home.train(**OPTIONS, data=[str(tones)], genres=["Rock", "Polka"]) == 1
    assert "no music of Polka" in home.last["sentence"]


def test_a_genre_with_one_artist_is_said_and_files_that_fail_are_set_aside(
    home: Home, tmp_path: Path
) -> None:
    music = write_tones(tmp_path / "music", {"Rock": 6, "Folk": 6, "Hip-Hop": 1})
    (music / "Rock-5.wav").write_bytes(b"not sound")
    assert home.train(**OPTIONS, data=[str(music)]) == 0
    said = [event["sentence"] for event in home.of_kind("warning")]
    assert any("Hip-Hop" in sentence and "test" in sentence for sentence in said)
    assert any("set aside" in sentence and "Rock-5.wav" in sentence for sentence in said)
    assert home.last["metrics"]["recall"]["Hip-Hop"] is None
    assert "not tested" in Path(home.last["card"]).read_text(encoding="utf-8")


def test_a_second_training_is_refused(home: Home, tones: Path) -> None:
    with TrainingLock("the-first"):
        assert home.train(**OPTIONS, data=[str(tones)]) == 1
    assert "the-first is being trained already" in home.last["sentence"]
    with TrainingLock("third"):
        pass


def test_divergence_is_named(home: Home, tones: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    validate = ClassifierTrainer.validate
    monkeypatch.setattr(
        ClassifierTrainer, "validate", lambda self: replace(validate(self), loss=math.nan)
    )
    assert home.train(**OPTIONS, data=[str(tones)], learning_rate=10.0) == 1
    assert "NaN or infinity" in home.last["sentence"]
    assert "--learning-rate" in home.last["sentence"]
    assert list_runs() == []


def test_divergence_keeps_the_last_good_model(
    home: Home, tones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    validate = ClassifierTrainer.validate
    seen = []

    def fails_later(self: ClassifierTrainer) -> Any:
        found = validate(self)
        seen.append(found)
        return found if len(seen) == 1 else replace(found, loss=math.nan)

    monkeypatch.setattr(ClassifierTrainer, "validate", fails_later)
    assert home.train(**OPTIONS, data=[str(tones)]) == 0
    assert "the model of epoch 1" in home.of_kind("warning")[-1]["sentence"]
    assert home.last["stopped_early"]
    assert not home.last["resumable"]
    assert load_bundle(home.last["bundle"]).manifest.training["best_epoch"] == 1


def test_a_full_disk_is_said_before_the_start(
    home: Home, tones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nearly_full(path: Path) -> SimpleNamespace:
        # The features may or may not lie in the cache already; their disk has room.
        is_full = runs_folder() in Path(path).parents
        return SimpleNamespace(free=10 * 2**20 if is_full else 2**40)

    monkeypatch.setattr(shutil, "disk_usage", nearly_full)
    assert home.train(**OPTIONS, data=[str(tones)]) == 1
    assert "the disk has 10 MiB free" in home.last["sentence"]
    assert list_runs() == []


def test_a_disk_that_fills_costs_checkpoints_only(
    home: Home, tones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fills(path: Path) -> SimpleNamespace:
        # The features may or may not lie in the cache already; their disk has room.
        if runs_folder() in Path(path).parents:
            asked.append(path)
        return SimpleNamespace(free=2**40 if len(asked) < 3 else 0)

    monkeypatch.setattr(shutil, "disk_usage", fills)
    assert home.train(**OPTIONS, data=[str(tones)]) == 0
    (warning,) = [w["sentence"] for w in home.of_kind("warning") if "checkpoint" in w["sentence"]]
    assert "resumes after epoch 1" in warning
    assert load_bundle(home.last["bundle"]).name == "tones"


@pytest.mark.parametrize("moment", ["epoch", "testing"])
def test_a_model_that_comes_meanwhile_is_not_replaced(home: Home, tones: Path, moment: str) -> None:
    models = home.folder / "data" / "fstmuse" / "models"

    def on(event: Event, control: Control) -> None:
        if moment in (event["event"], event.get("stage")) and not (models / "Tones").exists():
            shutil.copytree(bundle_folders()["toy-model"], models / "Tones")

    assert home.train(**OPTIONS, data=[str(tones)], on=on) == 0
    assert Path(home.last["bundle"]) == models / "tones-2"
    assert home.last["name"] == "tones-2"
    assert "so this one is called tones-2" in home.of_kind("warning")[-1]["sentence"]
    manifest = load_bundle(models / "tones-2").manifest
    assert (manifest.name, manifest.title) == ("tones-2", "tones 2")
    assert "# tones-2" in Path(home.last["card"]).read_text(encoding="utf-8")
    assert load_bundle(models / "Tones").manifest.name == "toy-model"


def test_a_run_whose_name_was_taken_while_it_rested_goes_on(home: Home, tones: Path) -> None:
    def die(event: Event, control: Control) -> None:
        if event["event"] == "epoch":
            raise SystemExit

    with pytest.raises(SystemExit):
        home.train(**OPTIONS, data=[str(tones)], on=die)
    models = home.folder / "data" / "fstmuse" / "models"
    shutil.copytree(bundle_folders()["toy-model"], models / "tones")

    assert home.train(resume=list_runs()[0].run) == 0
    assert home.last["name"] == "tones-2"


def test_words_that_cannot_be_written_end_nothing(
    home: Home, tones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_in = Events.keep_in
    full = []

    def on_a_full_disk(self: Events, file: Path) -> None:
        keep_in(self, file)
        stream = self._kept
        assert stream is not None
        full.append(stream)
        monkeypatch.setattr(self, "_kept", Mock(wraps=stream, flush=Mock(side_effect=NO_ROOM)))

    monkeypatch.setattr(Events, "keep_in", on_a_full_disk)
    assert home.train(**OPTIONS, data=[str(tones)]) == 0
    assert full
    assert len(home.of_kind("epoch")) == 2


def test_a_listener_without_room_ends_nothing() -> None:
    said: list[str] = []
    events = Events(Mock(write=Mock(side_effect=NO_ROOM)), said.append)
    events.warn("it is late")
    assert said == ["note: it is late"]
    Events(None, Mock(side_effect=NO_ROOM)).warn("nobody hears this")


def test_music_of_a_genre_in_no_table_is_learned(home: Home, tones: Path, tmp_path: Path) -> None:
    music = tmp_path / "music"
    shutil.copytree(tones, music)
    table = music / "manifest.csv"
    table.write_text(table.read_text().replace(",Folk,", ",Polka,"))
    options = {**OPTIONS, "epochs": 1}
    assert home.train(**options, data=[str(music)], genres=["rock", "Polka", "hip hop"]) == 0
    assert load_bundle(home.last["bundle"]).manifest.genres == ("Rock", "Polka", "Hip-Hop")


def test_a_model_of_another_training_is_not_replaced(home: Home, tones: Path) -> None:
    assert home.train(**{**OPTIONS, "epochs": 1}, data=[str(tones)]) == 0
    before = load_bundle(home.last["bundle"]).sha256
    assert home.train(**OPTIONS, data=[str(tones)]) == 1
    assert "there is a model called tones already" in home.last["sentence"]
    models = home.folder / "data" / "fstmuse" / "models"
    assert load_bundle(models / "tones").sha256 == before
    assert len([p for p in runs_folder().iterdir() if p.is_dir()]) == 1
