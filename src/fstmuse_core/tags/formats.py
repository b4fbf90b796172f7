"""Genres and the note of their origin, in the tags of every format that is written."""

from __future__ import annotations

from pathlib import Path

from fstmuse_core.tags.comment_files import FlacFile, OggFile
from fstmuse_core.tags.id3_files import ChunkFile, MpegFile
from fstmuse_core.tags.spans import skip_id3, tag_length
from fstmuse_core.tags.tag_containers import LARGEST_TAGS
from fstmuse_core.tags.tag_file import PROVENANCE, TagError, TagFile

__all__ = ["LARGEST_TAGS", "PROVENANCE", "TagError", "TagFile", "open_tags"]

_OGG = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
_MPEG_SUFFIXES = (".mp3", ".mp2", ".mp1", ".mpga")


def open_tags(path: Path) -> TagFile:
    """The tags of a file, whose format is told by its contents.

    Raises
    ------
    TagError
        If they are damaged or too large, or the format is none that is written.
    OSError
        If the file cannot be read.
    """
    if path.stat().st_size > LARGEST_TAGS and (length := tag_length(path)) > LARGEST_TAGS:
        raise TagError(
            path,
            f"its tags take {length >> 20} MiB; more than {LARGEST_TAGS >> 20} are not rewritten",
            "take large pictures out of it with a tag editor",
        )
    with path.open("rb") as stream:
        stream.seek(skip_id3(stream))
        head = stream.read(64)
    if head.startswith(b"fLaC"):
        return FlacFile(path)
    if head.startswith(b"OggS") and any(magic in head for magic in _OGG):
        return OggFile(path)
    if (head[:4], head[8:12]) in ((b"RIFF", b"WAVE"), (b"FORM", b"AIFF"), (b"FORM", b"AIFC")):
        return ChunkFile(path)
    if head[4:8] == b"ftyp":
        from fstmuse_core.tags.mp4_file import Mp4File

        return Mp4File(path)
    # Of MPEG sound only AAC has a layer of 0, and no tags.
    is_mpeg = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0
    if is_mpeg or path.suffix.lower() in _MPEG_SUFFIXES:
        return MpegFile(path)
    raise TagError(
        path,
        "genres are written to mp3, flac, ogg, opus, m4a, wav and aiff only",
        "convert it, or leave it as it is",
    )
