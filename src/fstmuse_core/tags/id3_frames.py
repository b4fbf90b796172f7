"""ID3v2 tags as bytes: the genre is exchanged, every other frame stays what it is to the byte."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from fstmuse_core.tags.extras import ID3_FRAMES, MOOD, Extras, names_of

_HEADER = 10
# Room left behind the frames of a tag that must grow, so that the next change moves nothing.
_PADDING = 1024
_LARGEST = 1 << 28
_UNSYNCHRONISED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10
# Old programs wrote names of three letters into newer tags, and a zero or blank behind them.
_NAMES = {2: re.compile(rb"[A-Z][A-Z0-9]{2}"), 3: re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9\0 ]")}
_GENRE = frozenset((b"TCO", b"TCON", b"TCO\0", b"TCO "))
_USER_TEXT = frozenset((b"TXX", b"TXXX", b"TXX\0", b"TXX "))
_UTF16_LE = b"\xff\xfe"


class Id3Error(ValueError):
    """A tag whose structure is not understood."""


@dataclass(frozen=True, slots=True)
class Id3Frame:
    """One frame: its name, and the bytes of its header and of its contents."""

    name: bytes
    header: bytes
    body: bytes

    @property
    def raw(self) -> bytes:
        """The whole frame."""
        return self.header + self.body


@dataclass(frozen=True, slots=True)
class Id3Tag:
    """A tag taken apart.

    Attributes
    ----------
    version : int
        2, 3 or 4.
    flags : int
        Those of the header that are kept.
    frames : tuple of Id3Frame
    rest : bytes
        Bytes that follow the frames and are neither a frame nor padding.
    size : int
        Bytes that the tag takes in the file.
    plain_sizes : bool
        Frames of a 2.4 tag give their sizes as old versions of iTunes did.
    """

    version: int
    flags: int = 0
    frames: tuple[Id3Frame, ...] = ()
    rest: bytes = b""
    size: int = 0
    plain_sizes: bool = False

    @classmethod
    def parse(cls, data: bytes) -> Id3Tag:
        """Take a whole tag apart, from its ``ID3`` on.

        Raises
        ------
        Id3Error
            If it is none, of an unknown version, or longer than ``data``.
        """
        if len(data) < _HEADER or data[:3] != b"ID3" or max(data[6:10]) > 127:
            raise Id3Error("no ID3v2 tag")
        version, flags = data[3], data[5]
        if version not in (2, 3, 4) or (version == 2 and flags & _EXTENDED):
            raise Id3Error(f"ID3v2.{version} of an unknown kind")
        length = syncsafe(data[6:10])
        body = data[_HEADER : _HEADER + length]
        if len(body) < length:
            raise Id3Error("they break off")
        if version < 4 and flags & _UNSYNCHRONISED:
            body = body.replace(b"\xff\x00", b"\xff")
        if version > 2 and flags & _EXTENDED:
            body = body[_extended_header(body, version) :]
        footer = _HEADER if version == 4 and flags & _FOOTER else 0
        frames, rest, is_plain = _frames(body, version)
        kept = flags & _UNSYNCHRONISED if version == 4 else 0
        return cls(version, kept, frames, rest, _HEADER + length + footer, is_plain)

    @property
    def others(self) -> tuple[bytes, ...]:
        """All frames but the genre and the note, and what follows them; never changed."""
        return self.others_but(())

    def others_but(self, names: Collection[str]) -> tuple[bytes, ...]:
        """The same without the tags of these names."""
        kept = (f for f in self.frames if not _is_ours(f) and not _is_extra(f, names))
        return (*(frame.raw for frame in kept), self.rest.rstrip(b"\0"))

    def has_genre(self) -> bool:
        """True if there is a genre frame."""
        return any(frame.name in _GENRE for frame in self.frames)

    def with_genres(
        self,
        genres: Sequence[str] | None,
        note: str,
        separator: str = "\0",
        extras: Extras = (),
    ) -> bytes:
        """The tag with these genres and this note; where they are empty, without.

        With ``None`` both stay as they are. ``extras`` take the place of tags of their names.
        It takes as many bytes as before where they suffice. ``separator`` stands between
        genres in versions before 2.4.

        Raises
        ------
        Id3Error
            If it would be larger than a tag can be.
        """
        new = []
        if genres:
            texts = [f"({text}" if text.startswith("(") else text for text in genres]
            values = texts if self.version == 4 or separator == "\0" else [separator.join(texts)]
            new.append(self._text_frame("TCON", values))
        if note and genres is not None:
            new.append(self._text_frame("TXXX", [PROVENANCE, note]))
        names = names_of(extras)
        place = next((i for i, f in enumerate(self.frames) if f.name in _GENRE), len(self.frames))

        def kept(frames: Sequence[Id3Frame]) -> list[bytes]:
            stay = (f for f in frames if genres is None or not _is_ours(f))
            return [frame.raw for frame in stay if not _is_extra(frame, names)]

        before, after = kept(self.frames[:place]), kept(self.frames[place:])
        more = [self._extra_frame(name, value) for name, value in extras]
        return self._packed(b"".join([*before, *new, *after, *more]) + self.rest)

    def _extra_frame(self, name: str, value: str) -> bytes:
        if name in ID3_FRAMES:
            return self._text_frame(ID3_FRAMES[name], [value])
        return self._text_frame("TXXX", [name, value])

    def _packed(self, body: bytes) -> bytes:
        room = self.size - _HEADER
        if not self.size or len(body) > room:
            room = len(body) + _PADDING
        if room >= _LARGEST:
            raise Id3Error("they would be larger than a tag can be")
        head = b"ID3" + bytes([self.version, 0, self.flags]) + syncsafe_bytes(room)
        return head + body.ljust(room, b"\0")

    def latin_1_frame(self, name: bytes, text: bytes) -> Id3Frame:
        """A frame of a 2.4 tag whose text is taken as it is, said to be Latin-1."""
        body = b"\0" + text
        return Id3Frame(name, name + syncsafe_bytes(len(body)) + b"\0\0", body)

    def _text_frame(self, name: str, texts: Sequence[str]) -> bytes:
        """A frame of texts with zeros between them."""
        joined = "\0".join(texts)
        if joined.isascii():
            body = b"\0" + joined.encode("ascii")
        elif self.version == 4:
            body = b"\3" + joined.encode("utf-8")
        else:
            zero = b"\0\0"
            body = b"\1" + zero.join(_UTF16_LE + text.encode("utf-16-le") for text in texts)
        if self.version == 2:
            return name[:3].encode() + len(body).to_bytes(3, "big") + body
        is_synced = self.version == 4 and not self.plain_sizes
        size = syncsafe_bytes(len(body)) if is_synced else len(body).to_bytes(4, "big")
        return name.encode() + size + b"\0\0" + body


# The name of the text that says where a genre is from, in every format.
PROVENANCE = "FSTMUSE_GENRE"


def _is_ours(frame: Id3Frame) -> bool:
    return frame.name in _GENRE or (frame.name in _USER_TEXT and _described(frame.body))


def _is_extra(frame: Id3Frame, names: Collection[str]) -> bool:
    """True for the frame of one of these tags, however its name is spelt."""
    plain = frame.name.rstrip(b"\0 ").decode("ascii")
    if any(plain in (ID3_FRAMES[n], ID3_FRAMES[n][:3]) for n in names if n in ID3_FRAMES):
        return True
    if MOOD in names and plain == "TMOO":
        return True
    return frame.name in _USER_TEXT and any(
        _described(frame.body, spelt) for n in names for spelt in (n, n.lower(), n.capitalize())
    )


def _described(body: bytes, described: str = PROVENANCE) -> bool:
    """True if a text of the user's own kind bears a name, by default ours."""
    name = described.encode()
    if body[:1] in (b"\0", b"\3"):
        return body[1:].split(b"\0", 1)[0] == name
    if body[:1] in (b"\1", b"\2"):
        text = body[1:]
        for order, mark in (("utf-16-le", _UTF16_LE), ("utf-16-be", b"\xfe\xff")):
            wide = described.encode(order) + b"\0\0"
            if text.startswith((mark + wide, wide)):
                return True
    return False


