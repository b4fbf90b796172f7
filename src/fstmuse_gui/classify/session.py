"""Clips of the last session, the one that was shown, and recordings that are not saved yet."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import platformdirs
from PySide6.QtCore import QObject

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.atomic_write import try_lock
from fstmuse_core.system.errors import one_line
from fstmuse_gui.classify.presenter import ClassifyPresenter
from fstmuse_gui.classify.recording import Recording
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
from fstmuse_gui.sound.intake import RECORDING_RATE, take_of

_SUFFIX = ".take"
_NAME_SUFFIX = ".name"
# The first line says how the sound came. Before 2.0 there was none: mono, at 22,050 Hz.
_HEAD = re.compile(rb"FstMuse take ([0-9]{4,6}) ([1-8])\n")
_STAMP = "%Y-%m-%d %H.%M.%S"


def unsaved_folder() -> Path:
    """Folder of unsaved recordings on this platform."""
    return Path(platformdirs.user_data_dir("fstmuse", appauthor=False)) / "unsaved"


@dataclass(eq=False)
class UnsavedTake:
    """File of a recording; it is locked for as long as the program runs that holds it."""

    path: Path
    stream: IO[bytes]

    @property
    def title(self) -> str:
        """Name that the user gave it, or one by the time at which it began."""
        try:
            given = one_line(self._name_file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            given = ""
        return given or f"Recording {self.path.stem.split(' ')[1]}"

    def rename(self, title: str) -> None:
        """Keep another name."""
        self._name_file.write_text(title, encoding="utf-8")

    @property
    def _name_file(self) -> Path:
        return self.path.with_suffix(_NAME_SUFFIX)

    def append(self, frames: FloatArray, rate: int) -> None:
        """Add frames, shape ``(n, channels)``; they are with the system when this returns."""
        if not self.stream.tell():
            self.stream.write(f"FstMuse take {rate} {frames.shape[1]}\n".encode())
        self.stream.write(frames.astype("<f4").tobytes())
        self.stream.flush()

    def take(self) -> Take:
        """The recording as far as it came."""
        raw = self.path.read_bytes()
        head = _HEAD.match(raw)
        rate, channels = (int(head[1]), int(head[2])) if head else (RECORDING_RATE, 1)
        sound = raw[head.end() if head else 0 :]
        whole = len(sound) // (4 * channels) * 4 * channels
        frames = np.frombuffer(sound[:whole], dtype="<f4").astype(np.float32)
        return take_of(np.nan_to_num(frames).reshape(-1, channels), rate)

    def delete(self) -> None:
        """Remove it: it is saved elsewhere, or not wanted."""
        self.stream.close()
        self.path.unlink(missing_ok=True)
        self._name_file.unlink(missing_ok=True)


class UnsavedTakes:
    """The folder with a file for each recording that is not saved.

    Sound is written as it comes, and the file is locked meanwhile: what nobody holds is left
    over from a program that has crashed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self) -> UnsavedTake | None:
        """Open a file for a new recording; None if the folder cannot be written."""
        stem = time.strftime(_STAMP)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for number in range(100):
                path = self._folder / f"{stem}{f' {number}' if number else ''}{_SUFFIX}"
                if not path.exists():
                    return self._locked(path)
        except OSError as error:
            _log.warning("an unsaved recording is not kept: %s", error)
        return None

    def left_over(self) -> list[UnsavedTake]:
        """Recordings of programs that have ended without saving them, oldest first."""
        try:
            paths = sorted(self._folder.glob(f"????-??-?? *{_SUFFIX}"))
        except OSError:
            return []
        found = (self._locked_or_none(path) for path in paths)
        return [unsaved for unsaved in found if unsaved is not None]

    def _locked_or_none(self, path: Path) -> UnsavedTake | None:
        try:
            return self._locked(path)
        except OSError as error:
            _log.warning("%s cannot be read: %s", path, error)
            return None

    @staticmethod
    def _locked(path: Path) -> UnsavedTake | None:
        stream = path.open("ab")
        if try_lock(stream):
            return UnsavedTake(path, stream)
        stream.close()
        return None


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
            if clip.title != unsaved.title:
                self._on_renamed(clip)  # a second has passed between the two
        elif unsaved is not None:
            unsaved.delete()

    def close(self) -> None:
        """Keep the session; recordings that are not saved were given up by the user."""
        if self._growing is not None:
            self._growing.delete()
        for _clip, unsaved in self._unsaved.values():
            unsaved.delete()
        self._unsaved.clear()
