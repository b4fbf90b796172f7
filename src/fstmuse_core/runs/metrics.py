"""Figures of a trained model, as its training tells and records them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from fstmuse_core.system.strict_json import REST, Matrix, key_of, plain, read_fields, without_nan
from fstmuse_core.system.wording import Share, recorded_share


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
