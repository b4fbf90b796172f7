"""Recordings that are not saved yet, kept on the disk so that a crash does not lose them."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import platformdirs

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.errors import one_line
from fstmuse_core.system.locks import try_lock
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.sound.intake import RECORDING_RATE, take_of

_log = logging.getLogger(__name__)
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
