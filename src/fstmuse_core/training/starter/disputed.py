"""What the disputed Pop clips would do if they were taught, measured on the floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fstmuse_core.training.plan import ModelPlan, is_disputed
from fstmuse_core.training.starter.cross_validation import (
    DataSet,
    OutOfFold,
    mfcc_statistics,
    svm_predictions,
)


@dataclass(frozen=True)
class Disputed:
    """Clips labelled Pop whose own tags name other genres.

    Attributes
    ----------
    songs : int
    taken_for : dict of str to int
        What the networks that had not heard their artists take them for.
    pop_recall, rock_recall : float or None
        Recall of the floor if it is taught these clips as Pop, in the same folds, with these
        clips counted; ``None`` if the model does not name both genres.
    """

    songs: int
    taken_for: dict[str, int]
    pop_recall: float | None
    rock_recall: float | None


def study_disputed(data: DataSet, plan: ModelPlan, predictions: OutOfFold) -> Disputed | None:
    """Look at the disputed clips; ``None`` if there are none."""
    disputed = np.array([is_disputed(track) for track in data.tracks], dtype=np.bool_)
    if not disputed.any():
        return None
    answers = predictions.scores.logits[disputed].argmax(axis=1)
    counts = {genre: int((answers == i).sum()) for i, genre in enumerate(plan.genres)}
    pop, rock = (
        _recalls_if_taught(data, plan, predictions, disputed)
        if {"Pop", "Rock"} <= set(plan.genres)
        else (None, None)
    )
    return Disputed(int(disputed.sum()), {g: n for g, n in counts.items() if n}, pop, rock)


def _recalls_if_taught(
    data: DataSet, plan: ModelPlan, predictions: OutOfFold, disputed: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    pop, rock = plan.genres.index("Pop"), plan.genres.index("Rock")
    labels = np.where(disputed, pop, data.roles)
    known = (labels >= 0) & (labels < len(plan.genres))
    statistics = mfcc_statistics(data.mels)
    answers = np.full(len(labels), -1, dtype=np.int64)
    for fold in np.unique(predictions.folds):
        test = predictions.folds == fold
        train = known & ~test
        answers[test] = svm_predictions(statistics[train], labels[train], statistics[test])
    found = answers == labels
    return float(found[labels == pop].mean()), float(found[labels == rock].mean())
