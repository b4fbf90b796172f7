"""Training one of our networks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fstmuse_core.training.base import kept_base
from fstmuse_core.training.control import Control
from fstmuse_core.training.epochs import train_epochs
from fstmuse_core.training.events import Events
from fstmuse_core.training.finish import Finished, finish_ours
from fstmuse_core.training.music import MelTable
from fstmuse_core.training.ours import OurTrainee
from fstmuse_core.training.parts import plan_for

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
    base = kept_base(run.settings, run.folder)
    trainee = OurTrainee(run.settings, plan, run.parts, mels, base)
    progress = train_epochs(run, trainee, events, control)

    def tell(stage: str, done: int, total: int) -> None:
        control.check()
        events.preparing(stage, done, total)

    seconds = time.monotonic() - begun
    finished = Finished(run.folder, run.settings, plan, run.parts, progress, run.warnings, seconds)
    return finish_ours(finished, trainee, mels, tell, events.warn)
