"""The library: opened once, read and changed from any thread and by several processes."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs

from fstmuse_core.bundle.find_by_hash import names_by_hash
from fstmuse_core.classify.result import Classification
from fstmuse_core.library import queries, schema, sounds
from fstmuse_core.library.rows import (
    TAG_COLUMNS,
    Counts,
    FileScores,
    KnownModel,
    LibraryFolder,
    LibraryRow,
    ReviewKind,
    State,
)
from fstmuse_core.library.schema import Connection, connect, prepare, speaking
from fstmuse_core.system.errors import FstMuseError

_CHOSEN = "id IN (SELECT value FROM json_each(?))"


def library_file() -> Path:
    """Path of the user's library; may not exist yet."""
    data = Path(platformdirs.user_data_dir("fstmuse", appauthor=False))
    return data / "library" / "library.db"


def open_library(path: Path | None = None, *, to_read: bool = False) -> Library:
    """The library at ``path``, begun if it is not there; :func:`library_file` by default.

    Parameters
    ----------
    to_read : bool
        One that is there and may not be written to is opened to be read.

    Raises
    ------
    FstMuseError
        If it can neither be read nor begun.
    """
    file = Path(os.path.abspath(path or library_file()))
    if to_read and schema.is_read_only(file):
        schema.require_version(file)
        return Library(file, is_read_only=True)
    return Library(file, prepare(file))


