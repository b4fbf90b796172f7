"""Texts and numbers of the library's rows as keys to sort and to search by."""

from __future__ import annotations

import bisect
import os
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.key import key_name
from fstmuse_core.library.rows import LibraryRow

# Rows handled before other threads are let in, which keeps the window smooth meanwhile.
CHUNK = 800
MILLION = 1_000_000
_RANKED_LETTERS = 48
# Letters that are no other with an accent, and what people type instead.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})


def folded(text: str) -> str:
    """Text without case and accents, as it is searched for: "Café" is found by "cafe".

    Examples
    --------
    >>> folded("Café Del MØR")
    'cafe del mor'
    """
    text = text.casefold()
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def n_shared(texts: Sequence[str]) -> int:
    """Length of the prefix that all texts share: that of the first and the last in order."""
    pairs = zip(min(texts, default=""), max(texts, default=""), strict=False)
    return next((n for n, (one, other) in enumerate(pairs) if one != other), 0)


def text_ranks(
    rows: Sequence[LibraryRow],
    text: Callable[[LibraryRow], str],
    yield_thread: Callable[[], None],
    longer: int = 1,
) -> npt.NDArray[np.int32]:
    """Alphabetical rank of each row's text; -1 for an empty one."""
    size, letters = len(rows), longer * _RANKED_LETTERS
    texts = np.empty(size, dtype=f"<U{letters}")
    for start in range(0, size, CHUNK):
        part = [text(row).casefold()[:letters] for row in rows[start : start + CHUNK]]
        texts[start : start + CHUNK] = part
        yield_thread()
    # NumPy sorts its own texts without holding up other threads; what else it does with them
    # is done in parts.
    order = np.argsort(texts, kind="stable")
    is_new = np.zeros(size, dtype=bool)
    is_blank = np.zeros(size, dtype=bool)
    for start in range(0, size, CHUNK):
        here = texts[order[max(0, start - 1) : start + CHUNK]]
        is_new[max(1, start) : start + CHUNK] = here[1:] != here[:-1]
        is_blank[start : start + CHUNK] = texts[start : start + CHUNK] == ""
        yield_thread()
    ranks = np.empty(size, dtype=np.int32)
    ranks[order] = np.cumsum(is_new, dtype=np.int32)
    ranks[is_blank] = -1
    return ranks


def folder_ranks(
    rows: Sequence[LibraryRow], yield_thread: Callable[[], None]
) -> npt.NDArray[np.int32]:
    """Alphabetical rank of each row's folder."""
    # Paths tell themselves apart after what all begin with.
    start = n_shared([row.path for row in rows])
    return text_ranks(rows, lambda row: f"/{os.path.dirname(row.path)[start:]}", yield_thread, 2)


@dataclass(frozen=True)
class ArtistAlbums:
    """An artist and the albums, with how many files each has; names may be empty."""

    name: str
    count: int
    albums: tuple[tuple[str, int], ...]


def artists_among(
    rows: Sequence[LibraryRow],
    places: npt.NDArray[np.intp],
    by_artist: npt.NDArray[np.int32],
    by_album: npt.NDArray[np.int32],
) -> list[ArtistAlbums]:
    """Artists of the rows at these places with their albums, by name; those without come last.

    Parameters
    ----------
    by_artist, by_album : ndarray of int32
        Ranks of all rows, see :func:`text_ranks`.
    """
    # Blank names, of rank -1, stand last.
    last = np.int64(len(rows) + 1)
    first, second = (np.where(r < 0, last, r)[places] for r in (by_artist, by_album))
    _, at, counts = np.unique(first * (last + 1) + second, return_index=True, return_counts=True)
    together: dict[int, tuple[str, list[tuple[str, int]]]] = {}
    at_artist = zip(places[at].tolist(), first[at].tolist(), counts.tolist(), strict=True)
    for place, artist, count in at_artist:
        row = rows[place]
        together.setdefault(artist, (row.artist, []))[1].append((row.album, count))
    return [
        ArtistAlbums(name, sum(count for _, count in albums), tuple(albums))
        for name, albums in together.values()
    ]


