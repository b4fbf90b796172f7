"""What a scan finds, and what it makes of what has become of files."""

from __future__ import annotations

import os
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from fstmuse_core.library.database import Library
from fstmuse_core.library.rows import State
from fstmuse_core.library.scan import FoundFile, Unreadable, scan, scan_library
from fstmuse_core.workers.client import WorkerClient
from fstmuse_core.workers.protocol import (
    Cancelled,
    Done,
    Event,
    Failed,
    Progress,
    Ready,
    ScanFolders,
    Started,
)
from fstmuse_core.workers.tasks.library import serve
from tests.library.conftest import Song

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")


def touch(path: Path, data: bytes = b"sound") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def events_of(library: Path) -> list[Event]:
    events: list[Event] = []
    is_over = threading.Event()

    def take(event: Event) -> None:
        events.append(event)
        if isinstance(event, Done | Failed | Cancelled):
            is_over.set()

    scanning = WorkerClient(take, serve=partial(serve, library_file=str(library)))
    scanning.submit(ScanFolders())
    scanning.start()
    assert is_over.wait(240)
    scanning.stop()
    return events


def names(folder: Path) -> list[str]:
    return [
        os.path.relpath(found.path, folder)
        for found in scan([str(folder)])
        if isinstance(found, FoundFile)
    ]


def pretend_heard(library: Library) -> None:
    with library.writing() as connection:
        connection.execute("UPDATE files SET content = 'sound ' || id, title = 'Title'")


def test_sound_files_only_and_nothing_hidden(music: Path) -> None:
    for name in ("b.mp3", "a/song.FLAC", "a/cover.jpg", ".hidden/x.mp3", "a/.x.mp3"):
        touch(music / name)
    touch(music / "$RECYCLE.BIN" / "deleted.mp3")
    (music / "folder.mp3").mkdir()

    assert names(music) == ["b.mp3", os.path.join("a", "song.FLAC")]


@needs_links
def test_links_end_and_nothing_comes_twice(music: Path, tmp_path: Path) -> None:
    touch(music / "a" / "song.mp3")
    outside = touch(tmp_path / "elsewhere" / "other.mp3").parent
    (music / "a" / "round").symlink_to(music)
    (music / "again.mp3").symlink_to(music / "a" / "song.mp3")
    (music / "out").symlink_to(outside)
    (music / "out too").symlink_to(outside)
    (music / "one.mp3").symlink_to(touch(tmp_path / "lone.mp3"))
    (music / "two.mp3").symlink_to(tmp_path / "lone.mp3")
    (music / "nowhere.mp3").symlink_to(tmp_path / "gone.mp3")

    assert names(music) == ["a/song.mp3", "one.mp3", "out/other.mp3"]


def test_an_update_follows_what_became_of_each_file(library: Library, music: Path) -> None:
    for name in ("stays.mp3", "moves.mp3", "changes.mp3", "goes.mp3"):
        touch(music / name, name.encode())
    library.add_folder(music)
    assert scan_library(library).n_new == 4
    pretend_heard(library)
    before = {os.path.basename(row.path): row for row in library.rows("")}

    os.renames(music / "moves.mp3", music / "deep" / "moved.mp3")
    touch(music / "changes.mp3", b"another sound")
    (music / "goes.mp3").unlink()
    touch(music / "comes.mp3")
    report = scan_library(library)

    assert (report.n_found, report.n_new, report.n_changed) == (4, 1, 1)
    assert (report.n_moved, report.n_gone, report.problems) == (1, 1, ())
    rows = {os.path.basename(row.path): row for row in library.rows("")}
    assert rows["stays.mp3"] == before["stays.mp3"]
    assert rows["moved.mp3"].file_id == before["moves.mp3"].file_id
    assert rows["moved.mp3"].content == before["moves.mp3"].content
    assert rows["changes.mp3"].content is None
    assert rows["goes.mp3"].state is State.GONE
    assert rows["goes.mp3"].error == "it is no longer there; put it back, or forget it"

    assert library.forget_gone() == 1
    assert scan_library(library).n_gone == 0


def test_a_file_that_comes_back_is_what_it_was(library: Library, music: Path) -> None:
    file = touch(music / "song.mp3")
    library.add_folder(music)
    scan_library(library)
    pretend_heard(library)
    away = file.rename(music / "song.away")
    assert scan_library(library).n_gone == 1

    away.rename(file)
    scan_library(library)

    (row,) = library.rows("")
    assert (row.state, row.content, row.error) == (State.WAITING, "sound 1", None)


@needs_links
def test_two_names_of_one_file_have_one_sound(library: Library, music: Path) -> None:
    first = touch(music / "first.mp3")
    library.add_folder(music)
    scan_library(library)
    pretend_heard(library)

    os.link(first, music / "second.mp3")
    assert scan_library(library).n_new == 1

    one, two = library.rows("")
    assert one.path != two.path
    assert one.content == two.content
    assert two.title == "Title"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text there")
def test_a_name_that_is_no_text(library: Library, music: Path) -> None:
    raw = os.fsencode(music) + b"/caf\xe9.mp3"
    with open(raw, "wb") as stream:
        stream.write(b"sound")
    library.add_folder(music)

    scan_library(library)

    (row,) = library.rows("")
    assert os.fsencode(row.path) == raw


def test_what_cannot_be_read_stays_as_it_was(
    library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(music / "open" / "a.mp3")
    touch(music / "closed" / "b.mp3")
    library.add_folder(music)
    scan_library(library)
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = scan_library(library)

    assert report.n_gone == 0
    (problem,) = report.problems
    assert problem.endswith("closed: the folder cannot be read (Permission denied)")
    assert {row.state for row in library.rows("")} == {State.WAITING}


def test_a_disk_that_is_not_there_loses_nothing(library: Library, music: Path) -> None:
    touch(music / "a.mp3")
    library.add_folder(music)
    scan_library(library)
    music.rename(music.with_name("unplugged"))

    report = scan_library(library)

    assert len(report.problems) == 1
    assert report.n_gone == 0


def test_a_cancelled_scan_changes_nothing(library: Library, music: Path) -> None:
    touch(music / "a.mp3")
    library.add_folder(music)

    assert scan_library(library, cancelled=lambda: True).cancelled
    assert library.rows("") == []


def test_an_unreadable_folder_is_told_of(tmp_path: Path) -> None:
    (found,) = scan([str(tmp_path / "nowhere")])

    assert isinstance(found, Unreadable)


def test_a_scan_in_a_process_of_its_own(library: Library, song: Song, music: Path) -> None:
    song("a.wav")
    library.add_folder(music)

    *before, ended = events_of(library.path)

    assert isinstance(ended, Done)
    assert ended.payload.n_new == 1
    assert [type(event) for event in before if not isinstance(event, Progress)] == [Ready, Started]
    assert library.counts("").waiting == 1


def test_a_scan_that_cannot_be_done_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    *_, ended = events_of(tmp_path / "file" / "library.db")

    assert isinstance(ended, Failed)
    assert ended.sentence.startswith("Your library: it cannot be kept")
