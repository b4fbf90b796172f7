"""Events of a training: what is written is read again, and so are lines of earlier versions."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.runs.events import (
    EVENTS_FILE,
    Cancelled,
    Done,
    Epoch,
    Failed,
    Noted,
    Preparing,
    Progress,
    Sample,
    Started,
    TrainEvent,
    Warned,
    event_line,
    is_progress,
    parse_event,
    read_events,
)
from fstmuse_core.runs.follow import RunFollower
from fstmuse_core.runs.metrics import GanMetrics, Metrics, metrics_from
from fstmuse_core.training.events import Events

METRICS = Metrics(
    accuracy=0.5,
    macro_f1=0.4,
    recall={"Rock": 1.0, "Polka": 0.0},
    songs={"Rock": 1, "Polka": 1},
    artists={"Rock": 1, "Polka": 1},
    confusion=((1, 0), (1, 0)),
    ece=0.25,
    reliability=((0.9, 0.65, 20), (0.1, 0.35, 20)),
    named=0.5,
    named_accuracy=1.0,
    of_unknown_artists=1,
    interval=(0.1, 0.9),
    confidence_gap=-0.25,
    cross_validation={"folds": 5, "accuracy": 0.5},
    more={"right": 1, "others": {"Jazz": {"songs": 2}}, "set_aside": []},
)
GAN_METRICS = GanMetrics(
    consistency=0.75,
    frechet=0.0,
    figures={"made": {"frechet": 9.5}, "real": {"frechet": 1.0}},
    by_genre={"Rock": 0.75},
    by_genre_of_real={"Rock": 1.0},
    windows=64,
    nearest_of_unheard=0.5,
    of_unknown_artists=2,
    more={"judge": "own"},
)
DONE = Done(
    "mine", "/models/mine", False, 12.5, METRICS, "/runs/r/MODEL_CARD.md", False, "ab", ("f",)
)
EVENTS: list[TrainEvent] = [
    Started(
        run="r",
        folder="/runs/r",
        model="fst-muse",
        design="ours",
        genres=("Rock", "Polka"),
        clips={"train": 8, "validation": 2, "test": 2},
        artists={"train": 4, "validation": 1, "test": 1},
        epochs=3,
        resumed_from_epoch=1,
        of_unknown_artists={"train": 0, "validation": 0, "test": 1},
        steps_per_epoch=7,
        seed=2**32 - 1,
        backend="tensorflow",
    ),
    Preparing("reading", 1, 12),
    Progress(1, 2, 7, 0.5, 0.25, 1e-3, 30.0, 12.5, 4.0),
    Epoch(1, 3, 0.5, 0.25, 0.75, 0.5, 1e-3, ((1, 0), (1, 0)), 3.5, True),
    Epoch(
        epoch=1,
        epochs=3,
        loss=0.5,
        accuracy=0.25,
        val_loss=9.0,
        val_accuracy=0.5,
        learning_rate=2e-4,
        confusion=((1, 0), (1, 0)),
        seconds_left=3.5,
        is_best=False,
        generator_loss=1.5,
        more={"figures": {"frechet": 9.0}},
    ),
    Sample(1, "Rock", "/runs/r/1.png", "/runs/r/1.wav", "/runs/r/1.npy"),
    Sample(1, "", "/runs/r/1.png", "/runs/r/1.wav"),
    Noted("Zouk is in no table"),
    Warned("the disk is nearly full: \u201cMusik\u201d"),
    DONE,
    dataclasses.replace(DONE, bundle="", metrics=GAN_METRICS, sha256="", figures=()),
    dataclasses.replace(DONE, metrics=GanMetrics(0.5, more={"clips": {"train": 8}})),
    Cancelled(is_kept=True, run="r"),
    Cancelled(),
    Failed("the memory is full", "r", resumable=True),
    Failed("no music was named"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_read_as_it_was_written(event: TrainEvent) -> None:
    line = event_line(event)
    assert line.endswith("}\n")
    assert "\n" not in line[:-1]
    assert parse_event(line) == event
    assert is_progress(line) is isinstance(event, Progress)


def test_every_kind_of_event_has_a_round_trip() -> None:
    assert {type(event) for event in EVENTS} == set(TrainEvent.__args__)


# Lines of earlier versions ------------------------------------------------------------------

_PARTS = {"train": 8, "validation": 2, "test": 2}
_TESTED: dict[str, Any] = {
    "accuracy": 0.5,
    "right": 1,
    "interval": [0.1, 0.9],
    "macro_f1": 0.4,
    "recall": {"Rock": 1.0, "Polka": None},
    "songs": {"Rock": 2, "Polka": 0},
    "artists": {"Rock": 2, "Polka": 0},
    "of_unknown_artists": 0,
    "confusion": [[1, 1], [0, 0]],
    "ece": 0.25,
    "confidence_gap": 0.1,
    "reliability": [[0.9, 0.5, 2]],
    "named": 0.0,
    "named_accuracy": None,
    "others": {},
    "set_aside": ["a.mp3: it is cut off"],
    "cross_validation": None,
    "temperature": 1.5,
    "pattern_head": {"is_taken": False},
}
_ENDED: dict[str, Any] = {
    "name": "mine",
    "bundle": "/models/mine",
    "model_sha256": "ab",
    "stopped_early": True,
    "seconds": 12.5,
    "metrics": _TESTED,
    "card": "/runs/r/MODEL_CARD.md",
    "figures": ["/runs/r/figures/curves.png"],
    "resumable": True,
}
_GENERATED = {
    "accuracy": 0.75,
    "frechet": 9.5,
    "figures": {"made": {"frechet": 9.5}, "real": {"frechet": 1.0}, "noise": {"frechet": 90.0}},
    "consistency": {"Rock": 0.75},
    "consistency_of_real": {"Rock": 1.0},
    "windows": 64,
    "nearest_of_unheard": 0.5,
    "of_unknown_artists": 2,
}
_EPOCH = {
    "epoch": 1,
    "epochs": 3,
    "loss": 0.5,
    "accuracy": 0.25,
    "val_loss": 0.75,
    "val_accuracy": 0.5,
    "learning_rate": 0.001,
    "confusion": [[1, 0], [1, 0]],
    "seconds_left": 3.5,
    "is_best": True,
}
EARLIER: list[dict[str, Any]] = [
    {
        "event": "started",
        "run": "r",
        "folder": "/runs/r",
        "model": "fst-muse",
        "design": "ours",
        "genres": ["Rock", "Polka"],
        "clips": _PARTS,
        "artists": _PARTS,
        "of_unknown_artists": _PARTS,
        "epochs": 3,
        "steps_per_epoch": 7,
        "seed": 0,
        "backend": "tensorflow",
        "resumed_from_epoch": 0,
    },
    {"event": "preparing", "stage": "features", "done": 3, "total": 12},
    {
        "event": "progress",
        "epoch": 1,
        "step": 2,
        "steps": 7,
        "loss": 0.5,
        "accuracy": 0.25,
        "learning_rate": 0.001,
        "clips_per_second": 30.0,
        "steps_per_second": 4.0,
        "seconds_left": 12.5,
    },
    {"event": "epoch", **_EPOCH},
    {"event": "epoch", **_EPOCH, "figures": {"frechet": 9.0}, "generator_loss": 1.5},
    {"event": "sample", "epoch": 1, "genre": "Rock", "picture": "p", "mel": "m", "sound": "s"},
    {"event": "note", "sentence": "Zouk is in no table"},
    {"event": "warning", "sentence": "it is late"},
    {"event": "done", **_ENDED},
    {"event": "done", **_ENDED, "metrics": _GENERATED},
    {"event": "cancelled", "run": "r", "kept": True},
    {"event": "failed", "sentence": "the memory is full", "run": "r", "resumable": True},
]


@pytest.mark.parametrize("values", EARLIER, ids=lambda values: str(values["event"]))
def test_lines_of_earlier_versions_lose_nothing(values: dict[str, Any]) -> None:
    event = parse_event(json.dumps(values))
    assert event is not None
    assert json.loads(event_line(event)) == values


def test_the_report_s_generator_was_not_measured() -> None:
    metrics = metrics_from({"accuracy": 0.5, "clips": _PARTS})
    assert isinstance(metrics, GanMetrics)
    assert math.isnan(metrics.frechet)
    assert metrics.to_dict()["clips"] == _PARTS
    assert "frechet" not in metrics.to_dict()


@pytest.mark.parametrize(
    ("event", "lacking"),
    [
        ("started", ("of_unknown_artists", "steps_per_epoch", "seed", "backend")),
        ("started", ("resumed_from_epoch",)),
        ("progress", ("steps_per_second",)),
        ("sample", ("mel",)),
        ("done", ("model_sha256", "figures")),
        ("cancelled", ("run", "kept")),
        ("failed", ("run", "resumable")),
    ],
)
def test_what_the_first_versions_did_not_say_has_a_default(
    event: str, lacking: tuple[str, ...]
) -> None:
    values = next(dict(one) for one in EARLIER if one["event"] == event)
    for key in lacking:
        del values[key]
    assert parse_event(json.dumps(values)) is not None


@pytest.mark.parametrize("number", ["NaN", "null"])
def test_nan_is_read_in_both_spellings(number: str) -> None:
    values = {"event": "epoch", **_EPOCH, "val_accuracy": "HERE"}
    event = parse_event(json.dumps(values).replace('"HERE"', number))
    assert isinstance(event, Epoch)
    assert math.isnan(event.val_accuracy)


@pytest.mark.parametrize(
    ("event", "key"),
    [
        ("started", "folder"),
        ("preparing", "total"),
        ("progress", "step"),
        ("epoch", "confusion"),
        ("sample", "sound"),
        ("note", "sentence"),
        ("warning", "sentence"),
        ("done", "metrics"),
        ("failed", "sentence"),
    ],
)
def test_a_line_without_what_it_needs_is_no_event(event: str, key: str) -> None:
    values = next(dict(one) for one in EARLIER if one["event"] == event)
    del values[key]
    assert parse_event(json.dumps(values)) is None
    assert parse_event(json.dumps({"event": "other"})) is None


@pytest.mark.parametrize(
    ("event", "key", "value"),
    [
        ("started", "genres", "Rock"),
        ("started", "clips", {"train": "8"}),
        ("started", "epochs", 2**31),
        ("preparing", "done", 1.5),
        ("progress", "loss", "0.5"),
        ("epoch", "confusion", [[1, 2**40]]),
        ("epoch", "is_best", "no"),
        ("warning", "sentence", ["it is late"]),
        ("done", "metrics", {**_TESTED, "recall": [1.0]}),
        ("done", "metrics", []),
    ],
)
def test_a_value_of_another_type_is_no_event(event: str, key: str, value: object) -> None:
    values = next(dict(one) for one in EARLIER if one["event"] == event)
    assert parse_event(json.dumps(values | {key: value})) is None


def test_figures_of_numpy_are_numbers() -> None:
    tested = {**_TESTED, "accuracy": np.float64(0.5), "recall": {"Rock": np.float64(1.0)}}
    metrics = metrics_from(tested)
    assert isinstance(metrics, Metrics)
    assert type(metrics.recall["Rock"]) is float


def test_a_line_cut_off_by_a_kill_takes_no_other_with_it(tmp_path: Path) -> None:
    file = tmp_path / EVENTS_FILE
    first, second = Noted("before"), Warned("after")
    file.write_text(event_line(first) + event_line(Warned("cut off"))[:20], encoding="utf-8")
    follower = RunFollower(tmp_path)
    assert follower.read() == [first]
    events = Events(None, lambda _sentence: None)
    events.keep_in(file)
    events.emit(second)
    events.close()
    assert follower.read() == [second]
    assert read_events(tmp_path) == [second]


def test_events_load_nothing_heavy() -> None:
    code = (
        "import sys; import fstmuse_core.runs.events; "
        "sys.exit(', '.join({'tensorflow', 'keras', 'PySide6'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
