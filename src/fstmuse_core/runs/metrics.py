"""Figures of a trained model, as its training tells and records them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fstmuse_core.runs.values import (
    Matrix,
    counts,
    matrix,
    number,
    numbers,
    plain,
    whole,
    without_nan,
)
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
        values = {name: without_nan(plain(getattr(self, name))) for name in _CLASSIFIER_KEYS}
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

    consistency: float
    frechet: float = math.nan
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    by_genre: Mapping[str, float] = field(default_factory=dict)
    by_genre_of_real: Mapping[str, float] = field(default_factory=dict)
    windows: int = 0
    nearest_of_unheard: float = math.nan
    of_unknown_artists: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, without those that were not measured."""
        values: dict[str, Any] = {"accuracy": self.consistency}
        for key, name in _GAN_KEYS.items():
            value = without_nan(plain(getattr(self, name)))
            if value not in (None, {}):
                values[key] = value
        return {**values, **self.more}


_CLASSIFIER_KEYS = tuple(name for name in Metrics.__dataclass_fields__ if name != "more")
# Names by their keys in JSON.
_GAN_KEYS = {
    "frechet": "frechet",
    "figures": "figures",
    "consistency": "by_genre",
    "consistency_of_real": "by_genre_of_real",
    "windows": "windows",
    "nearest_of_unheard": "nearest_of_unheard",
    "of_unknown_artists": "of_unknown_artists",
}


def metrics_from(values: Mapping[str, Any]) -> Metrics | GanMetrics:
    """Read the figures of a classifier or of a generator.

    Raises
    ------
    ValueError, KeyError, TypeError, AttributeError, OverflowError
        If one is missing or of another type.
    """
    return _classifier(values) if "macro_f1" in values else _generator(values)


def _classifier(values: Mapping[str, Any]) -> Metrics:
    rows = values.get("reliability") or ()
    return Metrics(
        accuracy=number(values["accuracy"]),
        macro_f1=number(values["macro_f1"]),
        recall=numbers(values["recall"]),
        songs=counts(values["songs"]),
        artists=counts(values["artists"]),
        confusion=matrix(values["confusion"]),
        ece=number(values["ece"]),
        reliability=tuple((number(c), number(a), whole(n)) for c, a, n in rows),
        named=number(values.get("named")),
        named_accuracy=number(values.get("named_accuracy")),
        of_unknown_artists=whole(values.get("of_unknown_artists") or 0),
        interval=tuple(number(end) for end in values.get("interval") or ()),
        confidence_gap=_gap(values, rows),
        cross_validation=dict(values.get("cross_validation") or {}),
        more={key: value for key, value in values.items() if key not in _CLASSIFIER_KEYS},
    )


def _gap(values: Mapping[str, Any], rows: Any) -> float:
    """Return the recorded gap, or, of trainings that did not record it, that of the groups."""
    if values.get("confidence_gap") is not None:
        return number(values["confidence_gap"])
    count = sum(n for *_, n in rows)
    return sum((sure - right) * n for sure, right, n in rows) / count if count else math.nan


def _generator(values: Mapping[str, Any]) -> GanMetrics:
    figures = values.get("figures") or {}
    known = {"accuracy", *_GAN_KEYS}
    return GanMetrics(
        consistency=number(values["accuracy"]),
        frechet=number(values.get("frechet")),
        figures={str(whose): numbers(found) for whose, found in figures.items()},
        by_genre=numbers(values.get("consistency") or {}),
        by_genre_of_real=numbers(values.get("consistency_of_real") or {}),
        windows=whole(values.get("windows") or 0),
        nearest_of_unheard=number(values.get("nearest_of_unheard")),
        of_unknown_artists=whole(values.get("of_unknown_artists") or 0),
        more={key: value for key, value in values.items() if key not in known},
    )
