from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest

from fstmuse_core.audio.reading import load_audio
from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.original.fst_muse import build_original_fst_muse
from fstmuse_core.original.networks import import_tensorflow_io, original_features, tfio_mel
from fstmuse_core.original.toy_model import build_original_toy_model
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training import packaging
from fstmuse_core.training.epochs import TrainingState
from fstmuse_core.training.gan import package
from fstmuse_core.training.original import classifiers, gan
from fstmuse_core.training.original.classifiers import kept_features
from fstmuse_core.training.run import Run

RATE = 22_050


@pytest.mark.parametrize(
    ("build", "parameters", "genres"),
    [(build_original_toy_model, 151_860_099, 3), (build_original_fst_muse, 7_521_479, 7)],
)
def test_parameters_are_those_of_the_report(
    build: Callable[[], Any], parameters: int, genres: int
) -> None:
    model = build()
    assert model.count_params() == parameters
    assert model.output_shape == (None, genres)


def test_original_fst_muse_trains() -> None:
    model = build_original_fst_muse()
    before = [np.asarray(w).copy() for w in model.trainable_weights]
    rng = np.random.default_rng(0)
    inputs = rng.random((2, 1291, 128, 1), dtype=np.float32)
    loss, _ = model.train_on_batch(inputs, np.eye(7, dtype=np.float32)[[0, 3]])
    # Seven genres and no knowledge: about ln 7.
    assert float(loss) == pytest.approx(np.log(7.0), abs=0.7)
    moved = [
        float(np.abs(np.asarray(w) - old).max())
        for w, old in zip(model.trainable_weights, before, strict=True)
    ]
    assert max(moved) > 1e-4
    assert np.asarray(model(inputs)).sum(axis=1) == pytest.approx(1.0, abs=1e-5)


def noise() -> np.ndarray:
    return np.random.default_rng(5).standard_normal(RATE * 3).astype(np.float32) * 0.2


def tones() -> np.ndarray:
    times = np.arange(RATE * 3 + 123) / RATE
    parts = [np.sin(2 * np.pi * f * times) for f in (55.0, 440.0, 3520.0, 7900.0)]
    return np.asarray(0.2 * np.sum(parts, axis=0), np.float32)


@pytest.mark.parametrize("samples", [noise(), tones()], ids=["noise", "tones"])
def test_our_kernel_equals_tensorflow_io(samples: np.ndarray) -> None:
    assert_equal_kernels(samples)


def test_our_kernel_equals_tensorflow_io_on_music(shared_music: Path) -> None:
    for track in read_manifest(shared_music)[::120]:
        assert_equal_kernels(load_audio(track.path, duration_s=10.0))


def assert_equal_kernels(samples: np.ndarray) -> None:
    expected = tfio_mel(samples)
    found = mel_spectrogram(samples)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1e-4 * expected.max()


@pytest.mark.parametrize(("seconds", "frames"), [(2.0, 87), (29.98, 1291), (31.0, 1291)])
def test_features_are_cut_or_padded_at_the_end(seconds: float, frames: int) -> None:
    samples = np.full(int(seconds * RATE), 0.1, dtype=np.float32)
    features = original_features(samples)
    assert features.shape == (1291, 128, 1)
    assert (features[:frames].max(axis=(1, 2)) > 0).all()
    assert not features[frames:].any()


def test_import_warnings_are_caught() -> None:
    import_tensorflow_io()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        import_tensorflow_io()
    assert not caught


def test_missing_tensorflow_io_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_io", None)
    with pytest.raises(FstMuseError, match="use Linux or macOS"):
        import_tensorflow_io()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ('{"a.wav": 2}', "there is no row 2"),
        ('{"a.wav": -1}', "there is no row -1"),
        ('{"a.wav": "0"}', "Expected `int`, got `str`"),
        ('["a.wav"]', "Expected `object`, got `array`"),
        ('{"a.wav"', "Expecting ':' delimiter"),
    ],
)
def test_features_of_a_run_that_are_damaged_are_one_line(
    tmp_path: Path, rows: str, told: str
) -> None:
    np.save(tmp_path / "features.npy", np.zeros((2, 3), dtype=np.float32))
    (tmp_path / "features.json").write_text('{"a.wav": 1, "b.wav": 0}')
    assert kept_features(tmp_path)[1] == {"a.wav": 1, "b.wav": 0}
    (tmp_path / "features.json").write_text(rows)
    with pytest.raises(FstMuseError) as refused:
        kept_features(tmp_path)
    assert f"its features cannot be read ({told}" in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("module", "train", "trainer", "packager"),
    [
        (packaging, packaging.train_ours, "ClassifierTrainer", "package_classifier"),
        (package, package.train_gan, "GanTrainer", "package_generator"),
        (classifiers, classifiers.train_original, "OriginalTrainer", "package_original"),
        (gan, gan.train_original_gan, "OriginalGanTrainer", "package_original_gan"),
    ],
    ids=["ours", "toy-gan", "original", "original-gan"],
)
def test_the_time_of_a_resumed_training_counts_its_earlier_starts(
    module: Any, train: Any, trainer: str, packager: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[float] = []

    def pack(finished: Any, _trainer: Any, *rest: Any) -> SimpleNamespace:
        told.append(rest[1] if module is package else finished.seconds)
        return SimpleNamespace(resumable=True)

    progress = TrainingState(epoch=2, earlier_s=1_000.0)
    run = Run(Path(), MagicMock(), MagicMock(), (), is_resumed=True)
    for name, value in {
        trainer: MagicMock(**{"return_value.notes": ()}),
        packager: pack,
        "train_epochs": lambda *_, **__: progress,
        "kept_base": lambda *_: None,
        "plan_for": MagicMock(),
        "check_room": lambda *_: None,
        "check_memory": lambda *_: None,
        "assign": lambda *_: None,
        "guide_plan": MagicMock(),
        "name_at_end": MagicMock(),
        "clips_of": lambda *_: (run, {"train": ()}),
    }.items():
        monkeypatch.setattr(module, name, value, raising=False)
    train(run, MagicMock(), MagicMock(), MagicMock(), time.monotonic() - 5.0)
    assert told == [pytest.approx(1_005.0, abs=4.0)]
