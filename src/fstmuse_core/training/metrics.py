"""Figures of a classifier, its scores on whole clips, and their calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.litert import LiteRtNetwork
from fstmuse_core.bundle.manifest import Thresholds
from fstmuse_core.bundle.pattern_head import PatternSession, pattern_head, with_evidence
from fstmuse_core.training.mels import MelArray, cut_segments, segment_starts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


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


# One: where other work goes on beside it, two threads wait for each other.
_THREADS = 1


@dataclass(frozen=True, eq=False)
class ClipScores:
    """Means over the overlapping segments of each clip.

    ``logits`` has shape ``(clips, K)``, ``novelty`` ``(clips,)``.
    """

    logits: npt.NDArray[np.float64]
    novelty: npt.NDArray[np.float64]


def score_clips(bundle: Bundle, mels: Sequence[MelArray]) -> ClipScores:
    """Run every clip through a network in the form in which it is shipped."""
    manifest = bundle.manifest
    network = LiteRtNetwork(bundle, num_threads=_THREADS)
    head = pattern_head(bundle)
    logits, novelty = [], []
    for mel in mels:
        segments = cut_segments(mel, manifest.segment_frames, manifest.segment_hop_frames)
        each_logits, each_novelty, _ = network.run(manifest.scaling.apply(segments))
        if head:
            session = PatternSession(head)
            session.push(mel.astype(np.float32))
            starts = segment_starts(len(mel), manifest.segment_frames, manifest.segment_hop_frames)
            each_logits, each_novelty = with_evidence(
                each_logits, each_novelty, session.evidence(starts)
            )
        logits.append(each_logits.mean(axis=0, dtype=np.float64))
        novelty.append(each_novelty.mean(dtype=np.float64))
    return ClipScores(np.array(logits), np.array(novelty))


# Fitted on clips that the network was not taught.
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
    return best_cut(best, np.where(right, 1.0, -1.0))


def best_cut(best: Floats, gain: Floats) -> float:
    """Value of ``best`` above which ``gain`` sums to most; between two clips where it can be."""
    order = np.argsort(-best, kind="stable")
    last = int(np.argmax(np.cumsum(gain[order])))
    if last + 1 < len(best):
        return float((best[order[last]] + best[order[last + 1]]) / 2.0)
    return float(best[order[last]])


def fit_calibration(logits: Floats, novelty: Floats, labels: Ints) -> tuple[float, Thresholds]:
    """Temperature and thresholds that suit some clips of known genres.

    Parameters
    ----------
    logits : ndarray, shape ``(clips, K)``
    novelty, labels : ndarray, shape ``(clips,)``
    """
    temperature = safe_temperature(logits, labels)
    best = probabilities(logits, temperature).max(axis=1)
    thresholds = Thresholds(
        novelty=fit_novelty_threshold(novelty),
        confidence=fit_confidence_threshold(best, logits.argmax(axis=1) == labels),
    )
    return temperature, thresholds
