"""Keeps the cursors in step with the sound."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from fstmuse_core.spectrogram import FloatArray
from fstmuse_gui.classify.clip_page import ClipPage
from fstmuse_gui.classify.clips import Clip
from fstmuse_gui.sound.devices import DeviceId
from fstmuse_gui.sound.playing import Playing
from fstmuse_gui.widgets.page_playback import PagePlayback


class Playback(PagePlayback):
    """Plays the clip that is shown."""

    def __init__(self, page: ClipPage, player: Playing, parent: QObject | None = None) -> None:
        super().__init__(page, player, parent)
        page.timeline.seek_requested.connect(self.seek)

    def load(self, clip: Clip | None) -> None:
        """Have this clip ready to play; nothing for None."""
        if clip is None or clip.result is None:
            self._unload()
            return
        if clip.key == self._key:
            self._page.set_position(self._player.position)
            return
        self._key = clip.key
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

    def play_to(self, device: DeviceId | None) -> None:
        """Use this output from now on; None is the system's default."""
        self._player.set_device(device)
