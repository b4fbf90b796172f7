"""Tags of a file beside those of its format: ID3, APE, ID3v1, and the facts of WAV."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, BinaryIO

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

_APE_HEAD = 32
_HAS_HEADER = 0x80000000
# Where an "extended" ID3v1, which precedes the old one, has the genre as text.
_WIDE_GENRE = slice(185, 215)
_NO_GENRE = 255


def ape_with_genres(tag: bytes, genres: Sequence[str]) -> bytes:
    """An APE tag, with its header if it has one, whose genre is exchanged.

    All other items stay what they are to the byte. Raises ``ValueError`` if it is damaged.
    """
    has_header = tag[:8] == b"APETAGEX" and len(tag) > _APE_HEAD
    items = tag[_APE_HEAD if has_header else 0 : -_APE_HEAD]
    kept, count, found = [], 0, False
    for raw, key in _ape_items(items):
        if key.lower() != b"genre":
            kept.append(raw)
        elif not found and genres:
            value = "\0".join(genres).encode()
            found = True
            kept.append(struct.pack("<I", len(value)) + raw[4:8] + key + b"\0" + value)
        else:
            continue
        count += 1
    body = b"".join(kept)
    footer = tag[-_APE_HEAD:]
    header = tag[:_APE_HEAD] if has_header else b""
    return _ape_head(header, body, count) + body + _ape_head(footer, body, count)


def _ape_head(old: bytes, body: bytes, count: int) -> bytes:
    size = struct.pack("<II", len(body) + _APE_HEAD, count)
    return old[:12] + size + old[20:] if old else b""


def ape_others(tag: bytes) -> list[bytes]:
    """All items of an APE tag but the genre."""
    has_header = tag[:8] == b"APETAGEX" and len(tag) > _APE_HEAD
    items = tag[_APE_HEAD if has_header else 0 : -_APE_HEAD]
    return [raw for raw, key in _ape_items(items) if key.lower() != b"genre"]


def ape_texts(tag: bytes, name: bytes) -> list[str]:
    """Texts of the item of that name in small letters; ``ValueError`` if the tag is damaged."""
    has_header = tag[:8] == b"APETAGEX" and len(tag) > _APE_HEAD
    for raw, key in _ape_items(tag[_APE_HEAD if has_header else 0 : -_APE_HEAD]):
        if key.lower() == name:
            value = raw[8 + len(key) + 1 :].decode("utf-8", "replace")
            return [text for text in value.split("\0") if text.strip()]
    return []


def _ape_items(data: bytes) -> list[tuple[bytes, bytes]]:
    """Each item whole, and its key."""
    found, at = [], 0
    while at < len(data):
        end_of_key = data.find(b"\0", at + 8)
        if end_of_key < 0:
            raise ValueError("its APE tag is damaged")
        (length,) = struct.unpack_from("<I", data, at)
        end = end_of_key + 1 + length
        if end > len(data):
            raise ValueError("its APE tag is damaged")
        found.append((data[at:end], data[at + 8 : end_of_key]))
        at = end
    return found


def id3v1_with_genre(tag: bytes, genres: Sequence[str]) -> bytes:
    """An ID3v1 tag, with the "extended" one before it if there is one, of another genre."""
    number = id3v1_number(genres)
    new = tag[:-1] + bytes([number])
    if tag[:4] == b"TAG+":
        text = genres[0] if genres else ""
        wide = text.encode("latin-1", "replace")[:30].ljust(30, b"\0")
        new = new[: _WIDE_GENRE.start] + wide + new[_WIDE_GENRE.stop :]
    return new


def id3v1_others(tag: bytes) -> bytes:
    """An ID3v1 tag but for what it says of the genre."""
    return id3v1_with_genre(tag, ())


def id3v1_genres(tag: bytes) -> list[str]:
    """The genre in an ID3v1 tag, by its name."""
    if tag[:4] == b"TAG+" and (text := tag[_WIDE_GENRE].split(b"\0")[0].strip()):
        return [text.decode("latin-1")]
    from mutagen.id3 import TCON

    number = tag[-1]
    return [TCON.GENRES[number]] if number < len(TCON.GENRES) else []


def id3v1_number(genres: Sequence[str]) -> int:
    """The number that ID3v1 has for the first genre; 255 if it has none."""
    from mutagen.id3 import TCON

    return TCON.GENRES.index(genres[0]) if genres and genres[0] in TCON.GENRES else _NO_GENRE


def info_with_genre(chunk: bytes, genres: Sequence[str]) -> bytes:
    """The contents of a ``LIST`` of kind ``INFO`` with another genre, where it has one.

    Raises ``ValueError`` if it is damaged.
    """
    parts, is_first = [chunk[:4]], True
    for name, raw in _info_items(chunk):
        if name == b"IGNR":
            value = "; ".join(genres).encode() + b"\0" if genres and is_first else b""
            is_first = False
            raw = name + struct.pack("<I", len(value)) + value + b"\0" * (len(value) & 1)
            parts.append(raw if value else b"")
        else:
            parts.append(raw)
    return b"".join(parts)


def info_others(chunk: bytes) -> list[bytes]:
    """All facts but the genre; raises ``ValueError`` if the list is damaged."""
    return [raw for name, raw in _info_items(chunk) if name != b"IGNR"]


def fact_text(raw: bytes) -> tuple[str, bool]:
    """A fact as text, and whether it is not UTF-8, and read as Latin-1."""
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        return raw.decode("latin-1"), True


def info_facts(chunk: bytes) -> dict[bytes, bytes]:
    """Texts among the facts by their names; raises ``ValueError`` if the list is damaged."""
    facts: dict[bytes, bytes] = {}
    for name, raw in _info_items(chunk):
        facts.setdefault(name, raw[8 : 8 + int.from_bytes(raw[4:8], "little")].split(b"\0")[0])
    return facts


def _info_items(chunk: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 4
    while at + 8 <= len(chunk):
        name, length = struct.unpack_from("<4sI", chunk, at)
        end = at + 8 + length + (length & 1)
        if at + 8 + length > len(chunk):
            raise ValueError("its list of facts (LIST INFO) is damaged")
        found.append((name, chunk[at:end]))
        at = end
    if tail := chunk[at:]:
        found.append((b"", tail))
    return found


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
