"""The files that wait for a model, and what becomes of them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from dataclasses import astuple
from datetime import UTC, datetime
from typing import NamedTuple

from fstmuse_core.audio.measures import METHOD
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.classify.result import SETTINGS
from fstmuse_core.library.database import Library
from fstmuse_core.library.file_task import ClassifiedFile, FailedFile, described_file
from fstmuse_core.library.rows import TAG_COLUMNS, State, StoredAnswer
from fstmuse_core.library.sounds import keep_measures, keep_sound, register_tagger

_WAITS = """
FROM files f WHERE f.folder_id IS NOT NULL AND f.state = 'waiting'
    AND (
        NOT EXISTS (SELECT 1 FROM results r WHERE r.content = f.content AND r.model_id = :model)
        OR :tagger <> 0 AND NOT EXISTS (
            SELECT 1 FROM embeddings e WHERE e.tagger_id = :tagger AND e.content = f.content
        )
        OR NOT EXISTS (
            SELECT 1 FROM measures m WHERE m.content = f.content AND m.method >= :method
        )
    )
"""
_WAITING = f"""
SELECT f.id, f.path, f.position, f.device || ' ' || f.inode {_WAITS}
    AND (f.position, f.id) > (:position, :file)
ORDER BY f.position, f.id LIMIT :limit
"""
_TAGS = ", ".join(f"{name} = :{name}" for name in TAG_COLUMNS)
# Other names of the same file are what it is.
_SAME = f"""
UPDATE files SET content = :content, {_TAGS}, tags_mtime_ns = :mtime_ns, error = NULL,
    state = CASE state WHEN 'failed' THEN 'waiting' ELSE state END
WHERE inode = :inode AND device = :device AND inode <> '' AND size = :size
    AND mtime_ns = :mtime_ns AND content IS NOT :content AND id <> :file
"""
_CLASSIFIED = f"""
UPDATE files SET content = :content, {_TAGS}, size = :size, mtime_ns = :mtime_ns,
    tags_mtime_ns = :mtime_ns, device = :device, inode = :inode, error = NULL,
    state = CASE state WHEN 'skipped' THEN state ELSE 'waiting' END
WHERE id = :file
"""
# Tags were read of them before, and those of now are not.
_CHANGED = """
SELECT id, path FROM files WHERE content IS NULL AND tags_mtime_ns IS NOT NULL
    AND tags_mtime_ns <> mtime_ns AND folder_id IS NOT NULL AND state = 'waiting' ORDER BY id