def rank_of(name: str, rows: Sequence[LibraryRow], ranks: npt.NDArray[np.int32], field: str) -> int:
    """Rank of a text among those of a field of the rows; -2 if none has it.

    Parameters
    ----------
    ranks : ndarray of int32
        Of all rows, see :func:`text_ranks`.
    field : str
        A field of :class:`LibraryRow`.
    """
    if not name:
        return -1
    known, first = np.unique(ranks, return_index=True)
    first = first[known >= 0].tolist()
    known = known[known >= 0]

    def folded_at(place: int) -> str:
        return str(getattr(rows[place], field)).casefold()[:_RANKED_LETTERS]

    wanted = name.casefold()[:_RANKED_LETTERS]
    at = bisect.bisect_left(first, wanted, key=folded_at)
    return int(known[at]) if at < len(first) and folded_at(first[at]) == wanted else -2


def added_s(row: LibraryRow) -> float | None:
    """Seconds since 1970 when a file was found; ``None`` if nobody knows."""
    try:
        return datetime.fromisoformat(row.added_at).timestamp()
    except ValueError:
        return None


# Numbers of a row by their names, with the steps of one that are told apart.
NUMBERS: Mapping[str, tuple[Callable[[LibraryRow], float | None], int]] = {
    "year": (lambda row: row.year or None, 1),
    "length": (lambda row: row.seconds or None, 10),
    "bpm": (attrgetter("bpm"), 10),
    "loudness": (attrgetter("loudness"), 100),
    "energy": (attrgetter("energy"), 1000),
    "rate": (lambda row: row.bit_rate or None, 1),
    "added": (added_s, 1),
}
# Texts of which there are few.
WORDS: Mapping[str, Callable[[LibraryRow], str]] = {
    "key": lambda row: row.key or "",
    "mood": attrgetter("mood"),
    "style": attrgetter("style"),
    "format": attrgetter("format"),
}
FACTS = frozenset((*NUMBERS, *WORDS))
# A range as it is typed; energy is typed in per cent, a rate in kbit/s.
_SPAN = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)(?:(?:-|\.\.)(-?[0-9]+(?:\.[0-9]+)?))?", re.ASCII)
_TYPED = {"energy": 0.01, "rate": 1000.0}


class Coded:
    """Texts of rows of which there are few, as small whole numbers.

    Parameters
    ----------
    size : int
        Number of rows.

    Attributes
    ----------
    codes : ndarray of int32
        Of each row; 0 for an empty text.
    names : dict of str to int
        Code of each text.
    """

    def __init__(self, size: int) -> None:
        self.codes = np.zeros(size, dtype=np.int32)
        self.names: dict[str, int] = {"": 0}

    def note(self, start: int, texts: Iterable[str]) -> None:
        """Take the texts of rows, from a place on."""
        names = self.names
        codes = [names.setdefault(text, len(names)) for text in texts]
        self.codes[start : start + len(codes)] = codes

    def counts(self, places: npt.NDArray[np.intp]) -> list[tuple[str, int]]:
        """Each text that is not empty, with the number of these places where it stands."""
        counts = np.bincount(self.codes[places], minlength=len(self.names)).tolist()
        return [(name, counts[code]) for name, code in self.names.items() if name and counts[code]]

    def ranks(self, key: Callable[[str], Any]) -> npt.NDArray[np.int64]:
        """Rank of each code among the texts, sorted by a key."""
        ranks = np.empty(len(self.names), dtype=np.int64)
        for rank, text in enumerate(sorted(self.names, key=key)):
            ranks[self.names[text]] = rank
        return ranks


class Texts:
    """Texts that rows are searched by, and what was found last.

    Attributes
    ----------
    all : list of str
        Of each row.
    """

    def __init__(self) -> None:
        self.all: list[str] = []
        # Places that the last search found, by its words.
        self._hits: tuple[tuple[str, ...], npt.NDArray[np.intp]] | None = None

    def note(self, start: int, rows: Sequence[LibraryRow]) -> None:
        """Take the texts of rows, from a place on."""
        self.all[start : start + len(rows)] = map(haystack, rows)
        self._hits = None

    def matches(self, words: tuple[str, ...]) -> npt.NDArray[np.intp]:
        """Places of all rows in which these words occur; those of the last search are kept."""
        if self._hits is None or self._hits[0] != words:
            texts, hits = self.all, list(range(len(self.all)))
            # Long words are rare and leave less for the others to look through.
            for word in sorted(words, key=len, reverse=True):
                hits = [place for place in hits if word in texts[place]]
            self._hits = words, np.array(hits, dtype=np.intp)
        return self._hits[1]


