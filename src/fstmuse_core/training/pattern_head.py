"""Teaching the linear head on pattern statistics: multinomial logistic regression."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import logsumexp

from fstmuse_core.audio.patterns import N_STATISTICS, WINDOW_FRAMES, pattern_statistics
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.pattern_head import PatternHead
from fstmuse_core.training.mels import MelArray

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Precision of the Gaussian prior of the weights, on statistics of unit variance. Found on
# five artist-disjoint folds of 400 songs: 13 times more costs 5 points, 4 times more one.
_PRIOR = 30.0
_MAX_ITERATIONS = 200
# How much the head's evidence counts beside the network's logits.
_SHARE = 0.5
# Overlapping, as many as 60 s hold, and fewer where there are thousands of clips.
_HOP_FRAMES = 256
_WINDOWS_PER_CLIP, _WINDOWS_IN_ALL = 9, 20_000


@dataclass(frozen=True, eq=False)
class PatternRows:
    """Statistics of the windows of some tracks.

    ``rows`` has shape ``(windows, N_STATISTICS)``; ``owners`` says whose each window is.
    """

    rows: FloatArray
    owners: Ints

    def of(self, tracks: Sequence[int] | Ints) -> PatternRows:
        """The windows of these tracks, which are numbered anew in the order given."""
        places = {int(track): place for place, track in enumerate(tracks)}
        chosen = np.array([owner in places for owner in self.owners.tolist()], dtype=np.bool_)
        owners = [places[owner] for owner in self.owners[chosen].tolist()]
        return PatternRows(self.rows[chosen], np.array(owners, dtype=np.int64))


def pattern_rows(
    mels: Sequence[MelArray], tell: Callable[[int, int], None] | None = None
) -> PatternRows:
    """Statistics of windows spread over some tracks.

    Parameters
    ----------
    mels : sequence of ndarray, shapes ``(frames, 128)``
        Magnitudes.
    tell : callable, optional
        Told tracks done, of how many.
    """
    most = max(1, min(_WINDOWS_PER_CLIP, _WINDOWS_IN_ALL // max(1, len(mels))))
    rows: list[FloatArray] = []
    owners: list[int] = []
    for owner, mel in enumerate(mels):
        mine = [pattern_statistics(mel[where]) for where in _windows(len(mel), most)]
        rows += mine
        owners += [owner] * len(mine)
        if tell:
            tell(owner + 1, len(mels))
    table = np.stack(rows) if rows else np.empty((0, N_STATISTICS), np.float32)
    return PatternRows(table, np.array(owners, dtype=np.int64))


def _windows(n_frames: int, most: int) -> list[slice]:
    """Where so many windows of a clip lie, spread over it; a short clip is one by itself."""
    last = max(0, n_frames - WINDOW_FRAMES)
    count = min(most, 1 + -(-last // _HOP_FRAMES))
    starts = np.linspace(0, last, count).astype(np.int64).tolist()
    return [slice(start, start + WINDOW_FRAMES) for start in starts]


def fit_pattern_head(
    patterns: PatternRows, classes: Ints, weights: Floats, n_classes: int
) -> PatternHead:
    """Fit the head to tracks; the same tracks give the same head.

    Parameters
    ----------
    patterns : PatternRows
    classes : ndarray of int, shape ``(tracks,)``
        From 0 to ``n_classes - 1``.
    weights : ndarray, shape ``(tracks,)``
        How much each track counts. A track's windows share its weight.
    """
    shares = (weights / np.bincount(patterns.owners, minlength=len(weights)))[patterns.owners]
    shares = shares / shares.sum()
    rows = patterns.rows.astype(np.float64)
    mean = shares @ rows
    deviation = np.sqrt(shares @ np.square(rows - mean)) + 1e-6
    inputs = (rows - mean) / deviation
    wanted = np.eye(n_classes)[classes[patterns.owners]]
    penalty = _PRIOR / len(weights)
    # Where a class has no song, the head has nothing to say for it.
    bias = np.log(np.maximum(shares @ wanted, 1e-6))

    def loss(flat: Floats) -> tuple[float, Floats]:
        matrix = flat.reshape(N_STATISTICS, n_classes)
        logits = inputs @ matrix + bias
        total = logsumexp(logits, axis=1)
        error = (np.exp(logits - total[:, None]) - wanted) * shares[:, None]
        value = shares @ (total - (logits * wanted).sum(axis=1)) + penalty * np.sum(matrix**2)
        return float(value), (inputs.T @ error + 2.0 * penalty * matrix).ravel()

    found = minimize(
        loss,
        np.zeros(N_STATISTICS * n_classes),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _MAX_ITERATIONS},
    )
    matrix = found.x.reshape(N_STATISTICS, n_classes)
    return PatternHead(
        mean.astype(np.float32),
        deviation.astype(np.float32),
        (_SHARE * matrix).astype(np.float32),
        bias.astype(np.float32),
    )
