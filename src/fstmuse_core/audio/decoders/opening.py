"""Choice of the decoder, by first bytes and by what libsndfile reads; sources made of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

from fstmuse_core.audio.decoders import mp4_matroska, mpeg, true_lengths
from fstmuse_core.audio.decoders.byte_file import ByteFile, Part
from fstmuse_core.audio.decoders.ffmpeg import FfmpegSource
from fstmuse_core.audio.decoders.mpeg_source import MpegSource, is_plain, length_s
from fstmuse_core.audio.decoders.pcm_headers import read_pcm_header
from fstmuse_core.audio.decoders.sndfile import SndfileSource
from fstmuse_core.audio.decoders.sniff import sniff
from fstmuse_core.audio.decoders.source import (
    Converter,
    DamagedError,
    RefusedError,
    Source,
    UnreadableError,
)
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.errors import AudioError

_CONVERT = "convert it to WAV, FLAC, MP3 or Ogg, or get the file again"
# Formats that libsndfile does not know: it need not be asked.
_FFMPEG_ONLY = frozenset(
    "mp4 matroska asf flv mpeg-ps mpeg-ts avi aac loas ac3 dts wavpack tta dsf ape musepack tak "
    "shorten amr real".split()
)
# A recording whose first time stamp is later was cut out of a stream.
_LATE_S = 10.0
# An edit list that leaves out less takes away what the encoder added.
_EDITED_S = 0.5


def open_source(path: Path) -> Source:
    """Open ``path`` with the library that reads all of it.

    Raises
    ------
    AudioError
        With the reason, if none can.
    """
    _check_file(path)
    try:
        return _open(path)
    except RefusedError as error:
        raise AudioError(path, str(error), "get the file again") from error
    except UnreadableError as error:
        raise AudioError(path, str(error), _CONVERT) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise AudioError(path, f"it cannot be read ({why})", "check the disk") from error


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


@dataclass(frozen=True)
class _Kind:
    """Facts known of a part of a file before it is opened."""

    name: str
    # Better than what the decoder says.
    duration_s: float | None = None
    # libsndfile would not read all of it.
    is_short: bool = False
    notes: tuple[str, ...] = ()
    # Time stamp of the first sound, in samples.
    first_sample: int = 0


def _open(path: Path) -> Source:
    with ByteFile(path) as file:
        found = sniff(file)
        if found.kind == "mpeg":
            return _open_mpeg(path, file, found.start)
        parts = _parts(path, file, found.kind, found.start)
    if len(parts) == 1:
        return _open_part(found.kind, parts[0])
    return ChainSource(parts, partial(_open_part, found.kind))


def _open_mpeg(path: Path, file: ByteFile, start: int) -> Source:
    runs = mpeg.scan(file, start)
    if not is_plain(runs):
        return MpegSource(path, runs)
    length = length_s(runs)
    try:
        source = SndfileSource(Part(path))
    except UnreadableError:
        return MpegSource(path, runs)
    # Without an Info frame libsndfile reckons the length, and reads no further.
    frame_s = runs[0].header.samples / runs[0].header.rate
    if (source.duration_s or 0.0) < length - frame_s or source.sample_rate != runs[0].header.rate:
        source.close()
        return MpegSource(path, runs)
    source.duration_s = min(source.duration_s or length, length + frame_s)
    return RelayedSource(source, lambda: MpegSource(path, runs))


def _parts(path: Path, file: ByteFile, kind: str, start: int) -> Sequence[Part]:
    """The files that are joined in one; most often that is one."""
    joints = [start]
    if kind == "ogg":
        joints = true_lengths.ogg_links(file, start)[0]
    elif kind in ("flac", "tta", "wavpack"):
        joints = true_lengths.joints(file, kind, start)
    elif kind == "mp4":
        joints = mp4_matroska.mp4_joints(file, start)
    elif kind == "matroska":
        joints = mp4_matroska.matroska_joints(file, start)
    elif kind in ("wav", "aiff"):
        joints = _pcm_joints(path, kind, start)
    ends = [end for _, end in pairwise(joints)] + [None]
    return [Part(path, at, end) for at, end in zip(joints, ends, strict=True)]


def _pcm_joints(path: Path, kind: str, start: int) -> list[int]:
    joints = [start]
    while len(joints) < 10_000:
        with ByteFile(path, joints[-1]) as file:
            end = read_pcm_header(file, kind).end
        if end is None:
            break
        joints.append(joints[-1] + end)
    return joints


def _open_part(kind: str, part: Part) -> Source:
    """Open one of the files in a file, or the file itself."""
    part, known = _examined(kind, part)
    if known.name not in _FFMPEG_ONLY and not known.is_short:
        try:
            quick = SndfileSource(part)
        except RefusedError:
            raise
        except UnreadableError:
            pass
        else:
            if known.duration_s is not None:
                quick.duration_s = known.duration_s
            _from_its_start(quick, known)
            return RelayedSource(quick, lambda: FfmpegSource(part))
    source = FfmpegSource(part, duration_s=known.duration_s)
    source.notes += known.notes
    _from_its_start(source, known)
    return source


def _from_its_start(source: SndfileSource | FfmpegSource, known: _Kind) -> None:
    """Count the length of a piece of a stream from its start, not from the stream's."""
    late_s = known.first_sample / source.sample_rate
    if late_s > _LATE_S and source.duration_s is not None:
        source.is_estimate = True
        if source.duration_s > late_s:
            source.duration_s -= late_s


