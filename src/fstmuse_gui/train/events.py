"""What ``fstmuse train --events -`` says, as types: one JSON object a line."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fstmuse_core.system.strict_json import parse_json
from fstmuse_core.system.wording import Share, recorded_share

Matrix = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Started:
    """The training knows its data and begins.

    ``clips`` and ``artists`` count the parts "train", "validation" and "test";
    ``resumed_from_epoch`` is 0 for a new training.
    """

    run: str
    folder: str
    model: str
    design: str
    genres: tuple[str, ...]
    clips: Mapping[str, int]
    artists: Mapping[str, int]
    epochs: int
    resumed_from_epoch: int


@dataclass(frozen=True)
class Preparing:
    """``done`` of ``total`` files or steps of a stage: "reading", "features", "building"."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class Progress:
    """Within an epoch; ``loss`` and ``accuracy`` are those of training so far."""

    epoch: int
    step: int
    steps: int
    loss: float
    accuracy: float
    learning_rate: float
    clips_per_second: float
    seconds_left: float
    steps_per_second: float = math.nan


@dataclass(frozen=True)
class Epoch:
    """An epoch is over; ``confusion`` counts validation clips, rows are what they are.

    Of a generator ``loss`` and ``accuracy`` are the discriminator's, ``val_loss`` is the Fréchet
    distance and ``val_accuracy`` the share that is taken for the genre asked for.
    """

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    confusion: Matrix
    seconds_left: float
    is_best: bool
    generator_loss: float = math.nan


@dataclass(frozen=True)
class Sample:
    """What a generator makes of a genre after an epoch, as paths of a picture and a sound.

    ``genre`` is empty if it knows none.
    """

    epoch: int
    genre: str
    picture: str
    sound: str


@dataclass(frozen=True)
class Warned:
    """Something to know that does not end the training."""

    sentence: str


