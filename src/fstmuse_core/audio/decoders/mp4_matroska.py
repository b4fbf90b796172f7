"""Boxes of MP4 and elements of Matroska: what would take memory, and where a file ends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fstmuse_core.audio.decoders.byte_file import ByteFile
from fstmuse_core.audio.decoders.source import RefusedError

_HOLDERS = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"moof", b"traf"))
# Tables, the place of their number of entries, and the least bytes that an entry takes.
_TABLES = {
    b"stts": (4, 8),
    b"ctts": (4, 8),
    b"stsc": (4, 12),
    b"stco": (4, 4),
    b"co64": (4, 8),
    b"stss": (4, 4),
    b"elst": (4, 12),
}
_MOST_BOXES = 100_000
_DEEPEST = 8


def check_boxes(file: ByteFile, start: int) -> None:
    """Raise :class:`RefusedError` for tables of an MP4 file that state more than it can hold."""
    for name, body, size in _walk(file, start, file.size, 0, [0]):
        if name in _TABLES:
            place, width = _TABLES[name]
            count = int.from_bytes(file.at(body + place, 4), "big")
            if count * width > size:
                raise _refused(count)
            if name in (b"stts", b"ctts"):
                _check_runs(file, body + 8, count)
        elif name == b"stsz":
            constant = int.from_bytes(file.at(body + 4, 4), "big")
            count = int.from_bytes(file.at(body + 8, 4), "big")
            if count * (constant or 4) > (file.size if constant else size):
                raise _refused(count)
        elif name == b"trun":
            count = int.from_bytes(file.at(body + 4, 4), "big")
            if count > file.size:
                raise _refused(count)


def edited_out_s(file: ByteFile, start: int) -> float:
    """Seconds of sound of an MP4 file's first sound track that its edit list leaves out."""
    movie_scale = scale = 1
    edited: float | None = None
    is_sound = False
    for name, body, size in _walk(file, start, file.size, 0, [0]):
        wide = 8 * (file.at(body, 1) == b"\x01")
        if name == b"mvhd":
            movie_scale = max(1, int.from_bytes(file.at(body + 12 + wide, 4), "big"))
        elif name == b"trak":
            edited, is_sound, scale = None, False, 1
        elif name == b"mdhd":
            scale = max(1, int.from_bytes(file.at(body + 12 + wide, 4), "big"))
        elif name == b"hdlr":
            is_sound = is_sound or file.at(body + 8, 4) == b"soun"
        elif name == b"elst":
            width = 20 if wide else 12
            entries = min(int.from_bytes(file.at(body + 4, 4), "big"), 1000, size // width)
            edited = (
                sum(
                    int.from_bytes(file.at(body + 8 + width * index, 8 if wide else 4), "big")
                    for index in range(entries)
                )
                / movie_scale
            )
        elif name == b"stts" and is_sound:
            count = int.from_bytes(file.at(body + 4, 4), "big")
            runs = np.frombuffer(file.at(body + 8, min(8 * count, size - 8) // 8 * 8), ">u4")
            whole = float((runs[::2].astype(np.float64) * runs[1::2]).sum()) / scale
            return 0.0 if edited is None else max(0.0, whole - edited)
    return 0.0


def _check_runs(file: ByteFile, at: int, count: int) -> None:
    """Samples are stated in runs: each sample takes a byte of the file at least."""
    runs = np.frombuffer(file.at(at, 8 * count), ">u4")
    total = int(runs[::2].sum(dtype=np.uint64))
    if total > file.size:
        raise _refused(total)


def _refused(count: int) -> RefusedError:
    return RefusedError(f"its header states a table of {count:,} entries, more than the file holds")


def _walk(
    file: ByteFile, at: int, end: int, depth: int, seen: list[int]
) -> Iterator[tuple[bytes, int, int]]:
    """Name, body and size of the body of each box, inner ones too."""
    while at + 8 <= end and seen[0] < _MOST_BOXES:
        seen[0] += 1
        name, body, after = _box(file, at)
        after = min(after, end)
        if after <= at:
            return
        yield name, body, after - body
        if name in _HOLDERS and depth < _DEEPEST:
            yield from _walk(file, body, after, depth + 1, seen)
        at = after


def _box(file: ByteFile, at: int) -> tuple[bytes, int, int]:
    """Name, start of the body, and end of the box at ``at``; the end is ``at`` if it is none."""
    head = file.at(at, 16)
    size = int.from_bytes(head[:4], "big")
    if size == 1:
        size = int.from_bytes(head[8:16], "big")
        return head[4:8], at + 16, at + (size if size >= 16 else 0)
    if size == 0:
        return head[4:8], at + 8, file.size
    return head[4:8], at + 8, at + (size if size >= 8 else 0)


def mp4_joints(file: ByteFile, start: int) -> list[int]:
    """Offsets at which joined MP4 files begin, the first one included."""
    joints, at, has_movie = [start], start, False
    for _ in range(_MOST_BOXES):
        if at + 8 > file.size:
            break
        name, _, after = _box(file, at)
        if name == b"ftyp" and at > joints[-1] and has_movie:
            joints.append(at)
            has_movie = False
        has_movie |= name == b"moov"
        if after <= at:
            break
        at = after
    return joints


def matroska_joints(file: ByteFile, start: int) -> list[int]:
    """Offsets at which joined Matroska files begin, the first one included."""
    joints, at = [start], start
    for _ in range(_MOST_BOXES):
        head = file.at(at, 4)
        if len(head) < 4:
            break
        if head == b"\x1a\x45\xdf\xa3" and at > joints[-1]:
            joints.append(at)
        size = _element_size(file, at + 4)
        if size is None or head not in (b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"):
            break
        at = size
    return joints


def _element_size(file: ByteFile, at: int) -> int | None:
    """End of the element whose size field is at ``at``; ``None`` where it is not stated."""
    head = file.at(at, 8)
    if not head or not head[0]:
        return None
    width = 9 - head[0].bit_length()
    value = int.from_bytes(head[:width], "big") & (1 << 7 * width) - 1
    return None if value == (1 << 7 * width) - 1 else at + width + value
