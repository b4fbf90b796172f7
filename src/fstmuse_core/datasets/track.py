"""One piece of music in a data set, and what the loaders of data sets return."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from fstmuse_core.system.errors import one_line
from fstmuse_core.system.wording import listed
from fstmuse_core.tags.genres import one_spelling


@dataclass(frozen=True, slots=True)
class Track:
    """A labelled recording.

    Attributes
    ----------
    path : Path
        The audio file.
    genre : str
        Canonical name, see :func:`fstmuse_core.tags.genres.canonical_genre`.
    artist : str
        Name of who plays; splits never put one artist on both sides. Empty if nobody knows.
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
        Ids that tell artists and records of the same name apart, where the data set has them.
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
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}


def official_part(name: str) -> str:
    """One of :data:`PARTS` for the ways data sets write it, else an empty string."""
    return _PART_NAMES.get(name.strip().casefold(), "")


Kind = Literal["fma", "folders", "tags", "manifest", "corrections", "several"]
# What a path can be; "several" is what :func:`merged` makes of more than one.
KINDS: tuple[Kind, ...] = ("fma", "folders", "tags", "manifest", "corrections")
# What the user can say that it is.
AUTO = "auto"
CHOICES = (AUTO, "folders", "tags", "manifest", "fma")


@dataclass(frozen=True, slots=True)
class SetAside:
    """A file that is not used, and why, in a few words for the user."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Collection:
    """A data set as it was found.

    Attributes
    ----------
    root : Path
        The folder it was loaded from.
    kind : str
        Source of the genres: ``"fma"``, ``"folders"``, ``"tags"``, ``"manifest"`` or
        ``"corrections"``; ``"several"`` of more than one data set.
    tracks : tuple of Track
    set_aside : tuple of SetAside
        Files that belong to the data set but cannot be used.
    notes : tuple of str
        Notes on the genres: spellings that are taken as one, folders without music.
    """

    root: Path
    kind: Kind
    tracks: tuple[Track, ...]
    set_aside: tuple[SetAside, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def genres(self) -> tuple[str, ...]:
        """The genres of the tracks, sorted."""
        return tuple(sorted({track.genre for track in self.tracks}))


def in_one_spelling(
    tracks: Iterable[Track], written: Mapping[str, str] | None = None
) -> tuple[tuple[Track, ...], tuple[str, ...]]:
    """Tracks with one name for each genre, and a sentence for each whose names were several.

    Parameters
    ----------
    tracks : iterable of Track
    written : mapping of str to str, optional
        Names as somebody wrote them, each with the genre that the tracks have for it.
    """
    tracks = tuple(tracks)
    spelling = one_spelling(track.genre for track in tracks)
    called: dict[str, set[str]] = defaultdict(set)
    for name, genre in (written or {genre: genre for genre in spelling}).items():
        if genre in spelling:
            called[spelling[genre]].add(one_line(name))
    notes = tuple(
        f"{listed(sorted(names))} are taken as one genre, {genre}"
        for genre, names in sorted(called.items())
        if len(names) > 1
    )
    if all(name == genre for name, genre in spelling.items()):
        return tracks, notes
    return tuple(replace(track, genre=spelling[track.genre]) for track in tracks), notes


def _each_once(collections: Iterable[Collection]) -> Iterable[Track]:
    by_weight = sorted(collections, key=lambda collection: collection.kind == "corrections")
    tracks: dict[Path, Track] = {}
    for found in by_weight:
        for track in found.tracks:
            known = tracks.get(track.path)
            tracks[track.path] = _labelled_anew(known, track) if known else track
    return tracks.values()


def _labelled_anew(known: Track, label: Track) -> Track:
    return replace(
        label,
        artist=label.artist or known.artist,
        artist_id=label.artist_id or known.artist_id,
        # The earlier one's tells records apart at least as well, if it has one.
        album_id=known.album_id or label.album_id,
        official_part=label.official_part or known.official_part,
        licence=label.licence or known.licence,
    )


def merged(collections: Sequence[Collection]) -> Collection:
    """Several data sets as one, each file once; a single one is left as it is.

    Of a file in more than one, the label in the later data set counts, and the user's own
    corrections before all others. What only the earlier one knows is kept: who plays, and the
    part to which the data set's authors gave the file.

    Raises
    ------
    ValueError
        If there are none.
    """
    if not collections:
        raise ValueError("there is no data set")
    if len(collections) == 1:
        return collections[0]
    try:
        root = Path(os.path.commonpath([found.root for found in collections]))
    except ValueError:  # they lie on several drives
        root = collections[0].root
    set_aside = tuple(file for found in collections for file in found.set_aside)
    tracks, spelt = in_one_spelling(_each_once(collections))
    notes = tuple(note for found in collections for note in found.notes)
    return Collection(root, "several", tracks, set_aside, (*notes, *spelt))
