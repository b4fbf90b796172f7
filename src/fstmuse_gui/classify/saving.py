"""Saves what belongs to the clip that is shown."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from fstmuse_gui.background import Background
from fstmuse_gui.classify import export
from fstmuse_gui.classify.clips import Clip
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.settings import LAST_FOLDER, Settings

_UNFIT = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')


class Saving(QObject):
    """Asks where, writes beside the window, and says how it went.

    Signals
    -------
    message(str)
        For the status bar.
    trouble(str)
        A sentence for the notice.
    """

    message = Signal(str)
    trouble = Signal(str)

    def __init__(
        self, view: ClassifyView, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._settings = settings
        self._background = Background(self)

    def save_picture(self, clip: Clip) -> None:
        """The spectrogram as it is seen, with its axes, as PNG."""
        path = self._ask(clip, "Save the spectrogram", ".png", "PNG picture (*.png)")
        if path:
            picture = self._view.clip_page.spectrogram.picture()
            self._write(path, lambda: export.write_picture(path, picture))

    def save_json(self, clip: Clip) -> None:
        """The result with its timeline as JSON."""
        self._save_text(clip, "Save the result", ".json", "JSON (*.json)", export.as_json)

    def save_csv(self, clip: Clip) -> None:
        """The result as CSV, a row for each segment."""
        self._save_text(clip, "Save the result", ".csv", "CSV table (*.csv)", export.as_csv)

    def save_take(self, clip: Clip) -> None:
        """A recording as a sound file."""
        take = clip.take
        if take is None:
            return
        kinds = "WAV (*.wav);;FLAC (*.flac);;Ogg Vorbis (*.ogg)"
        path = self._ask(clip, "Save the recording", ".wav", kinds)
        if not path:
            return

        def write() -> None:
            from fstmuse_core.audio import write_audio

            write_audio(path, take.samples, take.sample_rate)

        def on_done() -> None:
            clip.is_saved, clip.saved_as = True, path

        self._write(path, write, on_done)

    def close(self) -> None:
        """Wait until all is written."""
        self._background.close()

    def _save_text(
        self, clip: Clip, title: str, suffix: str, kinds: str, form: Callable[..., str]
    ) -> None:
        if clip.result is None:
            return
        result = clip.result.classification
        path = self._ask(clip, title, suffix, kinds)
        if path:
            source = clip.path or clip.title
            self._write(path, lambda: export.write_text(path, form(source, result)))

    def _ask(self, clip: Clip, title: str, suffix: str, kinds: str) -> str:
        folder = self._settings.get(LAST_FOLDER) or str(Path.home())
        stem = Path(clip.path).stem if clip.path else clip.title
        suggestion = os.path.join(folder, (_UNFIT.sub("_", stem) or "clip") + suffix)
        path = self._view.ask_save_path(title, suggestion, kinds)
        if path and not Path(path).suffix:
            path += suffix
        return path

    def _write(
        self, path: str, work: Callable[[], None], on_done: Callable[[], None] = lambda: None
    ) -> None:
        def tell(_result: object) -> None:
            on_done()
            self._settings.set(LAST_FOLDER, str(Path(path).parent))
            self.message.emit(f"Saved {Path(path).name}")

        self._background.run(work, tell, self.trouble.emit)
