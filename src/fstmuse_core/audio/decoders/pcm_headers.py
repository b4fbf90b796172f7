"""Headers of WAV, AIFF, W64, AU and CAF: their numbers, and sizes that were never filled in."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fstmuse_core.audio.decoders.byte_file import ByteFile, tag_at
from fstmuse_core.audio.decoders.source import check_numbers

# A size of this much or more was written by a program that could not know it.
_UNKNOWN_32 = 0x7FFF_0000
_UNKNOWN_64 = 1 << 62
_MOST_CHUNKS = 20_000
# Bytes behind the sound that are no chunk count as sound from this many seconds on.
_LEAST_S = 0.05


@dataclass(frozen=True)
class PcmHeader:
    """Contents of a PCM header that matter here.

    Attributes
    ----------
    patches : dict of int to bytes
        Bytes that must stand in the header for all of the sound to be read.
    claimed_s : float or None
        Length in seconds that the header states, where it is more than there is.
    end : int or None
        Offset at which another file begins behind this one.
    """

    patches: dict[int, bytes] = field(default_factory=dict)
    claimed_s: float | None = None
    end: int | None = None


@dataclass
class _Data:
    """The chunk with the samples: where it begins, its stated size, bytes per second."""

    start: int = 0
    size: int = -1
    per_second: float = 0.0


def read_pcm_header(file: ByteFile, kind: str) -> PcmHeader:
    """Read the header of a file of this kind.

    Raises
    ------
    RefusedError
        If it states a sample rate or a number of channels that no sound has.
    """
    reader = _READERS.get(kind)
    try:
        return reader(file) if reader else PcmHeader()
    except (struct.error, OverflowError, ValueError):
        return PcmHeader()


def _chunks(file: ByteFile, start: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Name, start of the body and stated size of each chunk."""
    at = start
    for _ in range(_MOST_CHUNKS):
        head = file.at(at, 8)
        if len(head) < 8:
            return
        size = struct.unpack(order + "I", head[4:])[0]
        yield head[:4], at + 8, size
        at += 8 + size + size % 2


def _wav(file: ByteFile) -> PcmHeader:
    magic = file.at(0, 4)
    order = ">" if magic == b"RIFX" else "<"
    long_size, data = -1, _Data()
    long_at = 0
    for name, body, size in _chunks(file, 12, order):
        if name == b"ds64":
            long_size, long_at = struct.unpack("<Q", file.at(body + 8, 8))[0], body
        elif name == b"fmt ":
            _, channels, rate, per_second, align = struct.unpack(order + "HHIIH", file.at(body, 14))
            check_numbers(rate, channels)
            data.per_second = per_second or float(rate * align)
        elif name == b"data":
            is_long = size == 0xFFFF_FFFF and long_size >= 0
            data.start, data.size = body, long_size if is_long else size
            break
    if not data.start:
        return PcmHeader()
    limit = _UNKNOWN_64 if long_at else _UNKNOWN_32

    def patches(size: int) -> dict[int, bytes]:
        if long_at:
            whole = struct.pack("<QQ", file.size - 8, size)
            return {long_at: whole, data.start - 4: b"\xff\xff\xff\xff"}
        packed = struct.pack(order + "I", min(size, 0xFFFF_FFF0))
        return {
            4: struct.pack(order + "I", min(file.size - 8, 0xFFFF_FFFE)),
            data.start - 4: packed,
        }

    return _judge(file, data, limit, patches, lambda at: _is_chunk(file, at, order))


