"""FLAC, and what is in Ogg: Vorbis comments are written, all else stays to the byte."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from fstmuse_core.tags.comments import COMMENTS_BLOCK, EMPTY, Comments, block_contents, flac_blocks
from fstmuse_core.tags.extras import Extras, with_opus
from fstmuse_core.tags.id3_frames import Id3Tag
from fstmuse_core.tags.reading import GenreField, main_genres
from fstmuse_core.tags.spans import ogg_streams
from fstmuse_core.tags.tag_containers import (
    Part,
    PartKind,
    id3v1_others,
    id3v1_with_genre,
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
)

_OURS = ("GENRE", PROVENANCE)
_PADDING, _COMMENTS = 1, COMMENTS_BLOCK
_ROOM = 4096
_LARGEST = 1 << 24


class _CommentFile(TagFile):
    def _take(self, blocks: Sequence[Comments], parts: Sequence[Part] = ()) -> None:
        """Read genres and the note: those of the first block count, the others must agree."""
        first, *more = blocks or (EMPTY,)
        self.provenance = next(iter(first.texts(PROVENANCE)), "")
        fields = [GenreField("Vorbis comment", tuple(first.texts("genre")))]
        fields += [GenreField(part.kind, part.genres) for part in parts]
        self.genres = main_genres([field for field in fields if field.genres])
        fields += [GenreField("a later part", tuple(block.texts("genre"))) for block in more]
        self.fields = tuple(field for field in fields if field.genres)
        self._first = first

    def extras(self, names: Collection[str]) -> dict[str, str]:
        found = {name: next(iter(self._first.texts(name)), "") for name in names}
        return {name: text for name, text in found.items() if text}


def _values(
    genres: Sequence[str] | None, note: str, extras: Extras = ()
) -> dict[str, Sequence[str]]:
    ours: dict[str, Sequence[str]] = {}
    if genres is not None:
        ours = {"GENRE": genres, PROVENANCE: [note]}
    return {**ours, **{name: [value] for name, value in extras}}


class FlacFile(_CommentFile):
    """FLAC, also with ID3 tags before and behind it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with path.open("rb") as stream, own_errors(path):
            self._blocks = list(flac_blocks(stream))
            self._found = next((b for b in self._blocks if b.kind == _COMMENTS), None)
            found = self._found
            data = block_contents(stream, found) if found else b""
            self._comments = Comments.parse(data) if found else EMPTY
            self._parts = tag_parts(path)
            self._take([self._comments], self._parts)

    def rest(self, names: Collection[str] = ()) -> object:
        with self.path.open("rb") as stream:
            blocks = [
                (block.kind, hashlib.sha256(block_contents(stream, block)).digest())
                for block in self._blocks
                if block.kind != _PADDING and block is not self._found
            ]
        kept = self._comments.others([*_OURS, *names])
        return kept, blocks, [_others(part) for part in self._parts]

    def stale(self, genres: Sequence[str]) -> list[GenreField]:
        return [
            field
            for field in super().stale(genres)
            if field.where != PartKind.ID3V1 or self._is_stale_id3v1(genres)
        ]

    def _is_stale_id3v1(self, genres: Sequence[str]) -> bool:
        return any(
            part.data != id3v1_with_genre(part.data, list(genres))
            for part in self._parts
            if part.kind is PartKind.ID3V1
        )

    def check(self, genres: Genres, note: str, separator: str = "\0", extras: Extras = ()) -> None:
        with own_errors(self.path):
            self._edits(genres, note, separator, extras)

    def _write(self, genres: Genres, note: str, separator: str, extras: Extras) -> None:
        edits = self._edits(genres, note, separator, extras)
        with self.path.open("r+b") as stream:
            rewrite(stream, edits)

    def _edits(self, genres: Genres, note: str, separator: str, extras: Extras) -> list[Edit]:
        data = self._comments.with_values(_values(genres, note, extras))
        if len(data) >= _LARGEST:
            raise TagError(self.path, "its comments would be larger than they can be", "leave it")
        edits = []
        for part in self._parts:
            if genres is None:
                continue
            new = part.data
            if part.kind is PartKind.ID3V1:
                new = id3v1_with_genre(part.data, genres)
            elif part.genres:
                new = Id3Tag.parse(part.data).with_genres(genres, "", separator)
            edits.append(Edit(part.at, len(part.data), new))
        return [*edits, *self._block_edits(data)]

    def _block_edits(self, data: bytes) -> list[Edit]:
        old, first = self._found, self._blocks[0]
        if old is None:  # right behind the first, which describes the stream
            at = first.at + 4 + first.length
            head = bytes([_COMMENTS | (0x80 if first.is_last else 0)])
            edits = [Edit(at, 0, head + len(data).to_bytes(3, "big") + data)]
            return [*edits, Edit(first.at, 1, bytes([first.kind]))]
        grown = len(data) - old.length
        head = bytes([_COMMENTS | (0x80 if old.is_last else 0)])
        edits = [Edit(old.at, 4 + old.length, head + len(data).to_bytes(3, "big") + data)]
        padding = next((b for b in self._blocks if b.kind == _PADDING), None)
        if grown and padding is not None and 0 <= padding.length - grown < _LARGEST:
            size = padding.length - grown
            mark = bytes([_PADDING | (0x80 if padding.is_last else 0)])
            new = mark + size.to_bytes(3, "big") + bytes(size)
            edits.append(Edit(padding.at, 4 + padding.length, new))
        elif grown > 0 and padding is not None and padding.length < _ROOM:
            mark = bytes([_PADDING | (0x80 if padding.is_last else 0)])
            new = mark + _ROOM.to_bytes(3, "big") + bytes(_ROOM)
            edits.append(Edit(padding.at, 4 + padding.length, new))
        return edits


