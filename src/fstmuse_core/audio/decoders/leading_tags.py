"""Tags that lie before, between and behind the sound of files that know no better place."""

from __future__ import annotations

from fstmuse_core.audio.decoders.byte_file import ByteFile


def tag_at(file: ByteFile, at: int) -> int:
    """Length in bytes of the ID3v2, APEv2 or Lyrics3 tag that begins at ``at``; 0 if none does.

    The length is what the tag states, and may lie.
    """
    head = file.at(at, 32)
    if head[:3] == b"ID3" and len(head) >= 10 and head[3] < 0xFF and head[4] < 0xFF:
        return _id3_length(head)
    if head[:8] == b"APETAGEX" and len(head) == 32:
        size = int.from_bytes(head[12:16], "little")
        flags = int.from_bytes(head[20:24], "little")
        is_header = flags >> 29 & 1
        return size + 32 if is_header else 32
    if head[:11] == b"LYRICSBEGIN":
        block = file.at(at, 1 << 17)
        for end in (b"LYRICS200", b"LYRICSEND"):
            if (found := block.find(end)) >= 0:
                return found + 9
    return 0


def _id3_length(head: bytes) -> int:
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    footer = 10 * (head[5] >> 4 & 1)
    return 10 + size + footer


def plain_id3_length(head: bytes) -> int:
    """The length if the size was written as a plain number, as some taggers did."""
    return 10 + int.from_bytes(head[6:10], "big")
