"""Digest of a file's sound, which tags do not change."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import BinaryIO

from fstmuse_core.system.process_limits import heartbeat
from fstmuse_core.tags.spans import (
    CHUNKED,
    FRAMED,
    MP4_BOXES,
    Span,
    UnknownLayoutError,
    chunk_spans,
    flac_spans,
    mp4_spans,
    mpeg_spans,
    ogg_spans,
    skip_id3,
)

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
