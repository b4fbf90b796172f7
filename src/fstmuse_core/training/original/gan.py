"""Training the report's ToyGan, to compare with."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import CARD_NAME
from fstmuse_core.datasets.track import PARTS
from fstmuse_core.original.networks import (
    DISCRIMINATOR_RATE,
    GENERATOR_RATE,
    LABEL_NOISE,
    N_FRAMES,
    NOISE,
    build_original_discriminator,
    build_original_generator,
    generate_original,
)
from fstmuse_core.runs.events import Done, Sample
from fstmuse_core.runs.store import REPORT_FILE, write_bytes, write_json
from fstmuse_core.training.control import Control
from fstmuse_core.training.epochs import Validation, train_epochs
from fstmuse_core.training.events import Events
from fstmuse_core.training.gan.card import original_generator_card
from fstmuse_core.training.gan.judges import guide_plan
from fstmuse_core.training.gan.model import TwoOptimizers
from fstmuse_core.training.original.classifiers import check_memory, clips_of, forget_features
from fstmuse_core.training.packaging import FinishedRun, done_event, make_report
from fstmuse_core.training.plots import write_sample
from fstmuse_core.training.preparation import MelTable
from fstmuse_core.training.run import Run

_TRIED = 2
# What a picture shows as black and white: logarithms of the sigmoid's range.
_DARK, _SPREAD = 4.0, 2.0


class Clips(Protocol):
    """Features of clips, shape ``(n, frames, 128, 1)``."""

    def __len__(self) -> int: ...

    def take(self, places: Sequence[int]) -> FloatArray:
        """Features of the clips at these places."""


class OriginalGan:
    """The report's two networks; speaks like one compiled Keras model.

    Parameters
    ----------
    frames : int
        Of a clip; another than the report's for tests alone.
    """

    def __init__(self, frames: int = N_FRAMES) -> None:
        self.generator = build_original_generator(-(-frames // 4))
        self.discriminator = build_original_discriminator(frames)
        self._learn = _compiled(self.discriminator, DISCRIMINATOR_RATE)
        self.discriminator.trainable = False
        noise = keras.Input((NOISE,))
        joined = keras.Model(noise, self.discriminator(self.generator(noise)))
        self._deceive = _compiled(joined, GENERATOR_RATE)
        self.optimizer = TwoOptimizers(
            self._deceive.optimizer, self._learn.optimizer, self._variables_learned
        )

    @property
    def variables(self) -> list[Any]:
        """Variables of both networks."""
        return [*self.generator.variables, *self.discriminator.variables]

    @property
    def trainable_variables(self) -> list[Any]:
        """Each optimizer knows its own."""
        return []

    def _variables_learned(self) -> tuple[list[Any], list[Any]]:
        self.discriminator.trainable = True
        return self.generator.trainable_variables, self.discriminator.trainable_variables

    def reset_metrics(self) -> None:
        """Keras adds a batch's figures to those before unless told otherwise."""
        self._learn.reset_metrics()
        self._deceive.reset_metrics()

    def train_on_batch(self, inputs: list[FloatArray], labels: FloatArray) -> tuple[float, float]:
        """A step of each: the discriminator's loss, and how often it is right.

        ``inputs`` are clips and noise for as many; ``labels`` of the real ones, then the made.
        """
        real, noise = inputs
        made = np.asarray(self.generator.predict_on_batch(noise))
        self.discriminator.trainable = True
        loss, right = self._learn.train_on_batch(np.concatenate([real, made]), labels)
        self.discriminator.trainable = False
        self._deceive.train_on_batch(noise, np.zeros((len(noise), 1), np.float32))
        return float(loss), float(right)


