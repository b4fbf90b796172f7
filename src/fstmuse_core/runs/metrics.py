"""Figures of a trained model, as its training records them, and what learning has changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from fstmuse_core.system.strict_json import REST, Matrix, key_of, plain, read_fields, without_nan
from fstmuse_core.system.wording import Share, counted, listed, recorded_share


@dataclass(frozen=True)
class Metrics:
    """Figures of a classifier on the music of the test.

    ``interval`` is the 95 % interval of ``accuracy``, ``confidence_gap`` the mean confidence less
    the accuracy; ``cross_validation`` is as the training says it, empty if there was none.
    ``reliability`` holds confidence, accuracy and number of clips of each group of answers.
    ``named`` is the share of clips for which it is sure enough to name a genre, and
    ``named_accuracy`` how many of those names are right; both are NaN if nobody knows. ``more``
    holds the figures that are recorded and read by nobody.
    """

    accuracy: float
    macro_f1: float
    recall: Mapping[str, float]
    songs: Mapping[str, int]
    artists: Mapping[str, int]
    confusion: Matrix
    ece: float
    reliability: tuple[tuple[float, float, int], ...]
    named: float = math.nan
    named_accuracy: float = math.nan
    of_unknown_artists: int = 0
    interval: tuple[float, ...] = ()
    confidence_gap: float = math.nan
    cross_validation: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n_songs(self) -> int:
        """Songs of the test."""
        return sum(self.songs.values())

    @property
    def share(self) -> Share:
        """Share of the test that it got right."""
        return recorded_share(self.accuracy, self.n_songs, self.interval)

    @property
    def genres(self) -> tuple[str, ...]:
        """Genres in the order of the confusion matrix."""
        return tuple(self.recall)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        names = (one.name for one in fields(self) if one.name != REST)
        values = {name: without_nan(plain(getattr(self, name))) for name in names}
        values["cross_validation"] = plain(self.cross_validation) or None
        return {**values, **self.more}


@dataclass(frozen=True)
class GanMetrics:
    """Figures of what a generator makes.

    Attributes
    ----------
    consistency : float
        Share that the judge takes for the genre asked for.
    frechet : float
    figures : mapping
        By whose they are ("made", "real", "noise"), then by name; empty if nothing was measured.
    by_genre, by_genre_of_real : mapping
        ``consistency`` of each genre, of what is made and of real music.
    windows : int
        Number of pieces that were measured.
    nearest_of_unheard : float
        Nearness of other music to what was learned from, by itself.
    of_unknown_artists : int
        Songs of that music of which nobody knows who plays.
    more : mapping
        Figures that are recorded and read by nobody.
    """

    consistency: float = field(metadata={"key": "accuracy"})
    frechet: float = math.nan
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    by_genre: Mapping[str, float] = field(default_factory=dict, metadata={"key": "consistency"})
    by_genre_of_real: Mapping[str, float] = field(
        default_factory=dict, metadata={"key": "consistency_of_real"}
    )
    windows: int = 0
    nearest_of_unheard: float = math.nan
    of_unknown_artists: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, without those that were not measured."""
        values: dict[str, Any] = {}
        for one in fields(self):
            value = without_nan(plain(getattr(self, one.name)))
            if one.name == "consistency" or (one.name != REST and value not in (None, {})):
                values[key_of(one)] = value
        return {**values, **self.more}


def metrics_from(values: Mapping[str, Any]) -> Metrics | GanMetrics:
    """Read the figures of a classifier or of a generator.

    Raises
    ------
    ValueError, KeyError or TypeError
        If one is missing or of another type.
    """
    if "macro_f1" not in values:
        return read_fields(GanMetrics, values)
    metrics = read_fields(Metrics, values)
    if values.get("confidence_gap") is None:
        return replace(metrics, confidence_gap=_gap(metrics))
    return metrics


def _gap(metrics: Metrics) -> float:
    """Gap of trainings that did not record it: that of the groups of answers."""
    rows = metrics.reliability
    count = sum(n for *_, n in rows)
    return sum((sure - right) * n for sure, right, n in rows) / count if count else math.nan


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
