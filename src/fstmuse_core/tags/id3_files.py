"""MPEG sound, WAV and AIFF: ID3v2 is written, and older tags that name a genre follow it."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from fstmuse_core.tags.extras import ID3_FRAMES, MOOD, Extras
from fstmuse_core.tags.id3_frames import Id3Tag
from fstmuse_core.tags.reading import GenreField, genre_fields, main_genres
from fstmuse_core.tags.tag_containers import (
    Part,
    PartKind,
    ape_others,
    ape_with_genres,
    id3_frames,
    id3v1_others,
    id3v1_with_genre,
    info_others,
    info_with_genre,
    tag_parts,
)
from fstmuse_core.tags.tag_file import (
    PROVENANCE,
    Edit,
    Genres,
    TagError,
    TagFile,
    own_errors,
    rewrite,
    same_genres,
)

_NOTE = f"TXXX:{PROVENANCE}"
_NEW = Id3Tag(4)
# Fields of ID3v1, by the frames that a new ID3v2 takes them over as: players that read the new
# tag no longer look into the old one.
_ID3V1 = {
    b"TIT2": slice(3, 33),
    b"TPE1": slice(33, 63),
    b"TALB": slice(63, 93),
    b"TDRC": slice(93, 97),
}


class Id3File(TagFile):
    """Any file with ID3 tags; what is specific to MPEG sound or to chunks is in subclasses."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with own_errors(path):
            self._parts = tag_parts(path)
            self._main = self._find_main()
            self._tag = Id3Tag.parse(self._main.data) if self._main else self._new_tag()
            self.fields = tuple(genre_fields(self._own_tags(), self._parts))
            self.genres = main_genres(list(self.fields))

    def _find_main(self) -> Part | None:
        return next((part for part in self._parts if part.kind is PartKind.ID3V2), None)

    def _new_tag(self) -> Id3Tag:
        return _NEW

    def _own_tags(self) -> object:
        """The tag that is written to, as mutagen reads it."""
        if self._main is None:
            return {}
        frames = id3_frames(self._main.data)
        if (note := frames.get(_NOTE)) is not None and note.text:
            self.provenance = str(note.text[0])
        return frames

    def stale(self, genres: Sequence[str]) -> list[GenreField]:
        found = []
        for part in self._parts:
            if not part.genres:
                continue
            if part.kind is PartKind.ID3V1:
                is_same = part.data == id3v1_with_genre(part.data, list(genres))
            else:
                is_same = same_genres(part.genres, genres)
            if not is_same:
                found.append(GenreField(part.kind, part.genres))
        return found

    def rest(self, names: Collection[str] = ()) -> object:
        others = [_others(part) for part in self._parts if part is not self._main]
        return self._tag.others_but(names), others

    def extras(self, names: Collection[str]) -> dict[str, str]:
        with own_errors(self.path):
            frames = id3_frames(self._main.data) if self._main else {}
        found = {name: _extra_text(frames, name) for name in names}
        return {name: text for name, text in found.items() if text}

    def check(self, genres: Genres, note: str, separator: str = "\0", extras: Extras = ()) -> None:
        with own_errors(self.path):
            self._edits(genres, note, separator, extras)

    def _write(self, genres: Genres, note: str, separator: str, extras: Extras) -> None:
        edits = self._edits(genres, note, separator, extras)
        with self.path.open("r+b") as stream:
            rewrite(stream, edits)

    def _edits(self, genres: Genres, note: str, separator: str, extras: Extras) -> list[Edit]:
        edits = [self._main_edit(self._tag.with_genres(genres, note, separator, extras))]
        for part in self._parts:
            if part is not self._main and genres is not None:
                new = _changed(part, genres, separator)
                if new != part.data:
                    edits.append(Edit(part.at, len(part.data), new))
        return edits

    def _main_edit(self, data: bytes) -> Edit:
        at, length = (self._main.at, len(self._main.data)) if self._main else (0, 0)
        return Edit(at, length, data)


class MpegFile(Id3File):
    """MP3 and its like: ID3v2 stands in front."""

    has_index = False

    def _find_main(self) -> Part | None:
        main = super()._find_main()
        if main is not None and main.at == 0:
            return main
        with self.path.open("rb") as stream:
            if stream.read(3) == b"ID3":
                raise ValueError("they break off")
        return None

    def _new_tag(self) -> Id3Tag:
        """A new tag; where there is an ID3v1, with what it says but for comment and genre."""
        old = next((part.data for part in self._parts if part.kind is PartKind.ID3V1), b"")[-128:]
        texts = {name: _text(old[place]) for name, place in _ID3V1.items()}
        if not texts[b"TDRC"].isdigit():
            del texts[b"TDRC"]
        frames = [_NEW.latin_1_frame(name, text) for name, text in texts.items() if text]
        if len(old) == 128 and not old[125] and old[126]:
            frames.append(_NEW.latin_1_frame(b"TRCK", str(old[126]).encode()))
        return Id3Tag(4, frames=tuple(frames))


