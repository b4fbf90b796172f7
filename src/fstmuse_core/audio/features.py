"""Network inputs, which are level-free log-mel segments, and statistics of rhythm and timbre.

The statistics, over twelve seconds, see what the three seconds of a segment do not hold, and with
few songs to learn from a linear model on them is as good as a network; the two err on different
songs, so both together are better than either. After K. Seyerlehner, G. Widmer, T. Pohle, "Fusing
block-level features for music similarity estimation" (DAFx 2010), and E. Pampalk, "Computational
models of music similarity" (2006); on our mel bands instead of their cent and Bark scales.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray

# A segment quieter than this mean mel magnitude is amplified no further, so that silence
# stays silence instead of becoming loud noise. About -110 dB below a full-scale sine.
_MIN_LEVEL = 1e-3


@dataclass(frozen=True, eq=False)
class FeatureScaling:
    """Turns mel magnitudes into network input; the statistics come from training data only.

    ``y = (log(mel / level + offset) - mean) / std`` where ``level`` is the mean magnitude of
    the segment. Dividing by it makes the input independent of how loud the clip is played:
    a microphone take 30 dB down gives the same answer.

    Attributes
    ----------
    mean, std : ndarray of float32, shape ``(n_mels,)``
        Statistics per band of ``log(mel / level + offset)``.
    offset : float
        Keeps the logarithm finite; in units of the segment's mean magnitude.
    """

    mean: FloatArray
    std: FloatArray
    offset: float = 1e-3

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.mean.shape != self.std.shape:
            raise ValueError(
                f"mean {self.mean.shape} and std {self.std.shape} must be one vector each"
            )
        if not (np.isfinite(self.mean).all() and np.isfinite(self.std).all()):
            raise ValueError("the scaling statistics hold NaN or infinity")
        if not (self.std > 0).all() or not self.offset > 0:
            raise ValueError("std and offset must be above zero")

    def apply(self, mel: FloatArray) -> FloatArray:
        """Network input for mel segments, shape ``(..., frames, n_mels)`` in and out, float32."""
        return np.asarray((level_log_mel(mel, self.offset) - self.mean) / self.std)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"offset": self.offset, "mean": self.mean.tolist(), "std": self.std.tolist()}


def level_log_mel(mel: FloatArray, offset: float = 1e-3) -> FloatArray:
    """``log(mel / level + offset)`` of segments of shape ``(..., frames, n_mels)``."""
    level = np.maximum(mel.mean(axis=(-2, -1), keepdims=True, dtype=np.float32), _MIN_LEVEL)
    return np.asarray(np.log(mel / level + np.float32(offset)), dtype=np.float32)


WINDOW_FRAMES = 512

_BLOCK = 128
_COARSE = 32
_OFFSET = 1e-3
_N_MFCC = 20
_SPECTRAL_RANKS = (0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95)
_RISE_FRAMES = 3
_RISE_RANKS = (0.5, 0.7, 0.86, 0.94)
# Bins of a spectrum over 256 frames, 0.168 Hz each: from 0.17 Hz, a phrase, to 13 Hz, a roll.
_MODULATION_FRAMES, _MODULATION_HOP = 256, 64
_MODULATION_EDGES = (1, 2, 3, 4, 6, 8, 11, 15, 20, 28, 40, 56, 80)
# Lags of 0.23 to 4.6 s: 260 to 13 beats a minute.
_LAGS = (10, 200)
_LAG_EDGES = tuple(range(10, 201, 19))


def pattern_statistics(mel: FloatArray | npt.NDArray[np.float16]) -> FloatArray:
    """The statistics of one window.

    Parameters
    ----------
    mel : ndarray of float, shape ``(frames, 128)``
        Magnitudes. ``WINDOW_FRAMES`` of them; where there are fewer, they are repeated.

    Returns
    -------
    ndarray of float32, shape ``(N_STATISTICS,)``
        Free of the level: a clip played softer gives the same.
    """
    mel = np.asarray(mel, dtype=np.float32)
    if len(mel) < WINDOW_FRAMES:
        mel = np.resize(mel, (WINDOW_FRAMES, mel.shape[1]))
    log_mel = level_log_mel(mel, _OFFSET)
    coarse = level_log_mel(mel.reshape(len(mel), _COARSE, -1).mean(axis=-1), _OFFSET)
    blocks = coarse[: len(coarse) // _BLOCK * _BLOCK].reshape(-1, _BLOCK, _COARSE)
    parts = (
        _cepstrum(log_mel),
        _bands(coarse),
        _spectral_pattern(blocks),
        _rises(blocks),
        _fluctuation(coarse),
        _correlation(coarse),
        _contrast(log_mel),
        _rhythm(log_mel),
        _dynamics(mel),
    )
    return np.nan_to_num(np.concatenate(parts).astype(np.float32))


def _at_ranks(values: FloatArray, ranks: tuple[float, ...]) -> FloatArray:
    """Values at so many shares of their order along axis -2, lowest first."""
    places = [round(rank * (values.shape[-2] - 1)) for rank in ranks]
    return np.asarray(np.sort(values, axis=-2)[..., places, :])


def _mean_and_deviation(values: FloatArray) -> FloatArray:
    return np.concatenate([values.mean(axis=0), values.std(axis=0)])


def _cepstrum(log_mel: FloatArray) -> FloatArray:
    """Of 20 cepstral coefficients and of their changes from frame to frame."""
    # Takes 0.3 s to import, and the window, which never counts patterns, imports this module.
    import scipy.fft

    mfcc = scipy.fft.dct(log_mel, norm="ortho", axis=-1)[:, :_N_MFCC]
    return np.concatenate([_mean_and_deviation(mfcc), _mean_and_deviation(np.diff(mfcc, axis=0))])


def _bands(coarse: FloatArray) -> FloatArray:
    return np.concatenate([_mean_and_deviation(coarse), *_at_ranks(coarse, (0.1, 0.9))])


def _spectral_pattern(blocks: FloatArray) -> FloatArray:
    """Spectral pattern: levels of each band by rank over time (Seyerlehner et al., section 2.1)."""
    return np.median(_at_ranks(blocks, _SPECTRAL_RANKS), axis=0).ravel()


def _rises(blocks: FloatArray) -> FloatArray:
    """Delta pattern: strength of each band's onsets (Seyerlehner et al., section 2.2)."""
    rises = np.maximum(blocks[:, _RISE_FRAMES:] - blocks[:, :-_RISE_FRAMES], 0.0)
    return np.median(_at_ranks(rises, _RISE_RANKS), axis=0).ravel()


