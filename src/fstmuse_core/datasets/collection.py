"""What the loaders of data sets return."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from fstmuse_core.datasets.track import Track

Kind = Literal["fma", "folders", "tags", "manifest", "corrections", "several"]
# What a path can be; "several" is what :func:`merged` makes of more than one.
KINDS: tuple[Kind, ...] = ("fma", "folders", "tags", "manifest", "corrections")


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
        How the genres were learnt: ``"fma"``, ``"folders"``, ``"tags"``, ``"manifest"`` or
        ``"corrections"``; ``"several"`` of more than one data set.
    tracks : tuple of Track
    set_aside : tuple of SetAside
        What belongs to the data set but cannot be used.
    """

    root: Path
    kind: Kind
    tracks: tuple[Track, ...]
    set_aside: tuple[SetAside, ...] = ()

    @property
    def genres(self) -> tuple[str, ...]:
        """The genres of the tracks, sorted."""
        return tuple(sorted({track.genre for track in self.tracks}))

    def of_genres(self, genres: Iterable[str]) -> Collection:
        """The same with only the tracks of these genres."""
        wanted = set(genres)
        kept = tuple(track for track in self.tracks if track.genre in wanted)
        return Collection(self.root, self.kind, kept, self.set_aside)


def all_tracks(collections: Iterable[Collection]) -> list[Track]:
    """Tracks of several data sets, each file once.

    Of a file in more than one, the label in the later data set counts, and the user's own
    corrections before all others. What only the earlier one knows is kept: who plays, and the
    part to which the data set's authors gave the file.
    """
    by_weight = sorted(collections, key=lambda collection: collection.kind == "corrections")
    tracks: dict[Path, Track] = {}
    for found in by_weight:
        for track in found.tracks:
            known = tracks.get(track.path)
            tracks[track.path] = _labelled_anew(known, track) if known else track
    return list(tracks.values())


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
    return Collection(root, "several", tuple(all_tracks(collections)), set_aside)
