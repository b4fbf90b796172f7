"""Bytes of a file exchanged for others, of any length, where they lie."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

from fstmuse_core.process_limits import heartbeat

_BLOCK = 1 << 20


class Edit(NamedTuple):
    """Put ``new`` in place of ``length`` bytes at the offset ``at``."""

    at: int
    length: int
    new: bytes


def rewrite(stream: BinaryIO, edits: list[Edit]) -> None:
    """Make edits that do not overlap; raises ``OSError``."""
    # From the end, so that no offset is moved by another edit.
    for edit in sorted(edits, reverse=True):
        _resize(stream, edit.at + edit.length, len(edit.new) - edit.length)
        stream.seek(edit.at)
        stream.write(edit.new)


def _resize(stream: BinaryIO, start: int, by: int) -> None:
    """Move all bytes from ``start`` on."""
    end = stream.seek(0, 2)
    if by > 0:
        place = end
        while place > start:
            length = min(_BLOCK, place - start)
            place -= length
            _move(stream, place, length, by)
    elif by < 0:
        for place in range(start, end, _BLOCK):
            _move(stream, place, min(_BLOCK, end - place), by)
        stream.truncate(end + by)


def _move(stream: BinaryIO, place: int, length: int, by: int) -> None:
    heartbeat()
    stream.seek(place)
    block = stream.read(length)
    stream.seek(place + by)
    stream.write(block)
