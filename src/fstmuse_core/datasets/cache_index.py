"""The index of the feature cache, and the features read from the disk where they are needed."""

from __future__ import annotations

import json
import math
import os
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, overload

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, SpectrogramConfig
from fstmuse_core.datasets.examine import file_state
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.regular_files import open_regular
from fstmuse_core.system.strict_json import parse_json

INDEX_FILE = "index.sqlite"
# To be raised whenever the mel kernel's numbers or the layout of the cache change.
VERSION = 2
# Other processes hold the index for milliseconds; a disk may be slow.
_PATIENCE_S = 30.0
# What numpy.save writes before a table of this kind.
_HEADER_BYTES = 128
_TABLES = (
    """CREATE TABLE clips (
        config TEXT, digest TEXT, shard TEXT, first INTEGER, frames INTEGER, sound TEXT,
        PRIMARY KEY (config, digest)
    ) WITHOUT ROWID""",
    """CREATE TABLE files (
        path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, digest TEXT
    ) WITHOUT ROWID""",
    f"PRAGMA user_version={VERSION}",
)
# Later than the others, and made where it is missing: no cache has to be begun anew for it.
_PRINTS = """CREATE TABLE IF NOT EXISTS prints (
    config TEXT, digest TEXT, words BLOB, PRIMARY KEY (config, digest)
) WITHOUT ROWID"""
State = tuple[int, int]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Place:
    """Rows ``first`` to ``first + frames`` of a shard; ``sound`` is equal for duplicates."""

    shard: str
    first: int
    frames: int
    sound: str


class CacheIndex:
    """An SQLite file beside the shards; a damaged or outdated one is begun anew.

    Attributes
    ----------
    was_outdated : bool
        True if the index was of another version or damaged, so that no shard is known any more.
    """

    def __init__(self, folder: Path, config: SpectrogramConfig) -> None:
        self._folder = folder
        self._file = folder / INDEX_FILE
        self._config = json.dumps(config.to_dict(), sort_keys=True)
        self.was_outdated = False
        try:
            self._database = self._opened()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _opened(self) -> sqlite3.Connection:
        database = _connected(self._file)
        try:
            self._prepare(database)
        except sqlite3.OperationalError:  # it is locked, or the disk is at fault
            database.close()
            raise
        except sqlite3.DatabaseError:  # it is damaged
            database.close()
            self.was_outdated = True
            _remove(self._file)
            database = _connected(self._file)
            self._prepare(database)
        return database

    def _prepare(self, database: sqlite3.Connection) -> None:
        """Make the tables, unless they are there, in place of those of another version."""
        if _version(database) == VERSION:
            return
        with database:
            database.execute("BEGIN EXCLUSIVE")
            if _version(database) == VERSION:  # another process was faster
                return
            for (table,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            ).fetchall():
                self.was_outdated = True
                database.execute(f'DROP TABLE "{table}"')
            for statement in _TABLES:
                database.execute(statement)

    def _unusable(self, error: sqlite3.Error) -> FstMuseError:
        return FstMuseError(
            self._file,
            f"the feature cache cannot be used ({error})",
            "make room on the disk, or empty the cache with fstmuse data cache --clear",
        )

    def _ask(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            return work(self._database)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def known_digest(self, path: Path) -> str | None:
        """Hash of the file, if it is entered and has not changed since."""
        row = self._ask(
            lambda database: database.execute(
                "SELECT size, mtime_ns, digest FROM files WHERE path = ?", (_key(path),)
            ).fetchone()
        )
        return row[2] if row and file_state(path) == (row[0], row[1]) else None

    def place(self, digest: str) -> Place | None:
        """Place of a clip's features.

        Clips without a hash of their sound are not known: caches used to hold what seemed
        silent, and it has to be heard again to tell whether it is.
        """
        row = self._ask(
            lambda database: database.execute(
                "SELECT shard, first, frames, sound FROM clips "
                "WHERE config = ? AND digest = ? AND sound != ''",
                (self._config, digest),
            ).fetchone()
        )
        return Place(*row) if row else None

    def enter(self, places: Mapping[str, Place], files: Mapping[Path, tuple[State, str]]) -> None:
        """Enter clips by their hash and files by their path, all or nothing."""

        def work(database: sqlite3.Connection) -> None:
            with database, closing(database.cursor()) as cursor:
                cursor.execute("BEGIN IMMEDIATE")
                cursor.executemany(
                    "INSERT OR REPLACE INTO clips VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        (self._config, digest, p.shard, p.first, p.frames, p.sound)
                        for digest, p in places.items()
                    ],
                )
                cursor.executemany(
                    "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)",
                    [(_key(path), *state, digest) for path, (state, digest) in files.items()],
                )

        if places or files:
            self._ask(work)

    def prints(self, digests: Iterable[str]) -> dict[str, bytes]:
        """Fingerprints of clips, as far as they are kept."""

        def work(database: sqlite3.Connection) -> dict[str, bytes]:
            database.execute(_PRINTS)
            found = {}
            for digest in digests:
                row = database.execute(
                    "SELECT words FROM prints WHERE config = ? AND digest = ?",
                    (self._config, digest),
                ).fetchone()
                if row:
                    found[digest] = bytes(row[0])
            return found

        return self._ask(work)

    def enter_prints(self, prints: Mapping[str, bytes]) -> None:
        """Keep fingerprints of clips by their hash."""

        def work(database: sqlite3.Connection) -> None:
            with database:
                database.execute("BEGIN IMMEDIATE")
                database.executemany(
                    "INSERT OR REPLACE INTO prints VALUES (?, ?, ?)",
                    [(self._config, digest, words) for digest, words in prints.items()],
                )

        if prints:
            self._ask(work)

    def shards(self) -> set[str]:
        """Names of the shards that hold an entered clip."""
        rows = self._ask(lambda db: db.execute("SELECT DISTINCT shard FROM clips").fetchall())
        return {row[0] for row in rows}

    def drop_lost(self) -> None:
        """Forget clips whose shard is gone or shorter than it must be."""
        needed = self._ask(
            lambda db: db.execute(
                "SELECT shard, config, MAX(first + frames) FROM clips GROUP BY shard"
            ).fetchall()
        )
        for shard, config, rows in needed:
            state = file_state(self._folder / shard)
            try:
                needs = _HEADER_BYTES + rows * parse_json(config)["n_mels"] * 2
            except (ValueError, KeyError, TypeError):
                needs = math.inf
            if state is None or state[0] < needs:
                self._forget(shard)

    def _forget(self, shard: str) -> None:
        self._ask(lambda db: db.execute("DELETE FROM clips WHERE shard = ?", (shard,)))

    def count(self) -> int:
        """Clips of every configuration."""
        row = self._ask(lambda database: database.execute("SELECT COUNT(*) FROM clips").fetchone())
        return int(row[0])


