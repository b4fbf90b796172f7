"""The pattern head of a model that a user trains: taught at the end, kept where it helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.datasets.groups import connected_tracks, group_folds
from fstmuse_core.datasets.track import Track
from fstmuse_core.training import calibration
from fstmuse_core.training.mels import MelArray
from fstmuse_core.training.metrics import ClipScores, Ints, score_clips
from fstmuse_core.training.pattern_head import fit_pattern_head, pattern_rows
from fstmuse_core.training.plan import ModelPlan, Recipe
from fstmuse_core.training.sampler import track_weights

_FOLDS = 5

Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Choice:
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
    recipe: Recipe,
    tracks: Sequence[Track],
    mels: Sequence[MelArray],
    known: Sequence[Track],
    validation: Sequence[MelArray],
    labels: Ints,
    tell: Tell,
) -> Choice:
    """Teach a head on the training tracks and see whether the validation clips want it.

    Parameters
    ----------
    network : Bundle
        Without a head.
    tracks, mels : sequences of the same length
        What the network was taught, each with a role.
    known, validation, labels : sequences of the same length
        The validation clips.
    tell : callable
        Told tracks looked at, of how many; may raise to give up.
    """
    weights = track_weights(tracks, plan, recipe)
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
    return Choice(both if best == "with head" else network, scores[best], losses)


def _folds(tracks: Sequence[Track]) -> Ints:
    """Folds without a common artist; one alone where there are no two artists."""
    groups = len(connected_tracks(tracks))
    if groups < 2:
        return np.zeros(len(tracks), dtype=np.int64)
    return group_folds(tracks, min(_FOLDS, groups))


def _loss(scores: ClipScores, labels: Ints, folds: Ints) -> float:
    chances = calibration.cross_fitted(scores.logits, labels, folds)
    return float(-np.log(np.maximum(chances[np.arange(len(labels)), labels], 1e-12)).mean())
