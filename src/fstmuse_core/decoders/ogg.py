"""Links of a chained Ogg file, and the times at which it begins and ends."""

from __future__ import annotations

from fstmuse_core.decoders.byte_file import ByteFile

_BEGIN = b"OggS\x00\x02"
_MOST_LINKS = 100_000
_NEAR = 1 << 17


def ogg_links(file: ByteFile, start: int) -> tuple[list[int], int]:
    """Where links begin, the first one included, and how many streams the first one has."""
    links: list[int] = []
    after, first_streams = -1, 0
    for at in file.find_all(_BEGIN, start):
        if at != after:  # a stream that begins right behind another's first page is beside it
            links.append(at)
        if len(links) == 1:
            first_streams += 1
        after = _page_end(file, at)
        if len(links) >= _MOST_LINKS:
            break
    return links or [start], first_streams


def _page_end(file: ByteFile, at: int) -> int:
    head = file.at(at, 27)
    if len(head) < 27:
        return -1
    segments = file.at(at + 27, head[26])
    return at + 27 + len(segments) + sum(segments)


def start_granule(file: ByteFile, start: int) -> int:
    """The granule position at the end of the first page that holds sound, 0 if none is found."""
    at = start
    for _ in range(64):
        head = file.at(at, 27)
        if head[:4] != b"OggS":
            return 0
        granule = int.from_bytes(head[6:14], "little", signed=True)
        if granule > 0:
            return granule
        at = _page_end(file, at)
    return 0
