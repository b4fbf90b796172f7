"""libsndfile: wav, flac, ogg, mp3, aiff, au and more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from fstmuse_core.audio.decoders.byte_file import Part
from fstmuse_core.audio.decoders.source import (
    DamagedError,
    UnreadableError,
    block_frames,
    check_numbers,
    damage_note,
)
from fstmuse_core.audio.spectrogram import FloatArray

_READ_S = 1.0
# Samples read at once where damage is near, and how often a place behind it is tried.
_CAREFUL = 256
_STEP = 1024
_TRIES = 40
_MOST_PLACES = 200


class SndfileSource:
    """A file that libsndfile opens; the fastest way where it reads all of it."""

    is_estimate = False

    def __init__(self, part: Part) -> None:
        import soundfile

        self._error = soundfile.LibsndfileError
        self.notes: list[str] = []
        self._part, self._places, self._lost = part, 0, 0
        file = self._open(part, soundfile)
        try:
            check_numbers(file.samplerate, file.channels)
            if file.subtype == "OPUS":
                # libsndfile 1.2.2 calls sound Opus files malformed after their first pages.
                raise UnreadableError("Opus is FFmpeg's")
        except UnreadableError:
            file.close()
            raise
        self._file = file
        self.sample_rate = int(file.samplerate)
        self.channels = int(file.channels)
        self.format = str(file.format)
        frames = file.frames
        # A header that was never completed (a pipe, a crash) claims an absurd length.
        plausible = 0 < frames < 2**62
        self.duration_s: float | None = frames / self.sample_rate if plausible else None

    def _open(self, part: Part, soundfile: Any) -> Any:
        file = self._opened(part, soundfile)
        # soundfile seeks to where it is after each read of a file that can seek, and an mp3
        # decoder that was sent elsewhere makes noise of its next frames.
        file.seekable = lambda: False
        return file

    def _opened(self, part: Part, soundfile: Any) -> Any:
        if not part.is_whole:
            try:
                return soundfile.SoundFile(part.open())
            except (soundfile.LibsndfileError, OSError, ValueError, TypeError) as error:
                raise UnreadableError(str(error)) from error
        # By descriptor, so that a name in any encoding opens on every system.
        descriptor = os.open(part.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            return soundfile.SoundFile(descriptor, closefd=True)
        except (soundfile.LibsndfileError, OSError, ValueError, TypeError) as error:
            with suppress(OSError):
                os.close(descriptor)
            raise UnreadableError(str(error)) from error

    def blocks(self, start_s: float, block_s: float) -> Iterator[FloatArray]:
        """Yield blocks of samples, as :class:`fstmuse_core.audio.decoders.Source` does."""
        wanted = block_frames(block_s, self.sample_rate, self.channels)
        position = 0
        try:
            if start_s > 0:
                position = min(round(start_s * self.sample_rate), self._file.frames)
                self._file.seek(position)
        except self._error as error:
            raise DamagedError(str(error)) from error
        careful_until = 0
        while True:
            block = np.empty((wanted, self.channels), dtype=np.float32)
            read, failure = self._fill(block, is_careful=position < careful_until)
            position += read
            if read:
                yield block[:read]
            if failure is not None:
                if self.format != "FLAC":  # the others find no place behind damage
                    raise DamagedError(str(failure)) from failure
                if position >= careful_until:  # where in the part that was not read is it?
                    careful_until = position + block_frames(
                        _READ_S, self.sample_rate, self.channels
                    )
                    self._reopen(position)
                    continue
                found = self._behind_damage(position)
                yield np.zeros((found - position, self.channels), dtype=np.float32)
                position = found
            elif not read:
                break
        if self._places:
            self.notes.append(damage_note(self._places, self._lost / self.sample_rate))

    def _fill(self, block: FloatArray, *, is_careful: bool) -> tuple[int, Exception | None]:
        """Read into ``block``; how much, and the error that ended it."""
        # A read that meets damage gives nothing at all, so that short ones lose little.
        at_once = block_frames(_READ_S, self.sample_rate, self.channels)
        if is_careful:
            at_once, block = _CAREFUL, block[: _CAREFUL * 64]
        read = 0
        try:
            while read < len(block):
                # Not read(out=...), which looks up the name of the type each time.
                count = self._file.buffer_read_into(block[read : read + at_once], "float32")
                read += count
                if not count:
                    break
        except self._error as error:
            return read, error
        return read, None

    def _reopen(self, position: int) -> None:
        """libsndfile reads no more of a file that it met damage in, but does of a new one."""
        import soundfile

        self._file.close()
        try:
            self._file = self._open(self._part, soundfile)
            self._file.seek(position)
        except (UnreadableError, self._error) as error:
            raise DamagedError(str(error)) from error

    def _behind_damage(self, position: int) -> int:
        """The next sample that can be read; the file stands there."""
        self._places += 1
        found = position
        for attempt in range(_TRIES if self._places < _MOST_PLACES else 0):
            found += _STEP << max(0, (attempt - 16) // 4)
            if found >= self._file.frames:
                break
            try:
                self._reopen(found)
                self._file.read(1)
                self._file.seek(found)
            except (DamagedError, self._error):
                continue
            self._lost += found - position
            return found
        raise DamagedError("no more sound was found behind the damage")

    def close(self) -> None:
        """Close the file, as :class:`fstmuse_core.audio.decoders.Source` does."""
        self._file.close()
