"""Playback, saving and dragging of takes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from fstmuse_gui.generate.takes import Take
from fstmuse_gui.generate.view import GenerateView, TakePage
from fstmuse_gui.settings import OUTPUT_DEVICE, Settings
from fstmuse_gui.shared.background import FileSaving, fit_for_a_name
from fstmuse_gui.shared.playback import PagePlayback
from fstmuse_gui.sound.devices import DeviceId
from fstmuse_gui.sound.player import Playing


class Playback(PagePlayback):
    """One take at a time; of two that are compared the second goes on where the first was."""

    def __init__(
        self, page: TakePage, player: Playing, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(page, player, parent)
        self._settings = settings

    @property
    def has_take(self) -> bool:
        """True while a take is loaded."""
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


class Saving(FileSaving):
    """Asks where a take goes, writes it, and keeps takes ready to be dragged out."""

    def __init__(
        self, view: GenerateView, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(settings, parent)
        self._view = view
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def save(self, take: Take) -> None:
        """The sound with its recipe as WAV, FLAC or Ogg Vorbis."""
        clip = take.clip
        if clip is None:
            return
        path = self._view.ask_save_path(self._suggest(file_name(take)))
        if not path:
            return
        target = path if Path(path).suffix else f"{path}.wav"

        def write() -> None:
            from fstmuse_core.generate.generator import save_clip

            save_clip(target, clip)

        def on_done() -> None:
            take.is_saved = True

        self._write(target, write, on_done)

    def copy_recipe(self, take: Take) -> None:
        """The recipe as JSON, on the clipboard."""
        if take.clip is not None:
            text = json.dumps(take.clip.recipe.to_dict(), indent=1)
            QGuiApplication.clipboard().setText(text)
            self.message.emit("Copied the recipe")

    def write_file(self, take: Take) -> None:
        """Write the take to a folder of the window's own, so that it can be dragged out."""
        clip = take.clip
        if clip is None:
            return
        try:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="fstmuse-takes-")
        except OSError:  # it is only that nothing can be dragged out
            return
        path = Path(self._folder.name) / f"{take.key}" / file_name(take)

        def write() -> None:
            from fstmuse_core.generate.generator import save_clip

            path.parent.mkdir(exist_ok=True)
            save_clip(path, clip)

        def on_done(_result: object) -> None:
            take.file = path

        self._background.run(write, on_done, lambda _sentence: None)

    def close(self) -> None:
        """Wait until all is written, and leave nothing behind."""
        super().close()
        if self._folder is not None:
            self._folder.cleanup()


def file_name(take: Take) -> str:
    """A name for a take's file, such as "Rock with 30 Jazz, seed 7.wav"."""
    plain = take.title.replace("\N{NO-BREAK SPACE}%", "")
    return f"{fit_for_a_name(plain)}, seed {take.request.seed}.wav"
