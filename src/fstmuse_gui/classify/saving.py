"""Saves what belongs to the clip that is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from fstmuse_gui.classify import export
from fstmuse_gui.classify.clips import Clip
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.file_saving import FileSaving, fit_for_a_name
from fstmuse_gui.settings import Settings


class Saving(FileSaving):
    """Asks where a clip's picture, result or recording goes, and writes it."""

    def __init__(
        self, view: ClassifyView, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(settings, parent)
        self._view = view

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
        stem = Path(clip.path).stem if clip.path else clip.title
        suggestion = self._suggest((fit_for_a_name(stem) or "clip") + suffix)
        path = self._view.ask_save_path(title, suggestion, kinds)
        if path and not Path(path).suffix:
            path += suffix
        return path