class OriginalGanTrainer:
    """The report's ToyGan with its clips.

    Parameters
    ----------
    genres : int
        Of the music; the network knows none.
    clips : Clips
    folder : Path
        The run's; samples go there.
    """

    def __init__(
        self, genres: int, clips: Clips, batch_size: int, seed: int, folder: Path, events: Events
    ) -> None:
        keras.utils.set_random_seed(seed)
        self._n_genres, self._clips = genres, clips
        self._folder, self._events = folder, events
        self._rng = np.random.default_rng([seed, 0])
        self._epoch = 0
        self.batch_size = batch_size
        self.steps_per_epoch = max(1, len(clips) // batch_size)
        frames = clips.take([0]).shape[1]
        self.model = OriginalGan(frames)

    def batch(self) -> tuple[list[FloatArray], FloatArray]:
        """Clips, noise, and labels: 0 for real, 1 for made, up to 0.15 off."""
        rng, size = self._rng, self.batch_size
        drawn = rng.integers(len(self._clips), size=size)
        noise = rng.standard_normal((size, NOISE), dtype=np.float32)
        off = LABEL_NOISE * rng.random((size, 1), dtype=np.float32)
        labels = np.concatenate([off, 1.0 - LABEL_NOISE * rng.random((size, 1), dtype=np.float32)])
        return [self._clips.take(drawn.tolist()), noise], labels

    def validate(self) -> Validation:
        """Show a clip. ``loss`` is such that the last epoch counts as the best, as in the report.

        ``accuracy`` is how far the discriminator takes made clips for real.
        """
        self._epoch += 1
        noise = np.random.default_rng(0).standard_normal((_TRIED, NOISE), dtype=np.float32)
        made = [np.asarray(self.model.generator.predict_on_batch(row[None])) for row in noise]
        taken = [np.asarray(self.model.discriminator.predict_on_batch(m)).item() for m in made]
        clip = generate_original(self.model.generator, 0)
        stem = self._folder / "samples" / f"epoch-{self._epoch:05d}"
        scaled = (np.log(clip + 1e-4) + _DARK) / _SPREAD
        files = write_sample(stem, scaled, clip)
        self._events.emit(Sample(self._epoch, "", **files))
        empty = np.zeros((self._n_genres, self._n_genres), np.int64)
        return Validation(1.0 / self._epoch, 1.0 - float(np.mean(taken)), empty)

    def state(self) -> dict[str, Any]:
        """RNG state and the number of epochs shown, JSON-serialisable."""
        return {"random": dict(self._rng.bit_generator.state), "epoch": self._epoch}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Inverse of :meth:`state`."""
        self._rng.bit_generator.state = dict(state["random"])
        self._epoch = int(state["epoch"])


def _compiled(model: Any, learning_rate: float) -> Any:
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="binary_crossentropy",
        metrics=[keras.metrics.MeanMetricWrapper(_right, name="accuracy")],
        jit_compile=False,
    )
    return model


def _right(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.cast((y_true > 0.5) == (y_pred > 0.5), "float32")


# Weights, gradients and moments of both networks; the outputs of the layers for a clip, of which
# the discriminator's last are 36.6 million values. Measured: 6.2 GiB with batches of one.
_WEIGHTS_BYTES = 7 * 2**29
_CLIP_BYTES = 3 * 2**30


def train_original_gan(
    run: Run, mels: MelTable, events: Events, control: Control, begun: float
) -> Done:
    """Train and show; return the last event. There is no bundle.

    What it makes is in the run's folder, under ``samples``.
    """
    settings = run.settings
    check_memory(_WEIGHTS_BYTES + settings.batch_size * _CLIP_BYTES, events)
    run, clips = clips_of(run, events, control)
    events.preparing("building", 0, 1)
    trainer = OriginalGanTrainer(
        len(run.parts.genres),
        clips["train"],
        settings.batch_size,
        settings.seed,
        run.folder,
        events,
    )
    progress = train_epochs(run, trainer, events, control)
    warning = "this is the report's design, to compare with: it knows no genre"
    finished = FinishedRun(
        run.folder,
        settings,
        guide_plan(run.parts.genres),
        run.parts,
        progress,
        (*run.warnings, warning),
        time.monotonic() - begun,
    )
    taken = progress.history[-1]["val_accuracy"]
    report = make_report(finished, {"accuracy": taken, "clips": {p: len(clips[p]) for p in PARTS}})
    write_bytes(run.folder / CARD_NAME, original_generator_card(report).encode())
    write_json(run.folder / REPORT_FILE, report)
    if not report["resumable"]:
        forget_features(run.folder)
    return done_event(finished, report, [], "")
