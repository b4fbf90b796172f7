"""Figures of made-up music; NumPy alone.

Each figure is taken of two sets of scaled log-mel windows and what a judge says about them, a
classifier that had no part in the training. To know what a figure means, take it also of real
music against other real music, and of noise against real music.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

import numpy as np
from scipy import linalg

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.training.metrics import Floats, Ints

CELL_FRAMES = 32
# Lags between 40 and 240 beats a minute at 43 frames a second.
_SHORTEST_LAG, _LONGEST_LAG = 11, 65
_POOL_FRAMES, _POOL_BANDS = 8, 4
# Nearer to one another than this share of the usual distance in real music: hardly different.
_NEAR_EQUAL = 0.25
_BLOCK = 512


@dataclass(frozen=True, eq=False)
class Windows:
    """Some music, cut into windows of the same length, and what the judge says.

    Attributes
    ----------
    mels : ndarray of float32, shape ``(n, frames, bands)``
        Scaled log-mel.
    labels : ndarray of int64, shape ``(n,)``
        Genre that each is, or was asked to be.
    embeddings : ndarray of float64, shape ``(n, d)``
        The judge's features.
    named : ndarray of int64, shape ``(n,)``
        Genre that the judge takes each for.
    """

    mels: FloatArray
    labels: Ints
    embeddings: Floats
    named: Ints


@dataclass(frozen=True)
class Figures:
    """One set of windows beside real music.

    Attributes
    ----------
    frechet : float
        Fréchet distance between the judge's features; 0 if they are distributed alike.
    consistency : float
        Share of windows that the judge takes for the genre they are (asked) to be.
    diversity : float
        Mean distance of the judge's features within a genre, over that of the real music.
    near_equal : float
        Share of pairs of a genre that are nearer than a quarter of real music's mean distance.
    deviation : float
        Standard deviation of a band, over that of the real music; mean over the bands.
    repetition : float
        Correlation between cells of 0.74 s of the same window.
    pulse : float
        Height of the highest peak of the onsets' autocorrelation (the tempogram), between 40
        and 240 beats a minute; 1 is a machine's beat.
    nearest : float
        Median distance to the nearest crop that was learned from, in units of how far apart
        real crops are on average; what is 0 has been copied.
    """

    frechet: float
    consistency: float
    diversity: float
    near_equal: float
    deviation: float
    repetition: float
    pulse: float
    nearest: float

    def to_dict(self) -> dict[str, float]:
        """Plain values for JSON."""
        return asdict(self)


FIGURES = tuple(field.name for field in fields(Figures))


def figures(found: Windows, real: Windows, learned: FloatArray) -> Figures:
    """Compute all figures of ``found``.

    Parameters
    ----------
    found, real : Windows
    learned : ndarray, shape ``(m, d)``
        Crops that were learned from, as :func:`coarse` gives them.
    """
    usual = mean_distance(real.embeddings, real.labels)
    return Figures(
        frechet=frechet_distance(found.embeddings, real.embeddings),
        consistency=float(np.mean(found.named == found.labels)),
        diversity=mean_distance(found.embeddings, found.labels) / max(usual, 1e-12),
        near_equal=near_equal(found.embeddings, found.labels, _NEAR_EQUAL * usual),
        deviation=float(np.mean(_deviation(found.mels) / np.maximum(_deviation(real.mels), 1e-6))),
        repetition=repetition(found.mels),
        pulse=pulse(found.mels),
        nearest=nearest(coarse(found.mels), learned),
    )


def frechet_distance(a: Floats, b: Floats) -> float:
    """``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`` of two sets of vectors, as Gaussians.

    Heusel et al., "GANs trained by a two time-scale update rule", NeurIPS 2017, equation 6.

    Parameters
    ----------
    a, b : ndarray, shapes ``(n, d)`` and ``(m, d)``
    """
    difference = a.mean(axis=0) - b.mean(axis=0)
    one, two = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # The eigenvalues of a product of two covariances are real and not below zero.
    values = linalg.eigvals(np.atleast_2d(one) @ np.atleast_2d(two)).real
    root = float(np.sqrt(np.maximum(values, 0.0)).sum())
    trace = float(np.trace(np.atleast_2d(one)) + np.trace(np.atleast_2d(two)))
    return max(0.0, float(difference @ difference) + trace - 2.0 * root)


def mean_distance(vectors: Floats, labels: Ints) -> float:
    """Mean distance between two of the same genre; 0 if no genre has two."""
    pairs = _pairs(vectors, labels)
    return float(pairs.mean()) if pairs.size else 0.0


def near_equal(vectors: Floats, labels: Ints, limit: float) -> float:
    """Share of pairs of the same genre that are less than ``limit`` apart."""
    pairs = _pairs(vectors, labels)
    return float(np.mean(pairs < limit)) if pairs.size else 0.0


def _pairs(vectors: Floats, labels: Ints) -> Floats:
    found = []
    for label in np.unique(labels):
        mine = vectors[labels == label]
        found.append(_distances(mine, mine)[np.triu_indices(len(mine), 1)])
    return np.concatenate(found) if found else np.zeros(0)


def _distances(a: Floats, b: Floats) -> Floats:
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None]
    return np.asarray(np.sqrt(np.maximum(squares - 2.0 * a @ b.T, 0.0)), dtype=np.float64)


def _deviation(mels: FloatArray) -> Floats:
    return np.asarray(mels.std(axis=(0, 1), dtype=np.float64))


def repetition(mels: FloatArray) -> float:
    """Mean correlation between different cells of :data:`CELL_FRAMES` frames of a window."""
    count = mels.shape[1] // CELL_FRAMES
    cells = mels[:, : count * CELL_FRAMES].reshape(len(mels), count, -1).astype(np.float64)
    cells = cells - cells.mean(axis=2, keepdims=True)
    cells /= np.maximum(np.linalg.norm(cells, axis=2, keepdims=True), 1e-12)
    correlations = cells @ cells.transpose(0, 2, 1)
    return float(correlations[:, *np.triu_indices(count, 1)].mean())


def pulse(mels: FloatArray) -> float:
    """Mean height of the tempogram's highest peak, see :class:`Figures`."""
    rises = np.maximum(np.diff(mels.astype(np.float64), axis=1), 0.0).mean(axis=2)
    rises = rises - rises.mean(axis=1, keepdims=True)
    frames = rises.shape[1]
    spectrum = np.abs(np.fft.rfft(rises, n=2 * frames, axis=1)) ** 2
    correlation = np.fft.irfft(spectrum, axis=1)[:, :frames]
    # Unbiased: a lag has the fewer frames to be seen in the longer it is.
    correlation *= frames / (frames - np.arange(frames))
    strength = correlation[:, _SHORTEST_LAG : _LONGEST_LAG + 1].max(axis=1)
    return float(np.mean(strength / np.maximum(correlation[:, 0], 1e-12)))


def coarse(mels: FloatArray) -> FloatArray:
    """Windows in cells of 8 frames by 4 bands, as vectors, to be compared as they sound."""
    n, frames, bands = mels.shape
    cells = mels.reshape(n, frames // _POOL_FRAMES, _POOL_FRAMES, bands // _POOL_BANDS, _POOL_BANDS)
    return np.asarray(cells.mean(axis=(2, 4)).reshape(n, -1), dtype=np.float32)


def nearest(made: FloatArray, crops: FloatArray) -> float:
    """Median distance to the nearest learned crop, over the mean distance between such crops."""
    vectors, learned = made.astype(np.float64), crops.astype(np.float64)
    usual = float(_distances(learned[::2][:_BLOCK], learned[1::2][:_BLOCK]).mean())
    best = np.full(len(vectors), np.inf)
    for start in range(0, len(learned), _BLOCK):
        block = _distances(vectors, learned[start : start + _BLOCK])
        best = np.minimum(best, block.min(axis=1))
    return float(np.median(best)) / max(usual, 1e-12)
