"""Playing what a page shows, with its cursor in step, at one volume for all tabs."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from fstmuse_gui.settings import MUTED, VOLUME, Settings
from fstmuse_gui.shared.tabs import PlaybackSignals, make_action
from fstmuse_gui.sound.player import Playing
from fstmuse_gui.widgets.spectrogram_view import SpectrogramView
from fstmuse_gui.widgets.transport_bar import STEP, TransportBar, VolumeControl


class PlayedPage(Protocol):
    """A page that shows something that can be played."""

    transport: TransportBar
    spectrogram: SpectrogramView

    def set_position(self, seconds: float | None) -> None:
        """Move the cursor to the second that plays; ``None`` hides it."""


class PagePlayback(QObject):
    """Plays what a page shows, and keeps its cursor in step; who inherits loads it.

    Signals
    -------
    message(str)
        Why nothing plays.
    started
        It plays.
    """

    message = Signal(str)
    started = Signal()

    def __init__(self, page: PlayedPage, player: Playing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page = page
        self._player = player
        self._key: int | None = None
        self._loop: tuple[float, float] | None = None
        page.transport.toggled.connect(self.toggle)
        page.spectrogram.seek_requested.connect(self.seek)
        player.position_changed.connect(self._on_position)
        player.state_changed.connect(self._on_state)
        player.failed.connect(self.message)

    def toggle(self) -> None:
        """Play or pause."""
        if self._key is not None:
            self._player.toggle()

    def pause(self) -> None:
        """Be silent."""
        if self._player.state == "playing":
            self._player.pause()

    def seek(self, seconds: float) -> None:
        """Go to a second of what is shown."""
        if self._key is not None:
            self._page.spectrogram.follow_cursor()
            self._player.seek(seconds)

    @property
    def loop(self) -> tuple[float, float] | None:
        """First and last second of what is played again and again; None if nothing is."""
        return self._loop

    def set_loop(self, part: tuple[float, float] | None, *, plays: bool = False) -> None:
        """Play a part again and again, or no longer; with ``plays`` begin now."""
        if self._key is None or part == self._loop:
            return
        self._loop = part
        self._player.set_loop(part)
        if plays and self._player.state != "playing":
            self._player.toggle()

    def step(self, seconds: float) -> None:
        """Go forward by so many seconds, or back if they are negative."""
        self.seek(max(0.0, self._player.position + seconds))

    def close(self) -> None:
        """Free the sound device."""
        self._player.close()

    def _unload(self) -> None:
        self._key = None
        self._loop = None
        self._player.unload()
        self._page.set_position(None)

    def _on_position(self, seconds: float) -> None:
        if self._key is not None:
            self._page.set_position(seconds)

    def _on_state(self, state: str) -> None:
        self._page.transport.set_playing(state == "playing")
        if state == "playing":
            self._page.spectrogram.follow_cursor()
            self.started.emit()


def gain_of(settings: Settings) -> float:
    """Factor of the volume in force, from 0 to 1.

    The square of the slider's share: loudness grows about evenly along it.
    """
    share = settings.get(VOLUME) / 100.0
    return 0.0 if settings.get(MUTED) else share * share


class VolumePresenter(QObject):
    """Keeps a player, a control and the settings in step, with those of other tabs."""

    def __init__(
        self,
        control: VolumeControl,
        player: Playing,
        settings: Settings,
        sounds: PlaybackSignals,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._control, self._player = control, player
        self._settings, self._sounds = settings, sounds
        control.chosen.connect(self._choose)
        sounds.volume_changed.connect(self._apply)
        player.level_changed.connect(control.meter.set_level)
        player.state_changed.connect(self._on_state)
        self._apply()

    def _choose(self, percent: int, is_muted: bool) -> None:
        _keep(self._settings, self._sounds, percent, is_muted)

    def _apply(self) -> None:
        settings = self._settings
        self._player.set_gain(gain_of(settings))
        self._control.show_volume(settings.get(VOLUME), is_muted=settings.get(MUTED))

    def _on_state(self, state: str) -> None:
        if state != "playing":
            self._control.meter.reset()


def volume_actions(parent: QObject, settings: Settings, sounds: PlaybackSignals) -> list[QAction]:
    """Entries for the menu Playback."""

    def change(percent: int) -> None:
        louder = settings.get(VOLUME) + percent
        _keep(settings, sounds, min(100, max(0, louder)), is_muted=False)

    def mute() -> None:
        _keep(settings, sounds, settings.get(VOLUME), not settings.get(MUTED))

    return [
        make_action(parent, "L&ouder", "Ctrl+Up", lambda: change(STEP)),
        make_action(parent, "So&fter", "Ctrl+Down", lambda: change(-STEP)),
        make_action(parent, "&Mute, or not", "M", mute),
    ]


def _keep(settings: Settings, sounds: PlaybackSignals, percent: int, is_muted: bool) -> None:
    settings.set(VOLUME, percent)
    settings.set(MUTED, is_muted)
    sounds.volume_changed.emit()
