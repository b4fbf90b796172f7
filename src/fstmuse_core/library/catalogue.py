"""The library's rows as columns of numbers: sorted and filtered in a few milliseconds.

A file's texts are ranked once, when the rows are read; after that, to sort is to sort numbers,
and to filter is to look numbers up. No Qt here, so all of it can be built beside the window.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt

from fstmuse_core.library.rows import LibraryRow, State
from fstmuse_core.library.sort_keys import (
    CHUNK,
    MILLION,
    NUMBERS,
    WORDS,
    ArtistAlbums,
    RowFacts,
    artists_among,
    folded,
    haystack,
    in_millionths,
    n_shared,
    rank_of,
    ranked_texts,
    text_ranks,
)
from fstmuse_core.tags.genres import known_genres

Places = npt.NDArray[np.intp]

NOT_SURE = "Not sure"
_STATES = (State.WORKING, State.WAITING, State.FAILED, State.SKIPPED, State.GONE, State.DONE)


class Column(IntEnum):
    """Columns of the table; the first seven are those of a new one, from left to right."""

    TITLE = 0
    ARTIST = 1
    GENRE = 2
    SURE = 3
    TAG = 4
    FOLDER = 5
    NEAR = 6
    ALBUM = 7
    YEAR = 8
    LENGTH = 9
    BPM = 10
    KEY = 11
    MOOD = 12
    LOUDNESS = 13
    ENERGY = 14
    FORMAT = 15
    RATE = 16
    ADDED = 17
    STYLE = 18


# Columns of which :class:`RowFacts` knows the values.
_FACTS = {
    column: column.name.lower() for column in Column if column.name.lower() in {*NUMBERS, *WORDS}
}


class VerdictFilter(StrEnum):
    """Verdicts to filter by."""

    ANY = "any"
    SURE = "sure"
    UNSURE = "unsure"
    OPEN = "open"
    REVIEWED = "reviewed"
    DIFFERS = "differs"


@dataclass(frozen=True)
class SongList:
    """Some files in an order of their own, such as those that sound like another.

    Attributes
    ----------
    title : str
        Name for people.
    songs : tuple of (int, float)
        Ids of the files, and how near each is: 1 for the same sound.
    notes : tuple of (int, str)
        Ids of files, and words that say more than how near they are.
    """

    title: str
    songs: tuple[tuple[int, float], ...]
    notes: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Filter:
    """Conditions that a row must meet to be shown.

    Attributes
    ----------
    text : str
        Words that all must occur in title, artist, album, tag or path, whatever their case and
        accents. ``bpm:118-124``, ``year:1998``, ``key:Am``, ``style:house`` ask for values.
    genre : str or None
        The genre shown for the file, :data:`NOT_SURE` among them; ``None`` for all.
    folder : int or None
        Id of one of the library's folders; ``None`` for all.
    standing : Standing
    confidence : tuple of float
        From (included) and to (excluded unless 1).
    state : State or None
        ``None`` for all.
    songs : SongList or None
        Only these; ``None`` for all.
    artist, album : str or None
        As tags have them, whatever their case; empty for files that name none.
    """

    text: str = ""
    genre: str | None = None
    folder: int | None = None
    standing: VerdictFilter = VerdictFilter.ANY
    confidence: tuple[float, float] = (0.0, 1.0)
    state: State | None = None
    songs: SongList | None = None
    artist: str | None = None
    album: str | None = None

    @property
    def is_open(self) -> bool:
        """True if every row passes."""
        return self == Filter()


@dataclass(frozen=True)
class Order:
    """Order of the rows: a column, or doubtful and unreviewed files first (``least_sure``)."""

    column: Column = Column.TITLE
    is_descending: bool = False
    least_sure: bool = False


def shown_title(row: LibraryRow) -> str:
    """Title, or the file's name where it has none."""
    return row.title or os.path.splitext(os.path.basename(row.path))[0]


def shown_genre(row: LibraryRow) -> str:
    """Return the user's genre, else the model's; empty before an answer."""
    if row.review_genre is not None:
        return row.review_genre
    if not row.verdict:
        return ""
    return row.genre if row.is_sure and row.genre else NOT_SURE


