"""A story that the training of a generator could tell, with pictures and no sounds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtGui import QImage

from fstmuse_core.runs.events import Done, Epoch, Progress, Sample, Started
from fstmuse_core.runs.metrics import GanMetrics

GENRES = ("Classical", "Electronic", "Rock")
EPOCHS = 40
FRAMES = 431
NAMES = (
    "frechet",
    "consistency",
    "diversity",
    "near_equal",
    "deviation",
    "repetition",
    "pulse",
    "onset",
    "nearest",
)
MADE = (9.24, 0.73, 0.83, 0.03, 0.86, 0.36, 0.27, 0.91, 0.43)
REAL = (0.28, 0.74, 1.02, 0.00, 1.03, 0.34, 0.51, 1.00, 0.37)
NOISE = (66.4, 0.33, 0.15, 0.97, 1.04, -0.00, 0.17, 2.40, 0.42)


def make_gan_started(
    folder: Path | str = "/runs/g1", *, design: str = "ours", resumed: int = 0
) -> Started:
    return Started(
        run=Path(folder).name,
        folder=str(folder),
        model="toy-gan",
        design=design,
        genres=GENRES,
        clips={"train": 238, "validation": 52, "test": 52},
        artists={"train": 95, "validation": 20, "test": 21},
        epochs=EPOCHS,
        resumed_from_epoch=resumed,
    )


def make_gan_progress(epoch: int, step: int = 120, **changes: float) -> Progress:
    values = {"steps_per_second": 3.42, "clips_per_second": 27.4, **changes}
    return Progress(
        epoch=epoch,
        step=step,
        steps=500,
        loss=0.84,
        accuracy=0.61,
        learning_rate=2e-4,
        seconds_left=4200.0,
        **values,
    )


def make_gan_epoch(number: int, **changes: float) -> Epoch:
    rng = np.random.default_rng(number)
    share = number / EPOCHS
    values: dict[str, Any] = {
        "loss": 0.95 - 0.12 * share + rng.normal(0, 0.01),
        "accuracy": 0.6,
        "val_loss": 8 + 58 * math.exp(-7 * share) + rng.normal(0, 0.5),
        "val_accuracy": 0.74 - 0.4 * math.exp(-6 * share) + rng.normal(0, 0.015),
        "learning_rate": 2e-4 * min(1.0, 2 * (1 - share)),
        "generator_loss": 1.1 + 0.3 * share + rng.normal(0, 0.03),
        **changes,
    }
    return Epoch(
        epoch=number,
        epochs=EPOCHS,
        confusion=(),
        seconds_left=(EPOCHS - number) * 140.0,
        is_best=number % 3 == 1,
        **values,
    )


def make_samples(
    folder: Path, epoch: int, genres: tuple[str, ...] = GENRES, frames: int = FRAMES
) -> list[Sample]:
    """Pieces of an epoch; of their files only the pictures are written."""
    found = []
    for number, genre in enumerate(genres):
        stem = folder / f"epoch-{epoch:05d}-{genre}"
        times, bands = np.arange(frames)[None, :], np.arange(256)[::-1, None]
        beats = np.exp(-((times + 7 * epoch) % (29 + 8 * number)) / 9.0)
        level = (0.25 + 0.75 * beats) * np.exp(-bands / (60.0 + 30.0 * number))
        ripple = 0.5 + 0.5 * np.cos(bands / (5.0 + number) + times / 40.0)
        grey = np.ascontiguousarray((255 * level * ripple).astype(np.uint8))
        picture = str(stem.with_suffix(".png"))
        image = QImage(grey.data, frames, 256, frames, QImage.Format.Format_Grayscale8)
        assert image.save(picture)
        found.append(Sample(epoch, genre, picture, str(stem.with_suffix(".wav"))))
    return found


def make_gan_metrics() -> GanMetrics:
    values = {"made": MADE, "real": REAL, "noise": NOISE}
    return GanMetrics(
        consistency=0.73,
        frechet=9.24,
        figures={whose: dict(zip(NAMES, row, strict=True)) for whose, row in values.items()},
        by_genre={"Classical": 0.89, "Electronic": 0.82, "Rock": 0.48},
        by_genre_of_real={"Classical": 0.84, "Electronic": 0.86, "Rock": 0.50},
        windows=288,
        nearest_of_unheard=0.41,
    )


def make_gan_done(*, name: str = "my-library", resumable: bool = False) -> Done:
    return Done(
        name, "/models/my-library", resumable, 5560.0, make_gan_metrics(), "/m/CARD.md", resumable
    )