def _extended_header(body: bytes, version: int) -> int:
    """Length of the extended header in bytes; 0 if its flag is set and it is not there."""
    if len(body) < 4 or _NAMES[3].fullmatch(body[:4]):
        return 0
    length = syncsafe(body[:4]) if version == 4 else int.from_bytes(body[:4], "big") + 4
    if length > len(body):
        raise Id3Error("they break off")
    return length


def _frames(body: bytes, version: int) -> tuple[tuple[Id3Frame, ...], bytes, bool]:
    """Frames, what follows them, and whether sizes are plain though they should not be."""
    if version < 4:
        frames, rest = _walk(body, version, _plain)
        return frames, rest, False
    frames, rest = _walk(body, version, syncsafe)
    if rest:
        other, other_rest = _walk(body, version, _plain)
        if len(other) > len(frames) or (len(other) == len(frames) and not other_rest):
            return other, other_rest, True
    return frames, rest, False


def _plain(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _walk(
    body: bytes, version: int, read_size: Callable[[bytes], int]
) -> tuple[tuple[Id3Frame, ...], bytes]:
    named = 3 if version == 2 else 4
    head = 6 if version == 2 else 10
    pattern = _NAMES[min(version, 3)]
    frames: list[Id3Frame] = []
    at = 0
    while at + head <= len(body):
        name = body[at : at + named]
        size = body[at + named : at + 2 * named]
        if not pattern.fullmatch(name) or (read_size is syncsafe and max(size) > 127):
            break
        length = read_size(size)
        if length > len(body) - at - head:
            break
        end = at + head + length
        frames.append(Id3Frame(name, body[at : at + head], body[at + head : end]))
        at = end
    rest = body[at:]
    return tuple(frames), rest if any(rest) else b""


def syncsafe(four: bytes) -> int:
    """The number that four bytes of seven bits are."""
    return four[0] << 21 | four[1] << 14 | four[2] << 7 | four[3]


def syncsafe_bytes(number: int) -> bytes:
    """Inverse of :func:`syncsafe`."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
