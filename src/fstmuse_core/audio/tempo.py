"""Tempo of a song from the onsets in its mel spectrogram, and how steady it is.

Where sound sets in, many bands rise at once. How strongly each tempo is in that curve is told by
its Fourier transform and by its autocorrelation together: the first has peaks at the tempo and
its multiples, the second at the tempo and its fractions, and only the tempo is in both (Peeters,
"Template-based estimation of time-variable tempo", EURASIP Journal on Advances in Signal
Processing, 2007). Of tempi an octave apart the one that listeners tap is preferred: most music
lies around 120 beats a minute (van Noorden and Moelants, "Resonance in the perception of musical
pulse", Journal of New Music Research 28, 1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray

LONGEST_S = 600.0
# Below it a song may well have another tempo, or none: it is shown with a question mark.
SURE_STEADINESS = 0.5
LOWEST_BPM, HIGHEST_BPM = 40.0, 240.0
_FPS = DEFAULT_CONFIG.frames_per_second
_N_BANDS = 32
# Below the peak of its band, in nepers of the magnitude; 60 dB.
_FLOOR = 1e-3
# Frames whose mean is taken away: half a second on either side.
_LOCAL = 43
# Frames of a stretch that has a tempo of its own, and from one to the next: 12 s and 3 s.
_WINDOW, _STEP = 516, 129
_N_FFT = 8192
_SHORTEST = 129
# Most listeners tap between 80 and 160 beats a minute.
_TYPICAL_BPM, _OCTAVES = 120.0, 0.6
_SAME = 0.04
_EDGE = 0.97
# Onsets are those of a thirtieth of all frames at least, rise by so many nepers, and the curve
# resembles itself so much after a beat; noise and steady tones stay below. What is short resembles
# itself by chance: noise of 8 s reaches 0.22 in one of ten, of 12 s 0.18, and of 24 s 0.09.
_ONSETS, _LEAST_RISE, _LEAST_ALIKE = 97.0, 0.02, 0.12
_CHANCE = 4.3

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tempo:
    """Tempo of a song.

    Attributes
    ----------
    bpm : float
        Beats a minute, from 40 to 240.
    steadiness : float
        Share of the song's stretches of 12 s that have the same tempo within 4 %, from 0 to 1.
    """

    bpm: float
    steadiness: float


class OnsetStream:
    """Onset strength of mel frames that come in runs, of their first ten minutes."""

    def __init__(self) -> None:
        self._left = round(LONGEST_S * _FPS)
        self._bands: list[FloatArray] = []

    def push(self, frames: FloatArray) -> None:
        """Take frames, shape ``(n, 128)``."""
        if self._left > 0 and len(frames):
            taken = frames[: self._left]
            self._bands.append(taken.reshape(len(taken), _N_BANDS, -1).sum(axis=2))
            self._left -= len(taken)

    def finish(self) -> FloatArray:
        """Mean rise of the bands from each frame to the next in nepers, shape ``(n - 1,)``."""
        if not self._bands:
            return np.zeros(0, np.float32)
        bands = np.concatenate(self._bands)
        floor = np.float32(max(_FLOOR * float(np.percentile(bands, 99)), 1e-9))
        rises = np.diff(np.log(bands + floor), axis=0)
        return np.asarray(np.maximum(rises, 0.0).mean(axis=1), dtype=np.float32)


def tempo_of(onsets: FloatArray) -> Tempo | None:
    """Tempo of a curve of onset strength; ``None`` if it has none, or is shorter than 3 s.

    Parameters
    ----------
    onsets : ndarray, shape ``(n,)``
        As :meth:`OnsetStream.finish` gives it.
    """
    if len(onsets) < _SHORTEST:
        return None
    curve = _without_trend(onsets.astype(np.float64))
    if float(np.percentile(curve, _ONSETS)) < _LEAST_RISE:
        return None
    starts = range(0, max(1, len(curve) - _WINDOW + 1), _STEP)
    stretches = np.stack([_padded(curve[start : start + _WINDOW]) for start in starts])
    energy = np.einsum("ij,ij->i", stretches, stretches)
    stretches = stretches[energy > 0.01 * energy.max()]
    strengths, correlations = _strengths(stretches)
    strengths *= _PRIOR
    total = strengths.sum(axis=0)
    mean = correlations.mean(axis=0)
    least = max(_LEAST_ALIKE, _CHANCE / np.sqrt(len(curve)))
    if float(_interpolated(mean, _LAGS[total.argmax()])) < least:
        return None
    bpm = _refined(float(_GRID[total.argmax()]), mean)
    if bpm > _EDGE * HIGHEST_BPM:  # nobody taps so fast: the beat is every other of these
        bpm /= 2.0
    own = _GRID[strengths.argmax(axis=1)]
    return Tempo(bpm, float(np.mean(np.abs(own / bpm - 1.0) < _SAME)))


def _without_trend(curve: Floats) -> Floats:
    window = min(2 * _LOCAL + 1, len(curve))
    mean = np.convolve(curve, np.full(window, 1.0 / window), mode="same")
    return np.maximum(curve - mean, 0.0)


def _padded(stretch: Floats) -> Floats:
    """A stretch of full length without its mean, under a window that fades in and out."""
    found = np.zeros(_WINDOW)
    found[: len(stretch)] = (stretch - stretch.mean()) * np.hanning(len(stretch))
    return found


def _strengths(stretches: Floats) -> tuple[Floats, Floats]:
    """Strength of each tempo of the grid in each stretch, and its autocorrelation."""
    import scipy.fft

    spectrum = np.abs(scipy.fft.rfft(stretches, _N_FFT, axis=1))
    correlation: Floats = scipy.fft.irfft(np.square(spectrum), axis=1)[:, :_WINDOW]
    correlation /= np.maximum(correlation[:, :1], 1e-12) * _OVERLAP
    by_lag = _interpolated(correlation, np.asarray(_LAGS, np.float64))
    by_rate = spectrum[:, _FIRST : _FIRST + len(_GRID)]
    by_rate = by_rate / np.maximum(spectrum.max(axis=1, keepdims=True), 1e-12)
    return np.asarray(by_rate * np.maximum(by_lag, 0.0)), correlation


def _interpolated(rows: Floats, at: Floats | np.float64) -> Floats:
    low = np.asarray(at, dtype=np.intp)
    share = at - low
    return np.asarray(rows[..., low] * (1.0 - share) + rows[..., low + 1] * share)


def _refined(bpm: float, correlation: Floats) -> float:
    """The tempo near ``bpm`` of which several beats in a row agree best."""
    near = bpm * _NEARBY
    lags = 60.0 * _FPS / near
    beats = np.arange(1, max(2, int(_LONGEST_LAG / lags.max())) + 1)
    fits = _interpolated(correlation, np.outer(beats, lags).clip(0.0, _WINDOW - 2.0)).sum(axis=0)
    return float(near[fits.argmax()])


_BPM_STEP = 60.0 * _FPS / _N_FFT
_FIRST = round(LOWEST_BPM / _BPM_STEP)
_NEARBY = np.linspace(1.0 - _SAME, 1.0 + _SAME, 161)
# Up to where the fading window leaves enough to compare.
_LONGEST_LAG = 0.6 * _WINDOW
_GRID = np.arange(_FIRST, round(HIGHEST_BPM / _BPM_STEP) + 1) * _BPM_STEP
_LAGS = 60.0 * _FPS / _GRID
_PRIOR = np.exp(-0.5 * np.square(np.log2(_GRID / _TYPICAL_BPM) / _OCTAVES))
# What the window leaves of a correlation at each lag.
_FADE = np.hanning(_WINDOW)
_OVERLAP = np.correlate(_FADE, _FADE, mode="full")[_WINDOW - 1 :] / float(np.sum(_FADE**2)) + 1e-3
