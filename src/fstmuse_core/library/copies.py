"""Copies of a recording in a library: found by sound, with which of them to keep, and why."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fstmuse_core.audio.reading import AudioStream
from fstmuse_core.datasets.duplicates import LONGEST_S, Pair, Print, PrintStream, same_recordings
from fstmuse_core.library.database import Library
from fstmuse_core.library.rows import LibraryRow, State
from fstmuse_core.library.sounds import keep_print, packed_print, unpacked_print

# Containers that hold either; what is in them is looked up.
_EITHER = frozenset(".m4a .m4b .mp4 .mka .mkv .caf .wma .mov .wv".split())
_LOSSLESS = frozenset(
    ".flac .fla .wav .wave .bwf .rf64 .w64 .aiff .aif .au .snd .ape .tak .tta .ofr .shn .dsf "
    ".dff".split()
)
# Names of FFmpeg's decoders that keep every sample; those of plain samples begin with "pcm_".
_LOSSLESS_CODECS = frozenset(("alac", "flac", "wavpack", "wmalossless", "tta", "ape", "truehd"))
# Silence at an end and the padding of encoders: copies may differ in length by so much.
_SAME_LENGTH_S, _SAME_LENGTH = 3.0, 0.05
# Share of bits that differ: at most 0.07 between 100 songs and their copies (mp3 at 64 kbit/s,
# -12 dB, cut, faded and brighter), 0.24 between two mixes of one song.
_MOST_WRONG = 0.2
# Bit rates within this ratio are one: tags and pictures count as sound here.
_SAME_RATE = 0.9
NO_BETTER = "no better in anything"


@dataclass(frozen=True)
class FileFacts:
    """Format of a file.

    Attributes
    ----------
    format : str
        Codec, or the ending of the file's name.
    is_lossless : bool
    sample_rate, channels : int
        0 where they could not be read.
    seconds : float
    bit_rate : float
        Bits a second, from the size of the file.
    """

    format: str
    is_lossless: bool
    sample_rate: int
    channels: int
    seconds: float
    bit_rate: float

    def __str__(self) -> str:
        parts = [self.format]
        if self.sample_rate:
            parts.append(f"{self.sample_rate / 1000:g} kHz")
        if self.channels == 1:
            parts.append("mono")
        if self.bit_rate:
            parts.append(f"{self.bit_rate / 1000:.0f} kbit/s")
        minutes, seconds = divmod(round(self.seconds), 60)
        return ", ".join([*parts, f"{minutes}:{seconds:02}"])


@dataclass(frozen=True)
class Copy:
    """A file of a group.

    Attributes
    ----------
    row : LibraryRow
    facts : FileFacts
    why : str
        Reason it is to be kept, or what it has less than the one that is.
    alike : float
        Share of its fingerprint that agrees with that of the one to be kept; 1 for the same
        bytes of sound.
    """

    row: LibraryRow
    facts: FileFacts
    why: str = ""
    alike: float = 1.0


@dataclass(frozen=True)
class Copies:
    """Copies among files that have to do with one another.

    Attributes
    ----------
    groups : tuple of tuples of Copy
        Files that hold the same recording from end to end; the first is to be kept.
    parts : tuple of (Copy, Copy)
        A file that holds the whole of another and more, and that other: neither is a copy.
    """

    groups: tuple[tuple[Copy, ...], ...]
    parts: tuple[tuple[Copy, Copy], ...]


def fingerprint(path: str) -> bytes:
    """Fingerprint of a file as the library keeps it; for a pool of processes.

    Raises
    ------
    AudioError
        If it cannot be read.
    """
    with AudioStream(path, duration_s=LONGEST_S) as stream:
        words = PrintStream(stream.sample_rate)
        for block in stream:
            words.push(block)
    return packed_print(words.finish())


@dataclass(frozen=True)
class FileHeader:
    """Facts that a file says of itself; ``codec`` is empty where its name says enough."""

    sample_rate: int = 0
    channels: int = 0
    codec: str = ""


def read_header(path: str) -> FileHeader:
    """Look a file's format up; for a pool of processes. Raises if it cannot be read."""
    with AudioStream(path) as stream:
        rate, channels = stream.info.sample_rate, stream.info.channels
    is_clear = os.path.splitext(path)[1].lower() not in _EITHER
    return FileHeader(rate, channels, "" if is_clear else _codec(path))


