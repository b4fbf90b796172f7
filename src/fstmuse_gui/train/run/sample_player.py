"""Plays the pieces of a generator in training."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from fstmuse_core.runs.events import Sample
from fstmuse_gui.settings import OUTPUT_DEVICE, Settings
from fstmuse_gui.shared.playback import gain_of
from fstmuse_gui.sound.devices import DeviceId
from fstmuse_gui.sound.player import Playing
from fstmuse_gui.train.run.samples import SamplesPanel


class Listening(QObject):
    """Plays one piece at a time; the player is made when it is first needed.

    Signals
    -------
    message(str)
        Why nothing plays.
    started
        Something plays.
    """

    message = Signal(str)
    started = Signal()

    def __init__(
        self,
        panel: SamplesPanel,
        settings: Settings,
        player: Callable[[QObject], Playing],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._settings = settings
        self._make_player = player
        self._player: Playing | None = None
        self._sample: Sample | None = None
        self._is_changing = False
        panel.toggled.connect(self.toggle)
        panel.sought.connect(self.play_from)
        panel.left.connect(self.pause)

    def toggle(self, sample: Sample) -> None:
        """Play this piece, or pause it."""
        self._load(sample).toggle()

    def play_from(self, sample: Sample, seconds: float) -> None:
        """Play this piece from a second on."""
        player = self._load(sample)
        player.seek(seconds)
        if player.state != "playing":
            player.toggle()

    def _load(self, sample: Sample) -> Playing:
        if self._player is None:
            self._player = self._make_player(self)
            self._player.state_changed.connect(self._on_state)
            self._player.position_changed.connect(self._on_position)
            self._player.failed.connect(self.message)
        self._player.set_device(DeviceId.parse(self._settings.get(OUTPUT_DEVICE)))
        self._player.set_gain(gain_of(self._settings))
        if sample != self._sample:
            self._is_changing = True
            self._player.load_file(sample.sound, self._panel.duration_of(sample))
            self._is_changing = False
            self._sample = sample
        return self._player

    def pause(self) -> None:
        """Be silent."""
        if self._player is not None and self._player.state == "playing":
            self._player.pause()

    def close(self) -> None:
        """Free the sound device."""
        if self._player is not None:
            self._player.close()

    def _on_state(self, state: str) -> None:
        if self._is_changing:
            return  # from one piece to the next, which is no silence
        if state == "stopped":
            self._panel.show_position(None)
        self._panel.show_playing(self._sample if state == "playing" else None)
        if state == "playing":
            self.started.emit()

    def _on_position(self, seconds: float) -> None:
        if not self._is_changing:
            self._panel.show_position(self._sample, seconds)
