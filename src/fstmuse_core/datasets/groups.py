"""Artists by name, groups of tracks that must stay on one side of a split, and folds of them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fstmuse_core.datasets.track import Track
from fstmuse_core.system.errors import FstMuseError

_GUESTS = re.compile(r"[\s(\[]+(?:feat|ft|featuring)\b\.?\s.+")


def count_artists(tracks: Iterable[Track]) -> int:
    """Number of known artists; those that nobody knows are not counted."""
    return len({artist_or_id(track) for track in tracks} - {""})


def artist_key(artist: str) -> str:
    """Key that all spellings of an artist share; empty if there is none."""
    return " ".join(artist.casefold().split())


def lead_key(artist: str) -> str:
    """:func:`artist_key` without guests.

    Examples
    --------
    >>> lead_key("Nina  Simone feat. Miles Davis"), lead_key("Little Feat")
    ('nina simone', 'little feat')
    """
    key = artist_key(artist)
    return _GUESTS.sub("", key) or key


def artist_or_id(track: Track) -> str:
    """Key of a track's artist, by name or id; empty if nobody knows."""
    return artist_key(track.artist) or track.artist_id


def count_unknown(tracks: Iterable[Track]) -> int:
    """Number of tracks of unknown artists."""
    return sum(not artist_or_id(track) for track in tracks)


# Hash of the decoded sound of each file, as far as it is known.
Sounds = Mapping[Path, str]


def connected_tracks(
    tracks: Sequence[Track], sounds: Sounds | None = None, *, records: bool = True
) -> list[list[int]]:
    """Groups of tracks joined by an artist, a record or the same sound, directly or over others.

    Parameters
    ----------
    tracks : sequence of Track
        One without artist and record is only joined to its duplicates.
    sounds : mapping of Path to str, optional
        Equal values mark duplicates; from
        :attr:`fstmuse_core.datasets.check.Report.sounds` or
        :meth:`fstmuse_core.datasets.cache.FeatureCache.sounds`.
    records : bool
        True if a record joins its tracks, whoever plays them.

    Returns
    -------
    list of list of int
        Indices into ``tracks``; ordered by the first path of each group, so that the order of
        ``tracks`` does not matter.
    """
    leader = list(range(len(tracks)))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    first_with: dict[tuple[str, str], int] = {}
    for index, track in enumerate(tracks):
        for bond in _bonds(track, sounds or {}, records):
            other = first_with.setdefault(bond, index)
            leader[find(index)] = find(other)
    groups: dict[int, list[int]] = defaultdict(list)
    for index in range(len(tracks)):
        groups[find(index)].append(index)
    by_path = [sorted(group, key=lambda i: str(tracks[i].path)) for group in groups.values()]
    return sorted(by_path, key=lambda group: str(tracks[group[0]].path))


def _bonds(track: Track, sounds: Sounds, records: bool) -> Iterator[tuple[str, str]]:
    yield from side_bonds(track, sounds)
    if records and track.album_id:
        yield ("album", track.album_id)


def side_bonds(track: Track, sounds: Sounds) -> Iterator[tuple[str, str]]:
    """Yield what no two tracks on different sides of a split may share: artist and sound."""
    yield from artist_bonds(track)
    if track.path in sounds:
        yield ("sound", sounds[track.path])


def artist_bonds(track: Track) -> Iterator[tuple[str, str]]:
    """Yield what two tracks of the same artist share."""
    if track.artist_id:
        yield ("artist id", track.artist_id)
    if key := artist_key(track.artist):
        yield ("artist", key)
        if (lead := lead_key(track.artist)) != key:
            yield ("artist", lead)


def same_sounds(tracks: Sequence[Track], sounds: Sounds) -> list[tuple[Path, ...]]:
    """Files of the same sound, for each sound that there is more than once."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in dict.fromkeys(track.path for track in tracks):
        if path in sounds:
            found[sounds[path]].append(path)
    return [tuple(paths) for paths in found.values() if len(paths) > 1]


def side_groups(
    tracks: Sequence[Track], sounds: Sounds | None, about: Collection[str]
) -> tuple[list[list[int]], tuple[str, ...]]:
    """Return the groups that stay on one side of a split, and what to know of them.

    Records join artists too, unless nearly all music of a genre then hangs together. ``about``
    holds the genres that notes are wanted about.
    """
    joined = connected_tracks(tracks, sounds)
    apart = connected_tracks(tracks, sounds, records=False)
    with_records, without = _largest_shares(tracks, joined), _largest_shares(tracks, apart)
    tangled = [g for g in sorted(with_records) if with_records[g] > 0.5 >= without[g]]
    if not tangled:
        return joined, ()
    # Said also where it is about other music only: records of the rest stand on two sides, too.
    named = [genre for genre in tangled if genre in about]
    note = (
        f"records with several artists would join more than half of "
        f"{', '.join(named) or 'the other music'}: only artists and copies are kept on one side"
    )
    return apart, (note,)


def _largest_shares(tracks: Sequence[Track], groups: list[list[int]]) -> dict[str, float]:
    """Return the share of each genre that its largest group holds."""
    totals = Counter(track.genre for track in tracks)
    largest: dict[str, float] = defaultdict(float)
    for group in groups:
        for genre, count in Counter(tracks[i].genre for i in group).items():
            largest[genre] = max(largest[genre], count / totals[genre])
    return largest


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
