"""One piece of music in a data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Track:
    """A labelled recording.

    Attributes
    ----------
    path : Path
        The audio file.
    genre : str
        Canonical name, see :func:`fstmuse_core.genres.canonical_genre`.
    artist : str
        Who plays; splits never put one artist on both sides. Empty if nobody knows.
    title : str
    seconds : float
        Duration, above 0.
    licence : str
        Terms under which the recording may be used, as its source states them.
    collection : str
        The set the recording came with.
    tag_genre : str
        The genre in the file's own tags, uninterpreted; often empty.
    album : str
        The record's title; may be empty.
    artist_id, album_id : str
        What tells artists and records of the same name apart, where the data set has it.
    official_part : str
        ``"train"``, ``"validation"`` or ``"test"`` where the data set's authors say so.
    """

    path: Path
    genre: str
    artist: str
    title: str
    seconds: float
    licence: str = ""
    collection: str = ""
    tag_genre: str = ""
    album: str = ""
    artist_id: str = ""
    album_id: str = ""
    official_part: str = ""


PARTS = ("train", "validation", "test")
_PART_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "test": "test",
    "testing": "test",
}


def official_part(name: str) -> str:
    """One of :data:`PARTS` for the ways data sets write it, else an empty string."""
    return _PART_NAMES.get(name.strip().casefold(), "")
