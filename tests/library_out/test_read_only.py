"""Commands that only read, where the library may not be written to."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fstmuse_core.library import schema
from fstmuse_core.library.database import library_file
from tests.library_out.conftest import MODEL, Shelf, answer
from tests.library_out.test_similar import angle, give

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lone_file(library_store: Shelf) -> Path:
    """The file of a library of two songs that nobody has open."""
    library_store.put("a.mp3", "b.mp3")
    library_store.hear(MODEL, {name: answer("Rock", 0.9) for name in ("a.mp3", "b.mp3")})
    for n, name in enumerate(("a.mp3", "b.mp3")):
        give(library_store.library, name, angle(30 * n))
    library_store.library.close()
    return library_file()


def refuse(file: Path) -> str:
    with schema.speaking(file):
        raise PermissionError(errno.EACCES, "Permission denied")


@pytest.fixture
def protected(lone_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same without leave to write, which root has all the same."""
    lone_file.chmod(0o400)
    lone_file.parent.chmod(0o500)
    if os.access(lone_file.parent, os.W_OK):
        monkeypatch.setattr("fstmuse_core.library.database.prepare", refuse)
        monkeypatch.setattr(os, "access", lambda path, mode, **_: mode != os.W_OK)
    yield lone_file
    lone_file.parent.chmod(0o700)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("list",), 0),
        (("similar", "a"), 0),
        (("journey", "a", "b"), 0),
        (("truth",), 1),
        (("copies",), 1),  # these are no sounds, so no fingerprint can be made
    ],
)
def test_reading_commands_leave_the_library_as_it_is(
    protected: Path, fstmuse: Run, command: tuple[str, ...], code: int
) -> None:
    before = {path.name: path.read_bytes() for path in protected.parent.iterdir()}
    found, out, err = fstmuse(*command)
    assert "it cannot be kept" not in err
    assert "it cannot be used" not in err
    assert (found, bool(out)) == (code, code == 0)
    assert {path.name: path.read_bytes() for path in protected.parent.iterdir()} == before


def test_what_another_program_is_writing_is_read(
    lone_file: Path, fstmuse: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "is_read_only", lambda file: True)
    with closing(sqlite3.connect(lone_file)) as writer:
        writer.execute("UPDATE files SET title = 'Written just now'")
        writer.commit()
        assert "Written just now" in fstmuse("list", "--format", "json")[1]


def test_a_library_of_another_version_is_told(
    lone_file: Path, fstmuse: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(lone_file)) as connection:
        connection.execute("PRAGMA user_version = 1")
    monkeypatch.setattr(schema, "is_read_only", lambda file: True)
    code, out, err = fstmuse("list")
    assert (code, out) == (1, "")
    assert "another version of FstMuse wrote it, and its file may not be written to" in err
