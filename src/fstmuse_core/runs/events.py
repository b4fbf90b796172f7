"""Events of a training: one JSON object a line, written and read here.

Every run writes them to a file in its folder, which the window follows, and to standard output
too with ``fstmuse train --events -``. Lines of earlier versions stay readable: what they lack has a
default.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from fstmuse_core.runs.metrics import GanMetrics, Metrics, metrics_from
from fstmuse_core.system.regular_files import read_regular
from fstmuse_core.system.strict_json import REST, Matrix, key_of, parse_json, plain, read_fields

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
    resumed_from_epoch: int = 0
    of_unknown_artists: Mapping[str, int] = field(default_factory=dict)
    steps_per_epoch: int = 0
    seed: int = 0
    backend: str = ""


@dataclass(frozen=True)
class Preparing:
    """``done`` of ``total`` files or steps of a stage: "reading", "features", "building".

    A ``total`` of 0 or 1 counts nothing.
    """

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
_KINDS: dict[str, type[TrainEvent]] = {name: kind for kind, name in _NAMES.items()}


def event_values(event: TrainEvent) -> dict[str, Any]:
    """Return an event's plain values by their keys in JSON."""
    values: dict[str, Any] = {}
    for one in fields(event):
        value = getattr(event, one.name)
        if one.name == REST:
            values |= value
        elif isinstance(value, Metrics | GanMetrics):
            values[one.name] = value.to_dict()
        elif not (one.metadata.get("optional") and math.isnan(value)):
            values[key_of(one)] = plain(value)
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
        kind = _KINDS[values.pop("event")]
        made = {"metrics": metrics_from(values["metrics"])} if kind is Done else {}
        return read_fields(kind, values, **made)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


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
