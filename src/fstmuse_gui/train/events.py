"""What ``fstmuse train --events -`` says, as types: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class Epoch:
    """An epoch is over; ``confusion`` counts validation clips, rows are what they are."""

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


@dataclass(frozen=True)
class Warned:
    """Something to know that does not end the training."""

    sentence: str


@dataclass(frozen=True)
class Metrics:
    """How good the model is on music by artists it has not heard.

    ``reliability`` holds confidence, accuracy and number of clips of each group of answers.
    """

    accuracy: float
    macro_f1: float
    recall: Mapping[str, float]
    songs: Mapping[str, int]
    artists: Mapping[str, int]
    confusion: Matrix
    ece: float
    reliability: tuple[tuple[float, float, int], ...]

    @property
    def genres(self) -> tuple[str, ...]:
        """In the order of the confusion matrix."""
        return tuple(self.recall)


@dataclass(frozen=True)
class Done:
    """The model is made; ``bundle`` is its folder, empty for designs that make none."""

    name: str
    bundle: str
    stopped_early: bool
    seconds: float
    metrics: Metrics
    card: str
    resumable: bool


@dataclass(frozen=True)
class Cancelled:
    """The training was discarded."""


@dataclass(frozen=True)
class Failed:
    """The training could not go on; ``sentence`` says why."""

    sentence: str
    run: str = ""
    resumable: bool = False


Ended = Done | Cancelled | Failed
TrainEvent = Started | Preparing | Progress | Epoch | Warned | Ended


def parse_event(line: str) -> TrainEvent | None:
    """The event that a line holds; ``None`` for anything else."""
    try:
        values = json.loads(line)
        return _READERS[values["event"]](values)
    except (ValueError, KeyError, TypeError, AttributeError):
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
        epochs=int(values["epochs"]),
        resumed_from_epoch=int(values.get("resumed_from_epoch") or 0),
    )


def _preparing(values: dict[str, Any]) -> Preparing:
    return Preparing(str(values["stage"]), int(values["done"]), int(values["total"]))


def _progress(values: dict[str, Any]) -> Progress:
    return Progress(
        epoch=int(values["epoch"]),
        step=int(values["step"]),
        steps=int(values["steps"]),
        loss=_number(values["loss"]),
        accuracy=_number(values["accuracy"]),
        learning_rate=_number(values["learning_rate"]),
        clips_per_second=_number(values["clips_per_second"]),
        seconds_left=_number(values["seconds_left"]),
    )


def _epoch(values: dict[str, Any]) -> Epoch:
    return Epoch(
        epoch=int(values["epoch"]),
        epochs=int(values["epochs"]),
        loss=_number(values["loss"]),
        accuracy=_number(values["accuracy"]),
        val_loss=_number(values["val_loss"]),
        val_accuracy=_number(values["val_accuracy"]),
        learning_rate=_number(values["learning_rate"]),
        confusion=_matrix(values["confusion"]),
        seconds_left=_number(values["seconds_left"]),
        is_best=bool(values["is_best"]),
    )


def _done(values: dict[str, Any]) -> Done:
    return Done(
        name=str(values["name"]),
        bundle=str(values["bundle"] or ""),
        stopped_early=bool(values["stopped_early"]),
        seconds=_number(values["seconds"]),
        metrics=_metrics(values["metrics"]),
        card=str(values["card"] or ""),
        resumable=bool(values["resumable"]),
    )


def _metrics(values: dict[str, Any]) -> Metrics:
    rows = values.get("reliability") or ()
    return Metrics(
        accuracy=_number(values["accuracy"]),
        macro_f1=_number(values["macro_f1"]),
        recall={str(genre): _number(share) for genre, share in values["recall"].items()},
        songs=_counts(values["songs"]),
        artists=_counts(values["artists"]),
        confusion=_matrix(values["confusion"]),
        ece=_number(values["ece"]),
        reliability=tuple((_number(c), _number(a), int(n)) for c, a, n in rows),
    )


def _failed(values: dict[str, Any]) -> Failed:
    run = str(values.get("run") or "")
    return Failed(str(values["sentence"]), run, bool(values.get("resumable")))


def _counts(values: dict[str, Any]) -> dict[str, int]:
    return {str(key): int(count) for key, count in values.items()}


def _matrix(rows: Any) -> Matrix:
    return tuple(tuple(int(count) for count in row) for row in rows or ())


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


_READERS: dict[str, Callable[[dict[str, Any]], TrainEvent]] = {
    "started": _started,
    "preparing": _preparing,
    "progress": _progress,
    "epoch": _epoch,
    "warning": lambda values: Warned(str(values["sentence"])),
    "done": _done,
    "cancelled": lambda _values: Cancelled(),
    "failed": _failed,
}
