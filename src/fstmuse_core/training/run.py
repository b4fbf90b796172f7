"""A training and what it was begun with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fstmuse_core.training.settings import TrainSettings

if TYPE_CHECKING:
    # Loads Keras, which the command does in a thread of its own.
    from fstmuse_core.training.parts import Parts


@dataclass(frozen=True, eq=False)
class Run:
    """Its folder, settings, music and warnings."""

    folder: Path
    settings: TrainSettings
    parts: Parts
    warnings: tuple[str, ...]
    is_resumed: bool
