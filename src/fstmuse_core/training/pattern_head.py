"""Teaching the linear head on pattern statistics, and keeping it where it helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from fstmuse_core.audio.features import N_STATISTICS, WINDOW_FRAMES, pattern_statistics
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.pattern_head import PatternHead
from fstmuse_core.datasets.groups import connected_tracks, group_folds
from fstmuse_core.datasets.track import Track
from fstmuse_core.training.mels import MelArray
from fstmuse_core.training.metrics import ClipScores, Floats, Ints, cross_fitted, score_clips
from fstmuse_core.training.plan import Hyperparameters, ModelPlan
from fstmuse_core.training.sampler import track_weights

Tell = Callable[[int, int], None]

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
        """The windows of these tracks, numbered in the order given."""
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
    """Windows of a clip, spread over it; a short clip is one by itself."""
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
        Weight of each track, which its windows share.
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


_FOLDS = 5


@dataclass(frozen=True, eq=False)
class ChosenHead:
    """A bundle, with its head or without, and what the validation clips say of either.

    ``losses`` are mean negative log-likelihoods, each clip at the temperature that the clips of
    other artists suggest.
    """

    bundle: Bundle
    scores: ClipScores
    losses: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """For ``report.json``."""
        return {"kept": self.bundle.patterns is not None, "validation_loss": self.losses}


def choose_head(
    network: Bundle,
    plan: ModelPlan,
    hyperparameters: Hyperparameters,
    tracks: Sequence[Track],
    mels: Sequence[MelArray],
    known: Sequence[Track],
    validation: Sequence[MelArray],
    labels: Ints,
    tell: Tell,
) -> ChosenHead:
    """Teach a head on the training tracks and see whether the validation clips want it.

    Parameters
    ----------
    network : Bundle
        Without a head.
    tracks, mels : sequences of the same length
        Tracks that the network was taught, each with a role.
    known, validation, labels : sequences of the same length
        The validation clips.
    tell : callable
        Told tracks looked at, of how many; may raise to give up.
    """
    weights = track_weights(tracks, plan, hyperparameters)
    rows = pattern_rows(mels, tell)
    head = fit_pattern_head(rows, plan.roles(tracks), weights, len(plan.genres) + 1)
    both = replace(network, patterns=head.to_bytes())
    scores = {
        "network": score_clips(network, validation),
        "with head": score_clips(both, validation),
    }
    folds = _folds(known)
    losses = {name: _loss(each, labels, folds) for name, each in scores.items()}
    best = "with head" if losses["with head"] <= losses["network"] else "network"
    return ChosenHead(both if best == "with head" else network, scores[best], losses)


def _folds(tracks: Sequence[Track]) -> Ints:
    """Folds without a common artist; one alone where there are no two artists."""
    groups = len(connected_tracks(tracks))
    if groups < 2:
        return np.zeros(len(tracks), dtype=np.int64)
    return group_folds(tracks, min(_FOLDS, groups))


def _loss(scores: ClipScores, labels: Ints, folds: Ints) -> float:
    chances = cross_fitted(scores.logits, labels, folds)
    return float(-np.log(np.maximum(chances[np.arange(len(labels)), labels], 1e-12)).mean())
