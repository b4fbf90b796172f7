"""Vorbis comments as bytes, as FLAC and Ogg have them: the genre is exchanged, no more."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fstmuse_core.tags.spans import skip_id3

_GENRE = b"genre"
COMMENTS_BLOCK = 4


@dataclass(frozen=True, slots=True)
class Comments:
    """A block of comments taken apart: who wrote it, its entries, and what follows them."""

    vendor: bytes
    entries: tuple[bytes, ...]
    tail: bytes

    @classmethod
    def parse(cls, data: bytes) -> Comments:
        """Take a block apart; raises ``ValueError`` if it is damaged."""
        try:
            (length,) = struct.unpack_from("<I", data)
            at = 4 + length
            vendor = data[4:at]
            (count,) = struct.unpack_from("<I", data, at)
            at += 4
            entries = []
            for _ in range(count):
                (length,) = struct.unpack_from("<I", data, at)
                at += 4 + length
                if at > len(data):
                    raise ValueError("its comments break off")
                entries.append(data[at - length : at])
        except struct.error as error:
            raise ValueError("its comments break off") from error
        return cls(vendor, tuple(entries), data[at:])

    def texts(self, name: str) -> list[str]:
        """Values of the comments of that name, in any spelling."""
        wanted = name.casefold().encode()
        found = (entry.partition(b"=") for entry in self.entries)
        return [
            " ".join(value.decode("utf-8", "replace").split())
            for key, _, value in found
            if key.lower() == wanted and value.strip()
        ]

    def others(self, ours: Sequence[str]) -> tuple[object, ...]:
        """All but the comments of those names."""
        keys = {name.casefold().encode() for name in ours}
        kept = tuple(e for e in self.entries if e.partition(b"=")[0].lower() not in keys)
        return self.vendor, kept, self.tail

    def with_values(self, values: dict[str, Sequence[str]]) -> bytes:
        """The block with these values in place of those that the names have, in their place."""
        keys = {name.casefold().encode() for name in values}
        new = [
            f"{name}={text}".encode() for name, texts in values.items() for text in texts if text
        ]
        entries: list[bytes] = []
        for entry in self.entries:
            key = entry.partition(b"=")[0].lower()
            if key not in keys:
                entries.append(entry)
            elif key == _GENRE and new:
                entries += new
                new = []
        entries += new
        packed = b"".join(struct.pack("<I", len(entry)) + entry for entry in entries)
        head = struct.pack("<I", len(self.vendor)) + self.vendor
        return head + struct.pack("<I", len(entries)) + packed + self.tail


EMPTY = Comments(b"FstMuse", (), b"")


@dataclass(frozen=True, slots=True)
class FlacBlock:
    """A block of FLAC's metadata; ``at`` is where its header begins."""

    kind: int
    at: int
    length: int
    is_last: bool


def flac_blocks(stream: BinaryIO) -> Iterator[FlacBlock]:
    """The blocks of metadata of a FLAC file; raises ``ValueError`` if they break off."""
    at = skip_id3(stream) + 4
    while True:
        stream.seek(at)
        head = stream.read(4)
        if len(head) < 4 or head[0] & 0x7F == 0x7F:
            raise ValueError("its metadata break off")
        block = FlacBlock(head[0] & 0x7F, at, int.from_bytes(head[1:], "big"), bool(head[0] & 0x80))
        yield block
        if block.is_last:
            return
        at += 4 + block.length


def block_contents(stream: BinaryIO, block: FlacBlock) -> bytes:
    """Contents of a block; raises ``ValueError`` if it breaks off."""
    stream.seek(block.at + 4)
    data = stream.read(block.length)
    if len(data) < block.length:
        raise ValueError("its metadata break off")
    return data


def flac_texts(path: Path) -> dict[str, list[str]]:
    """Comments of a FLAC file by their names in small letters; empty if it is none.

    Raises ``OSError``, and ``ValueError`` if it is damaged.
    """
    with path.open("rb") as stream:
        stream.seek(skip_id3(stream))
        if stream.read(4) != b"fLaC":
            return {}
        for block in flac_blocks(stream):
            if block.kind == COMMENTS_BLOCK:
                comments = Comments.parse(block_contents(stream, block))
                keys = {entry.partition(b"=")[0].lower() for entry in comments.entries}
                names = [key.decode("ascii", "replace") for key in keys]
                return {name: texts for name in names if (texts := comments.texts(name))}
    return {}
