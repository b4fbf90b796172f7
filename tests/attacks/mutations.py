"""Damage to bytes, drawn from a fixed seed: what disks, transfers and attackers do to files."""

from __future__ import annotations

import random
from collections.abc import Callable

# Values that programs compute with wrongly: limits of signed and unsigned integers.
_EXTREMES = (b"\x00", b"\xff", b"\x7f", b"\x80")
_WIDTHS = (1, 2, 4, 8)
# Headers lie at the front; most of the damage does too.
_FRONT = 512
_FRONT_SHARE = 0.6


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Damage ``data`` in one to four places."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if data:
            data = chance.choice(_KINDS)(data, chance)
    return data


def _place(data: bytes, chance: random.Random) -> int:
    size = min(len(data), _FRONT) if chance.random() < _FRONT_SHARE else len(data)
    return chance.randrange(size)


def _flip_bit(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def _overwrite(data: bytes, chance: random.Random) -> bytes:
    at, size = _place(data, chance), chance.choice((1, 2, 4, 16, 256, 2_048))
    return data[:at] + chance.randbytes(size) + data[at + size :]


def _extreme(data: bytes, chance: random.Random) -> bytes:
    at, width = _place(data, chance), chance.choice(_WIDTHS)
    value = chance.choice(_EXTREMES) + chance.choice((b"\x00", b"\xff")) * (width - 1)
    value = value if chance.random() < 0.5 else value[::-1]
    return data[:at] + value + data[at + width :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: _place(data, chance)]


def _remove(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + data[at + chance.choice((1, 7, 100, 5_000)) :]


def _insert(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.randbytes(chance.choice((1, 7, 100, 2_000))) + data[at:]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    at, size = _place(data, chance), chance.choice((4, 64, 1_000))
    return data[:at] + data[at : at + size] * chance.choice((2, 3, 50)) + data[at + size :]


_KINDS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip_bit,
    _overwrite,
    _extreme,
    _extreme,
    _cut,
    _remove,
    _insert,
    _repeat,
)
