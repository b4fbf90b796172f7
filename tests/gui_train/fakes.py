"""Stand-ins for the training and the data set, and a story that a training could tell."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject

from fstmuse_core.datasets.cache import CacheSize
from fstmuse_core.datasets.survey import Ask, CheckReport, GenreCount, SetCount, Survey, Tell
from fstmuse_core.runs.events import Done, Epoch, Progress, Started
from fstmuse_core.runs.metrics import Metrics
from fstmuse_core.system.strict_json import Matrix
from fstmuse_gui.train.data.cache import CachePresenter
from fstmuse_gui.train.form.choices import Base
from fstmuse_gui.train.run.training import Training
from fstmuse_gui.train.view import TrainView

GENRES = ("Pop", "Jazz", "Rock", "Folk", "Hip-Hop", "Electronic", "Punk")
SONGS = (22, 18, 31, 15, 16, 27, 9)
ARTISTS = (9, 7, 12, 4, 6, 11, 3)
EPOCHS = 30


class FakeTraining(Training):
    """Says what the test tells it to."""

    def __init__(self, what: object, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.what = what
        self.heard: list[str] = []

    def stop(self) -> None:
        self.heard.append("stop")

    def cancel(self) -> None:
        self.heard.append("cancel")

    def let_go(self) -> None:
        super().let_go()
        self.heard.append("let go")


def make_survey(*paths: str) -> Survey:
    counts = tuple(
        GenreCount(genre, 8 * songs, 4 * artists)
        for genre, songs, artists in sorted(
            zip(GENRES, SONGS, ARTISTS, strict=True), key=lambda item: -item[1]
        )
    )
    counts = (*counts[:-1], GenreCount("Punk", 30, 2))
    total = sum(count.clips for count in counts)
    known = paths or ("/music/my library",)
    sets = tuple(
        SetCount(path, "Genre folders", total if not n else 12) for n, path in enumerate(known)
    )
    return Survey(sets, counts, total, 201, 3, "no genre is known")


def make_report(*paths: str) -> CheckReport:
    survey = make_survey(*paths)
    return CheckReport(
        survey,
        [
            "2 sounds are there more than once; copies are kept on one side of the test.",
            "Punk is by 2 artists, so a test on it rests on one or two of them.",
        ],
        ["rock/cut.mp3: it ends in the middle of a frame", "pop/intro.wav: it is 1.2 s long"],
        {".md": "# my library\n", ".json": "{}\n"},
    )


def read_at_once(paths: tuple[str, ...], tell: Tell, cancelled: Ask) -> Survey:
    tell(1, 1)
    return make_survey(*paths)


def check_at_once(sets: tuple[SetCount, ...], tell: Tell, cancelled: Ask) -> CheckReport:
    tell(10, 10)
    return make_report(*(one.path for one in sets))


def make_bases() -> list[Base]:
    return [
        Base("fst-muse", "FstMuse", "fst-muse", GENRES),
        Base("toy-model", "ToyModel", "toy-model", ("Folk", "Hip-Hop", "Rock")),
        Base("band-night", "band-night", "toy-model", ("Rock", "Jazz")),
    ]


def make_cache(view: TrainView, parent: QObject) -> CachePresenter:
    """Of a cache that holds something and cannot be emptied."""
    size = CacheSize(3_400, round(1.2 * 2**30))
    return CachePresenter(view, parent, sizer=lambda: size, emptier=lambda: 0)


def make_started(folder: Path | str = "/runs/r1", *, resumed: int = 0) -> Started:
    return Started(
        run=Path(folder).name,
        folder=str(folder),
        model="fst-muse",
        design="ours",
        genres=GENRES,
        clips={"train": 800, "validation": 150, "test": sum(SONGS)},
        artists={"train": 140, "validation": 30, "test": sum(ARTISTS)},
        epochs=EPOCHS,
        resumed_from_epoch=resumed,
    )


def make_matrix(right: float, seed: int = 0) -> Matrix:
    rng = np.random.default_rng(seed)
    n = len(GENRES)
    closeness = rng.uniform(0.1, 1.0, (n, n))
    closeness[2, 6] = closeness[6, 2] = 2.5
    np.fill_diagonal(closeness, 0.0)
    shares = (1 - right) * closeness / closeness.sum(axis=1, keepdims=True)
    shares += right * np.eye(n) * rng.uniform(0.85, 1.1, n)[:, None]
    return tuple(
        tuple(int(c) for c in rng.multinomial(total, row / row.sum()))
        for total, row in zip(SONGS, shares, strict=True)
    )


def make_epoch(number: int, **changes: float) -> Epoch:
    rng = np.random.default_rng(number)
    share = number / EPOCHS
    values: dict[str, Any] = {
        "loss": 0.42 + 1.5 * math.exp(-4 * share) + rng.normal(0, 0.015),
        "accuracy": 0.90 - 0.68 * math.exp(-3.4 * share),
        "val_loss": 0.83 + 1.1 * math.exp(-4.5 * share) + rng.normal(0, 0.04),
        "val_accuracy": 0.70 - 0.50 * math.exp(-4 * share) + rng.normal(0, 0.015),
        "learning_rate": 2e-3 * 0.5 * (1 + math.cos(math.pi * share)) * min(1.0, number / 3),
        **changes,
    }
    return Epoch(
        epoch=number,
        epochs=EPOCHS,
        confusion=make_matrix(0.2 + 0.5 * share, number),
        seconds_left=(EPOCHS - number) * 14.0,
        is_best=number % 3 == 1,
        **values,
    )


def make_progress(epoch: int, step: int = 60) -> Progress:
    done = make_epoch(epoch)
    return Progress(
        epoch=epoch,
        step=step,
        steps=100,
        loss=done.loss,
        accuracy=done.accuracy,
        learning_rate=done.learning_rate,
        clips_per_second=212.0,
        seconds_left=246.0,
    )


def make_done(*, name: str = "my-library", resumable: bool = False) -> Done:
    matrix = make_matrix(0.68, 5)
    recall = {g: matrix[i][i] / sum(matrix[i]) for i, g in enumerate(GENRES)}
    right = sum(matrix[i][i] for i in range(len(GENRES)))
    metrics = Metrics(
        accuracy=right / sum(SONGS),
        macro_f1=0.66,
        recall=recall,
        songs=dict(zip(GENRES, SONGS, strict=True)),
        artists=dict(zip(GENRES, ARTISTS, strict=True)),
        confusion=matrix,
        ece=0.06,
        reliability=((0.3, 0.27, 12), (0.5, 0.42, 31), (0.7, 0.66, 40), (0.92, 0.86, 55)),
        named=0.81,
        named_accuracy=0.7,
    )
    return Done(name, "/models/my-library", resumable, 412.0, metrics, "/models/CARD.md", resumable)


Maker = Callable[[object, QObject], FakeTraining]
