"""Folds of a cross-validation that keep every artist on one side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fstmuse_core.datasets.groups import Sounds, artist_key, connected_tracks
from fstmuse_core.datasets.track import Track
from fstmuse_core.system.errors import FstMuseError


def artist_folds(tracks: Sequence[Track], n_folds: int, *, seed: int = 0) -> npt.NDArray[np.int64]:
    """Number of the fold that each track is tested in.

    All tracks of an artist, whatever their genres, share a fold; a track of an unknown artist
    stands alone. Artists of rare genres are placed first, each where its genres have the
    fewest artists and then the fewest tracks, so every genre is spread over as many folds as
    its artists allow.

    Parameters
    ----------
    tracks : sequence of Track
    n_folds : int
        Two or more.
    seed : int
        Orders artists that are otherwise equal; the same seed gives the same folds.

    Returns
    -------
    ndarray of int64, shape ``(len(tracks),)``, from 0 to ``n_folds - 1``

    Raises
    ------
    FstMuseError
        If there are fewer artists than folds.
    """
    by_artist: dict[str, list[int]] = defaultdict(list)
    for index, track in enumerate(tracks):
        by_artist[artist_key(track.artist) or f"nobody knows: {track.path}"].append(index)
    if n_folds < 2 or len(by_artist) < n_folds:
        raise FstMuseError(
            "cross-validation",
            f"{n_folds} folds cannot be made from {len(by_artist)} artists",
            "two folds and at least as many artists are needed",
        )
    artists_of_genre: Counter[str] = Counter()
    for indices in by_artist.values():
        artists_of_genre.update({tracks[i].genre for i in indices})

    rng = np.random.default_rng(seed)
    names = [sorted(by_artist)[i] for i in rng.permutation(len(by_artist))]
    names.sort(
        key=lambda a: (
            min(artists_of_genre[tracks[i].genre] for i in by_artist[a]),
            -len(by_artist[a]),
        )
    )
    folds = np.empty(len(tracks), dtype=np.int64)
    artists: list[Counter[str]] = [Counter() for _ in range(n_folds)]
    songs: list[Counter[str]] = [Counter() for _ in range(n_folds)]
    for name in names:
        genres = Counter(tracks[i].genre for i in by_artist[name])

        def crowding(fold: int, genres: Counter[str] = genres) -> tuple[float, float, int]:
            return (
                sum(artists[fold][g] / artists_of_genre[g] for g in genres),
                sum(songs[fold][g] for g in genres),
                songs[fold].total(),
            )

        best = min(range(n_folds), key=crowding)
        folds[by_artist[name]] = best
        artists[best].update(genres.keys())
        songs[best].update(genres)
    return folds


def group_folds(
    tracks: Sequence[Track], n_folds: int, *, seed: int = 0, sounds: Sounds | None = None
) -> npt.NDArray[np.int64]:
    """:func:`artist_folds` that also keep guests, records and duplicates on one side.

    Parameters
    ----------
    tracks, n_folds, seed
        As for :func:`artist_folds`.
    sounds : mapping of Path to str, optional
        Equal values mark duplicates.

    Raises
    ------
    FstMuseError
        If there are fewer groups than folds.
    """
    named = list(tracks)
    for number, group in enumerate(connected_tracks(tracks, sounds)):
        for index in group:
            named[index] = replace(tracks[index], artist=f"group {number}")
    return artist_folds(named, n_folds, seed=seed)