class RowFacts:
    """Numbers and short texts of rows, in arrays.

    Parameters
    ----------
    size : int
        Number of rows.
    """

    def __init__(self, size: int) -> None:
        self._numbers = {name: np.full(size, np.nan) for name in NUMBERS}
        self._words = {name: Coded(size) for name in WORDS}

    def note(self, start: int, rows: Sequence[LibraryRow]) -> None:
        """Take what rows say, from a place on."""
        part = slice(start, start + len(rows))
        for name, (value, scale) in NUMBERS.items():
            # As a float, None is not a number.
            found = np.array(list(map(value, rows)), dtype=np.float64)
            self._numbers[name][part] = found * scale
        for name, text in WORDS.items():
            self._words[name].note(start, map(text, rows))

    def key(
        self, name: str, places: npt.NDArray[np.intp]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Whole numbers to sort rows by, and True for those that have no value."""
        if name in NUMBERS:
            values = self._numbers[name][places]
            is_blank = np.isnan(values)
            return np.where(is_blank, 0.0, np.round(values)).astype(np.int64), is_blank
        codes = self._words[name].codes[places]
        return self._words[name].ranks(str.casefold)[codes], codes == 0

    def asked(self, word: str) -> npt.NDArray[np.bool_] | None:
        """True for each row of the value that a word asks for, such as ``bpm:90-120``.

        ``None`` if it is a word like any other.
        """
        name, colon, typed = word.partition(":")
        name, value = folded(name), folded(typed)
        if not colon or not value:
            return None
        if name in WORDS:
            # As typed: "bb" is B flat minor, as taggers write it and --key takes it.
            note = key_name(typed) if name == "key" else None
            return self._has_word(name, note or value)
        span = _SPAN.fullmatch(value) if name in NUMBERS else None
        if span is None:
            return None
        low, half = float(span[1]), 0.5
        return self._within(
            name, *((low - half, low + half) if span[2] is None else (low, float(span[2])))
        )

    def _within(self, name: str, low: float, high: float) -> npt.NDArray[np.bool_]:
        values, unit = self._numbers[name], NUMBERS[name][1] * _TYPED.get(name, 1.0)
        # A tenth of a step of room: 0.1 * 10 is not always 1.
        return np.asarray((values >= low * unit - 0.1) & (values <= high * unit + 0.1))

    def _has_word(self, name: str, word: str) -> npt.NDArray[np.bool_]:
        wanted = word.casefold()
        known = self._words[name].names.items()
        codes = [code for text, code in known if _is_among(wanted, text.casefold().split(", "))]
        return np.isin(self._words[name].codes, codes)


def _is_among(wanted: str, words: list[str]) -> bool:
    """True if it is one of them, or a word of one: "party" stands for "for a party"."""
    return any(wanted == text or wanted in text.split() for text in words)


def places_among(
    known: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]
) -> npt.NDArray[np.intp]:
    """Place of each number among those that are known; -1 for those that are not."""
    if not len(known):
        return np.full(len(wanted), -1, np.intp)
    order = np.argsort(known, kind="stable")
    found = order[np.minimum(np.searchsorted(known, wanted, sorter=order), len(known) - 1)]
    return np.where(known[found] == wanted, found, -1)


def in_millionths(shares: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    return np.asarray(np.nan_to_num(shares) * MILLION, dtype=np.int64)


def ranked_texts(row: LibraryRow) -> tuple[str, ...]:
    return row.title, row.artist, row.album, row.tag_genre


def haystack(row: LibraryRow) -> str:
    parts = (row.title, row.artist, row.album, row.tag_genre, row.path)
    return folded("\n".join(part for part in parts if part))


class Turns:
    """Lets the window's thread in for a moment, once its own has worked for a while.

    To sleep after every few rows, busy or not, would make most of the time that it takes.
    """

    _WORK_S = 0.0015

    def __init__(self) -> None:
        self._since = time.thread_time()

    def __call__(self) -> None:
        if time.thread_time() - self._since >= self._WORK_S:
            time.sleep(0.001)
            self._since = time.thread_time()