def _extra_text(frames: Any, name: str) -> str:
    """Text of a tag in frames as mutagen reads them; empty where it is not."""
    keys = [ID3_FRAMES[name]] if name in ID3_FRAMES else []
    keys += ["TMOO"] if name == MOOD else []
    keys += [f"TXXX:{spelt}" for spelt in (name, name.lower(), name.capitalize())]
    for key in keys:
        frame = frames.get(key)
        if frame is not None and frame.text:
            return str(frame.text[0])
    return ""


def _text(field: bytes) -> bytes:
    return field.split(b"\0")[0].rstrip()


class ChunkFile(Id3File):
    """WAV and AIFF: ID3v2 in a chunk of its own, and WAV's list of facts beside it."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream, own_errors(path):
            self._chunks = _Chunks(path, stream)
        super().__init__(path)

    def rest(self, names: Collection[str] = ()) -> object:
        ours = {part.at for part in self._parts}
        with self.path.open("rb") as stream:
            others = [
                (name, hashlib.sha256(_read(stream, at, length)).digest())
                for name, at, length in self._chunks.found
                if at not in ours and name not in (b"data", b"SSND")
            ]
        return super().rest(names), others

    def _edits(self, genres: Genres, note: str, separator: str, extras: Extras) -> list[Edit]:
        order = self._chunks.order
        edits = []
        for at, length, new in super()._edits(genres, note, separator, extras):
            if at == 0:
                edits.append(self._chunks.added(new))
                continue
            pad = length & 1 if at + length < self._chunks.end else 0
            size = struct.pack(f"{order}I", len(new))
            edits.append(Edit(at - 4, length + pad + 4, size + new + b"\0" * (len(new) & 1)))
        grown = sum(len(edit.new) - edit.length for edit in edits)
        total = self._chunks.end - 8 + grown
        if total >= 0xFFFF_FFFF:
            raise TagError(self.path, "it would be larger than its format can be", "leave it")
        return [*edits, Edit(4, 4, struct.pack(f"{order}I", total))]


class _Chunks:
    """The chunks of a file, which must fit together; ``end`` is where the last is over."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        head = stream.read(12)
        self.order = ">" if head[:4] == b"FORM" else "<"
        self.name = b"ID3 " if head[:4] == b"FORM" else b"id3 "
        self.size = os.fstat(stream.fileno()).st_size
        (told,) = struct.unpack(f"{self.order}I", head[4:8])
        self.found: list[tuple[bytes, int, int]] = []
        for limit in (8 + told, self.size):
            if 12 < limit <= self.size and self._walk(stream, limit):
                return
        raise TagError(
            path,
            "its header does not say how long its parts are, as where a recorder was cut off",
            "save it anew with an audio editor first",
        )

    def _walk(self, stream: BinaryIO, limit: int) -> bool:
        self.found, at = [], 12
        while at + 8 <= limit:
            name, length = struct.unpack(f"{self.order}4sI", _read(stream, at, 8))
            if not all(32 <= sign < 127 for sign in name) or at + 8 + length > limit:
                return False
            if name in (b"data", b"SSND") and not length:
                return False
            self.found.append((name, at + 8, length))
            at += 8 + length + (length & 1)
        self.end = min(at, self.size)
        self.lacks_pad = at > self.size
        return limit - at < 8 and {b"data", b"SSND"} & {name for name, _, _ in self.found} != set()

    def added(self, data: bytes) -> Edit:
        """A new chunk behind the last."""
        head = self.name + struct.pack(f"{self.order}I", len(data))
        pad = b"\0" if self.lacks_pad else b""
        return Edit(self.end, 0, pad + head + data + b"\0" * (len(data) & 1))


def _read(stream: BinaryIO, at: int, length: int) -> bytes:
    stream.seek(at)
    return stream.read(length)


def _changed(part: Part, genres: tuple[str, ...], separator: str) -> bytes:
    """A tag beside the main one, with its genre exchanged if it names one."""
    if part.kind is PartKind.ID3V1:
        return id3v1_with_genre(part.data, genres)
    if part.kind is PartKind.ID3V2:
        tag = Id3Tag.parse(part.data)
        if not tag.has_genre():
            return part.data
        return _like(part.data, tag.with_genres(genres, "", separator))
    if not part.genres:
        return part.data
    if part.kind is PartKind.APE:
        return ape_with_genres(part.data, genres)
    return info_with_genre(part.data, genres) if part.kind is PartKind.INFO else part.data


def _like(old: bytes, new: bytes) -> bytes:
    """``new`` with the footer that ``old`` has, by which a tag at the end is found."""
    if old[-10:-7] != b"3DI":
        return new
    head = new[:5] + bytes([new[5] | 0x10]) + new[6:]
    return head + b"3DI" + head[3:10]


def _others(part: Part) -> object:
    if part.kind is PartKind.ID3V2:
        return Id3Tag.parse(part.data).others
    if part.kind is PartKind.ID3V1:
        return id3v1_others(part.data)
    if part.kind is PartKind.APE:
        return ape_others(part.data)
    return info_others(part.data) if part.kind is PartKind.INFO else part.data
