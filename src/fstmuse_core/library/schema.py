"""The library's file: its tables, its options, and how it is opened and kept."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from fstmuse_core.system.atomic_write import locked
from fstmuse_core.system.errors import FstMuseError

TAG_ENCODING = "tag_encoding"


def read(connection: sqlite3.Connection, name: str, default: str) -> str:
    """Read an option, or its default."""
    found = connection.execute("SELECT value FROM options WHERE name = ?", (name,)).fetchone()
    return default if found is None else str(found[0])


def write(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Remember a choice, within the caller's transaction."""
    connection.execute("INSERT OR REPLACE INTO options(name, value) VALUES (?, ?)", (name, value))


TITLE = "Your library"
# Others write for milliseconds; a disk may be slow, and a scan hands in thousands of files.
_BUSY_S = 20.0
_SIDE_FILES = ("", "-wal", "-shm")
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

# Paths are the bytes that the system knows them by, which need not be text. ``content`` is the
# hash of a file's sound without its tags: results and reviews follow a file that is moved or
# tagged. What is classified again by every model stands apart from what is said of a file once.
_SCHEMA = """
CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    added_at TEXT NOT NULL
);
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    folder_id INTEGER REFERENCES folders(id) ON DELETE SET NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    device TEXT NOT NULL,
    inode TEXT NOT NULL,
    content TEXT,
    state TEXT NOT NULL DEFAULT 'waiting',
    position INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    title TEXT,
    artist TEXT,
    album TEXT,
    tag_genre TEXT
);
CREATE INDEX files_in_order ON files(position, id);
CREATE INDEX files_by_inode ON files(inode, device);
CREATE INDEX files_by_content ON files(content);
CREATE TABLE models (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    settings TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    genres TEXT NOT NULL,
    UNIQUE (sha256, settings)
);
CREATE TABLE results (
    content TEXT NOT NULL,
    model_id INTEGER NOT NULL REFERENCES models(id),
    guess TEXT,
    confidence REAL NOT NULL,
    genre TEXT,
    doubt TEXT,
    verdict TEXT NOT NULL,
    seconds REAL NOT NULL,
    scores TEXT NOT NULL,
    warnings TEXT NOT NULL,
    made_at TEXT NOT NULL,
    PRIMARY KEY (content, model_id)
) WITHOUT ROWID;
CREATE TABLE timelines (
    content TEXT NOT NULL,
    model_id INTEGER NOT NULL REFERENCES models(id),
    data BLOB NOT NULL,
    PRIMARY KEY (content, model_id)
);
CREATE TABLE reviews (
    content TEXT PRIMARY KEY,
    genre TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL
) WITHOUT ROWID;
"""
# What makes a file of each version one of the next; released ones never change. A new library
# goes through all of them. Embeddings and logits are NULL of sounds that have none; they and the
# fingerprints are little-endian float16 and uint32.
_UPGRADES = (
    """
CREATE TABLE IF NOT EXISTS options (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE taggers (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    names TEXT NOT NULL
);
CREATE TABLE embeddings (
    tagger_id INTEGER NOT NULL REFERENCES taggers(id),
    content TEXT NOT NULL,
    embedding BLOB,
    logits BLOB,
    PRIMARY KEY (tagger_id, content)
);
CREATE TABLE prints (
    content TEXT PRIMARY KEY,
    words BLOB NOT NULL
);
""",
    # A JSON list of groups, words and strengths.
    "ALTER TABLE results ADD COLUMN traits TEXT NOT NULL DEFAULT '[]';",
    # ``tags_mtime_ns`` is that of the file whose tags were read; measures are those of a sound by
    # one method, NULL where it has none.
    """
ALTER TABLE files ADD COLUMN year INTEGER NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN length REAL NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN format TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN bit_rate INTEGER NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN added_at TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN tags_mtime_ns INTEGER;
UPDATE files SET added_at = coalesce(
    (SELECT added_at FROM folders WHERE folders.id = files.folder_id), ''
);
CREATE TABLE measures (
    content TEXT PRIMARY KEY,
    method INTEGER NOT NULL,
    bpm REAL,
    steadiness REAL,
    key TEXT,
    margin REAL,
    loudness REAL,
    peak REAL,
    energy REAL
) WITHOUT ROWID;
""",
    # Where songs lie on the map; it was drawn from the anchors.
    """
CREATE TABLE places (
    tagger_id INTEGER NOT NULL REFERENCES taggers(id),
    content TEXT NOT NULL,
    x REAL NOT NULL,
    y REAL NOT NULL,
    is_anchor INTEGER NOT NULL,
    PRIMARY KEY (tagger_id, content)
) WITHOUT ROWID;
""",
)
VERSION = 1 + len(_UPGRADES)
_TABLES = {
    1: ("folders", "files", "models", "results", "timelines", "reviews"),
    2: ("options", "taggers", "embeddings", "prints"),
    4: ("measures",),
    5: ("places",),
}


class Connection(sqlite3.Connection):
    """A connection that a set of weak references can hold."""


