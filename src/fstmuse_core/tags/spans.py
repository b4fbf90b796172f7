"""Spans of bytes that hold a file's sound, which no tag editor touches, and their digest."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from fstmuse_core.system.process_limits import heartbeat
from fstmuse_core.tags.id3_frames import syncsafe

# (offset, length) in bytes; spans come in the order of the sound.
Span = tuple[int, int]


class UnknownLayoutError(ValueError):
    """The file's structure is not understood."""


# Streams of frames that carry ID3 or APE tags before and behind them.
FRAMED = frozenset(".mp3 .mp2 .mp1 .mpga .aac .ape .wv .mpc .tta .ofr .ofs".split())
MP4_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"))
CHUNKED = frozenset((b"RIFFWAVE", b"RIFXWAVE", b"RF64WAVE", b"BW64WAVE", b"FORMAIFF", b"FORMAIFC"))


def flac_spans(stream: BinaryIO, start: int, end: int) -> Iterator[Span]:
    """STREAMINFO and the frames of a FLAC stream whose ``fLaC`` is at ``start``."""
    at, is_last = start + 4, False
    while not is_last:
        head = _read(stream, at, 4)
        is_last, kind = bool(head[0] & 0x80), head[0] & 0x7F
        length = int.from_bytes(head[1:], "big")
        if kind == 0:
            yield at + 4, length
        at += 4 + length
    _within(at, end)
    yield at, end - at


class Chunk(NamedTuple):
    """A chunk of a WAV or AIFF file: its name, and offset and length of its contents."""

    name: bytes
    at: int
    length: int


def chunks(stream: BinaryIO, end: int) -> Iterator[Chunk]:
    """The chunks of a WAV (also RIFX, RF64) or an AIFF file, up to the last whole header."""
    head = _read(stream, 0, 12)
    order = "<" if head[:4] in (b"RIFF", b"RF64", b"BW64") else ">"
    at, large = 12, None
    while at + 8 <= end:
        name, length = struct.unpack(f"{order}4sI", _read(stream, at, 8))
        if name == b"ds64":
            large = int.from_bytes(_read(stream, at + 16, 8), "little")
        if name == b"data" and length == 0xFFFF_FFFF and large is not None:
            length = large
        length = min(length, end - at - 8)  # a recorder that was cut off never wrote the length
        yield Chunk(name, at + 8, length)
        at += 8 + length + (length & 1)


def chunk_spans(stream: BinaryIO, end: int) -> Iterator[Span]:
    """Format and samples of a WAV (also RIFX, RF64) or an AIFF file."""
    wanted = (b"COMM", b"SSND") if _read(stream, 0, 4) == b"FORM" else (b"fmt ", b"data")
    found = 0
    for chunk in chunks(stream, end):
        if chunk.name in wanted:
            found += 1
            yield chunk.at, chunk.length
    if found != len(wanted):
        raise UnknownLayoutError


def mp4_boxes(stream: BinaryIO, end: int) -> dict[bytes, list[Span]]:
    """Contents of the outermost boxes of an MP4 or QuickTime file by their names."""
    at = 0
    found: dict[bytes, list[Span]] = {}
    while at + 8 <= end:
        length, name = struct.unpack(">I4s", _read(stream, at, 8))
        head = 8
        if length == 1:
            length, head = int.from_bytes(_read(stream, at + 8, 8), "big"), 16
        elif length == 0:
            length = end - at
        if length < head:
            raise UnknownLayoutError
        found.setdefault(name, []).append((at + head, min(length, end - at) - head))
        at += length
    return found


def mp4_spans(stream: BinaryIO, end: int) -> Iterator[Span]:
    """Contents of every ``mdat`` box of an MP4 or QuickTime file."""
    found = mp4_boxes(stream, end).get(b"mdat")
    if not found:
        raise UnknownLayoutError
    yield from found


def ogg_spans(stream: BinaryIO, end: int) -> Iterator[Span]:
    """Packets of every stream in an Ogg file, but those with comments.

    Pages are numbered and summed, and a longer comment renumbers all that follow, so only
    their bodies count.
    """
    streams: dict[int, _OggHeaders] = {}
    at = 0
    while at < end:
        head = _read(stream, at, 27)
        if head[:4] != b"OggS":
            raise UnknownLayoutError
        lacing = _read(stream, at + 27, head[26])
        body, length = at + 27 + len(lacing), sum(lacing)
        serial = int.from_bytes(head[14:18], "little")
        if head[5] & 2:  # the first page of a stream
            streams[serial] = _OggHeaders(_read(stream, body, min(length, 16)))
        if serial not in streams:
            raise UnknownLayoutError
        yield from streams[serial].spans(lacing, body)
        at = body + length


def ogg_streams(stream: BinaryIO, end: int) -> Iterator[tuple[int, int]]:
    """Offset of the first page, and serial number, of every stream in an Ogg file.

    Ends where the file is damaged.
    """
    at = 0
    while at + 27 <= end:
        stream.seek(at)
        head = stream.read(27 + 255)
        if head[:4] != b"OggS" or len(head) < 27 + head[26]:
            return
        if head[5] & 2:
            yield at, int.from_bytes(head[14:18], "little")
        at += 27 + head[26] + sum(head[27 : 27 + head[26]])


