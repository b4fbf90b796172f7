"""MPEG audio, frame by frame: what libsndfile would cut short or give up is decoded here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.audio.decoders.byte_file import ByteFile
from fstmuse_core.audio.decoders.mpeg import DECODER_DELAY, FrameHeader, Run, header_in
from fstmuse_core.audio.decoders.source import Converter, block_frames, float_samples
from fstmuse_core.audio.spectrogram import FloatArray

# Frames decoded before the first one wanted: they fill the bit reservoir and the filter bank.
_WARM_UP = 12
_CODECS = {1: "mp1float", 2: "mp2float", 3: "mp3float"}


def is_plain(runs: list[Run]) -> bool:
    """True if the file is one undamaged recording whose header tells all of its frames."""
    first = runs[0]
    if len(runs) > 1:
        return False
    return not first.has_info or not first.claimed or abs(first.claimed - first.frames) <= 1


def length_s(runs: list[Run]) -> float:
    """Seconds of sound in all runs, with what the encoder added left out."""
    return sum(
        (run.frames * run.header.samples - sum(_trim(run))) / run.header.rate for run in runs
    )


def _trim(run: Run) -> tuple[int, int]:
    """Samples to drop at the start and at the end of a run."""
    if not run.delay and not run.padding:
        return 0, 0
    # Of a piece of a recording the end is not the encoder's.
    is_all = abs(run.claimed - run.frames) <= 1
    lead = run.delay + DECODER_DELAY
    tail = max(0, run.padding - DECODER_DELAY) if is_all else 0
    total = run.frames * run.header.samples
    return min(lead, total), min(tail, max(0, total - lead))


class MpegSource:
    """All frames of an MPEG file, over damage, tags and joints."""

    format = "MP3"
    is_estimate = False

    def __init__(self, path: Path, runs: list[Run]) -> None:
        import av

        self._error = av.FFmpegError
        self._file = ByteFile(path)
        self._runs = runs
        first = runs[0].header
        self.sample_rate = first.rate
        self.channels = max(run.header.channels for run in runs)
        self._lost = _lost_frames(runs)
        self._convert = Converter(self.sample_rate, self.channels)
        decoded_s = length_s(runs) + sum(
            count * run.header.samples / run.header.rate
            for count, run in zip(self._lost, runs, strict=True)
        )
        claimed = sum(
            max(0, run.claimed * run.header.samples - run.delay - run.padding) / run.header.rate
            for run in runs
        )
        # Frames that are announced and neither there nor lost to damage were cut off.
        self.duration_s: float | None = max(
            decoded_s, claimed if _is_cut(runs, self._lost) else 0.0
        )
        self.notes = _notes(runs)

    def blocks(self, start_s: float, block_s: float) -> Iterator[FloatArray]:
        """Yield blocks of samples, as :class:`fstmuse_core.audio.decoders.Source` does."""
        wanted = block_frames(block_s, self.sample_rate, self.channels)
        gathered: list[FloatArray] = []
        size, skip = 0, round(start_s * self.sample_rate)
        for lost, run in zip(self._lost, self._runs, strict=True):
            scale = self.sample_rate / run.header.rate
            silent = round(lost * run.header.samples * scale)
            length = round((run.frames * run.header.samples - sum(_trim(run))) * scale)
            if skip >= silent + length:
                skip -= silent + length
                continue
            for part in self._run(run, silent, skip):
                gathered.append(part)
                size += len(part)
                if size >= wanted:
                    yield np.concatenate(gathered)
                    gathered, size = [], 0
            skip = 0
        if gathered:
            yield np.concatenate(gathered)

    def _run(self, run: Run, silent: int, skip: int) -> Iterator[FloatArray]:
        """One run's sound behind the silence that stands for what was lost before it."""
        if silent > skip:
            yield np.zeros((silent - skip, self.channels), np.float32)
        skip = max(0, skip - silent)
        lead, tail = _trim(run)
        own_skip = int(skip * run.header.rate / self.sample_rate) + lead
        begin = max(0, own_skip // run.header.samples - _WARM_UP)
        at = begin * run.header.samples
        end = run.frames * run.header.samples - tail
        for samples in self._decoded(run, begin):
            kept = samples[max(0, own_skip - at) : max(0, end - at)]
            at += len(samples)
            if len(kept):
                yield from self._convert(kept, run.header.rate)
        yield from self._convert.rest()

    def _decoded(self, run: Run, begin: int) -> Iterator[FloatArray]:
        import av

        codec: Any = av.CodecContext.create(_CODECS[run.header.layer], "r")
        place = run.start
        if run.has_info:
            place += run.header.length
        for index in range(run.frames):
            header = header_in(self._file.at(place, 4))
            if header is None:  # the file has changed since it was scanned
                return
            if index >= begin:
                data = self._file.at(place, header.length)
                yield self._frame(codec, data, header)
            place += header.length

    def _frame(self, codec: Any, data: bytes, header: FrameHeader) -> FloatArray:
        import av

        try:
            frames = codec.decode(av.Packet(data))
        except self._error:  # a moment of silence, as players have it
            frames = []
        if not frames:
            return np.zeros((header.samples, self.channels), np.float32)
        return np.concatenate([float_samples(frame) for frame in frames])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _recordings(runs: list[Run]) -> Iterator[list[int]]:
    """Indices of the runs that belong to one recording."""
    group: list[int] = []
    for index, run in enumerate(runs):
        if run.new and group:
            yield group
            group = []
        group.append(index)
    yield group


def _lost_frames(runs: list[Run]) -> list[int]:
    """Frames lost before each run, as far as the recording's header says that some are."""
    lost = [0] * len(runs)
    for group in _recordings(runs):
        missing = runs[group[0]].claimed - sum(runs[index].frames for index in group)
        for index in group:
            run = runs[index]
            count = min(max(0, missing), -(-run.damaged_bytes // max(1, run.header.length)))
            lost[index] = count
            missing -= count
    return lost


def _is_cut(runs: list[Run], lost: list[int]) -> bool:
    return any(
        runs[group[0]].claimed > sum(runs[i].frames + lost[i] for i in group) + 1
        for group in _recordings(runs)
    )


def _notes(runs: list[Run]) -> list[str]:
    damaged = [run.damaged_bytes for run in runs if run.damaged_bytes]
    if not damaged:
        return []
    places = "1 place" if len(damaged) == 1 else f"{len(damaged)} places"
    size = sum(damaged)
    shown = f"{size / 1000:.1f} kB" if size >= 1000 else f"{size} bytes"
    return [f"the file is damaged in {places}: {shown} in it are no sound and were passed over"]
