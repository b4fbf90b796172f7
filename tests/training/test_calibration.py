from __future__ import annotations

import numpy as np
import pytest

from fstmuse_core.training import metrics

pytestmark = pytest.mark.numeric


def test_temperature_recovers_overconfidence() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(0.0, 1.5, (4000, 5))
    chances = metrics.probabilities(honest, 1.0)
    labels = np.array([rng.choice(5, p=row) for row in chances])
    assert metrics.fit_temperature(3.0 * honest, labels) == pytest.approx(3.0, rel=0.1)
    best, right = chances.max(axis=1), chances.argmax(axis=1) == labels
    assert metrics.expected_calibration_error(best, right) < 0.03
    raw = metrics.probabilities(3.0 * honest, 1.0).max(axis=1)
    assert metrics.expected_calibration_error(raw, right) > 0.1


def test_a_clip_is_not_judged_at_a_temperature_that_it_was_fitted_on() -> None:
    """Fold 0 is always right and fold 1 always wrong, at the same confidence."""
    logits = np.tile([4.0, 0.0], (40, 1))
    labels = np.repeat([0, 1], 20)
    folds = labels.copy()
    chances = metrics.cross_fitted(logits, labels, folds)
    # What fold 1 suggests is no certainty at all; what fold 0 suggests is not heightened.
    assert chances[:20, 0] == pytest.approx(0.55, abs=0.05)
    assert chances[20:, 0] == pytest.approx(1 / (1 + np.exp(-4.0)), abs=1e-6)
    alone = metrics.cross_fitted(logits, labels, np.zeros(40, dtype=np.int64))
    assert alone[:, 0] == pytest.approx(1 / (1 + np.exp(-4.0)))


def test_no_temperature_below_one_where_nothing_is_wrong() -> None:
    logits = np.array([[2.0, 0.0], [0.0, 2.0]])
    assert metrics.fit_temperature(logits, np.array([0, 1])) < 0.2
    assert metrics.safe_temperature(logits, np.array([0, 1])) == 1.0


def test_novelty_threshold_keeps_95_percent() -> None:
    novelty = np.random.default_rng(0).standard_normal(1000)
    threshold = metrics.fit_novelty_threshold(novelty)
    assert (novelty <= threshold).mean() == pytest.approx(0.95, abs=0.002)


def test_confidence_threshold_weighs_right_against_wrong() -> None:
    best = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    right = np.array([True, True, True, False, False, False])
    assert metrics.fit_confidence_threshold(best, right) == pytest.approx(0.65)
    assert metrics.fit_confidence_threshold(best, np.ones(6, bool)) == pytest.approx(0.4)


def test_metrics_on_a_small_case() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([0, 0, 1, 1, 0, 1])
    confusion = metrics.confusion_matrix(labels, predicted, 4)
    assert confusion.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    recall = metrics.recalls(confusion)
    assert recall[:3] == pytest.approx([2 / 3, 1 / 2, 0.0])
    assert np.isnan(recall[3])
    # Genre 3 has no clip and does not count.
    assert metrics.macro_f1(confusion) == pytest.approx((2 / 3 + 2 / 5 + 0.0) / 3)


def test_area_under_roc() -> None:
    low, high = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0])
    assert metrics.area_under_roc(low, high) == pytest.approx((1.5 + 3.0) / 6)
    assert np.isnan(metrics.area_under_roc(low, np.array([])))