def _fluctuation(coarse: FloatArray) -> FloatArray:
    """Fluctuation pattern: strength of each band's modulation at twelve rates (Pampalk)."""
    import scipy.fft

    starts = range(0, len(coarse) - _MODULATION_FRAMES + 1, _MODULATION_HOP)
    cut = np.stack([coarse[s : s + _MODULATION_FRAMES] for s in starts])
    cut = cut - cut.mean(axis=1, keepdims=True)
    taper = np.hanning(_MODULATION_FRAMES).astype(np.float32)[None, :, None]
    spectrum = np.median(np.abs(scipy.fft.rfft(cut * taper, axis=1)), axis=0)
    edges = np.asarray(_MODULATION_EDGES)
    speeds = np.add.reduceat(spectrum[: edges[-1]], edges[:-1], axis=0) / np.diff(edges)[:, None]
    by_band = np.log(speeds + 1e-2).reshape(len(speeds), -1, 4)
    return np.asarray(by_band.mean(axis=-1).ravel())


def _correlation(coarse: FloatArray) -> FloatArray:
    """Correlations between sixteen bands (Seyerlehner et al., section 2.5)."""
    bands = coarse.reshape(len(coarse), -1, 2).mean(axis=-1)
    bands = bands - bands.mean(axis=0)
    norms = np.sqrt(np.square(bands).sum(axis=0)) + 1e-6
    products = np.einsum("ti,tj->ij", bands, bands) / np.outer(norms, norms)
    return np.asarray(products[np.triu_indices(len(norms), 1)])


def _contrast(log_mel: FloatArray) -> FloatArray:
    """Peaks over valleys within sixteen groups of bands: tones against noise."""
    ordered = np.sort(log_mel.reshape(len(log_mel), 16, -1), axis=-1)
    return _mean_and_deviation(ordered[..., -2:].mean(axis=-1) - ordered[..., :3].mean(axis=-1))


def _rhythm(log_mel: FloatArray) -> FloatArray:
    """Of the onset curve: how strong a beat it has, how fast, how peaked."""
    import scipy.fft

    onsets = np.maximum(np.diff(log_mel, axis=0), 0.0).mean(axis=1)
    onsets = onsets - onsets.mean()
    deviation = float(onsets.std()) + 1e-6
    spectrum = np.abs(scipy.fft.rfft(onsets, 2 * len(onsets))) ** 2
    same = scipy.fft.irfft(spectrum)[: len(onsets)]
    same = same / (same[0] + 1e-6)
    lags = same[slice(*_LAGS)]
    strongest = int(lags.argmax())
    peaks = [same[a:b].max() for a, b in pairwise(_LAG_EDGES)]
    skew = float(np.mean(onsets**3)) / deviation**3
    return np.array([lags[strongest], strongest / len(lags), deviation, skew, *peaks], np.float32)


def _dynamics(mel: FloatArray) -> FloatArray:
    frames = mel.mean(axis=1)
    level = np.log(frames / max(float(frames.mean()), 1e-9) + 1e-4)
    low, high = np.percentile(level, (5, 95))
    return np.array([level.std(), low, high, np.diff(level).std()], np.float32)


N_STATISTICS = 80 + 128 + 224 + 128 + 96 + 120 + 32 + 14 + 4
