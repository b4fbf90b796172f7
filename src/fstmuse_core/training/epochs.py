"""Epoch after epoch: steps, validation, the best model, checkpoints, Stop and Cancel."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from fstmuse_core.runs import events as run_events
from fstmuse_core.runs.events import Epoch, Started, event_values
from fstmuse_core.runs.store import newest_checkpoint
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.wording import counted
from fstmuse_core.training.checkpoint import (
    Arrays,
    Checkpoint,
    assign,
    disk_shortage,
    load_checkpoint,
    save_checkpoint,
    variables,
)
from fstmuse_core.training.control import Control
from fstmuse_core.training.events import Events, epoch_listener
from fstmuse_core.training.fit import train_steps
from fstmuse_core.training.metrics import Ints
from fstmuse_core.training.run import Run

# Network, the best network, the optimizer's two moments: this many times the weights.
_CHECKPOINT_COPIES = 4

EpochListener = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, eq=False)
class Validation:
    """Figures of the network on the validation clips, each judged as a whole.

    In ``loss``, which picks the best epoch, each genre counts the same: else the best epoch
    of music that is mostly rock would be the one that says rock to everything. ``more`` goes
    into the ``epoch`` event as it is.
    """

    loss: float
    accuracy: float
    confusion: Ints
    more: Mapping[str, Any] = field(default_factory=dict)


class Trainer(Protocol):
    """A network with its music.

    ``model`` is a compiled Keras model whose ``train_on_batch`` gives loss and accuracy.
    """

    model: Any
    steps_per_epoch: int
    batch_size: int

    def batch(self) -> tuple[Any, Any]:
        """Inputs and targets of the next step."""

    def validate(self) -> Validation:
        """Judge the validation clips."""

    def state(self) -> dict[str, Any]:
        """RNG state, JSON-serialisable."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Inverse of :meth:`state`."""


@dataclass(eq=False)
class TrainingState:
    """State of a training: epochs done, the best network, and the curves.

    ``earlier_s`` is the time that earlier starts trained for, in seconds.
    """

    epoch: int = 0
    best: Arrays = field(default_factory=dict)
    best_epoch: int = 0
    best_loss: float = math.inf
    history: list[dict[str, Any]] = field(default_factory=list)
    stopped_early: bool = False
    diverged: str = ""
    earlier_s: float = 0.0


class _DivergedError(Exception):
    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(where)