def facts_of(row: LibraryRow, header: FileHeader) -> FileFacts:
    """Format of a file by its name, its size and its header."""
    suffix, codec = os.path.splitext(row.path)[1].lower(), header.codec
    is_lossless = suffix in _LOSSLESS or codec in _LOSSLESS_CODECS or codec.startswith("pcm_")
    return FileFacts(
        codec or suffix.removeprefix(".") or "?",
        is_lossless,
        header.sample_rate,
        header.channels,
        row.seconds,
        8 * row.size / row.seconds if row.seconds else 0.0,
    )


def _codec(path: str) -> str:
    import av

    with av.open(path) as container:
        streams = container.streams.audio
        return str(streams[0].codec_context.name) if streams else ""


def missing_prints(library: Library, rows: Iterable[LibraryRow]) -> list[LibraryRow]:
    """A file for each sound that was heard and has no fingerprint yet."""
    with library.reading() as connection:
        known = {content for (content,) in connection.execute("SELECT content FROM prints")}
    lacking: dict[str, LibraryRow] = {}
    for row in rows:
        if row.content is not None and row.content not in known and row.state is not State.GONE:
            lacking.setdefault(row.content, row)
    return list(lacking.values())


def keep_prints(library: Library, found: Mapping[str, bytes]) -> None:
    """Keep fingerprints by the hashes of their sounds."""
    with library.writing() as connection:
        for content, words in found.items():
            keep_print(connection, content, words)


def read_prints(library: Library, contents: Iterable[str] | None = None) -> dict[str, Print]:
    """Fingerprints of all sounds, or of those with these hashes."""
    some = "" if contents is None else "WHERE content IN (SELECT value FROM json_each(?))"
    values = () if contents is None else (json.dumps(list(contents)),)
    with library.reading() as connection:
        query = f"SELECT content, words FROM prints {some} ORDER BY content"
        found = connection.execute(query, values)
        return {content: unpacked_print(words) for content, words in found}


def candidate_groups(
    rows: Sequence[LibraryRow], prints: Mapping[str, Print]
) -> tuple[list[list[LibraryRow]], dict[tuple[str, str], float]]:
    """Files that have to do with one another, and how alike pairs of sounds are.

    Files that are gone count for nothing. Alikeness is the share of equal bits, by both orders
    of each pair that matches.
    """
    by_content: dict[str, list[LibraryRow]] = {}
    for row in rows:
        if row.content is not None and row.state is not State.GONE:
            by_content.setdefault(row.content, []).append(row)
    found = same_recordings({c: prints[c] for c in by_content if c in prints})
    pairs: list[Pair[str]] = [pair for pair in found if pair.wrong <= _MOST_WRONG]
    alike = {(a, b): 1.0 - p.wrong for p in pairs for a, b in _both(p)}
    leader = {content: content for content in by_content}

    def find(content: str) -> str:
        while leader[content] != content:
            content = leader[content]
        return content

    for pair in pairs:
        leader[find(pair.second)] = find(pair.first)
    together: dict[str, list[LibraryRow]] = {}
    for content, files in by_content.items():
        together.setdefault(find(content), []).extend(files)
    return [group for group in together.values() if len(group) > 1], alike


def _both(pair: Pair[str]) -> tuple[tuple[str, str], tuple[str, str]]:
    return (pair.first, pair.second), (pair.second, pair.first)


def judged(
    files: Sequence[LibraryRow],
    facts: Mapping[int, FileFacts],
    alike: Mapping[tuple[str, str], float],
) -> Copies:
    """Find the copies among files that have to do with one another.

    Each file is held against those that are kept alone: one that holds two songs makes no copies
    of them.

    Parameters
    ----------
    files : sequence of LibraryRow
    facts : mapping
        Format of each file by its id.
    alike : mapping
        From :func:`candidate_groups`.
    """
    groups: list[list[Copy]] = []
    for row in sorted(files, key=lambda row: _rank(row, facts[row.file_id])):
        this = Copy(row, facts[row.file_id])
        homes = [group for group in groups if _same_length(group[0], this)]
        home = max(homes, key=lambda group: _match(group[0], this, alike), default=None)
        share = 0.0 if home is None else _match(home[0], this, alike)
        if home is None or not share:
            groups.append([this])
        else:
            home.append(replace(this, alike=share, why=_what_is_less(home[0], this)))
    heads = sorted((group[0] for group in groups), key=lambda copy: -copy.facts.seconds)
    parts = [
        (longer, replace(shorter, alike=share))
        for place, longer in enumerate(heads)
        for shorter in heads[place + 1 :]
        if (share := _match(longer, shorter, alike)) and not _same_length(longer, shorter)
    ]
    return Copies(tuple(_with_reason(g) for g in groups if len(g) > 1), tuple(parts))


