"""Plays the take that is shown, and keeps the cursor in step with it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from fstmuse_gui.classify.playback import Playing
from fstmuse_gui.generate.take_page import TakePage
from fstmuse_gui.generate.takes import Take
from fstmuse_gui.settings import OUTPUT_DEVICE, Settings
from fstmuse_gui.sound.devices import DeviceId


class Playback(QObject):
    """One take at a time; of two that are compared the second goes on where the first was.

    Signals
    -------
    message(str)
        Why nothing plays.
    started
        It plays.
    """

    message = Signal(str)
    started = Signal()

    def __init__(
        self, page: TakePage, player: Playing, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._page = page
        self._player = player
        self._settings = settings
        self._key: int | None = None
        page.transport.toggled.connect(self.toggle)
        page.spectrogram.seek_requested.connect(self.seek)
        player.position_changed.connect(self._on_position)
        player.state_changed.connect(self._on_state)
        player.failed.connect(self.message)

    @property
    def has_take(self) -> bool:
        """Whether there is something to play."""
        return self._key is not None

    def load(self, take: Take | None, *, keep_place: bool = False) -> None:
        """Have this take ready to play; nothing for None, or while it has no sound."""
        clip = take.clip if take is not None else None
        key = take.key if take is not None and clip is not None else None
        if key == self._key and key is not None:
            self._page.set_position(self._player.position)
            return
        went_on = keep_place and self._key is not None and self._player.position > 0.0
        position, was_playing = self._player.position, self._player.state == "playing"
        self._key = key
        if clip is None:
            self._player.unload()
            self._page.set_position(None)
            return
        self._player.load_samples(clip.samples, clip.sample_rate)
        self._page.set_position(0.0)
        if went_on and position < self._player.duration_s:
            self._player.seek(position)
            if was_playing:
                self.play()

    def play(self) -> None:
        """Play from where it stands."""
        if self._key is not None and self._player.state != "playing":
            self.toggle()

    def toggle(self) -> None:
        """Play or pause."""
        if self._key is not None:
            self._player.set_device(DeviceId.parse(self._settings.get(OUTPUT_DEVICE)))
            self._player.toggle()

    def pause(self) -> None:
        """Be silent."""
        if self._player.state == "playing":
            self._player.pause()

    def seek(self, seconds: float) -> None:
        """Go to a second of the take."""
        if self._key is not None:
            self._player.seek(seconds)

    def step(self, seconds: float) -> None:
        """Go forward by so many seconds, or back if they are negative."""
        self.seek(max(0.0, self._player.position + seconds))

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
