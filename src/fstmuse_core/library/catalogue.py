"""The library's rows as columns of numbers: sorted and filtered in a few milliseconds.

A file's texts are ranked once, when the rows are read; after that, to sort is to sort numbers,
and to filter is to look numbers up. No Qt here, so all of it can be built beside the window.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from fstmuse_core.library.rows import LibraryRow, State
from fstmuse_core.library.sort_keys import (
    CHUNK,
    FACTS,
    MILLION,
    ArtistAlbums,
    Coded,
    RowFacts,
    Texts,
    artists_among,
    folded,
    folder_ranks,
    in_millionths,
    places_among,
    rank_of,
    ranked_texts,
    text_ranks,
)
from fstmuse_core.tags.genres import known_genres

Places = npt.NDArray[np.intp]

NOT_SURE = "Not sure"
_STATES = (State.WORKING, State.WAITING, State.FAILED, State.SKIPPED, State.GONE, State.DONE)
_STATE_CODES = {state: code for code, state in enumerate(_STATES)}


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
_FACTS = {column: column.name.lower() for column in Column if column.name.lower() in FACTS}


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
        Ids of the files, and how near each is: 1 for the same sound, None where nothing is asked.
    notes : tuple of (int, str)
        Ids of files, and words that say more than how near they are.
    """

    title: str
    songs: tuple[tuple[int, float | None], ...]
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
    yield_thread : callable, optional
        Called now and then while it is built in a thread.
    """

    def __init__(
        self, rows: Iterable[LibraryRow] = (), yield_thread: Callable[[], None] = lambda: None
    ) -> None:
        self.rows = list(rows)
        # True once texts have changed since they were ranked.
        self.is_stale = False
        size = len(self.rows)
        self._ids = np.array([row.file_id for row in self.rows], dtype=np.int64)
        self.places: dict[int, int] = dict(zip(self._ids.tolist(), range(size), strict=True))
        self._texts = Texts()
        self._genre = Coded(size)
        # The user's genre or the likeliest, however sure; the map's colours.
        self._likely = Coded(size)
        self._sure = np.full(size, np.nan, dtype=np.float32)
        self._state = np.zeros(size, dtype=np.int8)
        self._standing = np.zeros((3, size), dtype=bool)
        self._tags: dict[str, tuple[str, ...]] = {}
        self._folder = np.zeros(size, dtype=np.int32)
        self._facts = RowFacts(size)
        self._last_list: tuple[SongList, Places] | None = None
        for start in range(0, size, CHUNK):
            part = self.rows[start : start + CHUNK]
            self._texts.note(start, part)
            self._note(start, part)
            yield_thread()
        self._ranks = self._rank(yield_thread)

    def __len__(self) -> int:
        return len(self.rows)

    def _note(self, start: int, rows: Sequence[LibraryRow]) -> None:
        """Take what rows say, from a place on: a column at a time, for there are very many."""
        part = slice(start, start + len(rows))
        genres = [shown_genre(row) for row in rows]
        self._genre.note(start, genres)
        self._likely.note(start, [row.review_genre or row.genre or "" for row in rows])
        self._sure[part] = [row.confidence if row.verdict else math.nan for row in rows]
        self._state[part] = [_STATE_CODES[row.state] for row in rows]
        self._folder[part] = [row.folder_id for row in rows]
        self._standing[0, part] = [row.is_sure for row in rows]
        self._standing[1, part] = [row.review is not None for row in rows]
        self._standing[2, part] = [
            bool(tags := self._genres_of(row.tag_genre)) and genre not in ("", NOT_SURE, *tags)
            for genre, row in zip(genres, rows, strict=True)
        ]
        self._facts.note(start, rows)

    def contents(self) -> list[list[Any]]:
        """All that takes long to free, as lists of its own."""
        return [list(self.rows), list(self._texts.all), [self.places]]

    def _genres_of(self, tag: str) -> tuple[str, ...]:
        if tag not in self._tags:
            self._tags[tag] = known_genres(tag.split("; "))
        return self._tags[tag]

    def replace(self, row: LibraryRow) -> int | None:
        """Take news of a file; its place, or ``None`` if it is not among the rows."""
        place = self.places.get(row.file_id)
        if place is not None:
            before, self.rows[place] = self.rows[place], row
            self.is_stale |= ranked_texts(before) != ranked_texts(row)
            self._texts.note(place, [row])
            self._note(place, [row])
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
        ranks[Column.FOLDER] = folder_ranks(self.rows, yield_thread)
        return ranks

    def ids(self, places: Places) -> list[int]:
        """The files at these places."""
        return list(self._ids[places].tolist())

    def find(self, wanted: Filter, order: Order) -> Places:
        """Places of the rows that pass, in this order."""
        found = self.passing(wanted)
        if order.column is Column.NEAR and not order.least_sure:
            return self._as_listed(found, wanted.songs, order.is_descending)
        return self._sorted(found, order)

    def _as_listed(self, found: Places, songs: SongList | None, is_turned: bool) -> Places:
        """These in the order of a list."""
        listed = self._listed(songs) if songs is not None else found
        kept = listed[np.isin(listed, found)]
        return kept[::-1] if is_turned else kept

    def _listed(self, songs: SongList) -> Places:
        """Places of the files of a list; those of the last one are kept."""
        if self._last_list is None or self._last_list[0] is not songs:
            places = self.places_of(np.fromiter(map(itemgetter(0), songs.songs), np.int64))
            self._last_list = songs, places[places >= 0]
        return self._last_list[1]

    def places_of(self, file_ids: npt.NDArray[np.int64]) -> Places:
        """Place of each file; -1 for those that are not among the rows."""
        return places_among(self._ids, file_ids)

    def likely_genres(self, places: Places) -> tuple[npt.NDArray[np.int32], list[str]]:
        """The user's genre or the likeliest of each, as an index into the names; "" for none."""
        return self._likely.codes[places], list(self._likely.names)

    def passing(self, wanted: Filter) -> Places:
        """Places of the rows that pass, as they come."""
        keep = np.ones(len(self), dtype=bool)
        if wanted.genre is not None:
            keep &= self._genre.codes == self._genre.names.get(wanted.genre, -1)
        if wanted.state is not None:
            keep &= self._state == _STATE_CODES[wanted.state]
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
        return found[np.isin(found, self._texts.matches(tuple(words)))] if words else found

    def _stands(self, standing: VerdictFilter) -> npt.NDArray[np.bool_] | bool:
        is_sure, is_reviewed, differs = self._standing
        answered = ~np.isnan(self._sure)
        passing = {
            VerdictFilter.SURE: is_sure,
            VerdictFilter.UNSURE: answered & ~is_sure,
            VerdictFilter.OPEN: answered & ~is_reviewed,
            VerdictFilter.DIFFERS: differs,
            VerdictFilter.REVIEWED: is_reviewed,
        }
        return passing.get(standing, True)

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
            rank = self._genre.ranks(lambda name: (name == NOT_SURE, name))
            codes = self._genre.codes[places]
            # What has no genre stands by what is being done with it.
            return np.where(codes == 0, self._state[places], rank[codes]), codes == 0
        if column in _FACTS:
            return self._facts.key(_FACTS[column], places)
        ranks = self._ranks[column][places].astype(np.int64)
        return ranks, ranks < 0

    def genre_counts(self, wanted: Filter) -> dict[str, int]:
        """Count the files of each genre among those that pass all else, the most frequent first."""
        found = self._genre.counts(self.passing(replace(wanted, genre=None)))
        return dict(sorted(found, key=lambda item: (item[0] == NOT_SURE, -item[1])))

    def state_counts(self, places: Places | slice = slice(None)) -> dict[State, int]:
        """Count the files in each state; of all, or of those at these places."""
        counts = np.bincount(self._state[places], minlength=len(_STATES)).tolist()
        return dict(zip(_STATES, counts, strict=True))

    def folder_counts(self, wanted: Filter) -> dict[int, int]:
        """Count the files of each of the library's folders among those that pass all else."""
        inside = self._folder[self.passing(replace(wanted, folder=None))]
        folders, counts = np.unique(inside, return_counts=True)
        return dict(zip(folders.tolist(), counts.tolist(), strict=True))

    def artists(self, wanted: Filter) -> list[ArtistAlbums]:
        """Artists and albums of the files that pass all else, by name."""
        inside = self.passing(replace(wanted, artist=None, album=None))
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
