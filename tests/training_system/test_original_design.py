"""The report's designs train too, and a model comes of them; their needs are said first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.bundle.find_by_hash import whereabouts
from fstmuse_core.bundle.model_list import Origin, find_model, model_details
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.cli import main
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.datasets.overlap import overlap
from fstmuse_core.generate.generator import ClipGenerator
from fstmuse_core.original import networks
from fstmuse_core.runs.store import list_runs
from fstmuse_core.training.events import Events
from fstmuse_core.training.original import classifiers, gan
from fstmuse_core.training.original.packaging import LACKS
from tests.training_system.conftest import Home

OPTIONS: dict[str, Any] = {
    "model": "fst-muse",
    "design": "original",
    "genres": ["Folk", "Rock", "Hip-Hop"],
    "epochs": 1,
    "batch_size": 2,
    "out": "report",
}


def test_it_trains_and_a_model_comes_of_it(home: Home, tones: Path) -> None:
    assert home.train(**OPTIONS, data=[str(tones)]) == 0
    said = [event["sentence"] for event in home.of_kind("warning")]
    assert any("GiB of memory" in sentence for sentence in said)
    assert said[0].startswith("not learned: Classical (4)")
    assert set(LACKS) <= set(said)
    (epoch,) = home.of_kind("epoch")
    assert epoch["loss"] > 0
    done = home.last
    assert done["event"] == "done"
    assert sum(done["metrics"]["songs"].values()) == home.of_kind("started")[0]["clips"]["test"]
    report = json.loads(Path(done["card"]).with_name("report.json").read_text())
    assert report["settings"]["design"] == "original"
    assert report["model_sha256"] == done["model_sha256"]
    assert not Path(done["card"]).with_name("features.npy").exists()
    _check_model(done, tones)


def _check_model(done: dict[str, Any], music: Path) -> None:
    """The model is listed, answers, and its card says what it lacks."""
    entry, details = find_model("report"), model_details("report")
    assert (entry.origin, entry.trouble, entry.sha256) == (Origin.OWN, "", done["model_sha256"])
    assert whereabouts(done["model_sha256"]).name == "report"
    assert details.command.startswith("fstmuse train --model fst-muse --design original")
    assert details.figures.accuracy == done["metrics"]["accuracy"]
    assert all(f"- {lack}." in details.card for lack in LACKS)
    assert "## The network alone" in details.card
    bundle = find_bundle("report")
    assert bundle.manifest.architecture["network"] == "fstmuse_core.original.fst_muse"
    assert set(bundle.manifest.files) == {"model.tflite", "weights.npz", "CARD.md", "TRACKS.csv"}
    tracks = read_manifest(music)
    assert overlap(bundle, tracks).songs is not None
    answer = GenreClassifier(bundle).classify_file(next(iter(tracks)).path, with_activation=True)
    assert answer.no_map
    assert float(np.sum(answer.probabilities)) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("model", ["toy-model", "fst-muse"])
def test_too_little_memory_is_said(
    home: Home, tones: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setattr(classifiers, "_free_memory", lambda: 2**29)
    assert home.train(**{**OPTIONS, "model": model}, data=[str(tones)]) == 1
    assert "0.5 GiB are free" in home.last["sentence"]
    assert list_runs() == []


def test_too_little_room_for_the_export_is_said(
    home: Home, tones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifiers, "disk_shortage", lambda *_: "the disk is full")
    assert home.train(**OPTIONS, data=[str(tones)]) == 1
    assert "the disk is full" in home.last["sentence"]


def test_the_toy_model_needs_what_was_measured() -> None:
    assert classifiers.memory_need("toy-model", 2) == pytest.approx(6.9 * 2**30, rel=0.05)


@pytest.mark.parametrize(("model", "warnings"), [("toy-model", 2), ("fst-muse", 1)])
def test_the_size_of_the_toy_model_is_said_before(
    monkeypatch: pytest.MonkeyPatch, model: str, warnings: int
) -> None:
    monkeypatch.setattr(classifiers, "_free_memory", lambda: None)
    monkeypatch.setattr(classifiers, "disk_shortage", lambda *_: "")
    said: list[str] = []
    classifiers.check_room(model, 8, Events(None, said.append))
    assert len(said) == warnings
    if model == "toy-model":
        for words in ("151.9 million weights", "607 MB", "152 MB", "cannot be exported"):
            assert words in said[-1]


FRAMES = 27


@pytest.fixture
def short_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report's ToyGan of clips of 27 frames: of 30 s it takes 7 GiB and hours."""
    for module in (networks, classifiers):
        monkeypatch.setattr(module, "N_FRAMES", FRAMES)
    monkeypatch.setattr(classifiers, "_free_memory", lambda: None)
    for name, few in (("_JUDGE_STEPS", 3), ("_WINDOWS", 3), ("_PIECES", 2)):
        monkeypatch.setattr(gan, name, few)


@pytest.mark.usefixtures("short_clips")
def test_a_generator_comes_of_the_reports_gan(home: Home, tones: Path, tmp_path: Path) -> None:
    options = {**OPTIONS, "model": "toy-gan", "batch_size": 1, "out": "toy-gan-2023"}
    assert home.train(**options, data=[str(tones)]) == 0
    done = home.last
    assert (done["event"], Path(done["bundle"]).name) == ("done", "toy-gan-2023")
    said = [event["sentence"] for event in home.of_kind("warning")]
    assert set(gan.LACKS) <= set(said)

    entry, details = find_model("toy-gan-2023"), model_details("toy-gan-2023")
    assert (entry.kind, entry.trouble, entry.sha256) == ("generator", "", done["model_sha256"])
    assert all(f"- {lack}." in details.card for lack in gan.LACKS)
    assert "| Fréchet distance |" in details.card
    bundle = find_bundle("toy-gan-2023")
    assert set(bundle.manifest.files) == {"model.tflite", "judge.npz", "CARD.md", "TRACKS.csv"}
    _check_clips(ClipGenerator(bundle))

    file = tmp_path / "clip.wav"
    arguments = ["--genre", "Rock", "--seconds", "3", "--iterations", "2", "-o", str(file)]
    assert main(["generate", "--model", "toy-gan-2023", *arguments]) == 0
    assert main(["generate", "--model", "toy-gan-2023", "--bpm", "120", *arguments]) == 2
    assert main(["models", "export", "toy-gan-2023", "-o", str(tmp_path / "a.fstmuse")]) == 2


def _check_clips(generator: ClipGenerator) -> None:
    """Clips of any length, one piece after another, whatever the genre."""
    assert not generator.has_beat("Rock")
    rock, folk = (generator.generate(g, 3.0, 5, iterations=2) for g in ("Rock", "Folk"))
    np.testing.assert_array_equal(rock.samples, folk.samples)
    assert rock.samples.shape == (3 * 22_050,)
    shorter = generator.generate("Rock", 1.0, 5, iterations=2).log_mel
    np.testing.assert_allclose(rock.log_mel[:FRAMES], shorter[:FRAMES], atol=1e-4)
    assert np.abs(rock.log_mel[:FRAMES] - rock.log_mel[FRAMES : 2 * FRAMES]).max() > 1e-3
    other = generator.generate("Rock", 1.0, 6, iterations=2).log_mel
    assert np.abs(other - shorter).max() > 1e-3
    assert generator.generate("Rock", 3.0, 5, iterations=2, stereo=True).samples.ndim == 2
