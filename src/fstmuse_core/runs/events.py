"""Events of a training: one JSON object a line, written and read here.

Every run writes them to a file in its folder, which the window follows, and to standard output
too with ``fstmuse train --events -``. Lines of earlier versions stay readable: what they lack has a
default.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from fstmuse_core.runs.metrics import GanMetrics, Metrics, metrics_from
from fstmuse_core.runs.values import Matrix, counts, matrix, number, plain, whole
from fstmuse_core.system.regular_files import read_regular
from fstmuse_core.system.strict_json import parse_json

EVENTS_FILE = "events.jsonl"
_PROGRESS = '{"event": "progress"'
_MOST_EVENTS_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Started:
    """The training knows its data and begins.

    ``clips``, ``artists`` and ``of_unknown_artists`` (clips) count the parts "train", "validation"
    and "test"; ``resumed_from_epoch`` is 0 for a new training.
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
    of_unknown_artists: Mapping[str, int] = field(default_factory=dict)
    steps_per_epoch: int = 0
    seed: int = 0
    backend: str = ""


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
    distance and ``val_accuracy`` the share that is taken for the genre asked for. ``more`` holds
    its other figures.
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
    generator_loss: float = field(default=math.nan, metadata={"optional": True})
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """A generator's piece of a genre after an epoch, as paths: picture, sound, and log-mel.

    ``genre`` is empty if it knows none.
    """

    epoch: int
    genre: str
    picture: str
    sound: str
    mel: str = ""


@dataclass(frozen=True)
class Noted:
    """Something that was found out and is no reason for doubt."""

    sentence: str


@dataclass(frozen=True)
class Warned:
    """Something to know that does not end the training."""

    sentence: str


@dataclass(frozen=True)
class Done:
    """The model is made; ``bundle`` is its folder, empty for designs that make none.

    ``sha256`` finds the model whatever it is called by now; trainings of before did not say it.
    ``figures`` are paths of pictures.
    """

    name: str
    bundle: str
    stopped_early: bool
    seconds: float
    metrics: Metrics | GanMetrics
    card: str
    resumable: bool
    sha256: str = field(default="", metadata={"key": "model_sha256"})
    figures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cancelled:
    """The training was discarded; ``is_kept`` if it was resumed and stopped before it went on."""

    is_kept: bool = field(default=False, metadata={"key": "kept"})
    run: str = ""


@dataclass(frozen=True)
class Failed:
    """The training could not go on; ``sentence`` says why."""

    sentence: str
    run: str = ""
    resumable: bool = False


Ended = Done | Cancelled | Failed
TrainEvent = Started | Preparing | Progress | Epoch | Sample | Noted | Warned | Ended


_NAMES: dict[type, str] = {
    Started: "started",
    Preparing: "preparing",
    Progress: "progress",
    Epoch: "epoch",
    Sample: "sample",
    Noted: "note",
    Warned: "warning",
    Done: "done",
    Cancelled: "cancelled",
    Failed: "failed",
}


def event_values(event: TrainEvent) -> dict[str, Any]:
    """Return an event's plain values by their keys in JSON."""
    values: dict[str, Any] = {}
    for one in fields(event):
        value = getattr(event, one.name)
        if one.name == "more":
            values |= value
        elif isinstance(value, Metrics | GanMetrics):
            values[one.name] = value.to_dict()
        elif not (one.metadata.get("optional") and math.isnan(value)):
            values[one.metadata.get("key", one.name)] = plain(value)
    return values


def event_line(event: TrainEvent) -> str:
    """Return an event as a line of JSON, with its end."""
    values = {"event": _NAMES[type(event)], **event_values(event)}
    return json.dumps(values, ensure_ascii=False) + "\n"


def is_progress(line: str) -> bool:
    """True for a line within an epoch: of a long training, nearly all are."""
    return line.startswith(_PROGRESS)


def parse_event(line: str) -> TrainEvent | None:
    """Return the event that a line holds; ``None`` for anything else."""
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
        clips=counts(values["clips"]),
        artists=counts(values["artists"]),
        epochs=whole(values["epochs"]),
        resumed_from_epoch=whole(values.get("resumed_from_epoch") or 0),
        of_unknown_artists=counts(values.get("of_unknown_artists") or {}),
        steps_per_epoch=whole(values.get("steps_per_epoch") or 0),
        seed=int(values.get("seed") or 0),
        backend=str(values.get("backend") or ""),
    )


