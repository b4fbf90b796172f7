"""Tags of a file beside those of its format: ID3, APE, and the facts of WAV."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, BinaryIO

from fstmuse_core.tags.old_tags import ape_texts, fact_text, id3v1_genres, info_facts
from fstmuse_core.tags.spans import (
    CHUNKED,
    FRAMED,
    MP4_BOXES,
    Chunk,
    UnknownLayoutError,
    chunks,
    skip_ape,
    skip_id3,
    tag_at_end,
)

# Rewriting tags takes several times their size in memory.
LARGEST_TAGS = 32 << 20


class PartKind(StrEnum):
    """A kind of tag, by the name that people know."""

    ID3V2 = "ID3v2"
    APE = "APEv2"
    INFO = "RIFF INFO"
    ID3V1 = "ID3v1"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Part:
    """One tag: its kind, where its bytes begin in the file, and those bytes."""

    kind: PartKind
    at: int
    data: bytes

    @property
    def genres(self) -> tuple[str, ...]:
        """The genres that it names; none where it is damaged."""
        try:
            return tuple(" ".join(text.split()) for text in self._genres() if text.strip())
        except Exception:  # what mutagen raises of damaged tags is of many kinds
            return ()

    def _genres(self) -> list[str]:
        if self.kind is PartKind.ID3V2:
            frames = id3_frames(self.data).getall("TCON")
            return [str(genre) for frame in frames for genre in frame.genres]
        if self.kind is PartKind.APE:
            return ape_texts(self.data, b"genre")
        if self.kind is PartKind.INFO:
            return [fact_text(info_facts(self.data).get(b"IGNR", b""))[0]]
        return id3v1_genres(self.data) if self.kind is PartKind.ID3V1 else []


def id3_frames(data: bytes) -> Any:
    """An ID3v2 tag as mutagen reads it; raises what mutagen raises."""
    import mutagen.id3

    make: Any = mutagen.id3.ID3
    return make(io.BytesIO(data), translate=False, load_v1=False)


def tag_parts(path: str | os.PathLike[str]) -> list[Part]:
    """Tags of a file that are not its format's own, in the order in which they are believed.

    Empty where its structure is not understood. Raises ``OSError``.
    """
    with open(path, "rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        try:
            found = _parts(stream, size, os.path.splitext(os.fspath(path))[1].lower())
        except UnknownLayoutError:
            return []
    return sorted(found, key=lambda part: list(PartKind).index(part.kind))


def _parts(stream: BinaryIO, size: int, suffix: str) -> list[Part]:
    start = skip_id3(stream)
    stream.seek(start)
    head = stream.read(12)
    if head[:4] + head[8:] in CHUNKED and not start:
        return [part for chunk in chunks(stream, size) if (part := _chunk_part(stream, chunk))]
    if head.startswith(b"fLaC"):
        stream.seek(max(0, size - 128))
        tail = stream.read()
        old = [Part(PartKind.ID3V1, size - 128, tail)] if tail[:3] == b"TAG" else []
        return _front(stream, size) + old
    if (head.startswith(b"OggS") or head[4:8] in MP4_BOXES) and not start:
        return []
    is_mpeg = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    if start or is_mpeg or suffix in FRAMED:
        return _mpeg_parts(stream, size)
    return []


def _chunk_part(stream: BinaryIO, chunk: Chunk) -> Part | None:
    if chunk.name in (b"id3 ", b"ID3 "):
        return _part(stream, PartKind.ID3V2, chunk.at, chunk.length)
    if chunk.name == b"LIST" and chunk.length >= 4:
        part = _part(stream, PartKind.INFO, chunk.at, chunk.length)
        return part if part and part.data[:4] == b"INFO" else None
    return None


def _front(stream: BinaryIO, size: int) -> list[Part]:
    found, at = [], 0
    while (end := skip_id3(stream, at, once=True)) > at:
        if end <= size and (part := _part(stream, PartKind.ID3V2, at, end - at)):
            found.append(part)
        at = end
    return found


def _mpeg_parts(stream: BinaryIO, size: int) -> list[Part]:
    found = _front(stream, size)
    start = skip_id3(stream)
    if (end := skip_ape(stream, start)) > start and end <= size:
        found += filter(None, [_part(stream, PartKind.APE, start, end - start)])
        start = end
    end = size
    while start < end and (at := tag_at_end(stream, start, end)) < end:
        stream.seek(at)
        head = stream.read(3)
        stream.seek(max(at, end - 32))
        tail = stream.read(min(32, end - at))
        kind = PartKind.OTHER
        if head == b"TAG":
            kind = PartKind.ID3V1
        elif tail[:8] == b"APETAGEX":
            kind = PartKind.APE
        elif tail[-10:-7] == b"3DI":
            kind = PartKind.ID3V2
        found += filter(None, [_part(stream, kind, at, end - at)])
        end = at
    return found


def _part(stream: BinaryIO, kind: PartKind, at: int, length: int) -> Part | None:
    if length > LARGEST_TAGS:
        return None
    stream.seek(at)
    data = stream.read(length)
    return Part(kind, at, data) if len(data) == length else None
