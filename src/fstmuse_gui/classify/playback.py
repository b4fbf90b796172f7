"""Keeps the cursors in step with the sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance

from fstmuse_core.spectrogram import FloatArray
from fstmuse_gui.classify.clip_page import ClipPage
from fstmuse_gui.classify.clips import Clip
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


class Playback(QObject):
    """Plays the clip that is shown.

    Signals
    -------
    message(str)
        Why nothing plays.
    started
        It plays.
    """

    message = Signal(str)
    started = Signal()

    def __init__(self, page: ClipPage, player: Playing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page = page
        self._player = player
        self._key: int | None = None
        page.transport.toggled.connect(self.toggle)
        page.spectrogram.seek_requested.connect(self.seek)
        page.timeline.seek_requested.connect(self.seek)
        player.position_changed.connect(self._on_position)
        player.state_changed.connect(self._on_state)
        player.failed.connect(self.message)

    def load(self, clip: Clip | None) -> None:
        """Have this clip ready to play; nothing for None."""
        key = clip.key if clip is not None and clip.result is not None else None
        if key == self._key and key is not None:
            self._page.set_position(self._player.position)
            return
        self._key = key
        if clip is None or clip.result is None:
            self._player.unload()
            self._page.set_position(None)
            return
        self._load(clip)
        self._page.transport.set_clip(clip.result.classification.duration_s, playable=True)
        self._page.set_position(0.0)

    def replace(self, samples: FloatArray, sample_rate: int) -> None:
        """Play these samples in the clip's stead, from where it stands."""
        self._exchange(lambda: self._player.load_samples(samples, sample_rate))

    def restore(self, clip: Clip) -> None:
        """Play the clip itself again, from where it stands."""
        if clip.key == self._key:
            self._exchange(lambda: self._load(clip))

    def _exchange(self, load: Callable[[], None]) -> None:
        position, was_playing = self._player.position, self._player.state == "playing"
        load()
        self._player.seek(position)
        if was_playing:
            self._player.toggle()

    def _load(self, clip: Clip) -> None:
        if clip.take is not None:
            self._player.load_samples(clip.take.samples, clip.take.sample_rate)
        elif clip.result is not None:
            self._player.load_file(str(clip.path), clip.result.classification.duration_s)

    def toggle(self) -> None:
        """Play or pause."""
        if self._key is not None:
            self._player.toggle()

    def pause(self) -> None:
        """Be silent."""
        if self._player.state == "playing":
            self._player.pause()

    def seek(self, seconds: float) -> None:
        """Go to a second of the clip."""
        if self._key is not None:
            self._player.seek(seconds)

    def step(self, seconds: float) -> None:
        """Go forward by so many seconds, or back if they are negative."""
        self.seek(max(0.0, self._player.position + seconds))

    def play_to(self, device: DeviceId | None) -> None:
        """Use this output from now on; None is the system's default."""
        self._player.set_device(device)

    def close(self) -> None:
        """Free the sound device."""
        self._player.close()

    def _on_position(self, seconds: float) -> None:
        if self._key is not None:
            self._page.set_position(seconds)

    def _on_state(self, state: str) -> None:
        self._page.transport.set_playing(state == "playing")
        if state == "playing":
            self.started.emit()
