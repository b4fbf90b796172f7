"""The library's file: kept, shared by two windows, set aside when it is bad."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from fstmuse_core.library.database import Library, library_file, open_library
from fstmuse_core.library.rows import ReviewKind, State
from fstmuse_core.library.scan import FoundFile, note_files
from fstmuse_core.system.errors import FstMuseError


def put(library: Library, names: list[str]) -> None:
    """Files with a sound of their own, in the first folder, that were never on a disk."""
    note_files(library, [FoundFile(name, 1, 1, "1", name) for name in names])
    with library.writing() as connection:
        connection.execute("UPDATE files SET folder_id = 1, content = 'sound of ' || inode")


def test_it_lies_in_the_users_data_folder(tmp_path: Path) -> None:
    open_library().close()

    assert library_file() == tmp_path / "data" / "fstmuse" / "library" / "library.db"
    assert library_file().is_file()


def test_what_was_said_is_there_after_a_restart(library: Library, music: Path) -> None:
    library.add_folder(music)
    put(library, ["/a", "/b"])
    assert library.review([1], "Jazz", ReviewKind.CORRECTED) == 1
    library.close()

    with open_library(library.path) as again:
        assert again.notice == ""
        assert [folder.path for folder in again.folders()] == [str(music)]
        first, second = again.rows("any model")
        assert (first.review_genre, first.review) == ("Jazz", ReviewKind.CORRECTED)
        assert second.review is None
        assert again.unreview([1, 2]) == 1
        assert again.counts("any model").reviewed == 0


def test_a_folder_within_another_is_the_same_folder(library: Library, music: Path) -> None:
    inner = music / "rock"
    inner.mkdir()
    first = library.add_folder(inner)
    put(library, ["/song"])

    outer = library.add_folder(music)

    assert library.folders() == [outer]
    assert library.add_folder(inner) == outer
    (row,) = library.rows("")
    assert row.folder_id == outer.folder_id != first.folder_id
    library.remove_folder(outer.folder_id)
    assert library.rows("") == []
    assert library.folders() == []


def test_what_is_no_folder_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(FstMuseError, match="nowhere: there is no such folder"):
        library.add_folder(tmp_path / "nowhere")


def test_a_damaged_file_is_kept_aside_and_said(library: Library) -> None:
    library.close()
    library.path.write_bytes(b"this is not a library" * 500)

    with open_library(library.path) as anew:
        assert anew.notice == (
            "Your library: its file was damaged; it is kept as library-damaged-1.db "
            "and a new one was begun"
        )
        assert anew.folders() == []
    aside = library.path.with_name("library-damaged-1.db")
    assert aside.read_bytes() == b"this is not a library" * 500


def test_damage_that_is_met_later_is_said_and_kept_aside_at_the_next_start(
    library: Library, music: Path
) -> None:
    library.add_folder(music)
    put(library, [f"/song {n}" for n in range(3000)])
    library.close()
    size = library.path.stat().st_size
    with library.path.open("r+b") as stream:
        stream.seek(size // 3 // 4096 * 4096)
        stream.write(b"\xff" * 40_960)

    with open_library(library.path) as damaged:
        assert damaged.notice == ""
        with pytest.raises(FstMuseError, match="its file is damaged; start FstMuse again"):
            damaged.rows("")

    with open_library(library.path) as anew:
        assert "kept as library-damaged-1.db" in anew.notice
        assert anew.rows("") == []


def test_a_place_where_nothing_can_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(FstMuseError, match="Your library: it cannot be kept"):
        open_library(tmp_path / "file" / "library.db")


def test_a_full_disk_loses_nothing_that_was_there(library: Library, music: Path) -> None:
    library.add_folder(music)
    put(library, ["/first"])
    with library.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(FstMuseError, match="the disk is full; make room"):
        put(library, [f"/song {n}" for n in range(3000)])

    assert [row.path for row in library.rows("")] == ["/first"]


def test_two_windows_write_at_the_same_time(library: Library, music: Path) -> None:
    library.add_folder(music)
    names = [f"/song {n}" for n in range(60)]
    put(library, names)
    before = library.changes()

    def review(first: int) -> None:
        with open_library(library.path) as other:
            for key in range(first, 61, 3):
                other.review([key], "Rock", ReviewKind.ACCEPTED)

    windows = [threading.Thread(target=review, args=(first,)) for first in (1, 2, 3)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()

    assert library.counts("").reviewed == 60
    assert library.changes() != before


def test_the_order_and_what_is_left_out_are_the_users(library: Library, music: Path) -> None:
    library.add_folder(music)
    put(library, ["/a", "/b", "/c", "/d"])

    library.move_to_front([3, 2])
    with library.reading() as connection:
        order = connection.execute("SELECT id FROM files ORDER BY position, id").fetchall()
    assert [key for (key,) in order] == [3, 2, 1, 4]

    assert library.skip([2, 4]) == 2
    assert [row.state for row in library.rows("")] == [
        State.WAITING,
        State.SKIPPED,
        State.WAITING,
        State.SKIPPED,
    ]
    assert library.requeue([1, 2]) == 1
    assert library.counts("").waiting == 3
    assert [row.file_id for row in library.rows("", file_ids=[4, 2])] == [2, 4]
