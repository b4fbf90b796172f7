from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np
import pytest

from fstmuse_core.datasets.groups import artist_folds
from fstmuse_core.datasets.track import Track
from fstmuse_core.system.errors import FstMuseError


@pytest.fixture(params=range(5))
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def tracks(seed: int, make_track: Callable[..., Track]) -> list[Track]:
    """Many rock artists, few punk ones, some with several genres."""
    rng = np.random.default_rng(seed)
    tracks = [
        make_track("Rock", f"rocker {a}", str(n))
        for a in range(20)
        for n in range(rng.integers(1, 6))
    ]
    tracks += [make_track("Jazz", f"jazzer {a}", str(n)) for a in range(5) for n in range(2)]
    tracks += [make_track("Punk", name, "p") for name in ("rocker 1", "punk", "jazzer 0")]
    tracks += [make_track(g, "Magnatune Compilation", g) for g in ("Rock", "Jazz", "Pop")]
    return tracks


def test_no_artist_is_on_both_sides(tracks: list[Track], seed: int) -> None:
    folds = artist_folds(tracks, 5, seed=seed)
    where = defaultdict(set)
    for track, fold in zip(tracks, folds, strict=True):
        where[track.artist].add(int(fold))
    assert all(len(folds_of_artist) == 1 for folds_of_artist in where.values())
    assert set(folds) == set(range(5))


def test_genres_are_spread_as_far_as_their_artists_allow(tracks: list[Track], seed: int) -> None:
    folds = artist_folds(tracks, 5, seed=seed)
    found = defaultdict(set)
    for track, fold in zip(tracks, folds, strict=True):
        found[track.genre].add(int(fold))
    assert len(found["Rock"]) == 5
    assert len(found["Jazz"]) == 5
    assert len(found["Punk"]) == 3
    rock = np.bincount(folds[[t.genre == "Rock" for t in tracks]], minlength=5)
    assert rock.max() <= 2 * rock.min()


def test_spelling_of_an_artist_does_not_split_it(make_track: Callable[..., Track]) -> None:
    tracks = [make_track("Rock", name, name) for name in ("The  Band", "the band ", "Other")]
    folds = artist_folds(tracks, 2)
    assert folds[0] == folds[1] != folds[2]


def test_same_seed_same_folds_whatever_the_order(tracks: list[Track]) -> None:
    first = dict(zip(tracks, artist_folds(tracks, 4, seed=7).tolist(), strict=True))
    assert first == dict(zip(tracks, artist_folds(tracks, 4, seed=7).tolist(), strict=True))
    backwards = tracks[::-1]
    assert first == dict(zip(backwards, artist_folds(backwards, 4, seed=7).tolist(), strict=True))
    assert first != dict(zip(tracks, artist_folds(tracks, 4, seed=8).tolist(), strict=True))


@pytest.mark.parametrize("n_folds", [0, 1, 3])
def test_impossible_number_of_folds(n_folds: int, make_track: Callable[..., Track]) -> None:
    tracks = [make_track("Rock", "a"), make_track("Jazz", "b")]
    with pytest.raises(FstMuseError, match="folds cannot be made from 2 artists"):
        artist_folds(tracks, n_folds)
