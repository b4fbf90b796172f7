"""Sorting and filtering without a window."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fstmuse_core.library.catalogue import (
    NOT_SURE,
    Catalogue,
    Column,
    Filter,
    Order,
    SongList,
    VerdictFilter,
    shown_genre,
    shown_title,
)
from fstmuse_core.library.rows import LibraryRow, ReviewKind, State
from fstmuse_core.library.sort_keys import Turns
from tests.narrowing import current


def row(file_id: int, **changes: Any) -> LibraryRow:
    """A file that was classified as Rock."""
    plain = LibraryRow(
        file_id,
        f"/music/{file_id}.mp3",
        1,
        1,
        f"Song {file_id}",
        "",
        "",
        "",
        State.DONE,
        "Rock",
        0.8,
        True,
        None,
        "Rock, 80 % sure.",
        30.0,
        None,
        None,
        None,
        str(file_id),
    )
    return plain._replace(**changes)


def waiting(file_id: int, **changes: Any) -> LibraryRow:
    """A file that was not classified yet."""
    return row(
        file_id,
        state=State.WAITING,
        genre=None,
        confidence=0.0,
        is_sure=False,
        verdict="",
        content=None,
        **changes,
    )


def found(
    rows: list[LibraryRow], wanted: Filter | None = None, order: Order | None = None
) -> list[int]:
    """Ids in the order in which they would be shown."""
    catalogue = Catalogue(rows)
    return catalogue.ids(catalogue.find(wanted or Filter(), order or Order()))


def many(count: int) -> list[LibraryRow]:
    """Files of all kinds, drawn by chance from a seed."""
    rng = random.Random(4)
    rows = []
    for file_id in range(count):
        make = row if rng.random() < 0.7 else waiting
        changes: dict[str, Any] = {
            "title": rng.choice(["", "Mañana", "zebra", "Apple", "b", "apple"]),
            "artist": rng.choice(["", "Q", "é"]),
            "folder_id": rng.choice([1, 2]),
        }
        if make is row:
            sure = round(rng.random(), 3)
            changes |= {"genre": rng.choice(["Rock", "Jazz"]), "confidence": sure}
            changes["is_sure"] = sure > 0.5
            if rng.random() < 0.3:
                changes |= {"review": ReviewKind.CORRECTED, "review_genre": "Folk"}
        rows.append(make(file_id, **changes))
    return rows


@pytest.mark.parametrize("column", [Column.TITLE, Column.ARTIST, Column.GENRE, Column.SURE])
@pytest.mark.parametrize("is_descending", [False, True])
def test_sorting_is_what_python_makes_of_it(column: Column, is_descending: bool) -> None:
    rows = many(300)
    says: Callable[[LibraryRow], str | float | None] = {
        Column.TITLE: lambda r: shown_title(r).casefold(),
        Column.ARTIST: lambda r: r.artist.casefold(),
        Column.GENRE: shown_genre,
        Column.SURE: lambda r: r.confidence if r.verdict else None,
    }[column]
    by_id = {r.file_id: r for r in rows}
    shown = [says(by_id[i]) for i in found(rows, order=Order(column, is_descending))]
    texts = [text for text in shown if text not in ("", None)]
    assert shown[len(texts) :] == [text for text in shown if text in ("", None)], "blanks are last"
    if column is Column.GENRE:
        texts = [f"~{t}" if t == NOT_SURE else str(t) for t in texts]
    assert texts == sorted(texts, reverse=is_descending)
    assert len(shown) == len(rows)


def test_least_sure_first_leaves_what_was_looked_at_and_what_waits_for_later() -> None:
    rows = [
        row(1, confidence=0.9),
        waiting(2),
        row(3, confidence=0.2, review=ReviewKind.ACCEPTED, review_genre="Rock"),
        row(4, confidence=0.3),
    ]
    assert found(rows, order=Order(least_sure=True)) == [4, 1, 3, 2]


FILTERS: dict[str, tuple[Filter, Callable[[LibraryRow], bool]]] = {
    "genre": (Filter(genre="Jazz"), lambda r: shown_genre(r) == "Jazz"),
    "not sure": (Filter(genre=NOT_SURE), lambda r: shown_genre(r) == NOT_SURE),
    "folder": (Filter(folder=2), lambda r: r.folder_id == 2),
    "state": (Filter(state=State.WAITING), lambda r: r.state is State.WAITING),
    "sure": (Filter(standing=VerdictFilter.SURE), lambda r: r.is_sure),
    "unsure": (Filter(standing=VerdictFilter.UNSURE), lambda r: bool(r.verdict) and not r.is_sure),
    "open": (Filter(standing=VerdictFilter.OPEN), lambda r: bool(r.verdict) and r.review is None),
    "reviewed": (Filter(standing=VerdictFilter.REVIEWED), lambda r: r.review is not None),
    "score": (
        Filter(confidence=(0.4, 0.6)),
        lambda r: bool(r.verdict) and 0.4 <= r.confidence < 0.6,
    ),
    "words": (
        Filter(text="q MAÑ"),
        lambda r: "mañ" in r.title.casefold() and r.artist == "Q",
    ),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_keeps_what_is_meant(name: str) -> None:
    wanted, passes = FILTERS[name]
    rows = many(300)
    expected = {r.file_id for r in rows if passes(r)}
    assert expected, "else this test says nothing"
    assert set(found(rows, wanted)) == expected


def test_news_of_a_file_count_at_once() -> None:
    catalogue = Catalogue([waiting(1), row(2)])
    assert catalogue.replace(row(1, genre="Jazz")) == 0
    assert catalogue.ids(catalogue.find(Filter(genre="Jazz"), Order())) == [1]
    assert not current(catalogue.is_stale)
    catalogue.replace(row(1, title="Another"))
    assert current(catalogue.is_stale)
    assert catalogue.replace(row(77)) is None


def test_what_is_unlike_the_files_own_tag_is_found() -> None:
    rows = [
        row(1, tag_genre="rock & roll; hard rock"),
        row(2, tag_genre="Bebop"),
        row(3, tag_genre="no genre at all"),
        row(4, tag_genre="Bebop", is_sure=False),
        row(5, tag_genre="Rock", review=ReviewKind.CORRECTED, review_genre="Folk"),
    ]
    assert found(rows, Filter(standing=VerdictFilter.DIFFERS)) == [2, 5]


def test_genres_are_counted_in_a_folder() -> None:
    rows = [row(1), row(2, folder_id=2), row(3, genre="Jazz"), row(4, is_sure=False), waiting(5)]
    catalogue = Catalogue(rows)
    assert catalogue.genre_counts(Filter()) == {"Rock": 2, "Jazz": 1, NOT_SURE: 1}
    assert list(catalogue.genre_counts(Filter())) == ["Rock", "Jazz", NOT_SURE]
    assert catalogue.genre_counts(Filter(folder=2)) == {"Rock": 1}
    assert catalogue.folder_counts(Filter())[1] == 4


def test_an_empty_library_is_no_trouble() -> None:
    catalogue = Catalogue()
    assert not len(catalogue.find(Filter(text="a", folder=1), Order(Column.FOLDER)))
    assert catalogue.genre_counts(Filter()) == {}


def test_a_search_takes_no_notice_of_accents() -> None:
    rows = [row(1, title="Café del Mar"), row(2, artist="Sigur Rós"), row(3, album="Ænima")]
    for typed, wanted in (("cafe", 1), ("CAFÉ", 1), ("ros sigur", 2), ("aenima", 3)):
        assert found(rows, Filter(text=typed)) == [wanted]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("bpm:118-124", [1]),
        ("bpm:120", [1]),
        ("key:am", [2]),
        ("key:a", [2]),  # as --key has it: small letters are minor
        ("key:A", []),
        ("key:Gb", [1]),
        ("mood:calm", [2]),
        ("mood:party", [1]),
        ("style:house", [1]),
        ("style:hard", [2]),
        ("year:1990-1999", [1, 2]),
        ("energy:80-100", [1]),
        ("rate:320", [1]),
        ("loudness:-21..-19", [2]),
        ("song year:1998 format:flac", [2]),
        ("bpm:slow", []),
    ],
)
def test_a_search_asks_for_values(typed: str, wanted: list[int]) -> None:
    fast: dict[str, Any] = {"bpm": 120.4, "key": "F#", "energy": 0.9, "bit_rate": 320_000}
    slow: dict[str, Any] = {"bpm": 66.0, "key": "Am", "loudness": -20.0, "format": "FLAC"}
    rows = [
        row(1, year=1995, format="MP3", mood="for a party", style="House", **fast),
        row(2, year=1998, mood="calm, sad", style="Blues, Hard Rock", **slow),
        row(3),
    ]
    assert sorted(found(rows, Filter(text=typed))) == wanted


@pytest.mark.parametrize(
    ("column", "values", "order"),
    [
        (Column.YEAR, {"year": [1999, 0, 1970]}, [3, 1, 2]),
        (Column.LENGTH, {"seconds": [200.0, 30.0, 100.0]}, [2, 3, 1]),
        (Column.BPM, {"bpm": [120.4, 120.2, None]}, [2, 1, 3]),
        (Column.LOUDNESS, {"loudness": [-8.0, -20.5, None]}, [2, 1, 3]),
        (Column.ENERGY, {"energy": [0.9, None, 0.2]}, [3, 1, 2]),
        (Column.RATE, {"bit_rate": [0, 320_000, 128_000]}, [3, 2, 1]),
        (Column.KEY, {"key": ["C", "Am", None]}, [2, 1, 3]),
        (Column.MOOD, {"mood": ["sad", "", "calm"]}, [3, 1, 2]),
        (Column.STYLE, {"style": ["Soul", "", "House, Pop"]}, [3, 1, 2]),
        (Column.FORMAT, {"format": ["MP3", "FLAC", ""]}, [2, 1, 3]),
        (Column.ALBUM, {"album": ["b", "", "A"]}, [3, 1, 2]),
        (
            Column.ADDED,
            {"added_at": ["2026-02-01T00:00:00+00:00", "2025-12-31T10:00:00+00:00", ""]},
            [2, 1, 3],
        ),
    ],
)
def test_each_column_sorts_and_what_is_blank_stands_last(
    column: Column, values: dict[str, list[Any]], order: list[int]
) -> None:
    ((name, each),) = values.items()
    rows = [row(number, **{name: value}) for number, value in enumerate(each, 1)]
    assert found(rows, order=Order(column)) == order
    blank = order[2:] if not each[order[2] - 1] else []
    known = [number for number in order if number not in blank]
    assert found(rows, order=Order(column, is_descending=True)) == known[::-1] + blank


def test_facets_count_what_the_search_leaves() -> None:
    rows = [
        row(1, title="Café", folder_id=1),
        row(2, title="Cafe two", genre="Jazz", folder_id=2),
        row(3, title="Other", genre="Jazz", folder_id=2),
    ]
    catalogue = Catalogue(rows)
    wanted = Filter(text="cafe", genre="Jazz", folder=2)
    assert catalogue.genre_counts(wanted) == {"Jazz": 1}
    assert catalogue.folder_counts(wanted) == {2: 1}
    assert catalogue.genre_counts(Filter(text="cafe", genre="Jazz")) == {"Rock": 1, "Jazz": 1}
    assert catalogue.folder_counts(Filter(text="cafe", folder=2)) == {1: 1, 2: 1}
    catalogue.replace(rows[2]._replace(title="Café three"))
    assert catalogue.genre_counts(Filter(text="cafe", folder=2)) == {"Jazz": 2}


def test_files_are_found_by_their_numbers_whatever_their_order() -> None:
    catalogue = Catalogue([row(7), row(2), row(9)])
    assert catalogue.places_of(np.array([9, 1, 7, 99, 2])).tolist() == [2, -1, 0, -1, 1]
    listed = SongList("", ((9, 1.0), (5, 0.9), (7, 0.8)))
    assert catalogue.ids(catalogue.find(Filter(songs=listed), Order(Column.NEAR))) == [9, 7]
    assert Catalogue().places_of(np.array([3])).tolist() == [-1]


def test_news_change_the_colour_on_the_map() -> None:
    rows = [row(1, is_sure=False), waiting(2), row(3, review_genre="Jazz")]
    catalogue = Catalogue(rows)
    catalogue.replace(row(2, genre="Folk"))
    codes, names = catalogue.likely_genres(np.array([2, 1, 0]))
    assert [names[code] for code in codes] == ["Jazz", "Folk", "Rock"]


def test_the_window_is_let_in_for_work_and_not_for_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    Catalogue((row(n) for n in range(20)), Turns())
    assert len(slept) < 5, "it was let in for each step, though there was hardly any work"
    slept.clear()
    let_in = Turns()
    until = time.thread_time() + 0.01
    while time.thread_time() < until:
        let_in()
    assert 1 <= len(slept) <= 7
