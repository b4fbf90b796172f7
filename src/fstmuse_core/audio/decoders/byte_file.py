"""Random access to a file's bytes, a part of it as a file of its own, and lengths of tags in it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_WINDOW = 1 << 18
# Beyond this a file is not searched for what its structure does not tell.
SEARCHED_BYTES = 4 << 30


class ByteFile:
    """A file, or a part of one, that is looked at here and there; one window of it is kept.

    Offsets count from ``start``.
    """

    def __init__(
        self, path: Path, start: int = 0, end: int | None = None, *, window: int = _WINDOW
    ) -> None:
        self._least = window
        self._stream = path.open("rb", buffering=0)
        whole = os.fstat(self._stream.fileno()).st_size
        self.size = max(0, min(whole, whole if end is None else end) - start)
        self._origin = start
        self._start, self._window = 0, b""

    def at(self, offset: int, count: int) -> bytes:
        """``count`` bytes from ``offset`` on, fewer at the end."""
        count = max(0, min(count, self.size - offset))
        first = offset - self._start
        if first < 0 or first + count > len(self._window):
            self._start, first = offset, 0
            self._window = self._read(offset, max(count, self._least))
        return self._window[first : first + count]

    def find_all(self, needle: bytes, start: int = 0) -> Iterator[int]:
        """Offsets of ``needle`` from ``start`` on."""
        at, keep = start, len(needle) - 1
        end = min(self.size, start + SEARCHED_BYTES)
        while at < end:
            block = self._read(at, min(4 * _WINDOW, end - at))
            found = block.find(needle)
            while found >= 0:
                yield at + found
                found = block.find(needle, found + 1)
            if len(block) <= keep:
                return
            at += len(block) - keep

    def _read(self, offset: int, count: int) -> bytes:
        self._stream.seek(self._origin + offset)
        return self._stream.read(count) or b""

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def __enter__(self) -> ByteFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Part:
    """Bytes ``start`` to ``end`` of a file, with ``patches`` (offset in the file to bytes) in them.

    ``end`` is ``None`` for all that follows.
    """

    path: Path
    start: int = 0
    end: int | None = None
    patches: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """True if it is the file as it is."""
        return not self.start and self.end is None and not self.patches

    def open(self) -> io.BufferedReader:
        """The part as a file object."""
        return io.BufferedReader(_PartFile(self), 1 << 16)


class _PartFile(io.RawIOBase):
    def __init__(self, part: Part) -> None:
        self._stream = part.path.open("rb", buffering=0)
        size = os.fstat(self._stream.fileno()).st_size
        self._start = part.start
        self._size = max(0, min(part.end if part.end is not None else size, size) - part.start)
        self._patches = [(at - part.start, data) for at, data in part.patches.items()]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = (0, self._at, self._size)[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        wanted = max(0, min(len(view), self._size - self._at))
        self._stream.seek(self._start + self._at)
        data = bytearray(self._stream.read(wanted) or b"")
        for at, patch in self._patches:
            first, last = max(at, self._at), min(at + len(patch), self._at + len(data))
            if first < last:
                data[first - self._at : last - self._at] = patch[first - at : last - at]
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def tag_at(file: ByteFile, at: int) -> int:
    """Length in bytes of the ID3v2, APEv2 or Lyrics3 tag that begins at ``at``; 0 if none does.

    The length is what the tag states, and may lie.
    """
    head = file.at(at, 32)
    if head[:3] == b"ID3" and len(head) >= 10 and head[3] < 0xFF and head[4] < 0xFF:
        return _id3_length(head)
    if head[:8] == b"APETAGEX" and len(head) == 32:
        size = int.from_bytes(head[12:16], "little")
        flags = int.from_bytes(head[20:24], "little")
        is_header = flags >> 29 & 1
        return size + 32 if is_header else 32
    if head[:11] == b"LYRICSBEGIN":
        block = file.at(at, 1 << 17)
        for end in (b"LYRICS200", b"LYRICSEND"):
            if (found := block.find(end)) >= 0:
                return found + 9
    return 0


def _id3_length(head: bytes) -> int:
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    footer = 10 * (head[5] >> 4 & 1)
    return 10 + size + footer


def plain_id3_length(head: bytes) -> int:
    """The length if the size was written as a plain number, as some taggers did."""
    return 10 + int.from_bytes(head[6:10], "big")
