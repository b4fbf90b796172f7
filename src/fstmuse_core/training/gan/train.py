"""Training ToyGan: the judges, the epochs, the bundle."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fstmuse_core.training.control import Control
from fstmuse_core.training.epochs import train_epochs
from fstmuse_core.training.events import Events
from fstmuse_core.training.gan.finish import finish_gan
from fstmuse_core.training.gan.trainee import GanTrainee
from fstmuse_core.training.music import MelTable

if TYPE_CHECKING:
    from fstmuse_core.training.run import Run


def train_gan(
    run: Run, mels: MelTable, events: Events, control: Control, begun: float
) -> dict[str, Any]:
    """Train, measure and write the bundle; the values of the ``done`` event.

    Parameters
    ----------
    begun : float
        When the command began, on the monotonic clock.
    """

    def tell(stage: str, done: int, total: int) -> None:
        control.check_start()
        events.preparing(stage, done, total)

    trainee = GanTrainee(run.settings, run.parts, mels, run.folder, events, tell, control.check)
    events.preparing("building", 0, 1)
    progress = train_epochs(run, trainee, events, control)
    control.check()
    events.preparing("testing", 0, 1)
    warnings = (*run.warnings, *trainee.notes)
    seconds = time.monotonic() - begun
    return finish_gan(replace(run, warnings=warnings), trainee, progress, seconds, events.warn)
