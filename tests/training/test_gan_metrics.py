"""The figures of made-up music say what they claim, on music made up for the purpose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fstmuse_core.training.gan.judges import (
    CELL_FRAMES,
    Windows,
    coarse,
    figures,
    frechet_distance,
    mean_distance,
    near_equal,
    nearest,
    pulse,
    repetition,
)

pytestmark = pytest.mark.numeric

FRAMES, BANDS, D = 256, 128, 6


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def windows(seed: int, count: int = 40) -> Windows:
    labels = np.arange(count) % 2
    mels = random(count, FRAMES, BANDS, seed=seed).astype(np.float32)
    return Windows(mels, labels, random(count, D, seed=seed + 1) + labels[:, None], labels)


def test_frechet_distance_of_gaussians_is_the_formula() -> None:
    rng = np.random.default_rng(4)
    a = rng.normal(0.0, 1.0, (60_000, 2))
    b = rng.normal([3.0, 0.0], [2.0, 1.0], (60_000, 2))
    # |mean|^2 + (1 - 2)^2 + (1 - 1)^2
    assert frechet_distance(a, b) == pytest.approx(9.0 + 1.0, rel=0.02)
    assert frechet_distance(a, a) == pytest.approx(0.0, abs=1e-6)


def test_frechet_distance_of_fewer_vectors_than_dimensions_is_a_number() -> None:
    assert 0.0 <= frechet_distance(random(5, 30), random(6, 30, seed=1)) < 200.0


def test_distances_are_within_a_genre() -> None:
    vectors = np.array([[0.0, 0.0], [3.0, 4.0], [100.0, 0.0], [100.0, 1.0]])
    labels = np.array([0, 0, 1, 1])
    assert mean_distance(vectors, labels) == pytest.approx(3.0)
    assert near_equal(vectors, labels, 2.0) == 0.5
    assert mean_distance(vectors[:1], labels[:1]) == 0.0


def test_repetition_is_one_where_every_cell_is_the_same() -> None:
    cell = random(3, CELL_FRAMES, BANDS).astype(np.float32)
    assert repetition(np.tile(cell, (1, 8, 1))) == pytest.approx(1.0, abs=1e-5)
    assert abs(repetition(random(3, FRAMES, BANDS).astype(np.float32))) < 0.02


@pytest.mark.parametrize("period", [14, 22, 43])
def test_a_steady_beat_has_a_pulse_and_noise_has_none(period: int) -> None:
    beat = np.zeros((2, FRAMES, BANDS), np.float32)
    beat[:, ::period] = 4.0
    assert pulse(beat) > 0.9
    noise = random(20, FRAMES, BANDS).astype(np.float32)
    assert pulse(noise) < 0.3 < pulse(beat + 0.1 * noise[:2])


def test_a_copy_is_found_and_a_stranger_is_not() -> None:
    # Slow changes, as in music: what is pooled must differ.
    crops = np.repeat(random(30, 32, BANDS), 8, axis=1).astype(np.float32)
    others = np.repeat(random(30, 32, BANDS, seed=9), 8, axis=1).astype(np.float32)
    learned = coarse(crops)
    assert learned.shape == (30, 32 * 32)
    noisy = crops + 0.3 * random(30, FRAMES, BANDS, seed=2).astype(np.float32)
    assert nearest(learned, learned) == pytest.approx(0.0, abs=1e-5)
    assert nearest(coarse(noisy), learned) < 0.2
    assert nearest(coarse(others), learned) > 0.7


def test_all_figures_of_the_same_kind_of_music_are_as_good_as_real() -> None:
    found, real = windows(10, 400), windows(20, 400)
    result = figures(found, real, coarse(real.mels))
    assert result.frechet < 0.5
    assert result.consistency == 1.0
    assert result.diversity == pytest.approx(1.0, abs=0.1)
    assert result.deviation == pytest.approx(1.0, abs=0.02)
    assert set(result.to_dict()) >= {"near_equal", "repetition", "pulse", "nearest"}


def test_one_piece_over_and_over_is_noticed() -> None:
    real = windows(20)
    same = replace(real, embeddings=np.zeros_like(real.embeddings), named=1 - real.labels)
    result = figures(same, real, coarse(real.mels))
    assert result.near_equal == 1.0
    assert result.diversity == 0.0
    assert result.consistency == 0.0
    assert result.nearest == pytest.approx(0.0, abs=1e-5)