@dataclass(frozen=True)
class Metrics:
    """How good the model is on the music of the test.

    ``interval`` is the 95 % interval of ``accuracy``, ``confidence_gap`` the mean confidence less
    the accuracy; ``cross_validation`` is as the training says it, empty if there was none.
    ``reliability`` holds confidence, accuracy and number of clips of each group of answers.
    ``named`` is the share of clips for which it is sure enough to name a genre, and
    ``named_accuracy`` how many of those names are right; both are NaN if nobody knows.
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

    @property
    def n_songs(self) -> int:
        """Songs of the test."""
        return sum(self.songs.values())

    @property
    def share(self) -> Share:
        """What it got right."""
        return recorded_share(self.accuracy, self.n_songs, self.interval)

    @property
    def genres(self) -> tuple[str, ...]:
        """In the order of the confusion matrix."""
        return tuple(self.recall)


@dataclass(frozen=True)
class GanMetrics:
    """How good what a generator makes is.

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
        How many pieces were measured.
    nearest_of_unheard : float
        How near other music comes to what was learned from, by itself.
    of_unknown_artists : int
        Songs of that music of which nobody knows who plays.
    """

    consistency: float
    frechet: float = math.nan
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    by_genre: Mapping[str, float] = field(default_factory=dict)
    by_genre_of_real: Mapping[str, float] = field(default_factory=dict)
    windows: int = 0
    nearest_of_unheard: float = math.nan
    of_unknown_artists: int = 0


@dataclass(frozen=True)
class Done:
    """The model is made; ``bundle`` is its folder, empty for designs that make none.

    ``sha256`` finds the model whatever it is called by now; trainings of before did not say it.
    """

    name: str
    bundle: str
    stopped_early: bool
    seconds: float
    metrics: Metrics | GanMetrics
    card: str
    resumable: bool
    sha256: str = ""


@dataclass(frozen=True)
class Cancelled:
    """The training was discarded; ``is_kept`` if it was resumed and stopped before it went on."""

    is_kept: bool = False


@dataclass(frozen=True)
class Failed:
    """The training could not go on; ``sentence`` says why."""

    sentence: str
    run: str = ""
    resumable: bool = False


Ended = Done | Cancelled | Failed
_PROGRESS = '{"event": "progress"'
TrainEvent = Started | Preparing | Progress | Epoch | Sample | Warned | Ended


def is_progress(line: str) -> bool:
    """Whether a line says how far an epoch is: of a long training, nearly all do."""
    return line.startswith(_PROGRESS)


def parse_event(line: str) -> TrainEvent | None:
    """The event that a line holds; ``None`` for anything else."""
    try:
        values = parse_json(line, allow_infinity=True, allow_nan=True)
        return _READERS[values["event"]](values)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


def _started(values: dict[str, Any]) -> Started:
    return Started(
        run=str(values["run"]),
        folder=str(values["folder"]),
        model=str(values["model"]),
        design=str(values["design"]),
        genres=tuple(str(genre) for genre in values["genres"]),
        clips=_counts(values["clips"]),
        artists=_counts(values["artists"]),
        epochs=_whole(values["epochs"]),
        resumed_from_epoch=_whole(values.get("resumed_from_epoch") or 0),
    )


def _preparing(values: dict[str, Any]) -> Preparing:
    return Preparing(str(values["stage"]), _whole(values["done"]), _whole(values["total"]))


def _progress(values: dict[str, Any]) -> Progress:
    return Progress(
        epoch=_whole(values["epoch"]),
        step=_whole(values["step"]),
        steps=_whole(values["steps"]),
        loss=_number(values["loss"]),
        accuracy=_number(values["accuracy"]),
        learning_rate=_number(values["learning_rate"]),
        clips_per_second=_number(values["clips_per_second"]),
        seconds_left=_number(values["seconds_left"]),
        steps_per_second=_number(values.get("steps_per_second")),
    )


def _epoch(values: dict[str, Any]) -> Epoch:
    return Epoch(
        epoch=_whole(values["epoch"]),
        epochs=_whole(values["epochs"]),
        loss=_number(values["loss"]),
        accuracy=_number(values["accuracy"]),
        val_loss=_number(values["val_loss"]),
        val_accuracy=_number(values["val_accuracy"]),
        learning_rate=_number(values["learning_rate"]),
        confusion=_matrix(values["confusion"]),
        seconds_left=_number(values["seconds_left"]),
        is_best=bool(values["is_best"]),
        generator_loss=_number(values.get("generator_loss")),
    )


def _sample(values: dict[str, Any]) -> Sample:
    return Sample(
        epoch=_whole(values["epoch"]),
        genre=str(values["genre"]),
        picture=str(values["picture"]),
        sound=str(values["sound"]),
    )


def _done(values: dict[str, Any]) -> Done:
    return Done(
        name=str(values["name"]),
        bundle=str(values["bundle"] or ""),
        stopped_early=bool(values["stopped_early"]),
        seconds=_number(values["seconds"]),
        metrics=_any_metrics(values["metrics"]),
        card=str(values["card"] or ""),
        resumable=bool(values["resumable"]),
        sha256=str(values.get("model_sha256") or ""),
    )


def _any_metrics(values: dict[str, Any]) -> Metrics | GanMetrics:
    return _metrics(values) if "macro_f1" in values else _gan_metrics(values)


def _gan_metrics(values: dict[str, Any]) -> GanMetrics:
    figures = values.get("figures") or {}
    return GanMetrics(
        consistency=_number(values["accuracy"]),
        frechet=_number(values.get("frechet")),
        figures={str(whose): _numbers(found) for whose, found in figures.items()},
        by_genre=_numbers(values.get("consistency") or {}),
        by_genre_of_real=_numbers(values.get("consistency_of_real") or {}),
        windows=_whole(values.get("windows") or 0),
        nearest_of_unheard=_number(values.get("nearest_of_unheard")),
        of_unknown_artists=_whole(values.get("of_unknown_artists") or 0),
    )


def _metrics(values: dict[str, Any]) -> Metrics:
    rows = values.get("reliability") or ()
    return Metrics(
        accuracy=_number(values["accuracy"]),
        macro_f1=_number(values["macro_f1"]),
        recall=_numbers(values["recall"]),
        songs=_counts(values["songs"]),
        artists=_counts(values["artists"]),
        confusion=_matrix(values["confusion"]),
        ece=_number(values["ece"]),
        reliability=tuple((_number(c), _number(a), _whole(n)) for c, a, n in rows),
        named=_number(values.get("named")),
        named_accuracy=_number(values.get("named_accuracy")),
        of_unknown_artists=_whole(values.get("of_unknown_artists") or 0),
        interval=tuple(_number(end) for end in values.get("interval") or ()),
        confidence_gap=_gap(values, rows),
        cross_validation=dict(values.get("cross_validation") or {}),
    )


def _gap(values: dict[str, Any], rows: Any) -> float:
    """As it is said, or, of trainings that did not say it, from the groups."""
    if values.get("confidence_gap") is not None:
        return _number(values["confidence_gap"])
    count = sum(n for *_, n in rows)
    return sum((sure - right) * n for sure, right, n in rows) / count if count else math.nan


def _failed(values: dict[str, Any]) -> Failed:
    run = str(values.get("run") or "")
    return Failed(str(values["sentence"]), run, bool(values.get("resumable")))


def _counts(values: dict[str, Any]) -> dict[str, int]:
    return {str(key): _whole(count) for key, count in values.items()}


def _numbers(values: dict[str, Any]) -> dict[str, float]:
    return {str(key): _number(value) for key, value in values.items()}


def _matrix(rows: Any) -> Matrix:
    return tuple(tuple(_whole(count) for count in row) for row in rows or ())


def _whole(value: Any) -> int:
    """A number that Qt can take; raises ``ValueError``, also of infinity."""
    if not -(2**31) <= value < 2**31:
        raise ValueError("too large a number")
    return int(value)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


_READERS: dict[str, Callable[[dict[str, Any]], TrainEvent]] = {
    "started": _started,
    "preparing": _preparing,
    "progress": _progress,
    "epoch": _epoch,
    "sample": _sample,
    "warning": lambda values: Warned(str(values["sentence"])),
    "done": _done,
    "cancelled": lambda values: Cancelled(bool(values.get("kept"))),
    "failed": _failed,
}
