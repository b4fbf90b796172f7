"""Training one of our networks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import keras

from fstmuse_core.errors import FstMuseError
from fstmuse_core.training.checkpoint import disk_shortage
from fstmuse_core.training.control import Control
from fstmuse_core.training.epochs import EpochLoop, Progress, Trainee
from fstmuse_core.training.events import Events
from fstmuse_core.training.finish import Finished, finish_ours
from fstmuse_core.training.music import MelTable
from fstmuse_core.training.ours import OurTrainee
from fstmuse_core.training.parts import plan_for
from fstmuse_core.training.tensorboard import epoch_listener

if TYPE_CHECKING:
    from fstmuse_core.training.run import Run


def train_ours(
    run: Run, mels: MelTable, events: Events, control: Control, begun: float
) -> dict[str, Any]:
    """Train, measure and write the bundle; the values of the ``done`` event.

    Parameters
    ----------
    begun : float
        When the command began, on the monotonic clock.
    """
    events.preparing("building", 0, 1)
    plan = plan_for(run.settings, run.parts.genres)
    trainee = OurTrainee(run.settings, plan, run.parts, mels)
    progress = train_epochs(run, trainee, events, control)

    def tell(stage: str, done: int, total: int) -> None:
        control.check()
        events.preparing(stage, done, total)

    seconds = time.monotonic() - begun
    finished = Finished(run.folder, run.settings, plan, run.parts, progress, run.warnings, seconds)
    return finish_ours(finished, trainee, mels, tell, events.warn)


def train_epochs(run: Run, trainee: Trainee, events: Events, control: Control) -> Progress:
    """Announce the run and train until the last epoch or Stop.

    Raises
    ------
    FstMuseError
        If the disk has no room for two checkpoints, or nothing was learned.
    CancelledError
        If the run is to be discarded.
    """
    settings = run.settings
    with epoch_listener(settings.tensorboard, run.folder.name) as listener:
        loop = EpochLoop(run.folder, trainee, settings.epochs, events, control, listener)
        shortage = disk_shortage(run.folder, 2 * loop.checkpoint_bytes())
        if shortage:
            raise FstMuseError("training", shortage)
        progress = loop.resume()
        events.preparing("building", 1, 1)
        control.check_start()
        events.emit(
            "started",
            run=run.folder.name,
            folder=str(run.folder),
            model=settings.model,
            design=settings.design,
            genres=list(run.parts.genres),
            **run.parts.counts(),
            epochs=settings.epochs,
            steps_per_epoch=trainee.steps_per_epoch,
            seed=settings.seed,
            backend=keras.backend.backend(),
            resumed_from_epoch=progress.epoch,
        )
        return loop.train(progress)
