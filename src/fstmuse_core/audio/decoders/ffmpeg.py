"""FFmpeg: whatever has a sound track, and the choice of one of several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np

from fstmuse_core.audio.decoders.byte_file import Part
from fstmuse_core.audio.decoders.source import (
    Converter,
    DamagedError,
    UnreadableError,
    block_frames,
    check_numbers,
    damage_note,
    float_samples,
)
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.native_libraries import may_use_threads

# How much of a track is looked at, and the peak below which it counts as silent.
_SILENCE_CHECK_S = 60.0
_SILENT_PEAK = 3e-4
_NUMBERS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()


def choose_track(
    part: Part, container: Any, reopen: Callable[[Part], Any]
) -> tuple[int, list[str]]:
    """Index of the stream to decode, and a note where there is more than one.

    Raises
    ------
    UnreadableError
        If there is no sound track.
    """
    tracks = list(container.streams.audio)
    if not tracks:
        raise UnreadableError("it has no sound track")
    if len(tracks) == 1:
        return tracks[0].index, []
    default = [track for track in tracks if _is_default(track)]
    # Some formats flag every track, or none.
    marked = default if len(default) == 1 else []
    order = marked + [track for track in tracks if track not in marked]
    chosen = order[0]
    why = "the default one" if marked else ""
    for candidate in order:
        if not _is_silent(part, candidate.index, reopen):
            if candidate is not order[0]:
                why = "the first that is not silent"
            chosen = candidate
            break
    number = tracks.index(chosen)
    name = f"the {_NUMBERS[number]}" if number < len(_NUMBERS) else f"number {number + 1}"
    reason = f", {why}," if why else ""
    return chosen.index, [f"it has {len(tracks)} sound tracks; {name}{reason} was heard"]


def _is_default(track: Any) -> bool:
    import av.stream

    disposition = getattr(track, "disposition", None)
    return bool(disposition is not None and disposition & av.stream.Disposition.default)


def _is_silent(part: Part, index: int, reopen: Callable[[Part], Any]) -> bool:
    """True if a track holds nothing but silence as far as it is looked at, or cannot be decoded."""
    import av

    container = reopen(part)
    try:
        stream = container.streams[index]
        if not getattr(stream.codec_context, "sample_rate", 0):
            return True
        decoded_s = 0.0
        for packet in container.demux(stream):
            frames: list[Any] = []
            with suppress(av.FFmpegError):
                frames = packet.decode()
            for frame in frames:
                if np.abs(float_samples(frame)).max(initial=0.0) > _SILENT_PEAK:
                    return False
                decoded_s += frame.samples / max(1, frame.sample_rate)
            if decoded_s > _SILENCE_CHECK_S:
                return True
        return True
    except av.FFmpegError:
        return True
    finally:
        container.close()


# Packets in a row that cannot be read; behind so many there is nothing more.
_MOST_FAILURES = 200
# Formats without an index: their length is reckoned from their size.
_ESTIMATED = frozenset("mp3 aac loas ac3 eac3 dts mpeg mpegts flv amr g722 gsm adts truehd".split())
# Silence that stands for what was lost at once, at most.
_LONGEST_GAP_S = 30.0
# A shorter one is how packets are timed.
_SHORTEST_GAP_S = 0.02
_SHORTEST_HOLE_S = 0.1


def open_container(part: Part) -> Any:
    """FFmpeg's container; raises ``UnreadableError``."""
    import av

    # "file:" keeps names such as "concat:a|b" names; the whitelist keeps playlists from
    # reaching out to the network.
    options = {"protocol_whitelist": "file", "max_streams": "64"}
    source: Any = f"file:{part.path}" if part.is_whole else part.open()
    try:
        return av.open(source, options=options, metadata_errors="ignore")
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
        raise UnreadableError("no sound could be found in it in any known format") from error