def _preparing(values: dict[str, Any]) -> Preparing:
    return Preparing(str(values["stage"]), whole(values["done"]), whole(values["total"]))


def _progress(values: dict[str, Any]) -> Progress:
    return Progress(
        epoch=whole(values["epoch"]),
        step=whole(values["step"]),
        steps=whole(values["steps"]),
        loss=number(values["loss"]),
        accuracy=number(values["accuracy"]),
        learning_rate=number(values["learning_rate"]),
        clips_per_second=number(values["clips_per_second"]),
        seconds_left=number(values["seconds_left"]),
        steps_per_second=number(values.get("steps_per_second")),
    )


_EPOCH_KEYS = {"event", *(one.name for one in fields(Epoch))}


def _epoch(values: dict[str, Any]) -> Epoch:
    return Epoch(
        epoch=whole(values["epoch"]),
        epochs=whole(values["epochs"]),
        loss=number(values["loss"]),
        accuracy=number(values["accuracy"]),
        val_loss=number(values["val_loss"]),
        val_accuracy=number(values["val_accuracy"]),
        learning_rate=number(values["learning_rate"]),
        confusion=matrix(values["confusion"]),
        seconds_left=number(values["seconds_left"]),
        is_best=bool(values["is_best"]),
        generator_loss=number(values.get("generator_loss")),
        more={key: value for key, value in values.items() if key not in _EPOCH_KEYS},
    )


def _sample(values: dict[str, Any]) -> Sample:
    return Sample(
        epoch=whole(values["epoch"]),
        genre=str(values["genre"]),
        picture=str(values["picture"]),
        sound=str(values["sound"]),
        mel=str(values.get("mel") or ""),
    )


def _done(values: dict[str, Any]) -> Done:
    return Done(
        name=str(values["name"]),
        bundle=str(values["bundle"] or ""),
        stopped_early=bool(values["stopped_early"]),
        seconds=number(values["seconds"]),
        metrics=metrics_from(values["metrics"]),
        card=str(values["card"] or ""),
        resumable=bool(values["resumable"]),
        sha256=str(values.get("model_sha256") or ""),
        figures=tuple(str(path) for path in values.get("figures") or ()),
    )


def _cancelled(values: dict[str, Any]) -> Cancelled:
    return Cancelled(bool(values.get("kept")), str(values.get("run") or ""))


def _failed(values: dict[str, Any]) -> Failed:
    run = str(values.get("run") or "")
    return Failed(str(values["sentence"]), run, bool(values.get("resumable")))


_READERS: dict[str, Callable[[dict[str, Any]], TrainEvent]] = {
    "started": _started,
    "preparing": _preparing,
    "progress": _progress,
    "epoch": _epoch,
    "sample": _sample,
    "note": lambda values: Noted(str(values["sentence"])),
    "warning": lambda values: Warned(str(values["sentence"])),
    "done": _done,
    "cancelled": _cancelled,
    "failed": _failed,
}


def read_events(folder: Path) -> list[TrainEvent]:
    """Events of a run so far, but for its progress; empty if they cannot be read."""
    try:
        data = read_regular(folder / EVENTS_FILE, _MOST_EVENTS_BYTES)
    except OSError:
        return []
    lines = (line for line in data.decode("utf-8", "replace").split("\n") if not is_progress(line))
    events = [event for event in map(parse_event, lines) if event is not None]
    return drop_superseded([event for event in events if not isinstance(event, Noted)])


def drop_superseded(events: list[TrainEvent]) -> list[TrainEvent]:
    """Leave out what a later start took back or went on from: one story out of several."""
    story: list[TrainEvent] = []
    for event in events:
        if isinstance(event, Started):
            kept = [e for e in story if isinstance(e, Epoch | Sample)]
            story = [event, *(e for e in kept if e.epoch <= event.resumed_from_epoch)]
        else:
            story.append(event)
    return story


def ending(story: list[TrainEvent]) -> Ended | None:
    """Return the end of a story; a model stays made if it was resumed and did not go on."""
    done = [event for event in story if isinstance(event, Done)]
    last = [*story, *done][-1] if story else None
    return last if isinstance(last, Ended) else None
