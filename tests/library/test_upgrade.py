"""A library of an older or a newer program: upgraded, or left alone; nothing of it is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from fstmuse_core.library import schema
from fstmuse_core.library.database import Library, open_library
from fstmuse_core.library.rows import ReviewKind, State
from fstmuse_core.library.schema import VERSION
from fstmuse_core.system.errors import FstMuseError

# Made by the program that wrote version 1: two files, an answer, a correction.
FIRST = Path(__file__).with_name("library_version_1.sql")
MODEL = "a" * 64
# The upgrade is killed when half of it is done.
KILLED = """
import os, sys
from pathlib import Path
from fstmuse_core.library import schema

connect = schema.connect

def dying(file):
    connection = connect(file)
    connection.create_function("die", 0, lambda: os._exit(9))
    return connection

schema.connect = dying
schema._UPGRADES = (schema._UPGRADES[0] + "SELECT die();", *schema._UPGRADES[1:])
schema.prepare(Path(sys.argv[1]))
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A library of version 1."""
    file = tmp_path / "library.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(FIRST.read_text())
    return file


def dump(file: Path) -> list[str]:
    """All that a database holds."""
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


def check_contents(library: Library) -> None:
    """All that version 1 held is there."""
    assert [folder.path for folder in library.folders()] == ["/music"]
    first, second = library.rows(MODEL)
    assert (first.path, first.artist, first.state) == ("/music/a.flac", "Someone", State.DONE)
    assert (first.genre, first.confidence) == ("Folk", 0.75)
    assert (first.review_genre, first.review) == ("Jazz", ReviewKind.CORRECTED)
    assert second.state is State.WAITING
    answer = library.classification(first.file_id, MODEL)
    assert answer is not None
    assert answer.warnings == ("a warning",)
    assert answer.timeline.start_s.tolist() == [0.0, 1.5]
    assert answer.traits == ()


def test_an_old_library_is_upgraded_and_a_copy_kept(old: Path) -> None:
    before = dump(old)

    with open_library(old) as library:
        assert library.notice == (
            "Your library: it was upgraded; its file of before is kept as library-version-1.db"
        )
        check_contents(library)

    assert dump(old.with_name("library-version-1.db")) == before
    with open_library(old) as again:
        assert again.notice == ""
        check_contents(again)
    assert sorted(path.name for path in old.parent.glob("*.db")) == [
        "library-version-1.db",
        "library.db",
    ]


def test_an_upgraded_library_is_made_like_a_new_one(old: Path, tmp_path: Path) -> None:
    def tables(file: Path) -> dict[str, str]:
        with open_library(file) as library, library.reading() as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
            return dict(connection.execute("SELECT name, sql FROM sqlite_master"))

    assert tables(old) == tables(tmp_path / "new" / "library.db")


def test_a_copy_holds_what_was_not_yet_in_the_file_itself(old: Path) -> None:
    """After a crash a part of a library stands in its side file."""
    with closing(schema.connect(old)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("UPDATE files SET title = 'Written last' WHERE id = 1")
        crashed = old.with_name("crashed.db")
        for end in ("", "-wal"):
            shutil.copyfile(f"{old}{end}", f"{crashed}{end}")

    open_library(crashed).close()

    with closing(sqlite3.connect(crashed.with_name("crashed-version-1.db"))) as copy:
        assert copy.execute("SELECT title FROM files").fetchall() == [("Written last",), (None,)]


def test_a_killed_upgrade_is_made_again(old: Path) -> None:
    before = dump(old)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(old)], check=False)
    assert killed.returncode == 9
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert dump(old) == before

    with open_library(old) as library:
        check_contents(library)
    assert dump(old.with_name("library-version-1.db")) == before


def test_no_upgrade_without_a_copy(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = dump(old)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(FstMuseError, match="it cannot be kept \\(No space left on device\\)"):
        open_library(old)
    assert dump(old) == before
    assert [path.name for path in old.parent.glob("*version*")] == []


def test_a_newer_library_is_left_alone(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("DROP TABLE reviews")  # whatever it keeps instead
        connection.commit()
    before = dump(old)

    with pytest.raises(FstMuseError) as refused:
        open_library(old)

    assert str(refused.value) == (
        "Your library: a newer FstMuse wrote it, and it is left as it is; update FstMuse to open it"
    )
    assert dump(old) == before
    assert [path.name for path in old.parent.glob("*.db")] == ["library.db"]


def test_an_old_library_without_a_table_is_damaged(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("DROP TABLE reviews")
        connection.commit()

    with open_library(old) as anew:
        assert "it is kept as library-damaged-1.db" in anew.notice
        assert anew.rows(MODEL) == []