class Library:
    """An open library; see :func:`open_library`.

    Any thread may call its methods, and other processes may have the same library open: each
    change is one short transaction. All raise ``FstMuseError`` where the file fails.

    Attributes
    ----------
    path : Path
    notice : str
        A line for the user if the old file had to be kept aside, else empty.
    is_read_only : bool
    """

    def __init__(self, path: Path, notice: str = "", *, is_read_only: bool = False) -> None:
        self.path = path
        self.notice = notice
        self.is_read_only = is_read_only
        self._local = threading.local()
        self._connections: weakref.WeakSet[Connection] = weakref.WeakSet()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it in all threads; none may be using it."""
        for connection in list(self._connections):
            connection.close()
        self._connections.clear()
        self._local = threading.local()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection; what goes wrong with it is an ``FstMuseError``."""
        with speaking(self.path):
            connection: Connection | None = getattr(self._local, "connection", None)
            if connection is None:
                opened = schema.connect_read_only if self.is_read_only else connect
                connection = self._local.connection = opened(self.path)
                self._connections.add(connection)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The same within a transaction: all that is done in the block, or nothing of it."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def changes(self) -> int:
        """A number that differs once anything has changed, by whomever; ask from one thread."""
        with self.reading() as connection:
            (others,) = connection.execute("PRAGMA data_version").fetchone()
            return (int(others) << 32) + connection.total_changes

    def changes_of_others(self) -> int:
        """The same for what was not changed through this thread's connection."""
        with self.reading() as connection:
            (others,) = connection.execute("PRAGMA data_version").fetchone()
        return int(others)

    def folders(self) -> list[LibraryFolder]:
        """The folders that the user added, by their paths."""
        with self.reading() as connection:
            found = connection.execute(queries.FOLDERS).fetchall()
        return [LibraryFolder(key, os.fsdecode(path), at, n) for key, path, at, n in found]

    def add_folder(self, path: str | os.PathLike[str]) -> LibraryFolder:
        """Add a folder; scan it to find its files.

        One that lies in a folder that is there already is that folder; one that holds others
        takes their place.

        Raises
        ------
        FstMuseError
            If it is no folder.
        """
        folder = Path(os.path.abspath(path))
        if not folder.is_dir():
            raise FstMuseError(folder, "there is no such folder", "name a folder with music")
        with self.writing() as connection:
            inner = []
            for key, raw in connection.execute("SELECT id, path FROM folders").fetchall():
                known = Path(os.fsdecode(raw))
                if folder.is_relative_to(known):
                    return self._folder(key)
                if known.is_relative_to(folder):
                    inner.append((key,))
            added = connection.execute(
                "INSERT INTO folders(path, added_at) VALUES (?, ?)", (os.fsencode(folder), _now())
            ).lastrowid
            for (key,) in inner:
                connection.execute(
                    "UPDATE files SET folder_id = ? WHERE folder_id = ?", (added, key)
                )
            connection.executemany("DELETE FROM folders WHERE id = ?", inner)
            return self._folder(added or 0)

    def remove_folder(self, folder_id: int) -> None:
        """Forget a folder and its files; answers on them, and what the user said, are kept."""
        with self.writing() as connection:
            connection.execute("DELETE FROM files WHERE folder_id = ?", (folder_id,))
            connection.execute("DELETE FROM folders WHERE id = ?", (folder_id,))

    def _folder(self, folder_id: int) -> LibraryFolder:
        return next(folder for folder in self.folders() if folder.folder_id == folder_id)

    def rows(
        self,
        model_sha: str,
        *,
        folder_id: int | None = None,
        file_ids: Sequence[int] | None = None,
    ) -> list[LibraryRow]:
        """Files with what a model says of them, in the order in which they were found.

        Parameters
        ----------
        model_sha : str
            ``Bundle.sha256``.
        folder_id, file_ids : optional
            Only these.
        """
        with self.reading() as connection:
            return queries.rows(connection, model_sha, folder_id, file_ids)

    def counts(self, model_sha: str) -> Counts:
        """Number of files in each state for a model."""
        with self.reading() as connection:
            return queries.counts(connection, model_sha)

    def models(self) -> list[KnownModel]:
        """The models that have classified something of the library, the first one first.

        They are called as they are by now, where they are still installed.
        """
        with self.reading() as connection:
            found = queries.models(connection)
        names = names_by_hash()
        return [
            model._replace(name=names[model.sha256][0], title=names[model.sha256][1])
            if model.sha256 in names
            else model
            for model in found
        ]

    def classification(self, file_id: int, model_sha: str) -> Classification | None:
        """A model's answer on a file, without the activation map; ``None`` if there is none."""
        with self.reading() as connection:
            return queries.classification(connection, file_id, model_sha)

    def count_lacking(self, tagger_sha: str) -> int:
        """Number of sounds with answers of which a tagger's embedding is not kept."""
        with self.reading() as connection:
            return sounds.count_lacking(connection, tagger_sha)

    def count_unmeasured(self) -> int:
        """Number of sounds with answers whose tempo, key and loudness are not kept."""
        with self.reading() as connection:
            return sounds.count_unmeasured(connection)

    def scores(
        self,
        model_sha: str,
        *,
        folder_id: int | None = None,
        file_ids: Sequence[int] | None = None,
    ) -> list[FileScores]:
        """Every genre's probability for the files that a model has classified."""
        with self.reading() as connection:
            return queries.scores(connection, model_sha, folder_id, file_ids)

    def review(self, file_ids: Sequence[int], genre: str, kind: ReviewKind) -> int:
        """Store what the user says of files; those that were not classified yet are left out.

        Returns
        -------
        int
            Number of reviews stored: one for files with the same sound.
        """
        with self.writing() as connection:
            return connection.execute(
                "INSERT OR REPLACE INTO reviews(content, genre, kind, at) SELECT DISTINCT "
                f"content, ?, ?, ? FROM files WHERE content IS NOT NULL AND {_CHOSEN}",
                (genre, kind.value, _now(), _ids(file_ids)),
            ).rowcount

    def unreview(self, file_ids: Sequence[int]) -> int:
        """Forget what the user said of files; the number of reviews forgotten."""
        with self.writing() as connection:
            return connection.execute(
                f"DELETE FROM reviews WHERE content IN (SELECT content FROM files WHERE {_CHOSEN})",
                (_ids(file_ids),),
            ).rowcount

    def move_to_front(self, file_ids: Sequence[int]) -> None:
        """Let these be classified next, in this order."""
        with self.writing() as connection:
            (first,) = connection.execute("SELECT coalesce(min(position), 0) FROM files").fetchone()
            places = [(at, key) for at, key in enumerate(file_ids, first - len(file_ids))]
            connection.executemany("UPDATE files SET position = ? WHERE id = ?", places)

    def skip(self, file_ids: Sequence[int]) -> int:
        """Take files that wait out of the queue; how many they were."""
        return self._set_state(file_ids, (State.WAITING,), State.SKIPPED)

    def requeue(self, file_ids: Sequence[int]) -> int:
        """Let files that were skipped or failed be tried again; how many they were."""
        return self._set_state(file_ids, (State.SKIPPED, State.FAILED), State.WAITING)

    def _set_state(self, file_ids: Sequence[int], old: Sequence[State], new: State) -> int:
        with self.writing() as connection:
            return connection.execute(
                "UPDATE files SET state = ?, error = NULL WHERE "
                f"state IN (SELECT value FROM json_each(?)) AND {_CHOSEN}",
                (new.value, json.dumps(old), _ids(file_ids)),
            ).rowcount

    def forget_gone(self, file_ids: Sequence[int] | None = None) -> int:
        """Drop the files that are gone, all or some; how many they were.

        Answers on them, and what the user said, are kept for the day they come back. One that a
        scan has not missed yet is gone too if there is nothing at its path.
        """
        with self.writing() as connection:
            if file_ids is None:
                found = connection.execute("SELECT id FROM files WHERE state = 'gone'").fetchall()
                gone = [key for (key,) in found]
            else:
                found = connection.execute(
                    f"SELECT id, path, state FROM files WHERE {_CHOSEN}", (_ids(file_ids),)
                ).fetchall()
                gone = [
                    key
                    for key, path, state in found
                    if state == State.GONE or not os.path.lexists(path)
                ]
            connection.execute(f"DELETE FROM files WHERE {_CHOSEN}", (_ids(gone),))
            return len(gone)

    def retagged(self, path: str, **tags: Any) -> None:
        """Tell that the tags of a file were written and its sound is what it was.

        It is then not looked into again. A file that is not in the library, or gone, is nothing
        to it. ``tags`` are columns of :data:`~fstmuse_core.library.rows.TAG_COLUMNS`.
        """
        try:
            status = os.stat(path)
        except OSError:
            return
        with self.writing() as connection:
            connection.execute(
                "UPDATE files SET size = ?, mtime_ns = ?, tags_mtime_ns = ?, device = ?, "
                f"inode = ?{_assigned(tags)} WHERE path = ?",
                (
                    *(status.st_size, status.st_mtime_ns, status.st_mtime_ns),
                    *(str(status.st_dev), str(status.st_ino)),
                    *(*tags.values(), os.fsencode(path)),
                ),
            )

    def retitle(self, path: str, **tags: Any) -> None:
        """Take what was read anew from a file's tags; the file itself has not changed."""
        with self.writing() as connection:
            connection.execute(
                f"UPDATE files SET tags_mtime_ns = mtime_ns{_assigned(tags)} WHERE path = ?",
                (*tags.values(), os.fsencode(path)),
            )

    def untagged(self) -> list[tuple[int, str, int]]:
        """Id, path and time of the files whose tags are not read, or have changed since."""
        with self.reading() as connection:
            found = connection.execute(
                "SELECT id, path, mtime_ns FROM files WHERE tags_mtime_ns IS NOT mtime_ns "
                "AND folder_id IS NOT NULL AND state <> 'gone' ORDER BY id"
            ).fetchall()
        return [(key, os.fsdecode(path), mtime_ns) for key, path, mtime_ns in found]

    def take_tags(self, found: Iterable[tuple[int, int, Mapping[str, Any]]]) -> None:
        """Take the tags of files by id, with the time of the file that they were read from."""
        with self.writing() as connection:
            for file_id, mtime_ns, tags in found:
                connection.execute(
                    f"UPDATE files SET tags_mtime_ns = ?{_assigned(tags)} WHERE id = ?",
                    (mtime_ns, *tags.values(), file_id),
                )

    def tag_encoding(self) -> str:
        """The encoding of old tags' texts; ``"auto"`` if none was chosen."""
        with self.reading() as connection:
            return schema.read(connection, schema.TAG_ENCODING, "auto")

    def set_tag_encoding(self, encoding: str) -> None:
        """Remember an encoding for old tags' texts."""
        with self.writing() as connection:
            schema.write(connection, schema.TAG_ENCODING, encoding)


def _assigned(tags: Mapping[str, Any]) -> str:
    """Assignments of columns that tags fill, after others."""
    unknown = set(tags) - set(TAG_COLUMNS)
    if unknown:
        raise ValueError(f"no columns of tags: {unknown}")
    return "".join(f", {name} = ?" for name in tags)


def _ids(file_ids: Sequence[int]) -> str:
    return json.dumps(list(file_ids))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