def empty_index(folder: Path) -> None:
    """Forget everything; an index that cannot be emptied is removed, and begun anew when opened.

    Raises
    ------
    FstMuseError
        If another process holds it.
    """
    file = folder / INDEX_FILE
    if not file.exists():
        return
    try:
        with closing(_connected(file)) as database:
            with database:
                database.execute("BEGIN IMMEDIATE")
                database.execute("DELETE FROM clips")
                database.execute("DELETE FROM files")
                database.execute("DROP TABLE IF EXISTS prints")
            with suppress(sqlite3.Error):  # it needs the file's size once more
                database.execute("VACUUM")
    except sqlite3.Error as error:
        if _is_busy(error):  # who holds it would go on writing beside the new one
            raise _in_use(file) from error
        try:
            _remove(file)
        except OSError as why:
            raise _in_use(file) from why


def _connected(file: Path) -> sqlite3.Connection:
    # A window fills the cache in a thread other than the one that asks its size.
    return sqlite3.connect(file, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF == sqlite3.SQLITE_BUSY


def _in_use(file: Path) -> FstMuseError:
    return FstMuseError(file, "another program uses it", "end that program first")


def _remove(file: Path) -> None:
    """Remove the index with its journal, which else would be taken for that of the next one."""
    file.with_name(f"{file.name}-journal").unlink(missing_ok=True)
    file.unlink(missing_ok=True)


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _key(path: Path) -> str:
    # Not resolved: one file may be reached by two names, which costs a hash, and no more.
    return os.path.abspath(path).encode("utf-8", "surrogateescape").decode("latin-1")


MelArray = npt.NDArray[np.float16]

_OPEN_SHARDS = 200


class Features(Sequence[MelArray]):
    """Mel magnitudes of clips, each of shape ``(frames, n_mels)``, read where they are needed.

    An item is a view of a memory-mapped file: only what is used is read from the disk. The
    whole may be passed to other processes.
    """

    def __init__(
        self, folder: Path, places: Sequence[Place], n_mels: int = DEFAULT_CONFIG.n_mels
    ) -> None:
        self._folder = folder
        self._n_mels = n_mels
        self._places = tuple(places)
        self._open: OrderedDict[str, MelArray] = OrderedDict()

    def __len__(self) -> int:
        return len(self._places)

    @property
    def n_frames(self) -> npt.NDArray[np.int64]:
        """Frames of each clip, without opening any."""
        return np.array([place.frames for place in self._places], dtype=np.int64)

    @overload
    def __getitem__(self, index: int) -> MelArray: ...
    @overload
    def __getitem__(self, index: slice) -> Features: ...
    def __getitem__(self, index: int | slice) -> MelArray | Features:
        if isinstance(index, slice):
            return Features(self._folder, self._places[index], self._n_mels)
        place = self._places[index]
        rows = self._shard(place.shard)[place.first : place.first + place.frames]
        if len(rows) != place.frames:
            raise self._damaged(place.shard)
        return rows

    def __getstate__(self) -> tuple[Path, tuple[Place, ...], int]:
        return self._folder, self._places, self._n_mels

    def __setstate__(self, state: tuple[Path, tuple[Place, ...], int]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    def _damaged(self, name: str) -> FstMuseError:
        return FstMuseError(
            self._folder / name,
            "features are gone or damaged since the cache was filled",
            "start again, which makes them anew",
        )

    def _shard(self, name: str) -> MelArray:
        if name in self._open:
            self._open.move_to_end(name)
            return self._open[name]
        try:
            with open_regular(self._folder / name):
                pass  # what is no file is not waited for
            shard: MelArray = np.load(self._folder / name, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, MemoryError) as error:
            raise self._damaged(name) from error
        # A header may say anything.
        is_right = shard.dtype == np.dtype("<f2") and shard.shape[1:] == (self._n_mels,)
        if not is_right or not shard.flags.c_contiguous:
            raise self._damaged(name)
        self._open[name] = shard
        if len(self._open) > _OPEN_SHARDS:
            self._open.popitem(last=False)
        return shard