class EpochLoop:
    """Trains a network and keeps its run's folder up to date.

    Parameters
    ----------
    run : Path
        The run's folder.
    trainer : Trainer
    epochs : int
    patience : int
        Epochs in a row that may be no better; 0 for any number.
    events : Events
    control : Control
    on_epoch : callable
        Given each ``epoch`` event.
    keeps : bool
        Write checkpoints; of several processes that train together one does.
    """

    def __init__(
        self,
        run: Path,
        trainer: Trainer,
        epochs: int,
        patience: int,
        events: Events,
        control: Control,
        on_epoch: EpochListener,
        *,
        keeps: bool = True,
    ) -> None:
        self._run = run
        self._trainer = trainer
        self._epochs = epochs
        self._patience = patience
        self._events = events
        self._control = control
        self._on_epoch = on_epoch
        self._keeps = keeps
        self._step_s = 0.0
        self._steps_timed = 0
        self._begun = time.monotonic()

    def checkpoint_bytes(self) -> int:
        """About how much disk a checkpoint takes."""
        weights: int = sum(math.prod(v.shape) for v in self._trainer.model.variables)
        return 4 * _CHECKPOINT_COPIES * weights

    def resume(self) -> TrainingState:
        """Take up the newest checkpoint of the run, or begin."""
        optimizer = self._trainer.model.optimizer
        optimizer.build(self._trainer.model.trainable_variables)
        kept = load_checkpoint(self._run)
        if kept is None:
            return TrainingState()
        assign(self._trainer.model.variables, kept.network)
        assign(optimizer.variables, kept.optimizer)
        self._trainer.restore(kept.sampler)
        state = TrainingState(kept.epoch, kept.best, kept.best_epoch, kept.best_loss, kept.history)
        state.earlier_s = kept.seconds
        return state

    def train(self, progress: TrainingState) -> TrainingState:
        """Go on from ``progress`` until nothing gets better or all is done, or the user stops it.

        Raises
        ------
        CancelledError
            If the user discards the training.
        FstMuseError
            If the loss becomes NaN or infinity before anything was learned.
        """
        while self._goes_on(progress):
            try:
                self._epoch(progress)
            except _DivergedError as error:
                self._diverge(progress, error.where)
        return progress

    def _goes_on(self, progress: TrainingState) -> bool:
        if progress.stopped_early or progress.epoch >= self._epochs:
            return False
        waited = progress.epoch - progress.best_epoch
        if not self._patience or not progress.best or waited < self._patience:
            return True
        self._events.note(
            f"nothing was better than epoch {progress.best_epoch} in {counted(waited, 'epoch')} "
            f"after it: the training ends, {progress.epoch} of {self._epochs} done"
        )
        return False

    def _epoch(self, progress: TrainingState) -> None:
        number = progress.epoch + 1
        loss, accuracy, whole = self._steps(number)
        found = self._trainer.validate()
        self._control.check()
        if not math.isfinite(found.loss):
            raise _DivergedError(f"after epoch {number}")
        is_best = found.loss < progress.best_loss
        if is_best:
            progress.best = variables(self._trainer.model.variables)
            progress.best_epoch, progress.best_loss = number, found.loss
        more = dict(found.more)
        event = Epoch(
            epoch=number,
            epochs=self._epochs,
            loss=loss,
            accuracy=accuracy,
            val_loss=found.loss,
            val_accuracy=found.accuracy,
            learning_rate=self._learning_rate(),
            confusion=tuple(map(tuple, found.confusion.tolist())),
            seconds_left=self._seconds_left((self._epochs - number) * self._steps_per_epoch),
            is_best=is_best,
            generator_loss=more.pop("generator_loss", math.nan),
            more=more,
        )
        values = event_values(event)
        progress.history.append(values)
        if whole:
            progress.epoch = number
            if self._keeps:
                self._save(progress)
        self._events.emit(event)
        self._on_epoch(values)
        progress.stopped_early = self._control.stopped and progress.epoch < self._epochs

    def _steps(self, epoch: int) -> tuple[float, float, bool]:
        """Mean loss and accuracy of an epoch, and whether it was done to its end."""
        losses: list[float] = []
        accuracies: list[float] = []
        n_steps = self._steps_per_epoch
        begun = time.monotonic()
        with closing(train_steps(self._trainer.model, self._trainer.batch, n_steps)) as steps:
            for step, (loss, accuracy) in enumerate(steps, 1):
                if not math.isfinite(loss):
                    raise _DivergedError(f"in step {step} of epoch {epoch}")
                losses.append(loss)
                accuracies.append(accuracy)
                self._time(time.monotonic() - begun)
                self._report(epoch, step, losses, accuracies)
                self._control.check()
                if self._control.stopped:
                    break
                begun = time.monotonic()
        return float(np.mean(losses)), float(np.mean(accuracies)), len(losses) == n_steps

    @property
    def _steps_per_epoch(self) -> int:
        return self._trainer.steps_per_epoch

    def _report(self, epoch: int, step: int, losses: list[float], accuracies: list[float]) -> None:
        def event() -> run_events.Progress:
            ahead = (self._epochs - epoch + 1) * self._steps_per_epoch - step
            return run_events.Progress(
                epoch=epoch,
                step=step,
                steps=self._steps_per_epoch,
                loss=float(np.mean(losses)),
                accuracy=float(np.mean(accuracies)),
                learning_rate=self._learning_rate(),
                clips_per_second=self._trainer.batch_size / self._step_s,
                steps_per_second=1.0 / self._step_s,
                seconds_left=self._seconds_left(ahead),
            )

        self._events.progress(last=step in (1, self._steps_per_epoch), make=event)

    def _time(self, seconds: float) -> None:
        """Follow how long a step takes; the first one, which compiles, does not count for long."""
        self._steps_timed += 1
        weight = 1.0 if self._steps_timed <= 2 else 0.1
        self._step_s += weight * (seconds - self._step_s)

    def _seconds_left(self, steps: int) -> float:
        return steps * self._step_s

    def _learning_rate(self) -> float:
        return float(np.asarray(self._trainer.model.optimizer.learning_rate))

    def _save(self, progress: TrainingState) -> None:
        shortage = disk_shortage(self._run, self.checkpoint_bytes())
        if not shortage:
            try:
                save_checkpoint(
                    self._run,
                    Checkpoint(
                        progress.epoch,
                        variables(self._trainer.model.variables),
                        variables(self._trainer.model.optimizer.variables),
                        progress.best,
                        progress.best_epoch,
                        progress.best_loss,
                        self._trainer.state(),
                        progress.history,
                        progress.earlier_s + time.monotonic() - self._begun,
                    ),
                )
            except OSError as error:
                shortage = f"{error.strerror}; make room"
        if shortage:
            self._events.warn(
                f"the checkpoint of epoch {progress.epoch} could not be written: {shortage}. The "
                f"training goes on; if it is cut off, it resumes after epoch "
                f"{newest_checkpoint(self._run)[0]}"
            )

    def _diverge(self, progress: TrainingState, where: str) -> None:
        what = f"the loss became NaN or infinity {where}, so the training diverged"
        remedy = "take a lower --learning-rate"
        if not progress.best:
            raise FstMuseError("training", what, remedy)
        progress.diverged = (
            f"{what}; the model of epoch {progress.best_epoch}, the best before, is kept; {remedy}"
        )
        progress.stopped_early = True
        self._events.warn(progress.diverged)


def train_epochs(
    run: Run, trainer: Trainer, events: Events, control: Control, *, keeps: bool = True
) -> TrainingState:
    """Announce the run and train until the last epoch or Stop.

    Of several processes that train together one ``keeps`` what comes of it.

    Raises
    ------
    FstMuseError
        If the disk has no room for two checkpoints, or nothing was learned.
    CancelledError
        If the run is to be discarded.
    """
    settings = run.settings
    logs = settings.tensorboard if keeps else ""
    with epoch_listener(logs, run.folder.name) as listener:
        told = events, control, listener
        loop = EpochLoop(
            run.folder, trainer, settings.epochs, settings.patience, *told, keeps=keeps
        )
        shortage = disk_shortage(run.folder, 2 * loop.checkpoint_bytes())
        if shortage:
            raise FstMuseError("training", shortage)
        progress = loop.resume()
        events.preparing("building", 1, 1)
        control.check_start()
        events.emit(
            Started(
                run=run.folder.name,
                folder=str(run.folder),
                model=settings.model,
                design=settings.design,
                genres=tuple(run.parts.genres),
                **run.parts.counts(),
                epochs=settings.epochs,
                steps_per_epoch=trainer.steps_per_epoch,
                seed=settings.seed,
                backend=keras.backend.backend(),
                resumed_from_epoch=progress.epoch,
            )
        )
        return loop.train(progress)