def _rank(row: LibraryRow, facts: FileFacts) -> tuple[bool, bool, float, float, bool, str]:
    """The best one first: readable, lossless, finer, longer, tagged."""
    fineness = facts.sample_rate * facts.channels if facts.is_lossless else facts.bit_rate
    return (
        not facts.seconds,
        not facts.is_lossless,
        -float(fineness),
        -facts.seconds,
        not (row.title and row.artist),
        row.path,
    )


def _match(kept: Copy, other: Copy, alike: Mapping[tuple[str, str], float]) -> float:
    a, b = kept.row.content or "", other.row.content or ""
    return 1.0 if a == b else alike.get((a, b), 0.0)


def _same_length(kept: Copy, other: Copy) -> bool:
    return _are_close(kept.facts.seconds, other.facts.seconds)


def _are_close(ours: float, theirs: float) -> bool:
    return abs(ours - theirs) <= max(_SAME_LENGTH_S, _SAME_LENGTH * max(ours, theirs))


def known_copies(rows: Sequence[LibraryRow], prints: Mapping[str, Print]) -> list[Copies]:
    """Copies by what the library knows of the files, without a look at them.

    Of lossless ones nobody knows here which has more samples.
    """
    groups, alike = candidate_groups(rows, prints)
    return [judged(files, {r.file_id: _known_facts(r) for r in files}, alike) for files in groups]


def _known_facts(row: LibraryRow) -> FileFacts:
    suffix = os.path.splitext(row.path)[1].lower()
    name = row.format or suffix.removeprefix(".").upper() or "?"
    is_lossless = suffix in _LOSSLESS or name.lower() in _LOSSLESS_CODECS
    mean_rate = 8 * row.size / row.seconds if row.seconds else 0.0
    return FileFacts(name, is_lossless, 0, 0, row.seconds, row.bit_rate or mean_rate)


def without_copies(
    rows: Sequence[LibraryRow],
    prints: Mapping[str, Print],
    others: Sequence[LibraryRow] = (),
) -> list[tuple[LibraryRow, int]]:
    """One file of each recording, with how many of its copies are left out.

    Parameters
    ----------
    rows : sequence of LibraryRow
        In their order.
    prints : mapping
        Fingerprints by the hashes of sounds.
    others : sequence of LibraryRow
        Files that stand before them and are not told of.
    """
    _, alike = candidate_groups([*others, *rows], prints)
    kept: list[tuple[LibraryRow, list[LibraryRow]]] = [(row, []) for row in others]
    for row in rows:
        homes = (copies for first, copies in kept if _are_copies(first, row, alike))
        home = next(homes, None)
        if home is None:
            kept.append((row, []))
        else:
            home.append(row)
    return [(row, len(copies)) for row, copies in kept[len(others) :]]


def _are_copies(one: LibraryRow, other: LibraryRow, alike: Mapping[tuple[str, str], float]) -> bool:
    is_alike = (one.content or "", other.content or "") in alike
    return is_alike and _are_close(one.seconds, other.seconds)


def _what_is_less(kept: Copy, other: Copy) -> str:
    ours, theirs = kept.facts, other.facts
    if kept.row.content == other.row.content:
        lacks_title = bool(kept.row.title) and not other.row.title
        return "the same sound, byte for byte" + (", without title" if lacks_title else "")
    if ours.is_lossless != theirs.is_lossless:
        return f"{theirs.format} loses what {ours.format} keeps"
    if ours.is_lossless:
        finer = ours.sample_rate * ours.channels > theirs.sample_rate * theirs.channels
        return "fewer samples or channels" if finer else NO_BETTER
    if theirs.bit_rate < _SAME_RATE * ours.bit_rate:
        return f"{theirs.bit_rate / 1000:.0f} kbit/s, not {ours.bit_rate / 1000:.0f}"
    return NO_BETTER


def _with_reason(group: list[Copy]) -> tuple[Copy, ...]:
    kept, others = group[0], group[1:]
    if all(copy.row.content == kept.row.content for copy in others):
        has_more = bool(kept.row.title) and any(not copy.row.title for copy in others)
        why = "it has a title" if has_more else "all are the same; first by name"
    elif kept.facts.is_lossless and not all(copy.facts.is_lossless for copy in others):
        why = "lossless"
    elif all(copy.why == NO_BETTER for copy in others):
        why = "no worse than any; longest or first by name"
    else:
        why = "most samples" if kept.facts.is_lossless else "highest bit rate"
    return (replace(kept, why=why), *others)