def _others(part: Part) -> object:
    if part.kind is PartKind.ID3V2:
        return Id3Tag.parse(part.data).others
    return id3v1_others(part.data)


# What a packet of comments begins with, by what the first packet of a stream does.
_OPUS = b"OpusHead"
_PREFIXES = {
    b"\x01vorbis": b"\x03vorbis",
    _OPUS: b"OpusTags",
    b"Speex   ": b"",
    b"\x80theora": b"\x81theora",
    b"\x7fFLAC": b"\x04",
}
_FLAC_HEAD = 4


@dataclass(frozen=True, slots=True)
class _Link:
    """One stream in an Ogg file: the packet with its comments, taken apart."""

    pages: list[Any]
    head: bytes
    comments: Comments

    def packet(self, genres: Sequence[str] | None, note: str, extras: Extras = ()) -> bytes:
        """The packet with other genres and tags."""
        data = self.comments.with_values(_values(genres, note, extras))
        if self.head[:1] in (b"\x04", b"\x84") and len(self.head) == _FLAC_HEAD:
            if len(data) >= _LARGEST:
                raise ValueError("its comments would be larger than they can be")
            return self.head[:1] + len(data).to_bytes(3, "big") + data
        return self.head + data


class OggFile(_CommentFile):
    """Vorbis, Opus, Speex and FLAC in Ogg; of streams that follow each other every one."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with path.open("rb") as stream, own_errors(path):
            starts = list(ogg_streams(stream, path.stat().st_size))
            self._links = [link for at, _ in starts if (link := _link(stream, at)) is not None]
            if not self._links:
                raise ValueError("it has no comments that are known")
            self._take([link.comments for link in self._links])

    def fitting(self, extras: Extras) -> Extras:
        return with_opus(extras) if self._links[0].head == _PREFIXES[_OPUS] else extras

    def rest(self, names: Collection[str] = ()) -> object:
        ours = [*_OURS, *names]
        first, *more = self._links
        # What follows the first stream has its own tags, which stay.
        kept = [(link.head[:1], link.comments.others(_OURS)) for link in more]
        return [(first.head[:1], first.comments.others(ours)), *kept]

    def check(self, genres: Genres, note: str, separator: str = "\0", extras: Extras = ()) -> None:
        with own_errors(self.path):
            for index, link in enumerate(self._links):
                link.packet(genres, note, () if index else extras)

    def _write(self, genres: Genres, note: str, separator: str, extras: Extras) -> None:
        from mutagen.ogg import OggPage

        pages: Any = OggPage
        with self.path.open("r+b") as stream:
            # From the end, so that the pages before stay where they were read.
            for index, link in reversed(list(enumerate(self._links))):
                if index and (genres is None or not link.comments.texts("genre")):
                    continue
                packets = pages.to_packets(link.pages, False)
                packets[0] = link.packet(genres, "" if index else note, () if index else extras)
                new = pages.from_packets(packets, link.pages[0].sequence)
                for page in new:
                    page.position = link.pages[0].position if page.position == 0 else page.position
                pages.replace(stream, link.pages, new)


def _link(stream: BinaryIO, at: int) -> _Link | None:
    """The comments of the stream whose first page is at ``at``; ``None`` if its kind is unknown."""
    from mutagen.ogg import OggPage

    read_page: Any = OggPage
    stream.seek(at)
    first = read_page(stream)
    kind = next((k for k in _PREFIXES if first.packets[0].startswith(k)), None)
    if kind is None:
        return None
    found: list[Any] = []
    while not found or not (found[-1].complete or len(found[-1].packets) > 1):
        page = read_page(stream)
        if page.serial == first.serial:
            found.append(page)
    to_packets: Any = OggPage.to_packets
    packet = bytes(to_packets(found, False)[0])
    prefix = _PREFIXES[kind]
    if kind == b"\x7fFLAC":
        if packet[0] & 0x7F != _COMMENTS:
            return None
        prefix = packet[:_FLAC_HEAD]
    if not packet.startswith(prefix):
        raise ValueError("its comments are not where they belong")
    return _Link(found, prefix, Comments.parse(packet[len(prefix) :]))
