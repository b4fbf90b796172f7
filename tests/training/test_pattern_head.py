"""Teaching the head on pattern statistics."""

from __future__ import annotations

import numpy as np
import pytest

from fstmuse_core.audio.features import N_STATISTICS
from fstmuse_core.training.pattern_head import PatternRows, fit_pattern_head, pattern_rows

pytestmark = pytest.mark.numeric


def made_up(n_tracks: int, seed: int) -> tuple[PatternRows, np.ndarray]:
    """Two windows a track, of three classes, each of them known by thirty statistics."""
    rng = np.random.default_rng(seed)
    classes = np.arange(n_tracks) % 3
    rows = rng.standard_normal((2 * n_tracks, N_STATISTICS)).astype(np.float32)
    owners = np.repeat(np.arange(n_tracks), 2)
    for row, owner in enumerate(owners):
        rows[row, 30 * classes[owner] : 30 * classes[owner] + 30] += 2.0
    return PatternRows(rows, owners), classes


def test_the_head_learns_and_is_the_same_each_time() -> None:
    patterns, classes = made_up(90, seed=0)
    fresh, wanted = made_up(90, seed=1)

    first, again = (fit_pattern_head(patterns, classes, np.ones(90), 3) for _ in range(2))

    np.testing.assert_array_equal(first.matrix, again.matrix)
    said = first.score(fresh.rows).argmax(axis=1)
    assert np.mean(said == wanted[fresh.owners]) > 0.9


def test_a_track_counts_by_its_weight() -> None:
    patterns, classes = made_up(30, seed=2)
    contrary = np.where(np.arange(30) < 15, classes, (classes + 1) % 3)
    weights = np.where(np.arange(30) < 15, 1.0, 1e-6)

    head = fit_pattern_head(patterns, contrary, weights, 3)

    said = head.score(patterns.rows).argmax(axis=1)
    assert np.mean(said == contrary[patterns.owners])[()] < np.mean(
        said == classes[patterns.owners]
    )


def test_windows_lie_over_the_whole_clip_and_belong_to_it() -> None:
    rng = np.random.default_rng(0)
    long, short = (rng.gamma(1.0, 1.0, (n, 128)).astype(np.float16) for n in (2600, 200))

    found = pattern_rows([long, short])

    assert found.rows.shape == (10, N_STATISTICS)
    assert np.bincount(found.owners).tolist() == [9, 1]
    alone = found.of([1])
    assert alone.owners.tolist() == [0]
    np.testing.assert_array_equal(alone.rows[0], found.rows[9])
