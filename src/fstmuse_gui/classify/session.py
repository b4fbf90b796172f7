"""State that returns at the next start: the clips, the one that was shown, unsaved recordings."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QObject

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_gui.classify.presenter import ClassifyPresenter
from fstmuse_gui.classify.recording import Recording
from fstmuse_gui.classify.unsaved import UnsavedTake, UnsavedTakes
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.settings import (
    MAX_SESSION,
    RECENT_FILES,
    SESSION_CLIPS,
    SESSION_SHOWN,
    Settings,
)
from fstmuse_gui.shared.clips import Clip
from fstmuse_gui.sound.buffers import Take

_log = logging.getLogger(__name__)


class SessionKeeper(QObject):
    """Keeps the session from :meth:`restore` on; before that nothing is touched."""

    def __init__(
        self,
        presenter: ClassifyPresenter,
        view: ClassifyView,
        settings: Settings,
        recording: Recording,
        folder: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._presenter, self._view, self._settings = presenter, view, settings
        self._recording = recording
        self._store = UnsavedTakes(folder)
        self._growing: UnsavedTake | None = None
        self._unsaved: dict[int, tuple[Clip, UnsavedTake]] = {}

    def restore(self) -> None:
        """Open what was open at the end, and what a crash has left; keep both from now on."""
        chosen = self._settings.get(SESSION_SHOWN)
        paths, recent = self._settings.get(SESSION_CLIPS), self._settings.get(RECENT_FILES)
        if paths:
            self._presenter.open_paths(paths)
            self._settings.set(RECENT_FILES, recent)
            self._presenter.recent_changed.emit()
        clip = self._presenter.clips.of_path(chosen)
        if clip is not None:
            self._view.sidebar.list.select(clip.key)
        self._restore_takes()
        self._connect()

    def _restore_takes(self) -> None:
        found = [(unsaved, unsaved.take()) for unsaved in self._store.left_over()]
        for unsaved, take in found:
            if not take.samples.size:
                unsaved.delete()
                continue
            clip = Clip(unsaved.title, take=take)
            self._unsaved[clip.key] = (clip, unsaved)
            self._presenter.clips.add(clip)
            self._view.sidebar.list.add_rows([clip.row()])
            self._presenter.queue.add_new([clip])
            self._view.sidebar.list.select(clip.key)
        count = len(self._unsaved)
        if count:
            what = "A recording was" if count == 1 else f"{count} recordings were"
            self._view.notice.say(
                f"{what} not saved when FstMuse ended unexpectedly; the list has what was recorded."
            )

    def _connect(self) -> None:
        presenter, recording = self._presenter, self._recording
        presenter.changed.connect(self._keep)
        presenter.recent_changed.connect(self._keep)
        presenter.removed.connect(lambda _clips: self._keep())
        presenter.takes.renamed.connect(self._on_renamed)
        recording.started.connect(self._on_started)
        recording.sound_ready.connect(self._on_sound)
        recording.finished.connect(self._on_finished)

    def _keep(self) -> None:
        paths = [path for clip in self._presenter.clips if (path := clip.path or clip.saved_as)]
        shown = self._presenter.shown
        path = (shown.path or shown.saved_as) if shown is not None else ""
        if self._settings.get(SESSION_CLIPS) != paths[-MAX_SESSION:]:
            self._settings.set(SESSION_CLIPS, paths[-MAX_SESSION:])
        if self._settings.get(SESSION_SHOWN) != path:
            self._settings.set(SESSION_SHOWN, path or "")
        self._delete_saved()

    def _delete_saved(self) -> None:
        for key, (clip, unsaved) in list(self._unsaved.items()):
            if clip.is_saved:
                del self._unsaved[key]
                unsaved.delete()

    def _on_renamed(self, clip: Clip) -> None:
        _clip, unsaved = self._unsaved.get(clip.key, (clip, None))
        if unsaved is not None:
            try:
                unsaved.rename(clip.title)
            except OSError as error:
                _log.warning("the name of an unsaved recording is not kept: %s", error)

    # -- recordings --------------------------------------------------------------------

    def _on_started(self) -> None:
        self._growing = self._store.begin()

    def _on_sound(self, frames: FloatArray, rate: int) -> None:
        if self._growing is not None:
            try:
                self._growing.append(frames, rate)
            except OSError:
                self._growing.delete()
                self._growing = None

    def _on_finished(self, take: Take) -> None:
        unsaved, self._growing = self._growing, None
        clip = next((clip for clip in self._presenter.clips if clip.take is take), None)
        if unsaved is not None and clip is not None:
            self._unsaved[clip.key] = (clip, unsaved)
        elif unsaved is not None:
            unsaved.delete()

    def close(self) -> None:
        """Keep the session; recordings that are not saved were given up by the user."""
        if self._growing is not None:
            self._growing.delete()
        for _clip, unsaved in self._unsaved.values():
            unsaved.delete()
        self._unsaved.clear()
