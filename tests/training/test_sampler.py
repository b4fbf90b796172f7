from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fstmuse_core.datasets.track import Track
from fstmuse_core.training import sampler
from fstmuse_core.training.mels import cut_segments, fit_scaling
from fstmuse_core.training.plan import IGNORED, PLANS, Hyperparameters
from fstmuse_core.training.sampler import BatchSampler, track_weights

TOY, FST = PLANS["toy-model"], PLANS["fst-muse"]


@pytest.fixture
def tracks(make_track: Callable[..., Track]) -> list[Track]:
    found = [make_track("Rock", "prolific", str(n)) for n in range(10)]
    found += [make_track("Rock", f"rocker {n}") for n in range(8)]
    found += [make_track("Folk", "folk singer"), make_track("Classical", "orchestra")]
    found += [make_track("Country", "cowboy"), make_track("Pop", "star")]
    return found


def mels(n: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.random((200 + 10 * i, 128)).astype(np.float16) + np.float16(0.1) for i in range(n)]


def test_roles(make_track: Callable[..., Track]) -> None:
    assert TOY.role(make_track("Rock", "a")) == 2
    assert TOY.role(make_track("Classical", "a")) == 3
    assert TOY.role(make_track("Pop", "a")) == IGNORED
    assert FST.role(make_track("Pop", "a")) == 0
    assert FST.role(make_track("Pop", "a", tag_genre="pop music")) == 0
    assert FST.role(make_track("Pop", "a", tag_genre="Alternative Rock")) == IGNORED
    assert FST.role(make_track("Rock", "a", tag_genre="Alternative Rock")) == 2


def test_draw_is_balanced_over_genres_and_artists(tracks: list[Track]) -> None:
    plan = replace(TOY, balance=0.5)
    weights = track_weights(tracks, plan, Hyperparameters(other_share=0.25))
    share = {
        genre: sum(w for t, w in zip(tracks, weights, strict=True) if t.genre == genre)
        for genre in ("Rock", "Folk", "Classical", "Country", "Pop")
    }
    assert sum(share.values()) == pytest.approx(1.0)
    assert share["Classical"] + share["Country"] == pytest.approx(0.25)
    assert share["Pop"] == 0.0
    # Nine artists against one: a share three times as large, not nine times.
    assert share["Rock"] == pytest.approx(3.0 * share["Folk"])
    prolific = weights[:10].sum()
    assert prolific == pytest.approx(weights[10])


def test_batches_are_reproducible_and_well_formed(tracks: list[Track]) -> None:
    data = mels(len(tracks))
    hyperparameters = Hyperparameters(batch=16)
    scaling = fit_scaling(data, 128)
    first, again, other = (
        BatchSampler(tracks, data, TOY, hyperparameters, scaling, seed).batch()
        for seed in ((1,), (1,), (2,))
    )
    inputs, targets = first
    assert inputs.shape == (16, 128, 128, 1)
    assert inputs.dtype == np.float32
    assert np.isfinite(inputs).all()
    assert targets.shape == (16, 4)
    assert targets.sum(axis=1) == pytest.approx(1.0)
    np.testing.assert_array_equal(inputs, again[0])
    assert not np.array_equal(inputs, other[0])


def test_crop_of_a_clip_shorter_than_a_segment() -> None:
    mel = np.ones((5, 128), dtype=np.float16)
    crop = sampler.random_crop(mel, 128, np.random.default_rng(0))
    np.testing.assert_allclose(crop, 1.0)
    assert crop.shape == (128, 128)


def test_recolouring_and_mixup_keep_their_range() -> None:
    rng = np.random.default_rng(0)
    mel = rng.random((128, 128)).astype(np.float32)
    assert (sampler.recolour(mel, rng) > 0).all()
    segments = rng.standard_normal((6, 128, 128)).astype(np.float32)
    targets = np.eye(6, dtype=np.float32)
    mixed, shares = sampler.mixup(segments, targets, 0.3, rng)
    assert shares.sum(axis=1) == pytest.approx(1.0)
    assert (np.diag(shares) >= 0.5).all()
    np.testing.assert_allclose(mixed, np.einsum("ij,jtf->itf", shares, segments), atol=1e-5)


def test_masks_blank_a_band_and_a_stretch() -> None:
    segments = np.ones((8, 128, 128), dtype=np.float32)
    sampler.mask(segments, np.random.default_rng(0))
    assert 0 < (segments == 0).mean() < 0.3


def test_segments_cover_the_clip_to_its_end() -> None:
    mel = np.arange(300, dtype=np.float16)[:, None] * np.ones((1, 128), np.float16)
    cut = cut_segments(mel, 128, 64)
    assert cut[:, 0, 0].tolist() == [0, 64, 128, 172]
    assert cut[-1, -1, 0] == 299
    short = cut_segments(mel[1:11], 128, 64)
    assert short.shape == (1, 128, 128)
    assert not short[0, 10:].any()


def test_scaling_whitens_the_training_clips() -> None:
    data = mels(3)
    scaling = fit_scaling(data, 128)
    scaled = np.stack([scaling.apply(cut_segments(m, 128, 128)).mean(axis=(0, 1)) for m in data])
    assert np.abs(scaled.mean(axis=0)).max() < 1e-3
