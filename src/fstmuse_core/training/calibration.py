"""From raw scores to honest probabilities and thresholds, fitted on out-of-fold clips."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KNOWN_KEPT = 0.95
_TEMPERATURES = (0.05, 20.0)


def probabilities(logits: Floats, temperature: float) -> Floats:
    """Softmax of ``logits / temperature``, shape ``(clips, K)``."""
    scaled = logits / temperature
    return np.asarray(np.exp(scaled - logsumexp(scaled, axis=-1, keepdims=True)))


def fit_temperature(logits: Floats, labels: Ints) -> float:
    """Temperature with the highest likelihood (Guo et al. 2017, "On Calibration of ...")."""

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        right = scaled[np.arange(len(labels)), labels]
        return float(np.mean(logsumexp(scaled, axis=-1) - right))

    found = minimize_scalar(loss, bounds=np.log(_TEMPERATURES), method="bounded")
    return float(np.exp(found.x))


def safe_temperature(logits: Floats, labels: Ints) -> float:
    """:func:`fit_temperature`, but no lower than 1 where every answer is right.

    The likeliest temperature is zero there, and nothing is a reason for such trust.
    """
    temperature = fit_temperature(logits, labels)
    is_all_right = bool((logits.argmax(axis=1) == labels).all())
    return max(temperature, 1.0) if is_all_right else temperature


def cross_fitted(logits: Floats, labels: Ints, folds: Ints) -> Floats:
    """Probabilities of each clip at the temperature that the other folds suggest.

    Parameters
    ----------
    logits : ndarray, shape ``(clips, K)``
    labels, folds : ndarray of int, shape ``(clips,)``
        All clips of an artist share a fold. Where there is one fold alone, nothing is fitted:
        the temperature is 1.
    """
    chances = np.empty_like(logits)
    for fold in np.unique(folds):
        here, others = folds == fold, folds != fold
        fitted = safe_temperature(logits[others], labels[others]) if others.any() else 1.0
        chances[here] = probabilities(logits[here], fitted)
    return chances


def fit_novelty_threshold(known_novelty: Floats) -> float:
    """The value that ``KNOWN_KEPT`` of the clips of known genres stay below."""
    return float(np.quantile(known_novelty, KNOWN_KEPT))


def fit_confidence_threshold(best: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Least best probability at which a genre is named.

    The value with the most right names less wrong names: below it, a name would be wrong
    more often than right.
    """
    order = np.argsort(-best, kind="stable")
    gain = np.cumsum(np.where(right[order], 1, -1))
    last = int(np.argmax(gain))
    if last + 1 < len(best):
        return float((best[order[last]] + best[order[last + 1]]) / 2.0)
    return float(best[order[last]])