def connect(file: Path) -> Connection:
    """An open connection to a library's file that is there."""
    connection = sqlite3.connect(
        file, timeout=_BUSY_S, isolation_level=None, check_same_thread=False, factory=Connection
    )
    try:
        connection.execute("PRAGMA foreign_keys=ON")
        # In this mode readers and a writer do not wait for each other, and what was committed
        # outlives a kill of the process without a wait for the disk.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA cache_size=-8192")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_read_only(file: Path) -> Connection:
    """An open connection to a library's file where nothing can be written."""
    # Without a log nobody has it open, and none can be begun here.
    has_log = file.with_name(f"{file.name}-wal").exists()
    uri = f"{file.as_uri()}?mode=ro{'' if has_log else '&immutable=1'}"
    return sqlite3.connect(
        *(uri, _BUSY_S), uri=True, isolation_level=None, check_same_thread=False, factory=Connection
    )


def is_read_only(file: Path) -> bool:
    """True if a file is there, and neither it nor what lies beside it may be written."""
    return file.exists() and not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def require_version(file: Path) -> None:
    """Raise ``FstMuseError`` if a file that cannot be upgraded is not of this version."""
    with speaking(file), closing(connect_read_only(file)) as connection:
        if _version(connection) != VERSION:
            raise FstMuseError(
                TITLE,
                "another version of FstMuse wrote it, and its file may not be written to",
                f"see to {file.parent}",
            )


def prepare(file: Path) -> str:
    """Create or upgrade the database at ``file``.

    A damaged file is kept under another name. One of an older version is copied before it is
    upgraded; a kill on the way leaves it as it was, for the next start to upgrade.

    Returns
    -------
    str
        A line for the user if a file was kept aside or upgraded, else empty.

    Raises
    ------
    FstMuseError
        If it can neither be read nor begun, or a newer program wrote it.
    """
    with speaking(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with locked(file.with_suffix(".lock"), _BUSY_S):
            notice = _keep_aside(file) if _is_damaged(file) else ""
            return _bring_up(file) or notice


def _bring_up(file: Path) -> str:
    """Begin the database, or bring it to the newest version; what to say of that."""
    with closing(connect(file)) as connection:
        version = _version(connection)
        if version == VERSION:
            return ""
        if version > VERSION:
            raise FstMuseError(
                TITLE,
                "a newer FstMuse wrote it, and it is left as it is",
                "update FstMuse to open it",
            )
        copy = _back_up(connection, file, version) if version else None
        steps = _UPGRADES[version - 1 :] if version else (_SCHEMA, *_UPGRADES)
        connection.executescript(
            f"BEGIN IMMEDIATE;{''.join(steps)}PRAGMA user_version={VERSION};COMMIT;"
        )
    if copy is None:
        return ""
    return f"{TITLE}: it was upgraded; its file of before is kept as {copy.name}"


def _back_up(connection: sqlite3.Connection, file: Path, version: int) -> Path:
    """Copy the database, also what its side files hold, to a file beside it."""
    copy = file.with_name(f"{file.stem}-version-{version}{file.suffix}")
    staging = copy.with_name(f".{copy.name}")
    try:
        staging.unlink(missing_ok=True)
        with closing(sqlite3.connect(staging)) as target:
            connection.backup(target)
        os.replace(staging, copy)
    except BaseException:
        staging.unlink(missing_ok=True)
        raise
    return copy


def _is_damaged(file: Path) -> bool:
    if not file.exists() or not file.stat().st_size:
        return False
    if _marker(file).exists():
        return True
    try:
        with closing(connect(file)) as connection:
            return _lacks_tables(connection)
    except UnicodeDecodeError:  # a text of it is none
        return True
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in _DAMAGED:
            return True
        raise


def _lacks_tables(connection: sqlite3.Connection) -> bool:
    """True if tables of its version are missing; reads a row of each that is there."""
    version = _version(connection)
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not version:
        return bool(there)
    wanted = [t for since, names in _TABLES.items() if since <= version for t in names]
    for table in there.intersection(wanted):
        connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchall()
    # A newer program may do without some.
    return version <= VERSION and not there.issuperset(wanted)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _keep_aside(file: Path) -> str:
    number = 1
    while (aside := file.with_name(f"{file.stem}-damaged-{number}{file.suffix}")).exists():
        number += 1
    for end in _SIDE_FILES:
        with suppress(FileNotFoundError):
            os.replace(f"{file}{end}", f"{aside}{end}")
    _marker(file).unlink(missing_ok=True)
    return f"{TITLE}: its file was damaged; it is kept as {aside.name} and a new one was begun"


def _marker(file: Path) -> Path:
    return file.with_name(f"{file.name}.is-damaged")


@contextmanager
def speaking(file: Path) -> Iterator[None]:
    """Let what goes wrong with the library's file be an ``FstMuseError``."""
    try:
        yield
    except TimeoutError as error:
        raise FstMuseError(
            TITLE, "another FstMuse is opening it", "try again in a moment"
        ) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise FstMuseError(TITLE, f"it cannot be kept ({why})", f"see to {file.parent}") from error
    except sqlite3.Error as error:
        raise _spoken(file, error) from error


def _spoken(file: Path, error: sqlite3.Error) -> FstMuseError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED:
        # The next start keeps it aside: only then does nobody hold it open.
        with suppress(OSError):
            _marker(file).touch()
        return FstMuseError(
            TITLE, "its file is damaged", "start FstMuse again: it is kept aside, a new one begun"
        )
    if code == sqlite3.SQLITE_FULL:
        return FstMuseError(TITLE, "it cannot be written: the disk is full", "make room and go on")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return FstMuseError(TITLE, "another FstMuse is writing to it", "try again in a moment")
    return FstMuseError(TITLE, f"it cannot be used ({error})", f"see to {file.parent}")