class _OggHeaders:
    """Counts the packets of one stream until its headers are over; only some of them count."""

    def __init__(self, first: bytes) -> None:
        self._packet = 0
        self._skipped: range | tuple[int, ...] = ()
        if first.startswith((b"\x01vorbis", b"OpusHead", b"Speex   ")):
            self._skipped = (1,)
        elif first.startswith(b"\x7fFLAC"):
            # The number of packets with metadata is part of the first one: 0 if not known.
            self._skipped = range(int.from_bytes(first[7:9], "big") + 1)
            if len(self._skipped) == 1:
                raise UnknownLayoutError

    def spans(self, lacing: bytes, at: int) -> Iterator[Span]:
        """Those parts of a page's body at ``at`` that belong to the sound."""
        if not self._skipped or self._packet > self._skipped[-1]:
            yield at, sum(lacing)
            return
        for size in lacing:
            if self._packet not in self._skipped and size:
                yield at, size
            at += size
            if size < 255:
                self._packet += 1


def mpeg_spans(stream: BinaryIO, start: int, end: int) -> Iterator[Span]:
    """Span between the tags at the start and at the end of MPEG sound and its like."""
    start = skip_ape(stream, start)
    while (before := tag_at_end(stream, start, end)) < end:
        end = before
    if start >= end:
        raise UnknownLayoutError
    yield start, end - start


def skip_id3(stream: BinaryIO, start: int = 0, *, once: bool = False) -> int:
    """End of the ID3v2 tags that begin at ``start``, or of the first of them."""
    while True:
        stream.seek(start)
        head = stream.read(10)
        if len(head) < 10 or head[:3] != b"ID3" or max(head[6:]) > 127:
            return start
        start += 10 + syncsafe(head[6:]) + (10 if head[5] & 0x10 else 0)
        if once:
            return start


def skip_ape(stream: BinaryIO, start: int) -> int:
    """End of an APEv2 tag that begins at ``start``."""
    stream.seek(start)
    head = stream.read(32)
    if len(head) < 32 or head[:8] != b"APETAGEX":
        return start
    return start + 32 + int.from_bytes(head[12:16], "little")


_LYRICS3_LONGEST = 5100


def tag_at_end(stream: BinaryIO, start: int, end: int) -> int:
    """Start of the last tag before ``end``; ``end`` itself if there is none."""
    near = max(start, end - 227)
    tail = _read(stream, near, end - near)
    # The header of a short APE tag holds these letters too.
    if tail[-128:-125] == b"TAG" and tail[-131:-123] != b"APETAGEX":
        # An "extended" ID3v1 lies before the old one.
        wide = max(start, end - 128 - 227)
        return wide if _read(stream, wide, 4) == b"TAG+" else end - 128
    length = 0
    if tail[-32:-24] == b"APETAGEX":
        has_header = tail[-9] & 0x80
        length = int.from_bytes(tail[-20:-16], "little") + (32 if has_header else 0)
    elif tail[-10:-7] == b"3DI":
        length = 20 + syncsafe(tail[-4:])
    elif tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
        length = int(tail[-15:-9]) + 15
    elif tail[-9:] == b"LYRICSEND":
        near = max(start, end - _LYRICS3_LONGEST - 20)
        begins = _read(stream, near, end - near).rfind(b"LYRICSBEGIN")
        length = end - near - begins if begins >= 0 else 0
    return end - length if length <= end - start else end


def _read(stream: BinaryIO, at: int, length: int) -> bytes:
    stream.seek(at)
    data = stream.read(length)
    if len(data) < length:
        raise UnknownLayoutError
    return data


def _within(at: int, end: int) -> None:
    if at > end:
        raise UnknownLayoutError


_BLOCK = 1 << 18


def audio_digest(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file's sound, whatever its tags say and wherever it lies.

    Of MP3 and its like the bytes between the tags count (ID3v1, ID3v2, APEv2 and Lyrics3, at
    either end), of FLAC the stream's description and frames, of Ogg the packets but for
    comments, of MP4 the media data, of WAV and AIFF format and samples. Any other file, and
    one whose structure is damaged, counts whole. The file is read in blocks.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with open(path, "rb", buffering=_BLOCK) as stream:
        size = os.fstat(stream.fileno()).st_size
        try:
            return _digest(stream, _spans(stream, size, _suffix(path)))
        except UnknownLayoutError:
            return _digest(stream, iter([(0, size)]))


def tag_length(path: str | os.PathLike[str]) -> int:
    """Bytes of a file that are not its sound; 0 where its structure is not understood.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with open(path, "rb", buffering=_BLOCK) as stream:
        size = os.fstat(stream.fileno()).st_size
        try:
            return size - sum(length for _, length in _spans(stream, size, _suffix(path)))
        except UnknownLayoutError:
            return 0


def _suffix(path: str | os.PathLike[str]) -> str:
    return os.path.splitext(os.fspath(path))[1].lower()


def _spans(stream: BinaryIO, size: int, suffix: str) -> Iterator[Span]:
    start = skip_id3(stream)
    stream.seek(start)
    head = stream.read(12)
    if head.startswith(b"fLaC"):
        return flac_spans(stream, start, _without_id3v1(stream, size))
    if head.startswith(b"OggS") and not start:
        return ogg_spans(stream, size)
    if head[:4] + head[8:] in CHUNKED and not start:
        return chunk_spans(stream, size)
    if head[4:8] in MP4_BOXES and not start:
        return mp4_spans(stream, size)
    is_mpeg = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    if start or is_mpeg or suffix in FRAMED:
        return mpeg_spans(stream, start, size)
    raise UnknownLayoutError


def _without_id3v1(stream: BinaryIO, size: int) -> int:
    stream.seek(max(0, size - 128))
    return size - 128 if stream.read(3) == b"TAG" else size


def _digest(stream: BinaryIO, spans: Iterator[Span]) -> str:
    total = hashlib.sha256()
    for at, length in spans:
        stream.seek(at)
        while length > 0 and (block := stream.read(min(length, _BLOCK))):
            heartbeat()
            total.update(block)
            length -= len(block)
    return total.hexdigest()
