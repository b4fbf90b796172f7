"""Genres in the older tags of MPEG sound, and in WAV's own facts: exchanged where there is one."""

from __future__ import annotations

import struct
from collections.abc import Sequence

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
