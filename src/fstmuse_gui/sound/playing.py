"""What tabs play with."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, SignalInstance

from fstmuse_core.spectrogram import FloatArray
from fstmuse_gui.sound.devices import DeviceId

STEP_S = 5.0


class Playing(Protocol):
    """What is needed of ``sound.player.Player``."""

    position_changed: SignalInstance
    state_changed: SignalInstance
    failed: SignalInstance

    @property
    def position(self) -> float: ...
    @property
    def duration_s(self) -> float: ...
    @property
    def state(self) -> str: ...

    def load_file(self, path: str, duration_s: float) -> None: ...
    def load_samples(self, samples: FloatArray, sample_rate: int) -> None: ...
    def unload(self) -> None: ...
    def toggle(self) -> None: ...
    def pause(self) -> None: ...
    def seek(self, seconds: float) -> None: ...
    def set_device(self, device: DeviceId | None) -> None: ...
    def close(self) -> None: ...


def make_player(parent: QObject) -> Playing:
    """The player of the sound card."""
    from fstmuse_gui.sound.player import Player

    return Player(parent)
