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
        Who plays; splits never put one artist on both sides.
    title : str
    seconds : float
        Duration, above 0.
    licence : str
        Terms under which the recording may be used, as its source states them.
    collection : str
        The set the recording came with.
    tag_genre : str
        The genre in the file's own tags, uninterpreted; often empty.
    """

    path: Path
    genre: str
    artist: str
    title: str
    seconds: float
    licence: str = ""
    collection: str = ""
    tag_genre: str = ""
