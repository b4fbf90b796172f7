"""Genres that are there already, and how a model agrees with them."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from fstmuse_core.library.disagreement import agreement
from fstmuse_core.library.rows import ReviewKind
from fstmuse_core.library.truth import Label, beets_labels, review_labels, tag_labels
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.genres import known_genres
from tests.library_out.conftest import MODEL, failed, make_row, unsure

ROOT = os.path.abspath(os.sep)


def music(*parts: str) -> str:
    return os.path.join(ROOT, "music", *parts)


def label(path: str, *names: str) -> Label:
    return Label(path, names, known_genres(names))


def make_beets(
    file: Path, items: list[tuple[bytes, str]], *, column: str = "genres", named: int = 0
) -> Path:
    """A library as beets keeps it; the item of number ``named`` was named by our plug-in."""
    with closing(sqlite3.connect(file)) as beets:
        beets.execute(f"CREATE TABLE items (id INTEGER PRIMARY KEY, path BLOB, {column} TEXT)")
        beets.execute("CREATE TABLE item_attributes (entity_id INTEGER, key TEXT, value TEXT)")
        beets.executemany(f"INSERT INTO items (path, {column}) VALUES (?, ?)", items)
        if named:
            beets.execute("INSERT INTO item_attributes VALUES (?, 'fstmuse_model', 'x')", (named,))
        beets.commit()
    return file


def test_names_become_canonical() -> None:
    assert known_genres(["Hard Rock; rap", "bebop"]) == ("Rock", "Hip-Hop", "Jazz")
    assert known_genres(["Old-Time / Historic"]) == ("Old-Time / Historic",)
    assert known_genres(["Schlager"]) == ()


def test_new_beets_keeps_several_genres_and_relative_paths(tmp_path: Path) -> None:
    items = [
        (b"A/1/one.mp3", "Hard Rock\\␀Pop"),
        (b"A/1/two.mp3", ""),
        (b"B/one.mp3", "Jazz"),
        (b"B/elsewhere.mp3", "Jazz"),
        (b"B/ours.mp3", "Rock"),
    ]
    file = make_beets(tmp_path / "library.db", items, named=5)
    before = file.read_bytes()
    paths = [
        *(music("A", "1", name) for name in ("one.mp3", "two.mp3")),
        *(music("B", name) for name in ("one.mp3", "ours.mp3")),
        os.path.join(ROOT, "copy", "B", "one.mp3"),
    ]
    expected = [label(paths[0], "Hard Rock", "Pop"), label(paths[2], "Jazz")]

    assert beets_labels(file, paths) == expected
    assert beets_labels(file, paths, music_folder=Path(music())) == expected
    copied = beets_labels(file, paths, music_folder=Path(ROOT, "copy"))
    assert [one.path for one in copied] == [paths[4]]
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["library.db"]


def test_old_beets_keeps_one_genre_and_whole_paths(tmp_path: Path) -> None:
    odd = music("x.mp3") if sys.platform == "win32" else os.fsdecode(b"/music/\xff.mp3")
    file = make_beets(
        tmp_path / "library.blb", [(os.fsencode(odd), "alternative rock")], column="genre"
    )
    assert beets_labels(file, [odd]) == [label(odd, "alternative rock")]


def test_what_is_no_library_of_beets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FstMuseError, match="there is no such file"):
        beets_labels(tmp_path / "none.db", [])
    (tmp_path / "text.db").write_text("no database at all, but some text" * 100)
    with pytest.raises(FstMuseError, match="cannot be read as a library of beets"):
        beets_labels(tmp_path / "text.db", [])
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    with pytest.raises(FstMuseError, match="it is no library of beets"):
        beets_labels(tmp_path / "empty.db", [])


def test_what_fstmuse_wrote_is_no_truth(make_file: Callable[..., Path]) -> None:
    theirs, ours = make_file("theirs.flac"), make_file("ours.flac")
    open_tags(theirs).change(("Rock",), "")
    open_tags(ours).change(("Rock",), "first 0.91")
    told: list[tuple[int, int]] = []

    found = tag_labels(
        [
            make_row(str(theirs), tag_genre="Rock; Pop"),
            make_row(str(ours), tag_genre="Rock"),
            make_row("/nowhere.mp3", tag_genre="Polka"),
            make_row("/untagged.mp3"),
        ],
        progress=lambda done, total: told.append((done, total)),
    )

    assert found == [label(str(theirs), "Rock", "Pop"), label("/nowhere.mp3", "Polka")]
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_reviews_are_labels() -> None:
    row = make_row("/a", review_genre="Folk", review=ReviewKind.CORRECTED)
    assert review_labels([row, make_row("/b")]) == [label("/a", "Folk")]


def test_agreement_counts_each_file_once() -> None:
    rows = [
        make_row("/agrees"),
        make_row("/second", genre="Jazz"),
        make_row("/differs", confidence=0.7),
        make_row("/differs more", confidence=0.95),
        unsure("/unsure but right"),
        unsure("/unsure"),
        make_row("/other genre"),
        unsure("/other, turned away"),
        make_row("/unknown"),
        make_row("/own word", genre="Rock"),
        failed("/failed"),
        make_row("/no label"),
    ]
    labels = [
        label("/agrees", "hard rock"),
        label("/second", "Rock", "Jazz"),
        label("/differs", "Jazz"),
        label("/differs more", "Folk"),
        label("/unsure but right", "Rock"),
        label("/unsure", "Jazz"),
        label("/other genre", "Classical"),
        label("/other, turned away", "Classical"),
        label("/unknown", "Schlager"),
        label("/own word", "rOcK"),
        label("/failed", "Rock"),
        label("/not in the library", "Rock"),
    ]
    found = agreement(rows, MODEL, labels)

    assert (found.compared, found.agreed, found.differed, found.unsure) == (7, 3, 2, 2)
    assert found.likeliest_agreed == 4
    assert found.not_heard == 2
    assert found.unknown == {"Schlager": 1}
    assert found.other == {"Classical": (2, 1)}
    assert [one.path for one in found.disagreements] == ["/differs more", "/differs"]
    assert found.confusion["Jazz", "Rock"] == found.confusion["Folk", "Rock"] == 1
    by_genre = {one.genre: one for one in found.genres}
    rock, jazz = by_genre["Rock"], by_genre["Jazz"]
    assert (rock.labelled, rock.agreed, rock.differed, rock.unsure, rock.named) == (3, 2, 0, 1, 4)
    assert (jazz.labelled, jazz.agreed, jazz.differed, jazz.unsure, jazz.named) == (3, 1, 1, 1, 1)
    assert "Of 7 labelled files the model names a genre for 5; of these" in found.sentence
    assert "names 3 of 5 as labelled (95 %: " in found.sentence


def test_a_model_may_have_genres_that_no_table_knows() -> None:
    model = MODEL._replace(genres=("Schlager", "Rock"))
    rows = [make_row("/a", genre="Schlager")]
    found = agreement(rows, model, [label("/a", "schlager")])
    assert (found.agreed, found.unknown) == (1, {})


def test_nothing_to_compare_is_said() -> None:
    found = agreement([make_row("/a")], MODEL, [label("/a", "Classical")])
    assert found.sentence == "No file that was heard has a genre that this model knows."
