"""The whole way: music folder in, bundle out, and the bundle answers."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.bundle.bundle import LITERT_NAME, WEIGHTS_NAME, load_bundle
from fstmuse_core.bundle.litert import LiteRtNetwork
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.training.starter import __main__ as starter

STEPS = 40


@pytest.fixture(scope="module")
def run(tiny_music: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One run of the command: the bundle's folder and what was printed."""
    folder = tmp_path_factory.mktemp("run")
    arguments = ["--model", "toy-model", "--music", str(tiny_music), "--folds", "2"]
    arguments += ["--steps", str(STEPS), "--batch", "8", "--cache", str(folder / "cache")]
    printed: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starter, "say", printed.append)
        assert starter.main([*arguments, "--out", str(folder / "toy-model")]) == 0
    return folder / "toy-model", "\n".join(printed)


def test_bundle_is_sound_and_small(run: tuple[Path, str]) -> None:
    bundle = load_bundle(run[0])
    assert bundle.name == "toy-model"
    assert bundle.manifest.genres == ("Folk", "Hip-Hop", "Rock")
    assert sum(f.stat().st_size for f in run[0].iterdir()) < 10e6
    network = LiteRtNetwork(bundle, num_threads=1)
    logits, novelty, activation = network.run(np.zeros((3, 128, 128), dtype=np.float32))
    assert logits.shape == (3, 3)
    assert novelty.shape == (3,)
    assert activation.shape == (3, 8, 8, 3)


def test_weights_are_plain_arrays_that_fit_the_network(run: tuple[Path, str]) -> None:
    from fstmuse_core.networks.toy_model import build_toy_model

    serving = build_toy_model().serving
    with np.load(run[0] / WEIGHTS_NAME, allow_pickle=False) as weights:
        assert {v.path: v.shape for v in serving.weights} == {k: weights[k].shape for k in weights}
        for variable in serving.weights:
            variable.assign(weights[variable.path])
    inputs = np.random.default_rng(0).standard_normal((2, 128, 128)).astype(np.float32)
    expected = np.asarray(serving(inputs[..., None], training=False)["logits"])
    found, _, _ = LiteRtNetwork(load_bundle(run[0]), num_threads=1).run(inputs)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_litert_file_holds_built_in_operators_only(run: tuple[Path, str]) -> None:
    data = (run[0] / LITERT_NAME).read_bytes()
    assert b"Flex" not in data


def test_it_learned_the_tones(run: tuple[Path, str], tiny_music: Path) -> None:
    classifier = GenreClassifier(load_bundle(run[0]), num_threads=1)
    right = 0
    for genre in ("Folk", "Hip-Hop", "Rock"):
        for number in range(2):
            result = classifier.classify_file(tiny_music / f"{genre}-{number}.wav")
            right += result.ranked()[0][0] == genre
    assert right >= 5


def test_card_and_record_state_the_figures(run: tuple[Path, str]) -> None:
    card = (run[0] / "CARD.md").read_text(encoding="utf-8")
    record = json.loads((run[0] / "model.json").read_text(encoding="utf-8"))
    metrics = record["metrics"]
    three = [metrics[f"{whose}accuracy"] for whose in ("", "network_", "svm_")]
    assert f"| accuracy | {' | '.join(f'{share:.3f}' for share in three)} |" in card
    assert [g["genre"] for g in metrics["genres"]] == ["Folk", "Hip-Hop", "Rock"]
    assert all(g["artists"] == 2 for g in metrics["genres"])
    assert np.array(metrics["confusion"]).sum() == 6
    assert {row["genre"] for row in metrics["outside"]} == {"Classical", "Ambient", "Noise"}
    assert "Non-commercial" in card
    assert f"--steps {STEPS}" in card
    assert "CC0: 10" in card
    with (run[0] / "TRACKS.csv").open(encoding="utf-8", newline="") as stream:
        taught = [row["genre"] for row in csv.DictReader(stream)]
    assert taught.count("Noise") == 16
    assert len(taught) == 26


def test_progress_tells_the_time_left(run: tuple[Path, str]) -> None:
    lines = [line for line in run[1].splitlines() if "min left" in line]
    assert lines[0].startswith(f"fold 1: step {STEPS} of {STEPS}, loss ")
    assert lines[-1].startswith("final: ")
    assert lines[-1].endswith(" 0 min left")


def test_missing_music_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert starter.main(["--model", "toy-model", "--music", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "manifest.csv" in error
    assert error.count("\n") == 1


def test_same_seed_same_weights(tiny_music: Path) -> None:
    from fstmuse_core.datasets.manifest import read_manifest
    from fstmuse_core.training.mels import load_mels
    from fstmuse_core.training.plan import PLANS, Hyperparameters
    from fstmuse_core.training.starter.cross_validation import DataSet, train_on

    plan, hyperparameters = PLANS["toy-model"], Hyperparameters(steps=3, batch=8)
    tracks = read_manifest(tiny_music)
    data = DataSet(tracks, load_mels(tracks), plan.roles(tracks))
    first, again = (train_on(data, plan, hyperparameters, (5, 1), None)[0] for _ in range(2))
    for one, two in zip(first.serving.weights, again.serving.weights, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(two), atol=1e-5)
