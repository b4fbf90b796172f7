"""True lengths of FLAC and Ogg files, whatever their headers say, and where joined files begin."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from fstmuse_core.audio.decoders.byte_file import ByteFile
from fstmuse_core.audio.decoders.source import check_numbers

# A frame of 65,535 samples with 8 channels of 32 bits, the largest there is, takes 2 MB.
_FAR = 3 << 20
_NEAR = 1 << 17
_BLOCK_SIZES = {
    1: 192,
    **{2 + i: 576 << i for i in range(4)},
    **{8 + i: 256 << i for i in range(8)},
}
JOINT = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")


_TTA_HEADER = struct.Struct("<4s3H2I")
_WAVPACK_BLOCK = struct.Struct("<4sIHBBIII")
_WAVPACK_BEGINS = 0x800
_WAVPACK_VERSIONS = range(0x402, 0x411)


def joints(file: ByteFile, kind: str, start: int) -> list[int]:
    """Offsets of the files of a kind that are joined in one; the first is ``start``."""
    found = {start}
    if kind == "flac":
        found |= {at for joint in JOINT for at in file.find_all(joint, start)}
    elif kind == "tta":
        found |= {at for at in file.find_all(b"TTA1", start) if _is_tta(file.at(at, 22))}
    elif kind == "wavpack":
        found |= {at for at in file.find_all(b"wvpk", start) if _begins_wavpack(file.at(at, 28))}
    return sorted(found)


def _is_tta(head: bytes) -> bool:
    size = _TTA_HEADER.size
    return len(head) == size + 4 and zlib.crc32(head[:size]) == int.from_bytes(
        head[size:], "little"
    )


def _begins_wavpack(head: bytes) -> bool:
    """True for the first block of a recording; there is one for each pair of channels."""
    if len(head) < _WAVPACK_BLOCK.size:
        return False
    _, size, version, high, _, _, first, n_samples = _WAVPACK_BLOCK.unpack(
        head[: _WAVPACK_BLOCK.size]
    )
    flags = int.from_bytes(head[24:28], "little")
    is_block = version in _WAVPACK_VERSIONS and size >= 24 and n_samples > 0
    return is_block and not first and not high and bool(flags & _WAVPACK_BEGINS)


@dataclass(frozen=True, slots=True)
class FlacLength:
    """Samples by the header (0: it does not say) and by the last frame (``None``: not found)."""

    stated: int
    found: int | None
    rate: int

    @property
    def is_whole(self) -> bool:
        """True if the header tells of all the frames."""
        return self.stated > 0 and (self.found is None or self.found <= self.stated)


def read_flac(file: ByteFile, start: int, end: int) -> FlacLength | None:
    """Compare header and last frame; ``None`` if the header is no FLAC's.

    Raises
    ------
    RefusedError
        If it states a sample rate that no sound has.
    """
    head = file.at(start, 42)
    if len(head) < 42 or head[4] & 0x7F:
        return None
    packed = int.from_bytes(head[18:26], "big")
    rate, channels = packed >> 44, (packed >> 41 & 7) + 1
    check_numbers(rate, channels)
    stated = packed & (1 << 36) - 1
    largest = int.from_bytes(head[10:12], "big")
    found = None
    for far in (_NEAR, _FAR):
        found = _last_frame(file, max(start + 42, end - far), end, largest)
        if found is not None or end - far <= start:
            break
    return FlacLength(stated, found, rate)


def _last_frame(file: ByteFile, start: int, end: int, largest: int) -> int | None:
    """Samples up to the end of the last frame between ``start`` and ``end``."""
    data = file.at(start, end - start)
    at = len(data)
    while (at := data.rfind(b"\xff", 0, at)) >= 0:
        samples = _frame_end(data[at : at + 16], largest)
        if samples is not None:
            return samples
    return None


def _frame_end(head: bytes, largest: int) -> int | None:
    """Number of the first sample behind a frame, if ``head`` is the header of one."""
    if len(head) < 6 or head[1] & 0xFE != 0xF8 or head[3] & 1:
        return None
    size_code, rate_code = head[2] >> 4, head[2] & 15
    if not size_code or rate_code == 15 or head[3] >> 4 > 10:
        return None
    number, at = _number(head)
    if number is None:
        return None
    size = _BLOCK_SIZES.get(size_code, 0)
    if size_code in (6, 7):
        width = size_code - 5
        size = int.from_bytes(head[at : at + width], "big") + 1
        at += width
    at += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if len(head) <= at or _crc8(head[:at]) != head[at]:
        return None
    is_variable = head[1] & 1
    return number + size if is_variable else number * max(largest, 16) + size


def _number(head: bytes) -> tuple[int | None, int]:
    """The frame's or sample's number, coded as in UTF-8, and where it ends."""
    first, count = head[4], 0
    while count < 7 and first & 0x80 >> count:
        count += 1
    if count == 1 or count > 7 or len(head) < 4 + max(1, count):
        return None, 4
    if count == 0:
        return first, 5
    value = first & (0x7F >> count)
    for byte in head[5 : 4 + count]:
        if byte & 0xC0 != 0x80:
            return None, 4
        value = value << 6 | byte & 0x3F
    return value, 4 + count


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x107 if crc & 0x80 else 0)) & 0x1FF
            crc &= 0xFF
    return crc


_BEGIN = b"OggS\x00\x02"
_MOST_LINKS = 100_000


def ogg_links(file: ByteFile, start: int) -> tuple[list[int], int]:
    """Offsets at which links begin, the first one included, and the first one's streams."""
    links: list[int] = []
    after, first_streams = -1, 0
    for at in file.find_all(_BEGIN, start):
        if at != after:  # a stream that begins right behind another's first page is beside it
            links.append(at)
        if len(links) == 1:
            first_streams += 1
        after = _page_end(file, at)
        if len(links) >= _MOST_LINKS:
            break
    return links or [start], first_streams


def _page_end(file: ByteFile, at: int) -> int:
    head = file.at(at, 27)
    if len(head) < 27:
        return -1
    segments = file.at(at + 27, head[26])
    return at + 27 + len(segments) + sum(segments)


def start_granule(file: ByteFile, start: int) -> int:
    """The granule position at the end of the first page that holds sound, 0 if none is found."""
    at = start
    for _ in range(64):
        head = file.at(at, 27)
        if head[:4] != b"OggS":
            return 0
        granule = int.from_bytes(head[6:14], "little", signed=True)
        if granule > 0:
            return granule
        at = _page_end(file, at)
    return 0