class FfmpegSource:
    """The sound track of a file that FFmpeg opens.

    Parameters
    ----------
    part : Part
        The bytes to read.
    duration_s : float, optional
        The length where something better than the container tells it.
    """

    def __init__(self, part: Part, *, duration_s: float | None = None) -> None:
        import av
        from av.stream import Discard

        self._error = av.FFmpegError
        self._container = open_container(part)
        try:
            index, self.notes = choose_track(part, self._container, open_container)
            self._stream: Any = self._container.streams[index]
            context = self._stream.codec_context
            # There is none where FFmpeg does not know the codec.
            self.sample_rate = int(getattr(context, "sample_rate", 0) or 0)
            self.channels = int(getattr(context, "channels", 0) or 0)
            if not self.sample_rate or not self.channels:
                raise UnreadableError("its sound track cannot be decoded")
            check_numbers(self.sample_rate, self.channels)
        except UnreadableError:
            self._container.close()
            raise
        if may_use_threads():
            self._stream.thread_type = "AUTO"
        else:
            context.thread_count = 1
        for other in self._container.streams:
            if other.index != index:
                other.discard = Discard.all
        self.format = str(self._container.format.name)
        names = set(self.format.split(","))
        self.is_estimate = duration_s is None and bool(names & _ESTIMATED)
        self.duration_s = duration_s if duration_s is not None else self._header_duration()
        self._lost_s = 0.0
        self._places = 0

    def _header_duration(self) -> float | None:
        stream = self._stream
        if stream.duration is not None and stream.time_base is not None:
            length = float(stream.duration * stream.time_base)
        elif self._container.duration is not None:
            length = float(self._container.duration / 1_000_000)
        else:
            return None
        return length if 0.0 < length < 1e9 else None

    def blocks(self, start_s: float, block_s: float) -> Iterator[FloatArray]:
        """Yield blocks of samples, as :class:`fstmuse_core.audio.decoders.Source` does."""
        wanted = block_frames(block_s, self.sample_rate, self.channels)
        gathered: list[FloatArray] = []
        size = 0
        damage: DamagedError | None = None
        try:
            for block in self._sound(start_s):
                gathered.append(block)
                size += len(block)
                if size >= wanted:
                    yield np.concatenate(gathered)
                    gathered, size = [], 0
        except DamagedError as error:
            damage = error
        if gathered:
            yield np.concatenate(gathered)
        if self._places:
            self.notes.append(damage_note(self._places, self._lost_s))
        if damage:
            raise damage

    def _sound(self, start_s: float) -> Iterator[FloatArray]:
        convert = Converter(self.sample_rate, self.channels)
        base = self._stream.time_base or Fraction(1, 1_000_000)
        origin = float((self._stream.start_time or 0) * base)
        if start_s > 0:
            self._seek(origin + start_s)
        position: float | None = None  # in the file's own time, of what comes next
        to_skip = 0
        for frame, is_behind_damage in self._frames():
            samples = self._samples(frame)
            if samples is None:
                continue
            at = float(frame.pts * frame.time_base) if frame.pts is not None else None
            if position is None:
                position = at if at is not None else origin + start_s
                if start_s > 0:
                    to_skip = max(0, round((origin + start_s - position) * self.sample_rate))
            elif at is not None and (is_behind_damage or self._is_hole(at - position)):
                self._places += not is_behind_damage
                yield from convert(self._gap(at - position), self.sample_rate)
                position = max(position, at)
            position += len(samples) / frame.sample_rate
            for block in convert(samples, frame.sample_rate):
                kept = block[to_skip:]
                to_skip = max(0, to_skip - len(block))
                if len(kept):
                    yield kept
        yield from (block for block in convert.rest() if not to_skip)

    def _is_hole(self, seconds: float) -> bool:
        """True where an Ogg page is missing: FFmpeg passes over one without an error."""
        return self.format == "ogg" and _SHORTEST_HOLE_S < seconds < _LONGEST_GAP_S

    def _gap(self, seconds: float) -> FloatArray:
        """Silence in the place of what was lost."""
        if not _SHORTEST_GAP_S < seconds < _LONGEST_GAP_S:
            seconds = 0.0
        self._lost_s += seconds
        return np.zeros((round(seconds * self.sample_rate), self.channels), np.float32)

    def _samples(self, frame: Any) -> FloatArray | None:
        """A frame's samples as float, shape ``(n, channels)``; ``None`` if there are none."""
        try:
            check_numbers(frame.sample_rate, len(frame.layout.channels))
        except UnreadableError:
            self._places += 1
            return None
        return float_samples(frame)

    def _seek(self, at_s: float) -> None:
        try:
            self._container.seek(int(at_s * 1_000_000))
        except self._error as error:
            raise DamagedError(str(error)) from error

    def _frames(self) -> Iterator[tuple[Any, bool]]:
        """Decoded frames, each with whether something before it was lost."""
        is_behind_damage = False
        for packet in self._packets():
            if packet is None:
                is_behind_damage = True
                continue
            is_corrupt = packet.is_corrupt
            try:
                frames = self._stream.decode(packet)
            except self._error:
                self._places += not is_behind_damage
                is_behind_damage = True
                continue
            if is_corrupt and not is_behind_damage:
                self._places += 1
                is_behind_damage = True
            for frame in frames:
                yield frame, is_behind_damage
                is_behind_damage = False

    def _packets(self) -> Iterator[Any]:
        """Packets, and ``None`` for each place where none could be read."""
        failures = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except self._error as error:
                failures += 1
                if failures == 1:
                    self._places += 1
                    yield None
                if failures >= _MOST_FAILURES:
                    raise DamagedError(str(error)) from error
                packets = self._container.demux(self._stream)
                continue
            failures = 0
            yield packet

    def close(self) -> None:
        """Close the file, as :class:`fstmuse_core.audio.decoders.Source` does."""
        self._container.close()
