"""Who plays: which names are the same artist's, and how many artists there are."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