"""
_LOWEST = -(2**62)


class Waiting(NamedTuple):
    """A file that waits; ``same`` is equal for names of one and the same file."""

    file_id: int
    path: str
    position: int
    same: str


class Queue:
    """Files of a library that wait for one model, in order.

    Those wait too that it has answered, and of whose sound nothing by its tagger or no measures
    are kept.

    Parameters
    ----------
    library : Library
    bundle : Bundle
        Becomes known to the library.
    """

    def __init__(self, library: Library, bundle: Bundle) -> None:
        self._library = library
        self.model_id = register(library, bundle)
        with library.writing() as connection:
            self.tagger_id = register_tagger(connection, bundle.manifest.tagger)
        self._values = {"model": self.model_id, "tagger": self.tagger_id, "method": METHOD}

    def count(self) -> int:
        """Number of files that wait."""
        with self._library.reading() as connection:
            query = f"SELECT count(*) {_WAITS}"
            (count,) = connection.execute(query, self._values).fetchone()
        return int(count)

    def next_after(self, last: Waiting | None, limit: int) -> list[Waiting]:
        """The next files in order, after ``last``; the first ones for ``None``."""
        values = {
            **self._values,
            "position": last.position if last else _LOWEST,
            "file": last.file_id if last else 0,
            "limit": limit,
        }
        with self._library.reading() as connection:
            found = connection.execute(_WAITING, values).fetchall()
        return [Waiting(key, os.fsdecode(path), at, same) for key, path, at, same in found]

    def find(self, path: str) -> int:
        """The number of a file; 0 if the library does not know it."""
        with self._library.reading() as connection:
            query = "SELECT id FROM files WHERE path = ?"
            found = connection.execute(query, (os.fsencode(path),)).fetchone()
        return int(found[0]) if found else 0

    def keep(self, file_id: int, became: ClassifiedFile | FailedFile) -> tuple[int, ...]:
        """Keep what became of a file; the files that this tells something of."""
        with self._library.writing() as connection:
            if isinstance(became, FailedFile):
                state = State.GONE if became.is_gone else State.FAILED
                connection.execute(
                    "UPDATE files SET state = ?, error = ? WHERE id = ?",
                    (state.value, became.reason, file_id),
                )
                return (file_id,)
            if became.answer is not None:
                keep_answer(connection, became.content, self.model_id, became.answer)
            if became.sound is not None:
                keep_sound(connection, became.content, self.tagger_id, became.sound)
            if became.measures is not None:
                keep_measures(connection, became.content, became.measures)
            return store_file(connection, file_id, became)


def register(library: Library, bundle: Bundle) -> int:
    """The library's number of a model, which it has from now on."""
    key = (bundle.sha256, SETTINGS)
    with library.writing() as connection:
        connection.execute(
            "INSERT INTO models(sha256, settings, name, title, genres) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (sha256, settings) DO UPDATE "
            "SET name = excluded.name, title = excluded.title",
            (*key, bundle.name, bundle.manifest.title, json.dumps(bundle.manifest.genres)),
        )
        query = "SELECT id FROM models WHERE sha256 = ? AND settings = ?"
        return int(connection.execute(query, key).fetchone()[0])


def keep_answer(
    connection: sqlite3.Connection, content: str, model_id: int, answer: StoredAnswer
) -> None:
    """Keep an answer for a sound."""
    *columns, timeline = astuple(answer)
    connection.execute(
        "INSERT OR REPLACE INTO results(content, model_id, guess, confidence, genre, doubt, "
        "verdict, seconds, scores, warnings, traits, made_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (content, model_id, *columns, datetime.now(UTC).isoformat(timespec="seconds")),
    )
    connection.execute(
        "INSERT OR REPLACE INTO timelines(content, model_id, data) VALUES (?, ?, ?)",
        (content, model_id, timeline),
    )


def know_again(library: Library, cancelled: Callable[[], bool] | None = None) -> int:
    """Find out of files that have changed whether they hold a sound that is known; how many do.

    So a file whose tags another program has written waits for nothing. To be called after a scan,
    before the new tags are read.

    Parameters
    ----------
    cancelled : callable, optional
        Asked before each file; those that are left wait until they are heard.
    """
    encoding, n_known = library.tag_encoding(), 0
    with library.reading() as connection:
        changed = connection.execute(_CHANGED).fetchall()
    for file_id, path in changed:
        if cancelled and cancelled():
            break
        file = described_file(os.fsdecode(path), encoding)
        if isinstance(file, ClassifiedFile):
            with library.writing() as connection:
                store_file(connection, file_id, file)
                query = "SELECT 1 FROM results WHERE content = ? LIMIT 1"
                n_known += connection.execute(query, (file.content,)).fetchone() is not None
    return n_known


def store_file(
    connection: sqlite3.Connection, file_id: int, file: ClassifiedFile
) -> tuple[int, ...]:
    """Keep which sound a file holds and what its tags say; the files with that sound."""
    found = file.found
    values = {
        "file": file_id,
        "content": file.content,
        **{name: getattr(file, name) for name in TAG_COLUMNS},
        "size": found.size,
        "mtime_ns": found.mtime_ns,
        "device": found.device,
        "inode": found.inode,
    }
    connection.execute(_CLASSIFIED, values)
    connection.execute(_SAME, values)
    query = "SELECT id FROM files WHERE content = :content"
    return tuple(key for (key,) in connection.execute(query, values))
