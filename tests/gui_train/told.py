"""What a followed training tells, kept for a test."""

from __future__ import annotations

import json
from typing import Any

from fstmuse_core.runs.events import TrainEvent
from fstmuse_gui.train.run.training import Training

WAIT_MS = 120_000


class Heard:
    """A training and everything that it said."""

    def __init__(self, training: Training) -> None:
        self.training = training
        self.events: list[TrainEvent] = []
        training.told.connect(self.events.append)

    @property
    def last(self) -> TrainEvent | None:
        return self.events[-1] if self.events else None

    def has(self, kind: type) -> bool:
        return any(isinstance(event, kind) for event in self.events)


def line(event: str, **values: Any) -> str:
    return json.dumps({"event": event, **values})