class Catalogue:
    """The rows, and what is known of them in numbers.

    Parameters
    ----------
    rows : iterable of LibraryRow
    breathe : callable, optional
        Called now and then while it is built in a thread.
    """

    def __init__(
        self, rows: Iterable[LibraryRow] = (), yield_thread: Callable[[], None] = lambda: None
    ) -> None:
        self.rows = list(rows)
        # True once texts have changed since they were ranked.
        self.is_stale = False
        size = len(self.rows)
        self.places: dict[int, int] = {}
        self._ids = np.array([row.file_id for row in self.rows], dtype=np.int64)
        self._texts: list[str] = []
        self._genres: dict[str, int] = {"": 0}
        self._genre = np.zeros(size, dtype=np.int16)
        self._sure = np.full(size, np.nan, dtype=np.float32)
        self._state = np.zeros(size, dtype=np.int8)
        self._standing = np.zeros((3, size), dtype=bool)
        self._tags: dict[str, tuple[str, ...]] = {}
        self._folder = np.zeros(size, dtype=np.int32)
        self._facts = RowFacts(size)
        # Places that the last search found, by its words.
        self._hits: tuple[tuple[str, ...], Places] | None = None
        for start in range(0, size, CHUNK):
            for place in range(start, min(size, start + CHUNK)):
                row = self.rows[place]
                self.places[row.file_id] = place
                self._texts.append(haystack(row))
                self._folder[place] = row.folder_id
                self._note(place, row)
            yield_thread()
        self._ranks = self._rank(yield_thread)

    def __len__(self) -> int:
        return len(self.rows)

    def _note(self, place: int, row: LibraryRow) -> None:
        genre = shown_genre(row)
        self._genre[place] = self._genres.setdefault(genre, len(self._genres))
        self._sure[place] = row.confidence if row.verdict else math.nan
        self._state[place] = _STATES.index(row.state)
        self._standing[0, place] = row.is_sure
        self._standing[1, place] = row.review is not None
        tags = self._tags.get(row.tag_genre)
        if tags is None:
            tags = self._tags[row.tag_genre] = known_genres(row.tag_genre.split("; "))
        says = genre not in ("", NOT_SURE)
        self._standing[2, place] = says and bool(tags) and genre not in tags
        self._facts.note(place, row)

    def replace(self, row: LibraryRow) -> int | None:
        """Take news of a file; its place, or ``None`` if it is not among the rows."""
        place = self.places.get(row.file_id)
        if place is not None:
            before, self.rows[place] = self.rows[place], row
            self.is_stale |= ranked_texts(before) != ranked_texts(row)
            self._texts[place] = haystack(row)
            self._hits = None
            self._note(place, row)
        return place

    def _rank(self, yield_thread: Callable[[], None]) -> dict[Column, npt.NDArray[np.int32]]:
        ranks = {}
        texts: dict[Column, Callable[[LibraryRow], str]] = {
            Column.TITLE: shown_title,
            Column.ARTIST: lambda row: row.artist,
            Column.TAG: lambda row: row.tag_genre,
            Column.ALBUM: lambda row: row.album,
        }
        for column, text in texts.items():
            ranks[column] = text_ranks(self.rows, text, yield_thread)
        # Paths tell themselves apart after what all begin with.
        start = n_shared([row.path for row in self.rows])
        ranks[Column.FOLDER] = text_ranks(
            self.rows, lambda row: f"/{os.path.dirname(row.path)[start:]}", yield_thread, 2
        )
        return ranks

    def ids(self, places: Places) -> list[int]:
        """The files at these places."""
        found: list[int] = self._ids[places].tolist()
        return found

    def find(self, wanted: Filter, order: Order) -> Places:
        """Places of the rows that pass, in this order."""
        found = self._passing(wanted)
        if order.column is Column.NEAR and not order.least_sure:
            return self._as_listed(found, wanted.songs, order.is_descending)
        return self._sorted(found, order)

    def _as_listed(self, found: Places, songs: SongList | None, is_turned: bool) -> Places:
        """These in the order of a list."""
        listed = self._listed(songs)
        kept = listed[np.isin(listed, found)] if songs is not None else found
        return kept[::-1] if is_turned else kept

    def _listed(self, songs: SongList | None) -> Places:
        places = [self.places.get(file_id) for file_id, _ in songs.songs] if songs else []
        return np.array([place for place in places if place is not None], dtype=np.intp)

    def _passing(self, wanted: Filter) -> Places:
        keep = np.ones(len(self), dtype=bool)
        if wanted.genre is not None:
            keep &= self._genre == self._genres.get(wanted.genre, -1)
        if wanted.state is not None:
            keep &= self._state == _STATES.index(wanted.state)
        low, high = wanted.confidence
        if (low, high) != (0.0, 1.0):
            keep &= (self._sure >= low) & ((self._sure < high) | (high >= 1.0))
        keep &= self._stands(wanted.standing)
        if wanted.folder is not None:
            keep &= self._folder == wanted.folder
        for column, name in ((Column.ARTIST, wanted.artist), (Column.ALBUM, wanted.album)):
            if name is not None:
                keep &= self._ranks[column] == rank_of(
                    name, self.rows, self._ranks[column], column.name.lower()
                )
        if wanted.songs is not None:
            is_listed = np.zeros(len(self), dtype=bool)
            is_listed[self._listed(wanted.songs)] = True
            keep &= is_listed
        words = []
        for word in wanted.text.split():
            asked = self._facts.asked(word)
            if asked is None:
                words += folded(word).split()
            else:
                keep &= asked
        found = np.flatnonzero(keep)
        return found[np.isin(found, self._matches(tuple(words)))] if words else found

    def _matches(self, words: tuple[str, ...]) -> Places:
        """Places of all rows in which these words occur; those of the last search are kept."""
        if self._hits is None or self._hits[0] != words:
            texts, hits = self._texts, list(range(len(self)))
            # Long words are rare and leave less for the others to look through.
            for word in sorted(words, key=len, reverse=True):
                hits = [place for place in hits if word in texts[place]]
            self._hits = words, np.array(hits, dtype=np.intp)
        return self._hits[1]

    def _stands(self, standing: VerdictFilter) -> npt.NDArray[np.bool_] | bool:
        is_sure, is_reviewed, differs = self._standing
        answered = ~np.isnan(self._sure)
        if standing is VerdictFilter.SURE:
            return is_sure
        if standing is VerdictFilter.UNSURE:
            return np.asarray(answered & ~is_sure)
        if standing is VerdictFilter.OPEN:
            return np.asarray(answered & ~is_reviewed)
        if standing is VerdictFilter.DIFFERS:
            return differs
        return is_reviewed if standing is VerdictFilter.REVIEWED else True

    def _sorted(self, places: Places, order: Order) -> Places:
        by_title = self._ranks[Column.TITLE][places].astype(np.int64)
        sure = self._sure[places]
        if order.least_sure:
            key = in_millionths(sure)
            key += np.where(self._standing[1][places], 2 * MILLION, 0)
            is_blank = np.isnan(sure)
        else:
            key, is_blank = self._key(order.column, places)
        if order.is_descending:
            key = -key
        # What says nothing stands last in either direction. One number a row sorts five times
        # as fast as three.
        together = (is_blank.astype(np.int64) << 60) + (key << 24) + by_title
        return places[np.argsort(together, kind="stable")]

    def _key(
        self, column: Column, places: Places
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        if column is Column.SURE:
            sure = self._sure[places]
            return in_millionths(sure), np.isnan(sure)
        if column is Column.GENRE:
            names = list(self._genres)
            rank = np.empty(len(names), dtype=np.int64)
            by_name = sorted(range(len(names)), key=lambda i: (names[i] == NOT_SURE, names[i]))
            rank[by_name] = np.arange(len(names))
            codes = self._genre[places]
            # What has no genre stands by what is being done with it.
            return np.where(codes == 0, self._state[places], rank[codes]), codes == 0
        if column in _FACTS:
            return self._facts.key(_FACTS[column], places)
        ranks = self._ranks[column][places].astype(np.int64)
        return ranks, ranks < 0

    def genre_counts(self, wanted: Filter) -> dict[str, int]:
        """Count the files of each genre among those that pass all else, the most frequent first."""
        inside = self._genre[self._passing(replace(wanted, genre=None))]
        counts = np.bincount(inside, minlength=len(self._genres)).tolist()
        found = {name: counts[code] for name, code in self._genres.items() if name and counts[code]}
        return dict(sorted(found.items(), key=lambda item: (item[0] == NOT_SURE, -item[1])))

    def state_counts(self) -> dict[State, int]:
        """Count the files in each state."""
        counts = np.bincount(self._state, minlength=len(_STATES)).tolist()
        return dict(zip(_STATES, counts, strict=True))

    def folder_counts(self, wanted: Filter) -> dict[int, int]:
        """Count the files of each of the library's folders among those that pass all else."""
        inside = self._folder[self._passing(replace(wanted, folder=None))]
        folders, counts = np.unique(inside, return_counts=True)
        return dict(zip(folders.tolist(), counts.tolist(), strict=True))

    def artists(self, wanted: Filter) -> list[ArtistAlbums]:
        """Artists and albums of the files that pass all else, by name."""
        inside = self._passing(replace(wanted, artist=None, album=None))
        ranks = self._ranks[Column.ARTIST], self._ranks[Column.ALBUM]
        return artists_among(self.rows, inside, *ranks)

    def has_values(self, column: Column) -> bool:
        """True if any file has a value in this column."""
        ranks = self._ranks.get(column)
        return ranks is None or not ranks.size or bool(ranks.max() >= 0)

    @property
    def n_reviewed(self) -> int:
        """Number of files that the user has reviewed."""
        return int(np.count_nonzero(self._standing[1]))

    @property
    def n_answered(self) -> int:
        """Number of files that the model has classified."""
        return int(np.count_nonzero(~np.isnan(self._sure)))
