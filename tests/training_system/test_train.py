"""The whole way: music in, events out, and a model that everyone can use."""

from __future__ import annotations

import csv
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.bundle.bundle import load_bundle
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.runs.store import RunState, list_runs
from fstmuse_core.training.control import Control
from fstmuse_core.training.epochs import Validation
from fstmuse_core.training.trainer import ClassifierTrainer
from tests.training_system.conftest import Event, Home, fstmuse


def folder_of(home: Home) -> Path:
    return Path(home.of_kind("started")[0]["folder"])


def test_events_follow_the_protocol(trained: Home) -> None:
    kinds = [event["event"] for event in trained.events]
    assert kinds[0] == "preparing"
    assert kinds.count("started") == 1
    assert kinds.count("epoch") == 10
    assert kinds.index("started") < kinds.index("progress") < kinds.index("epoch")
    assert kinds[-1] == "done"
    assert not {"failed", "cancelled"} & set(kinds)
    started = trained.of_kind("started")[0]
    assert started["genres"] == ["Folk", "Hip-Hop", "Rock"]
    assert set(started["clips"]) == set(started["artists"]) == {"train", "validation", "test"}
    for event in trained.of_kind("progress"):
        assert event["steps"] == started["steps_per_epoch"]
        assert event["clips_per_second"] > 0
    best = [event["val_loss"] for event in trained.of_kind("epoch") if event["is_best"]]
    assert best == sorted(best, reverse=True)


def test_stages_of_preparation_come_to_their_end(trained: Home) -> None:
    last = {event["stage"]: event for event in trained.of_kind("preparing")}
    for stage in ("features", "building", "testing"):
        assert last[stage]["done"] == last[stage]["total"]


def test_learning_rate_rises_and_falls(trained: Home) -> None:
    rates = [event["learning_rate"] for event in trained.of_kind("progress")]
    assert max(rates) > rates[-1]
    assert rates[-1] == pytest.approx(0.0, abs=1e-6)


def test_no_artist_is_in_two_parts(trained: Home) -> None:
    parts = json.loads((folder_of(trained) / "run.json").read_text())["parts"]
    artists = [{t["artist"] for t in parts[p]} for p in ("train", "validation", "test")]
    assert all(artists)
    assert sum(map(len, artists)) == len(set.union(*artists)) == 16


def test_the_model_answers(trained: Home, tones: Path) -> None:
    bundle = load_bundle(trained.last["bundle"])
    assert bundle.name == "tones"
    classifier = GenreClassifier(bundle)
    right = sum(
        classifier.classify_file(tones / f"{genre}-{n}.wav").ranked()[0][0] == genre
        for genre in ("Folk", "Hip-Hop", "Rock")
        for n in range(4)
    )
    assert right >= 10


def test_model_is_listed(trained: Home) -> None:
    assert Path(trained.last["bundle"]) == trained.folder / "data" / "fstmuse" / "models" / "tones"
    listed = subprocess.run(
        fstmuse("models", "list"),
        env=trained.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "tones" in listed.stdout.split()


def test_metrics_are_about_the_test_artists(trained: Home) -> None:
    metrics = trained.last["metrics"]
    assert np.array(metrics["confusion"]).sum() == sum(metrics["songs"].values())
    assert sum(metrics["songs"].values()) == trained.of_kind("started")[0]["clips"]["test"]
    assert 0.0 <= metrics["ece"] <= 1.0
    assert sum(n for _, _, n in metrics["reliability"]) == sum(metrics["songs"].values())
    assert set(metrics["others"]) == {"Classical"}


def test_figures_card_and_record(trained: Home) -> None:
    for path in trained.last["figures"]:
        assert Path(path).read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    card = Path(trained.last["card"]).read_text(encoding="utf-8")
    accuracy = trained.last["metrics"]["accuracy"]
    songs = sum(trained.last["metrics"]["songs"].values())
    assert f"{round(accuracy * songs)} of {songs} right" in card  # too few for three digits
    assert "--model toy-model" in card
    assert str(trained.folder) not in card
    report = json.loads((folder_of(trained) / "report.json").read_text())
    assert report["metrics"]["accuracy"] == accuracy
    assert len(report["history"]) == 10
    with (Path(trained.last["bundle"]) / "TRACKS.csv").open(newline="") as stream:
        assert {row["part"] for row in csv.DictReader(stream)} == {"train", "validation", "test"}


def test_same_seed_same_model(home: Home, trained: Home, tones: Path) -> None:
    def stop_after_first(event: Event, control: Control) -> None:
        if event["event"] == "epoch":
            control.cancel()

    code = home.train(
        model="toy-model",
        data=[str(tones)],
        epochs=10,
        batch_size=8,
        learning_rate=4e-3,
        genres=["Folk", "Hip-Hop", "Rock"],
        on=stop_after_first,
    )
    assert code == 130
    first, again = (h.of_kind("epoch")[0]["loss"] for h in (trained, home))
    assert again == pytest.approx(first, abs=1e-3)


def test_it_ends_by_itself_when_nothing_gets_better(
    home: Home, tones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter((0.9, 0.5, 0.7, 0.6, 0.1))
    validate = ClassifierTrainer.validate

    def scripted(trainer: ClassifierTrainer) -> Validation:
        return replace(validate(trainer), loss=next(losses))

    monkeypatch.setattr(ClassifierTrainer, "validate", scripted)
    code = home.train(
        model="toy-model", data=[str(tones)], epochs=9, batch_size=16, patience=2, out="early"
    )
    assert code == 0
    assert [event["epoch"] for event in home.of_kind("epoch")] == [1, 2, 3, 4]
    assert not home.last["stopped_early"]
    assert any("nothing was better than epoch 2 in 2 epochs" in said for said in home.said)
    (run,) = list_runs()
    assert (run.state, run.resumable) == (RunState.DONE, False)
    assert "The best of 4 epochs was number 2" in Path(home.last["card"]).read_text("utf-8")
