"""How good a classifier is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def confusion_matrix(labels: Ints, predicted: Ints, n_classes: int) -> Ints:
    """Clips by true class (rows) and predicted class (columns)."""
    matrix = np.zeros((n_classes, n_classes), dtype=np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    return matrix


def recalls(confusion: Ints) -> Floats:
    """Share of each true class that was found; NaN where there is no clip."""
    totals = confusion.sum(axis=1)
    return np.where(totals > 0, np.diag(confusion) / np.maximum(totals, 1), np.nan)


def macro_f1(confusion: Ints) -> float:
    """Mean F1 of the classes that have clips."""
    hits = np.diag(confusion).astype(np.float64)
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    f1 = 2.0 * hits / np.maximum(both, 1)
    return float(f1[confusion.sum(axis=1) > 0].mean())


def mean_by_class(values: Floats, labels: Ints) -> float:
    """Mean of ``values`` in which each class counts the same, however many clips it has."""
    return float(np.mean([values[labels == label].mean() for label in np.unique(labels)]))


def expected_calibration_error(best: Floats, right: npt.NDArray[np.bool_], bins: int = 10) -> float:
    """Mean gap between confidence and accuracy over bins of equal width (Guo et al. 2017)."""
    index = np.minimum((best * bins).astype(np.int64), bins - 1)
    gaps = [
        (index == b).sum() * abs(best[index == b].mean() - right[index == b].mean())
        for b in np.unique(index)
    ]
    return float(sum(gaps) / len(best))


def area_under_roc(low: Floats, high: Floats) -> float:
    """Chance that a value of ``high`` is above one of ``low``; NaN if either is empty."""
    if not low.size or not high.size:
        return float("nan")
    order = np.sort(low)
    below = np.searchsorted(order, high, side="left") + np.searchsorted(order, high, side="right")
    return float(below.mean() / (2.0 * low.size))
