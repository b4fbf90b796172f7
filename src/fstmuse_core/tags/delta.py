"""A file as its difference from another: what undoing needs, and no more."""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from fstmuse_core.process_limits import heartbeat

_STEP = struct.Struct("<QQ")
_LITERAL = 2**64 - 1
# Long enough that equal bytes are hardly ever so by chance.
_PROBE = 32
# How far what is equal may have moved between two steps: tags and their padding are small, and
# pictures are copied.
_REACH = 1 << 18
_BLOCK = 1 << 18


def make_delta(old: BinaryIO, new: Path) -> bytes:
    """How ``old`` is put together again from ``new``; compressed.

    Works on any two files, and is small where they share long runs of bytes in the same
    order. Raises ``OSError``.
    """
    packer = zlib.compressobj(6)
    packed = []
    with new.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as base:
        for at, length, literal in _steps(old, base):
            packed.append(packer.compress(_STEP.pack(at, length) + literal))
    return b"".join([*packed, packer.flush()])


def apply_delta(delta: bytes, new: BinaryIO, take: Callable[[bytes], object]) -> None:
    """Hand the old file to ``take``, block by block.

    Raises ``OSError``, and ``ValueError`` if the difference is damaged.
    """
    try:
        steps = zlib.decompress(delta)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    place = 0
    while place < len(steps):
        at, length = _STEP.unpack_from(steps, place)
        place += _STEP.size
        if at == _LITERAL:
            take(steps[place : place + length])
            place += length
            continue
        new.seek(at)
        while length and (block := new.read(min(length, _BLOCK))):
            take(block)
            length -= len(block)


def _steps(old: BinaryIO, base: mmap.mmap) -> Iterator[tuple[int, int, bytes]]:
    """Runs of ``base`` by place and length, and bytes that are not in it."""
    at = near = 0
    literal = bytearray()
    while probe := _read(old, at, _PROBE):
        found = _find(base, probe, near) if len(probe) == _PROBE else -1
        if found < 0:
            literal += probe
            at, near = at + len(probe), near + len(probe)
            continue
        if literal:
            yield _LITERAL, len(literal), bytes(literal)
            literal.clear()
        length = _common(old, at, base, found)
        yield found, length, b""
        at, near = at + length, found + length
    if literal:
        yield _LITERAL, len(literal), bytes(literal)


def _find(base: mmap.mmap, probe: bytes, near: int) -> int:
    if base[near : near + _PROBE] == probe:
        return near
    return base.find(probe, max(0, near - _REACH), near + _REACH)


def _common(old: BinaryIO, at: int, base: mmap.mmap, found: int) -> int:
    """How many bytes are equal from these places on."""
    length = 0
    while block := _read(old, at + length, _BLOCK):
        heartbeat()
        other = base[found + length : found + length + len(block)]
        if block != other:
            return length + _first_difference(block, other)
        length += len(block)
    return length


def _first_difference(one: bytes, other: bytes) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _read(stream: BinaryIO, at: int, length: int) -> bytes:
    stream.seek(at)
    return stream.read(length)
