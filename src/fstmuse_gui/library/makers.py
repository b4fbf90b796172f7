"""What the Library tab is made with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject

from fstmuse_gui.classify.correcting import Corrections, own_corrections
from fstmuse_gui.classify.models import ModelInfo, installed_models
from fstmuse_gui.sound.playing import Playing, make_player


@dataclass(frozen=True)
class LibraryMakers:
    """The player, the processes and the folders that the tab works with; only tests have others."""

    player: Callable[[QObject], Playing] = make_player
    models: Callable[[], list[ModelInfo]] = installed_models
    corrections: Callable[[], Corrections] = own_corrections
    opener: Callable[[], Any] | None = None
    scan: Callable[..., Any] | None = None
    work: Callable[..., Any] | None = None
