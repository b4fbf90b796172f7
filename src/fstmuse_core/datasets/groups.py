"""Artists by name, and the tracks that must stay on one side of a split."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from fstmuse_core.datasets.track import Track

_GUESTS = re.compile(r"[\s(\[]+(?:feat|ft|featuring)\b\.?\s.+")


def count_artists(tracks: Iterable[Track]) -> int:
    """How many artists are known to play; those that nobody knows are not counted."""
    return len({artist_or_id(track) for track in tracks} - {""})


def artist_key(artist: str) -> str:
    """What is the same for all spellings of an artist; empty if there is none."""
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
    """What stands for who plays where artists are told apart; empty if nobody knows."""
    return artist_key(track.artist) or track.artist_id


def count_unknown(tracks: Iterable[Track]) -> int:
    """How many tracks there are of which nobody knows who plays."""
    return sum(not artist_or_id(track) for track in tracks)


# Groups -------------------------------------------------------------------------------------

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
        :attr:`fstmuse_core.datasets.doctor.Report.sounds` or
        :meth:`fstmuse_core.datasets.cache.FeatureCache.sounds`.
    records : bool
        Whether a record joins its tracks, whoever plays them.

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
    """What no two tracks on different sides of a split may have in common: artist and sound."""
    yield from artist_bonds(track)
    if track.path in sounds:
        yield ("sound", sounds[track.path])


def artist_bonds(track: Track) -> Iterator[tuple[str, str]]:
    """What two tracks of the same artist have in common."""
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
