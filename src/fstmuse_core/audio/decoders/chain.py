"""Sources made of others: files joined in one, and a second decoder behind a first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from fstmuse_core.audio.decoders.byte_file import Part
from fstmuse_core.audio.decoders.source import Converter, DamagedError, Source, UnreadableError
from fstmuse_core.audio.spectrogram import FloatArray

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
