"""Sounds that are no music, made up to teach "none of these" what a room sounds like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, mel_spectrogram
from fstmuse_core.datasets.track import Track
from fstmuse_core.training.mels import MelArray

NOISE = "Noise"
_SECONDS = 15.0
_VARIANTS = 2
_RATE = DEFAULT_CONFIG.sample_rate

Samples = npt.NDArray[np.float64]


def made_up_noise(seed: int) -> tuple[list[Track], list[MelArray]]:
    """Tracks of genre ``"Noise"`` and their mel spectrograms; each kind is its own artist."""
    rng = np.random.default_rng([seed, 77])
    tracks, mels = [], []
    for kind, make in _KINDS.items():
        for number in range(1, _VARIANTS + 1):
            samples = make(rng)
            samples *= 0.1 / np.sqrt(np.mean(samples**2))
            mels.append(mel_spectrogram(samples).astype(np.float16))
            tracks.append(
                Track(
                    path=Path(f"{kind} {number}"),
                    genre=NOISE,
                    artist=kind,
                    title=f"{kind} {number}",
                    seconds=_SECONDS,
                    licence="made up by the program",
                    collection="made up",
                )
            )
    return tracks, mels


def _n() -> int:
    return int(_SECONDS * _RATE)


def _coloured(rng: np.random.Generator, slope: float) -> Samples:
    """Noise whose amplitude falls as ``frequency ** -slope``."""
    spectrum = np.fft.rfft(rng.standard_normal(_n()))
    frequency = np.fft.rfftfreq(_n(), 1.0 / _RATE)
    spectrum *= np.maximum(frequency, 20.0) ** -slope
    return np.fft.irfft(spectrum, _n())


def _band(rng: np.random.Generator) -> Samples:
    spectrum = np.fft.rfft(rng.standard_normal(_n()))
    frequency = np.fft.rfftfreq(_n(), 1.0 / _RATE)
    low = rng.uniform(200.0, 2000.0)
    spectrum *= (frequency > low) & (frequency < low * rng.uniform(1.5, 4.0))
    return np.fft.irfft(spectrum, _n())


def _hum(rng: np.random.Generator) -> Samples:
    times = np.arange(_n()) / _RATE
    mains = rng.choice([50.0, 60.0])
    sound = sum(
        rng.uniform(0.1, 1.0) / k * np.sin(2.0 * np.pi * mains * k * times) for k in range(1, 12)
    )
    return np.asarray(sound + 0.02 * rng.standard_normal(_n()))


def _crackle(rng: np.random.Generator) -> Samples:
    sound = 0.002 * rng.standard_normal(_n())
    where = rng.integers(0, _n(), int(rng.uniform(5.0, 60.0) * _SECONDS))
    sound[where] += rng.standard_normal(where.size)
    return sound


def _gusts(rng: np.random.Generator) -> Samples:
    knots = rng.uniform(0.05, 1.0, int(_SECONDS) + 2)
    loudness = np.interp(np.arange(_n()) / _RATE, np.arange(knots.size), knots)
    return loudness * _coloured(rng, rng.uniform(0.8, 1.5))


def _beeps(rng: np.random.Generator) -> Samples:
    times = np.arange(_n()) / _RATE
    on = (times * rng.uniform(0.5, 3.0)) % 1.0 < rng.uniform(0.2, 0.6)
    tone = np.sin(2.0 * np.pi * rng.uniform(400.0, 3000.0) * times)
    return on * tone + 0.01 * rng.standard_normal(_n())


_KINDS: dict[str, Callable[[np.random.Generator], Samples]] = {
    "white noise": lambda rng: _coloured(rng, 0.0),
    "pink noise": lambda rng: _coloured(rng, 0.5),
    "brown noise": lambda rng: _coloured(rng, 1.0),
    "hiss": _band,
    "mains hum": _hum,
    "crackle": _crackle,
    "wind": _gusts,
    "beeps": _beeps,
}
