"""Result of learning from the user's corrections, for whoever shows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from fstmuse_core.system.wording import counted, listed


@dataclass(frozen=True)
class Learned:
    """A model that was made, or renewed, from corrections and confirmations.

    Attributes
    ----------
    name, title : str
        Names that ``--model`` takes and that people read.
    sha256 : str
        Hash of the model.
    base : str
        Title of the model that it knew before.
    songs, artists : int
        Learned from; artists as far as they are known.
    tested : int
        Songs that were answered by what had not learned from their artists.
    right_before, right_after : int
        Of those, right by the base, and by what was learned from others.
    known_before, known : int
        Of the songs learned from, right by the base, and by the new model.
    new_genres : tuple of str
    checked, changed : int
        Songs that come along to compare by, and answers that are others now; 0 of 0 where they
        were heard by another tagger.
    checked_before, checked_after : int
        Right answers to those.
    notes : tuple of str
        Sentences on what was left out.
    seconds : float
    """

    name: str
    title: str
    sha256: str
    base: str
    songs: int
    artists: int
    tested: int
    right_before: int
    right_after: int
    known_before: int
    known: int
    new_genres: tuple[str, ...] = ()
    checked: int = 0
    changed: int = 0
    checked_before: int = 0
    checked_after: int = 0
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    def sentences(self) -> tuple[str, ...]:
        """Sentences for people, the most important first."""
        by = f" by {counted(self.artists, 'artist')}" if self.artists else ""
        said = [
            f"{self.title} has learned from {counted(self.songs, 'song')}{by} and names "
            f"{self.known} of them as you do; {self.base} named {self.known_before}."
        ]
        if self.tested:
            whose = "by other artists than" if self.artists else "other than those"
            said.append(
                f"In a cross-validation it names {self.right_after} of {self.tested} songs "
                f"{whose} it learned from as you do; {self.base} {self.right_before}."
            )
        else:
            said.append("All is by one artist, so nothing says yet what it is worth for others.")
        if self.new_genres:
            said.append(f"New to it: {listed(self.new_genres)}.")
        if self.checked:
            said.append(
                f"Of {self.checked} songs that come along to compare by, it answers "
                f"{self.changed or 'none'} otherwise, and {self.checked_after} rightly; "
                f"{self.base} {self.checked_before}."
            )
        return (*said, *self.notes)

    @property
    def summary(self) -> str:
        """A sentence for where there is little room."""
        tested = f", {self.right_after} of {self.tested} when left out" if self.tested else ""
        return (
            f"{self.title} names {self.known} of your {counted(self.songs, 'song')} as you do"
            f"{tested}; {self.base} {self.known_before}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)
