"""The two libraries that open sound files, behind one small interface.

libsndfile (through soundfile) is the faster and is asked first; FFmpeg (through PyAV) opens
what libsndfile cannot: m4a, aac, wma, webm and the sound of videos.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np

from fstmuse_core.errors import AudioError
from fstmuse_core.spectrogram import FloatArray

_READ_S = 1.0
_CONVERT = "convert it to WAV, FLAC, MP3 or Ogg, or get the file again"


class Source(Protocol):
    """An open file. ``duration_s`` is what its header says, ``None`` where it says nothing."""

    sample_rate: int
    channels: int
    format: str
    duration_s: float | None

    def blocks(self, start_s: float, block_s: float) -> Iterator[FloatArray]:
        """Sound from ``start_s`` on, shape ``(n, channels)``; ``DamagedError`` where it breaks."""

    def close(self) -> None:
        """Close the file."""


class DamagedError(Exception):
    """The file cannot be decoded any further."""


def open_source(path: Path) -> Source:
    """Open ``path`` with whichever library can.

    Raises
    ------
    AudioError
        With the reason, if neither can.
    """
    _check_file(path)
    try:
        return SndfileSource(path)
    except _UnreadableError:
        pass
    try:
        return FfmpegSource(path)
    except _UnreadableError as error:
        raise AudioError(path, str(error), _CONVERT) from error


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise AudioError(path, "it is a folder, not a sound file", "name the files in it")
        if path.exists() and not path.is_file():  # opening a pipe would wait for its writer
            raise AudioError(path, "it is a pipe or a device", "save it as a file first")
        with path.open("rb") as stream:
            if not stream.read(1):
                raise AudioError(path, "it is empty (0 bytes)", "get the file again")
    except FileNotFoundError:
        raise AudioError(path, "there is no such file", "check the name and the folder") from None
    except PermissionError:
        raise AudioError(path, "it may not be read", "change its permissions") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise AudioError(path, f"it cannot be opened ({why})", "check the disk") from error


class _UnreadableError(Exception):
    pass


class SndfileSource:
    """libsndfile: wav, flac, ogg, opus, mp3, aiff, au and more."""

    def __init__(self, path: Path) -> None:
        import soundfile

        self._error = soundfile.LibsndfileError
        try:
            # By descriptor, so that a name in any encoding opens on every system.
            self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            self._file = soundfile.SoundFile(self._descriptor, closefd=True)
        except (soundfile.LibsndfileError, OSError, ValueError, TypeError) as error:
            with suppress(OSError, AttributeError):
                os.close(self._descriptor)
            raise _UnreadableError(str(error)) from error
        if self._file.subtype == "OPUS":
            # libsndfile 1.2.2 calls sound Opus files malformed after their first pages.
            self._file.close()
            raise _UnreadableError("Opus is FFmpeg's")
        self.sample_rate = self._file.samplerate
        self.channels = self._file.channels
        self.format = self._file.format
        frames = self._file.frames
        # A header that was never completed (a pipe, a crash) claims an absurd length.
        plausible = 0 < frames < 2**62
        self.duration_s = frames / self.sample_rate if plausible else None

    def blocks(self, start_s: float, block_s: float) -> Iterator[FloatArray]:
        """See :class:`Source`."""
        wanted = max(1, int(block_s * self.sample_rate))
        # A read that meets damage gives nothing at all, so that short ones lose little.
        at_once = max(1, int(_READ_S * self.sample_rate))
        read = 0
        try:
            if start_s > 0:
                self._file.seek(min(round(start_s * self.sample_rate), self._file.frames))
            while True:
                block = np.empty((wanted, self.channels), dtype=np.float32)
                read = 0
                while read < wanted:
                    part = self._file.read(out=block[read : read + at_once])
                    read += len(part)
                    if not len(part):
                        break
                if not read:
                    return
                yield block[:read]
        except self._error as error:
            if read:
                yield block[:read]
            raise DamagedError(str(error)) from error

    def close(self) -> None:
        """See :class:`Source`."""
        self._file.close()


class FfmpegSource:
    """FFmpeg: whatever has a sound track."""

    def __init__(self, path: Path) -> None:
        import av

        self._error = av.FFmpegError
        try:
            # "file:" keeps names such as "concat:a|b" names; the whitelist keeps playlists
            # from reaching out to the network.
            self._container = av.open(
                f"file:{path}", options={"protocol_whitelist": "file"}, metadata_errors="ignore"
            )
        except (av.FFmpegError, OSError, ValueError) as error:
            raise _UnreadableError("no sound could be found in it in any known format") from error
        if not self._container.streams.audio:
            self._container.close()
            raise _UnreadableError("it has no sound track")
        # PyAV's types leave out what its streams forward to their codec.
        self._stream = cast(Any, self._container.streams.audio[0])
        self._stream.thread_type = "AUTO"
        context = self._stream.codec_context
        # There is none where FFmpeg does not know the codec.
        self.sample_rate = int(getattr(context, "sample_rate", 0) or 0)
        self.channels = int(getattr(context, "channels", 0) or 0)
        self.format = str(self._container.format.name)
        if not self.sample_rate or not self.channels:
            self._container.close()
            raise _UnreadableError("its sound track cannot be decoded")
        self.duration_s = self._header_duration()

    def _header_duration(self) -> float | None:
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        if self._container.duration is not None:
            return float(self._container.duration / 1_000_000)
        return None

    def blocks(self, start_s: float, block_s: float) -> Iterator[FloatArray]:
        """See :class:`Source`."""
        wanted = max(1, int(block_s * self.sample_rate))
        gathered: list[FloatArray] = []
        size = 0
        damage: DamagedError | None = None
        try:
            for frame in self._frames(start_s):
                gathered.append(frame)
                size += len(frame)
                if size >= wanted:
                    yield np.concatenate(gathered)
                    gathered, size = [], 0
        except DamagedError as error:
            damage = error
        if gathered:
            yield np.concatenate(gathered)
        if damage:
            raise damage

    def _frames(self, start_s: float) -> Iterator[FloatArray]:
        # Planar float at the file's own rate: rate and channels are ours to change.
        resample = _Resampler(self._stream.codec_context.layout, self.sample_rate)
        origin = float((self._stream.start_time or 0) * self._stream.time_base)
        to_skip = 0
        try:
            if start_s > 0:
                self._container.seek(int((origin + start_s) * 1_000_000))
            first = True
            for decoded in self._container.decode(self._stream):
                for frame in resample(decoded):
                    if first and start_s > 0:
                        at = frame.time if frame.time is not None else start_s
                        to_skip = max(0, round((origin + start_s - at) * self.sample_rate))
                    first = False
                    block = np.ascontiguousarray(frame.to_ndarray().T, dtype=np.float32)
                    if to_skip:
                        dropped = min(to_skip, len(block))
                        block, to_skip = block[dropped:], to_skip - dropped
                    if len(block):
                        yield block
        except self._error as error:
            raise DamagedError(str(error)) from error

    def close(self) -> None:
        """See :class:`Source`."""
        self._container.close()


class _Resampler:
    """Frames as planar float in one layout and rate, also where they change on the way."""

    def __init__(self, layout: Any, rate: int) -> None:
        self._layout, self._rate = layout, rate
        self._kind: tuple[str, str, int] | None = None
        self._resampler: Any = None

    def __call__(self, decoded: Any) -> list[Any]:
        kind = (decoded.format.name, decoded.layout.name, decoded.sample_rate)
        if kind != self._kind:  # FFmpeg's own takes one kind only; broadcasts change theirs
            import av

            self._kind = kind
            self._resampler = av.AudioResampler("fltp", self._layout, self._rate)
        return cast(list[Any], self._resampler.resample(decoded))
