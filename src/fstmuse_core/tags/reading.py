"""Reader of a file's tags: one for the library, data sets, previews and corrections."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fstmuse_core.tags.comments import flac_texts
from fstmuse_core.tags.genres import useful_genres
from fstmuse_core.tags.tag_containers import (
    Part,
    PartKind,
    ape_texts,
    fact_text,
    id3_frames,
    info_facts,
    tag_parts,
)
from fstmuse_core.tags.text_encoding import AUTO, decoded

# Names of a field in the formats that mutagen reads, in order of preference.
_KEYS: dict[str, tuple[str, ...]] = {
    "genre": ("genre", "TCON", "WM/Genre", "\xa9gen"),
    "artist": ("artist", "TPE1", "Author", "\xa9ART", "albumartist", "TPE2", "aART"),
    "album": ("album", "TALB", "WM/AlbumTitle", "\xa9alb"),
    "title": ("title", "TIT2", "Title", "\xa9nam"),
    "date": ("date", "TDRC", "TYER", "WM/Year", "\xa9day", "year", "originaldate", "TDOR"),
}
_FACTS = {"genre": b"IGNR", "artist": b"IART", "album": b"IPRD", "title": b"INAM"}
_FACTS["date"] = b"ICRD"
_YEAR = re.compile(r"(?<!\d)(1[5-9]|20)\d\d(?!\d)")
# Names of formats by mutagen's classes, where the file's name does not say it.
_FORMATS = {"OggVorbis": "Vorbis", "OggOpus": "Opus", "OggFLAC": "FLAC", "OggSpeex": "Speex"}
# What taggers write where they do not know, or where a record has many artists.
_NOBODY = frozenset(
    "various,various artists,va,v.a.,unknown,unknown artist,[unknown],<unknown>,none,n/a".split(",")
)
_LATIN_1 = 0
# A second of sound has fewer bits, whatever a damaged header says.
_MOST_BITS = 2**31


@dataclass(frozen=True, slots=True)
class Tags:
    """Texts and facts by a file's tags; texts are empty and numbers 0 where it has none.

    ``format`` is that of the sound ("MP3", "Vorbis"), ``bit_rate`` in bits a second.
    """

    genres: tuple[str, ...] = ()
    artist: str = ""
    album: str = ""
    title: str = ""
    seconds: float = 0.0
    year: int = 0
    format: str = ""
    bit_rate: int = 0


@dataclass(frozen=True, slots=True)
class GenreField:
    """A place in a file where genres stand; ``where`` is its name for people."""

    where: str
    genres: tuple[str, ...]


@dataclass(slots=True)
class _Text:
    """A text, and whether its tag says that it is Latin-1."""

    text: str
    is_latin_1: bool = False


def read_tags(path: Path, encoding: str = AUTO) -> Tags:
    """Tags of any file; empty ones if it has none or they cannot be read.

    Parameters
    ----------
    path : Path
    encoding : str
        Of texts that the tags say are Latin-1; ``"auto"`` finds it out, and leaves alone what
        may be Latin-1. See :mod:`fstmuse_core.tags.text_encoding`.
    """
    import mutagen

    try:
        file = mutagen.File(path)
    except Exception:
        # mutagen raises MutagenError, but damaged tags also bring out IndexError, struct.error
        # and others; a file whose tags are damaged may still play.
        file = None
    try:
        parts = tag_parts(path)
        comments = flac_texts(path) if file is None else {}
    except (OSError, ValueError):
        parts, comments = [], {}
    seconds = float(getattr(getattr(file, "info", None), "length", 0.0) or 0.0)
    seconds = seconds if 0.0 < seconds < math.inf else 0.0
    tags = file.tags if file is not None and file.tags is not None else comments or _id3(parts)
    texts = {field: _texts(tags, parts, field) for field in ("artist", "album", "title", "date")}
    texts["genre"] = _genre_texts(tags, parts)
    _decode([text for found in texts.values() for text in found], encoding)
    first = {field: next((t.text for t in found), "") for field, found in texts.items()}
    return Tags(
        genres=tuple(text.text for text in texts["genre"]),
        artist=known_artist(first["artist"]),
        album=first["album"],
        title=first["title"],
        seconds=seconds,
        year=_year(first["date"]),
        format=_format(file, path),
        bit_rate=_bit_rate(file, path, seconds),
    )


def _year(date: str) -> int:
    found = _YEAR.search(date)
    return int(found[0]) if found else 0


def _format(file: Any, path: Path) -> str:
    codec = str(getattr(getattr(file, "info", None), "codec", ""))
    if codec:  # of MP4: "mp4a.40.2" is AAC
        return "AAC" if codec.startswith("mp4a") else codec.upper()[:12]
    return _FORMATS.get(type(file).__name__, path.suffix.lstrip(".").upper()[:12])


def _bit_rate(file: Any, path: Path, seconds: float) -> int:
    """Bits a second as the file says, else its mean."""
    told = getattr(getattr(file, "info", None), "bitrate", 0) or 0
    if 0 < told < _MOST_BITS:
        return int(told)
    try:
        return round(8 * path.stat().st_size / seconds) if seconds else 0
    except OSError:
        return 0


def _id3(parts: list[Part]) -> Any:
    """ID3 tags around sound that mutagen does not take for any."""
    for part in parts:
        if part.kind is PartKind.ID3V2:
            try:
                return id3_frames(part.data)
            except Exception:  # damaged: mutagen raises many kinds
                continue
    return {}


def genre_fields(tags: Any, parts: list[Part]) -> list[GenreField]:
    """Every place in a file where genres stand, in the order in which they are believed.

    Parameters
    ----------
    tags
        As mutagen gives them.
    parts : list of Part
        From :func:`~fstmuse_core.tags.tag_containers.tag_parts`.
    """
    found = [GenreField(part.kind, part.genres) for part in parts]
    if not _is_id3(tags) or not any(part.kind is PartKind.ID3V2 for part in parts):
        own = () if _is_id3(tags) and parts else tuple(tag_values(tags, "genre"))
        found.insert(0, GenreField("its tags", own))
    return [field for field in found if field.genres]


def main_genres(fields: list[GenreField]) -> tuple[str, ...]:
    """The genres of a file: of the first place that says something, else of the first."""
    useful = [field.genres for field in fields if useful_genres(field.genres)]
    return next(iter(useful or [field.genres for field in fields]), ())


def known_artist(name: str) -> str:
    """``name``, or nothing where it only says that nobody knows, or that there are many."""
    return "" if name.casefold() in _NOBODY else name


def tag_values(tags: Any, field: str) -> list[str]:
    """Texts of the field "genre", "artist", "album" or "title" in tags as mutagen gives them."""
    return [text.text for text in _values(tags, field)]


def _values(tags: Any, field: str) -> list[_Text]:
    for key in _KEYS[field]:
        try:
            value = tags[key]
        except (KeyError, ValueError):
            continue
        is_latin_1 = getattr(value, "encoding", None) == _LATIN_1
        if hasattr(value, "genres"):  # ID3's TCON, which may hold numbers
            value = value.genres
        elif hasattr(value, "text"):
            value = value.text
        parts = value if isinstance(value, list | tuple) else [value]
        texts = [" ".join(text.split()) for part in parts for text in str(part).split("\0")]
        if any(texts):
            return [_Text(text, is_latin_1) for text in texts if text]
    return []


def _is_id3(tags: Any) -> bool:
    return hasattr(tags, "getall")


def _texts(tags: Any, parts: list[Part], field: str) -> list[_Text]:
    """The field in the tags themselves, else in those beside them."""
    if found := _values(tags, field):
        return found
    for part in parts:
        if found := _part_texts(part, field):
            return found
    return []


def _genre_texts(tags: Any, parts: list[Part]) -> list[_Text]:
    fields = genre_fields(tags, parts)
    names = main_genres(fields)
    own = _values(tags, "genre")
    if tuple(text.text for text in own) == names:
        return own
    for part in parts:
        if part.kind is PartKind.INFO and part.genres == names:
            return _part_texts(part, "genre")
    return [_Text(name) for name in names]


def _part_texts(part: Part, field: str) -> list[_Text]:
    try:
        if part.kind is PartKind.INFO:
            text, is_latin_1 = fact_text(info_facts(part.data).get(_FACTS[field], b""))
            return [_Text(" ".join(text.split()), is_latin_1)] if text.strip() else []
        if part.kind is PartKind.APE:
            return [_Text(text) for text in _ape_texts(part.data, field)]
        if part.kind is PartKind.ID3V2:
            return _values(_id3([part]), field)
    except ValueError:
        return []
    return []


def _ape_texts(data: bytes, field: str) -> list[str]:
    return [" ".join(text.split()) for text in ape_texts(data, field.encode()) if text.strip()]


def _decode(texts: list[_Text], encoding: str) -> None:
    marked = [text for text in texts if text.is_latin_1]
    for text, meant in zip(marked, decoded([t.text for t in marked], encoding), strict=True):
        text.text = " ".join(meant.split())
