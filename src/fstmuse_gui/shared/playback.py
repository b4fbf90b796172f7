"""Playing what a page shows, with its cursor in step."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, Signal

from fstmuse_gui.sound.player import Playing
from fstmuse_gui.widgets.spectrogram_view import SpectrogramView
from fstmuse_gui.widgets.transport_bar import TransportBar


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
