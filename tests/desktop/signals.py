"""Signals that the desktop tests play, and what they ask of those they hear and see."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, mel_frequencies

from .sound_server import RATE

Signal = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

LOW_HZ, HIGH_HZ = 440.0, 3000.0
TONE_S = 2.0
_BRIGHT = 60
TAKE_RATE = DEFAULT_CONFIG.sample_rate


def tone(hertz: float, seconds: float) -> Signal:
    """A sine at the sound server's rate."""
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype("f4")


def played_piece(music: Signal) -> Signal:
    """A low tone, a high tone, then music; under all of it a little noise that marks the place."""
    rng = np.random.default_rng(11)
    piece = np.concatenate(
        [tone(LOW_HZ, TONE_S), tone(HIGH_HZ, TONE_S), soxr.resample(music, TAKE_RATE, RATE)]
    )
    return (0.8 * piece + 0.03 * rng.standard_normal(piece.size)).astype(np.float32)


def offset_of(part: Signal, whole: Signal) -> tuple[int, float]:
    """Where ``part`` lies in ``whole``, and how well it fits there, 1 at best."""
    n_places = whole.size - part.size + 1
    size = 1 << (part.size + whole.size).bit_length()
    spectrum = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size))
    match = np.fft.irfft(spectrum, size)[:n_places]
    energy = np.concatenate([[0.0], np.cumsum(np.square(whole, dtype=np.float64))])
    loudness = np.sqrt(np.maximum(energy[part.size :] - energy[:n_places], 1e-6))
    start = int(np.argmax(match / loudness))
    return start, float(np.corrcoef(part, whole[start : start + part.size])[0, 1])


def decibels(samples: Signal) -> float:
    """Root mean square, relative to full scale."""
    return 20 * float(np.log10(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))))


def longest_silence_s(samples: Signal, rate: int) -> float:
    """Length of the longest stretch without any sound."""
    heard = np.flatnonzero(np.abs(samples) > 1e-4)
    edges = np.concatenate([[-1], heard, [samples.size]])
    return float(np.diff(edges).max() - 1) / rate


def row_of(hertz: float, height: int) -> int:
    """The row of a spectrogram's picture that shows a frequency."""
    band = int(np.argmin(np.abs(mel_frequencies() - hertz)))
    return round((1.0 - (band + 0.5) / DEFAULT_CONFIG.n_mels) * height)


def line_at(hertz: float, picture: Picture) -> float:
    """How much brighter the picture is along a frequency than over all, in grey levels.

    Only of the columns where anything is drawn, and of the brightest quarter of those.
    """
    above = np.sort(_above(hertz, picture))
    return float(above[-above.size // 12 :].mean())


def line_where(hertz: float, other: float, picture: Picture) -> float:
    """The same of the columns in which another frequency has its line."""
    columns = _above(other, picture) > _BRIGHT
    assert columns.any()
    return float(_above(hertz, picture)[columns].mean())


def _above(hertz: float, picture: Picture) -> npt.NDArray[np.float64]:
    row = row_of(hertz, picture.shape[0])
    line = picture[row - 3 : row + 4].max(axis=0).astype(np.float64)
    return np.asarray(line - np.median(picture, axis=0))
