"""Plays the take that is shown, and keeps the cursor in step with it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from fstmuse_gui.generate.take_page import TakePage
from fstmuse_gui.generate.takes import Take
from fstmuse_gui.settings import OUTPUT_DEVICE, Settings
from fstmuse_gui.sound.devices import DeviceId
from fstmuse_gui.sound.playing import Playing
from fstmuse_gui.widgets.page_playback import PagePlayback


class Playback(PagePlayback):
    """One take at a time; of two that are compared the second goes on where the first was."""

    def __init__(
        self, page: TakePage, player: Playing, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(page, player, parent)
        self._settings = settings

    @property
    def has_take(self) -> bool:
        """Whether there is something to play."""
        return self._key is not None

    def load(self, take: Take | None, *, keep_place: bool = False) -> None:
        """Have this take ready to play; nothing for None, or while it has no sound."""
        if take is None or take.clip is None:
            self._unload()
            return
        if take.key == self._key:
            self._page.set_position(self._player.position)
            return
        went_on = keep_place and self._key is not None and self._player.position > 0.0
        position, was_playing = self._player.position, self._player.state == "playing"
        self._key = take.key
        self._player.load_samples(take.clip.samples, take.clip.sample_rate)
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
            super().toggle()
