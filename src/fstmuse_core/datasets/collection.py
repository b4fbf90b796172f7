"""What the loaders of data sets return."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fstmuse_core.datasets.track import Track

Kind = Literal["fma", "folders", "tags", "manifest", "corrections"]
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
        ``"corrections"``.
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
    corrections before all others.
    """
    by_weight = sorted(collections, key=lambda collection: collection.kind == "corrections")
    return list({track.path: track for found in by_weight for track in found.tracks}.values())