def _aiff(file: ByteFile) -> PcmHeader:
    data, common, frame_bytes = _Data(), 0, 0
    stated = -1
    for name, body, size in _chunks(file, 12, ">"):
        if name == b"COMM":
            channels, stated, bits = struct.unpack(">HIH", file.at(body, 8))
            rate = _extended(file.at(body + 8, 10))
            check_numbers(rate, channels)
            common, frame_bytes = body, channels * ((bits + 7) // 8)
            is_plain = size < 22 or file.at(body + 18, 4) in (b"NONE", b"sowt", b"raw ", b"twos")
            data.per_second = rate * frame_bytes if is_plain else 0.0
        elif name == b"SSND":
            data.start, data.size = body + 8, max(0, size - 8)
            break
    if not data.start or not common or not frame_bytes or not data.per_second:
        return PcmHeader()
    if stated == 0:
        data.size = 0

    def patches(size: int) -> dict[int, bytes]:
        return {
            4: struct.pack(">I", min(file.size - 8, 0xFFFF_FFFE)),
            common + 2: struct.pack(">I", size // frame_bytes),
            data.start - 12: struct.pack(">I", size + 8),
        }

    return _judge(file, data, _UNKNOWN_32, patches, lambda at: _is_chunk(file, at, ">"))


def _extended(ten: bytes) -> float:
    """A number of 80 bits, as AIFF writes rates."""
    exponent, mantissa = struct.unpack(">HQ", ten)
    if exponent & 0x8000 or exponent & 0x7FFF > 16383 + 62:
        return 0.0 if exponent & 0x8000 else 1e18
    return float(math.ldexp(mantissa, (exponent & 0x7FFF) - 16383 - 63))


def _w64(file: ByteFile) -> PcmHeader:
    data, at = _Data(), 40
    for _ in range(_MOST_CHUNKS):
        head = file.at(at, 24)
        if len(head) < 24:
            return PcmHeader()
        size = struct.unpack("<Q", head[16:])[0]
        if head[:4] == b"fmt ":
            _, channels, rate, per_second, align = struct.unpack("<HHIIH", file.at(at + 24, 14))
            check_numbers(rate, channels)
            data.per_second = per_second or float(rate * align)
        elif head[:4] == b"data":
            data.start, data.size = at + 24, max(0, size - 24)
            break
        at += max(24, size + -size % 8)

    def patches(size: int) -> dict[int, bytes]:
        return {16: struct.pack("<Q", file.size), data.start - 8: struct.pack("<Q", size + 24)}

    return _judge(file, data, _UNKNOWN_64, patches, lambda at: _is_w64_chunk(file, at))


def _is_w64_chunk(file: ByteFile, at: int) -> bool:
    head = file.at(at + -at % 8, 24)
    if len(head) < 24 or not all(0x20 <= byte < 0x7F for byte in head[:4]):
        return False
    return 24 <= int(struct.unpack("<Q", head[16:])[0]) <= file.size - at


def _au(file: ByteFile) -> PcmHeader:
    order = ">" if file.at(0, 4) == b".snd" else "<"
    start, size, encoding, rate, channels = struct.unpack(order + "5I", file.at(4, 20))
    check_numbers(rate, channels)
    sample_bytes = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}.get(encoding, 0)
    data = _Data(start, size, float(rate * channels * sample_bytes))
    return _judge(
        file, data, _UNKNOWN_32, lambda size: {8: struct.pack(order + "I", size)}, lambda at: False
    )


def _caf(file: ByteFile) -> PcmHeader:
    data, at = _Data(), 8
    for _ in range(_MOST_CHUNKS):
        head = file.at(at, 12)
        if len(head) < 12:
            return PcmHeader()
        size = struct.unpack(">q", head[4:])[0]
        if head[:4] == b"desc":
            rate, _, _, packet, frames, channels, _ = struct.unpack(
                ">d4sIIIII", file.at(at + 12, 32)
            )
            check_numbers(rate if rate == rate else 0.0, channels)
            data.per_second = rate * packet / frames if frames and packet else 0.0
        elif head[:4] == b"data":
            data.start, data.size = at + 16, max(0, size - 4)
            break
        if size < 0:
            return PcmHeader()
        at += 12 + size
    if not data.per_second:
        return PcmHeader()

    def patches(size: int) -> dict[int, bytes]:
        return {data.start - 12: struct.pack(">q", size + 4)}

    return _judge(file, data, _UNKNOWN_64, patches, lambda at: _is_caf_chunk(file, at))


def _is_caf_chunk(file: ByteFile, at: int) -> bool:
    head = file.at(at, 12)
    if len(head) < 12 or not all(0x20 <= byte < 0x7F for byte in head[:4]):
        return False
    return 0 <= int(struct.unpack(">q", head[4:])[0]) <= file.size - at - 12


def _judge(
    file: ByteFile,
    data: _Data,
    unknown: int,
    patches: Callable[[int], dict[int, bytes]],
    is_chunk: Callable[[int], bool],
) -> PcmHeader:
    """Compare the stated size of the samples with what follows their start."""
    rest = file.size - data.start
    if rest <= 0 or not data.start:
        return PcmHeader()
    end = data.start + data.size + data.size % 2
    if data.size == 0:
        is_empty = rest >= 8 and is_chunk(data.start) and _is_chain(file, data.start, is_chunk)
        return PcmHeader() if is_empty else PcmHeader(patches(rest))
    if data.size >= unknown and data.size > rest:
        return PcmHeader(patches(rest))
    if data.size > rest:
        claimed = data.size / data.per_second if data.per_second else None
        return PcmHeader(patches(rest), claimed_s=claimed)
    left = file.size - end
    if left < _LEAST_S * data.per_second or left < 16 or is_chunk(end):
        return PcmHeader()
    if file.at(end, 4) == file.at(0, 4):
        return PcmHeader(end=end)
    if tag_at(file, end) or file.at(end, 3) == b"TAG" or not file.at(end, 4096).strip(b"\0"):
        return PcmHeader()
    return PcmHeader(patches(rest))


def _is_chunk(file: ByteFile, at: int, order: str) -> bool:
    """True if a chunk with a name in letters begins at ``at`` and ends within the file."""
    head = file.at(at, 8)
    if len(head) < 8 or head[:4] in (b"RIFF", b"FORM", b"RIFX", b"RF64"):
        return False
    name_is_text = all(0x20 <= byte < 0x7F for byte in head[:4])
    size = int(struct.unpack(order + "I", head[4:])[0])
    return name_is_text and at + 8 + size <= file.size + 1


def _is_chain(file: ByteFile, at: int, is_chunk: Callable[[int], bool]) -> bool:
    order = ">" if file.at(0, 4) in (b"FORM", b"RIFX") else "<"
    for _ in range(_MOST_CHUNKS):
        if at >= file.size - 7:
            return True
        if not is_chunk(at):
            return False
        size = struct.unpack(order + "I", file.at(at + 4, 4))[0]
        at += 8 + size + size % 2
    return False


_READERS: dict[str, Callable[[ByteFile], PcmHeader]] = {
    "wav": _wav,
    "aiff": _aiff,
    "w64": _w64,
    "au": _au,
    "caf": _caf,
}
