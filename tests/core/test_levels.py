"""Silence, very quiet music and clipping, whatever the level."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fstmuse_core.audio.levels import HopLevels, LevelMonitor
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.classify.result import Doubt
from fstmuse_core.datasets.examine import examine

from ..conftest import make_music

Samples = npt.NDArray[np.float32]
RATE = 22_050
CASES = Path(__file__).parents[3] / "shared" / "cases"
TIME = np.arange(8 * RATE) / RATE


def square(frequency: float, duty: float = 0.5) -> Samples:
    return np.where(TIME * frequency % 1 < duty, 1.0, -1.0).astype(np.float32)


def tune(base: float, seed: int) -> Samples:
    """Square waves, another note each half second."""
    steps = np.random.default_rng(seed).integers(0, 12, 17)[(TIME / 0.5).astype(int)]
    phase = np.cumsum(base * 2.0 ** (steps / 12.0)) / RATE
    return np.where(phase % 1 < 0.5, 1.0, -1.0).astype(np.float32)


def crest(samples: Samples) -> float:
    monitor = LevelMonitor(512)
    for part in np.array_split(samples.astype(np.float32), 7):
        monitor.push(part)
    return monitor.crest_db()


NOISE = np.random.default_rng(0).normal(size=TIME.size).astype(np.float32)
DITHER = np.random.default_rng(1).triangular(-1, 0, 1, TIME.size).astype(np.float32)
HUM = (np.sin(2 * np.pi * 50 * TIME) + 0.3 * np.sin(2 * np.pi * 150 * TIME)).astype(np.float32)
SILENCES: dict[str, Samples] = {
    "zeros": np.zeros(TIME.size, np.float32),
    "dither": (DITHER / 32768).astype(np.float32),
    "hiss at -70 dB": 3e-4 * NOISE,
    "hum at -65 dB": 8e-4 * HUM,
    "hum and hiss": 4e-4 * HUM + 1e-4 * NOISE,
    "a DC offset": np.full(TIME.size, 0.2, np.float32),
}


@pytest.mark.parametrize("name", SILENCES)
def test_silence_is_silence(classifier: GenreClassifier, name: str) -> None:
    answer = classifier.classify_samples(SILENCES[name])
    assert answer.verdict.doubt is Doubt.SILENCE
    levels = HopLevels(512)
    levels.push(SILENCES[name])
    assert levels.is_silent()


@pytest.mark.parametrize("down_db", [45, 60])
def test_quiet_music_is_answered(
    classifier: GenreClassifier, music: Samples, down_db: float
) -> None:
    quiet = np.round(music * 10 ** (-down_db / 20) * 32768) / 32768
    answer = classifier.classify_samples(quiet)
    assert answer.verdict.doubt is not Doubt.SILENCE
    assert answer.probabilities.sum() == pytest.approx(1.0, abs=1e-4)
    assert "very quiet" in " ".join(answer.warnings)
    assert "quiet" not in " ".join(classifier.classify_samples(music).warnings)


def test_quiet_music_is_not_set_aside(tmp_path: Path, music: Samples) -> None:
    import soundfile

    quiet, silent = tmp_path / "quiet.wav", tmp_path / "silent.wav"
    soundfile.write(quiet, music * 1e-3, RATE)
    soundfile.write(silent, 3e-4 * NOISE, RATE)
    assert examine(quiet).fault == ""
    assert examine(silent).fault == "silent"


@pytest.mark.parametrize(
    "samples",
    [
        0.6 * square(220.0),
        0.3 * square(440.0) + 0.3 * square(660.0),
        0.3 * tune(220.0, 1) + 0.3 * tune(330.0, 2),
        0.4 * tune(110.0, 3) + 0.2 * tune(440.0, 4),
        0.6 * tune(262.0, 5),
        0.6 * square(262.0, 0.25),
    ],
    ids=["one", "two", "two-voices", "unequal", "tune", "pulse"],
)
def test_square_waves_below_full_scale_are_not_clipped(samples: Samples) -> None:
    assert crest(samples) > 5.5


@pytest.mark.parametrize("level", [1.0, 0.5, 0.05])
@pytest.mark.parametrize("gain", [20.0, 100.0])
def test_clipped_music_is_clipped_at_any_level(level: float, gain: float) -> None:
    assert crest(level * np.clip(gain * make_music(8.0), -1, 1)) < 5.5


def test_a_dc_offset_is_not_clipping(classifier: GenreClassifier, music: Samples) -> None:
    answer = classifier.classify_samples(0.2 * music + 0.7)
    assert answer.verdict.doubt is not Doubt.CLIPPED
    assert crest(0.2 * music + 0.7) == pytest.approx(crest(0.2 * music), abs=0.3)


def test_the_shared_cases(classifier: GenreClassifier) -> None:
    if not CASES.is_dir():
        pytest.skip("the folder ../shared/cases is not here")
    for name in ("chip2.flac", "quiet_m45.flac", "antiphase.flac"):
        answer = classifier.classify_file(CASES / name)
        assert answer.verdict.doubt not in (Doubt.CLIPPED, Doubt.SILENCE), name