def _examined(kind: str, part: Part) -> tuple[Part, _Kind]:
    with ByteFile(part.path, part.start, part.end) as file:
        header = read_pcm_header(file, kind)
        if header.patches:
            moved = {part.start + at: data for at, data in header.patches.items()}
            return replace(part, patches=moved), _Kind(kind, header.claimed_s)
        if kind == "mp4":
            mp4_matroska.check_boxes(file, 0)
            hidden = mp4_matroska.edited_out_s(file, 0)
            if hidden > _EDITED_S:
                note = f"its edit list leaves out {hidden:.1f} s of its sound, as players do"
                return part, _Kind(kind, notes=(note,))
        elif kind == "flac" and (length := true_lengths.read_flac(file, 0, file.size)) is not None:
            if not length.is_whole and length.found:
                return part, _Kind(kind, length.found / length.rate, is_short=True)
            return part, _Kind(kind, is_short=not length.is_whole)
        elif kind == "ogg":
            is_short = true_lengths.ogg_links(file, 0)[1] > 1
            return part, _Kind(
                kind, is_short=is_short, first_sample=true_lengths.start_granule(file, 0)
            )
    return part, _Kind(kind)


Open = Callable[[Part], Source]
# Of more parts than this the lengths are not asked for before they are read.
_ASKED = 256
# Less than this behind the place where a decoder stopped is the rest of a cut frame.
_NOTED_S = 0.25


class ChainSource:
    """Files that were joined, one behind the other, at the rate and channels of the first.

    Raises
    ------
    UnreadableError
        If none of the first few can be opened.
    """

    def __init__(self, parts: Sequence[Part], opener: Open) -> None:
        self._parts, self._opener = parts, opener
        first = opener(parts[0])
        self.sample_rate, self.channels = first.sample_rate, first.channels
        self.format = first.format
        self.notes: list[str] = []
        self._lengths = [first.duration_s]
        is_estimate = first.is_estimate
        first.close()
        for part in parts[1:_ASKED]:
            try:
                source = opener(part)
            except UnreadableError:
                self._lengths.append(0.0)
                continue
            self._lengths.append(source.duration_s)
            self.channels = max(self.channels, source.channels) if self.channels > 1 else 1
            is_estimate |= source.is_estimate
            source.close()
        known = [length for length in self._lengths if length is not None]
        is_known = len(known) == len(parts)
        self.duration_s: float | None = sum(known) if is_known else None
        self.is_estimate = is_estimate or not is_known

    def blocks(self, start_s: float, block_s: float) -> Iterator[FloatArray]:
        """Yield blocks of samples, as :class:`fstmuse_core.audio.decoders.Source` does."""
        convert = Converter(self.sample_rate, self.channels)
        lost = 0
        for index, part in enumerate(self._parts):
            length = self._lengths[index] if index < len(self._lengths) else None
            if length is not None and start_s >= length:
                start_s -= length
                continue
            try:
                source = self._opener(part)
            except UnreadableError:
                lost += 1
                continue
            try:
                for block in source.blocks(start_s, block_s):
                    yield from convert(block, source.sample_rate)
            except DamagedError:
                lost += 1
            finally:
                source.close()
                self.notes += [note for note in source.notes if note not in self.notes]
            yield from convert.rest()
            start_s = 0.0
        if lost:
            of = f"{lost} of the {len(self._parts)} recordings joined in it"
            self.notes.append(f"the file is damaged: {of} could not be read to the end")

    def close(self) -> None:
        """Nothing stays open between the parts."""


class RelayedSource:
    """One decoder's sound, and where that gives up, the rest of it from another."""

    def __init__(self, first: Source, second: Callable[[], Source]) -> None:
        self._current, self._second = first, second
        self.sample_rate, self.channels = first.sample_rate, first.channels
        self.format, self.is_estimate = first.format, first.is_estimate
        self.duration_s = first.duration_s
        self.notes: list[str] = first.notes

    def blocks(self, start_s: float, block_s: float) -> Iterator[FloatArray]:
        """Yield blocks of samples, as :class:`fstmuse_core.audio.decoders.Source` does."""
        count = 0
        try:
            for block in self._current.blocks(start_s, block_s):
                count += len(block)
                yield block
        except DamagedError as error:
            failure = error
        else:
            return
        self._current.close()
        try:
            other = self._second()
        except UnreadableError:
            raise failure from None
        self._current = other
        if (other.sample_rate, other.channels) != (self.sample_rate, self.channels):
            raise failure
        # From the start it asked for: a decoder that seeks lands where it can.
        skip = count
        behind = 0
        try:
            for block in other.blocks(start_s, block_s):
                kept = block[skip:]
                skip = max(0, skip - len(block))
                behind += len(kept)
                if len(kept):
                    yield kept
        finally:
            notes = other.notes
            if not notes and behind > _NOTED_S * self.sample_rate:
                notes = ["the file is damaged in 1 place, which was passed over"]
            self.notes += [note for note in notes if note not in self.notes]

    def close(self) -> None:
        """Close the file, as :class:`fstmuse_core.audio.decoders.Source` does."""
        with suppress(OSError):
            self._current.close()
