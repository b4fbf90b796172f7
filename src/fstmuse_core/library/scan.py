"""Walking through folders of music, and laying what is found against what is known."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from fstmuse_core.audio.sound_files import is_sound_file, one_process
from fstmuse_core.library.database import Library
from fstmuse_core.system.errors import one_line

# What systems and servers keep beside the music; names as str.casefold gives them.
_SYSTEM_FOLDERS = frozenset(
    ("$recycle.bin", "system volume information", "lost+found", "__macosx", "@eadir", "#recycle")
)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A sound file as the folder lists it.

    ``device`` and ``inode`` together tell a file from every other, however it is called; they
    are empty where the system does not say (Windows).
    """

    path: str
    size: int
    mtime_ns: int
    device: str
    inode: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A folder that could not be looked into, with a line that says why."""

    path: str
    problem: str


def scan(
    folders: Sequence[str], cancelled: Callable[[], bool] | None = None
) -> Iterator[FoundFile | Unreadable]:
    """The sound files in folders and all that is below them.

    Files that lie there come first, by name; then what links point to, unless it lies in one
    of the folders anyway. Each folder is entered once, so that links in a circle end. Hidden
    files and folders, and those of the system, are left out.

    Parameters
    ----------
    cancelled : callable, optional
        Asked before each folder; nothing more comes once it says so.
    """
    with one_process():
        yield from _scanned(folders, cancelled)


def _scanned(
    folders: Sequence[str], cancelled: Callable[[], bool] | None
) -> Iterator[FoundFile | Unreadable]:
    inside = [os.path.realpath(folder) for folder in folders]
    entered: set[tuple[int, int]] = set()
    linked: set[tuple[int, int]] = set()
    links: deque[str] = deque()
    for folder in folders:
        yield from _walk(folder, entered, links, cancelled)
    while links and not (cancelled and cancelled()):
        link = links.popleft()
        try:
            status = os.stat(link)
        except OSError:
            continue  # it leads nowhere, or in a circle
        if _is_inside(os.path.realpath(link), inside):
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _walk(link, entered, links, cancelled)
        elif (
            is_sound_file(link, status, cancelled) and (status.st_dev, status.st_ino) not in linked
        ):
            linked.add((status.st_dev, status.st_ino))
            yield found_file(link, status)


def found_file(path: str, status: os.stat_result) -> FoundFile:
    """Make a :class:`FoundFile` of a file's status."""
    known = status.st_ino != 0
    return FoundFile(
        path,
        status.st_size,
        status.st_mtime_ns,
        str(status.st_dev) if known else "",
        str(status.st_ino) if known else "",
    )


def found_files(paths: Iterable[str]) -> Iterator[FoundFile]:
    """Those of ``paths`` that are there; the others are told of when their turn has come."""
    for path in paths:
        try:
            yield found_file(path, os.stat(path))
        except (OSError, ValueError):
            continue


def _is_inside(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(folder + os.sep) for folder in folders)


def _walk(
    top: str,
    entered: set[tuple[int, int]],
    links: deque[str],
    cancelled: Callable[[], bool] | None,
) -> Iterator[FoundFile | Unreadable]:
    """Files below ``top``; links that are met are put aside."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        if cancelled and cancelled():
            return
        try:
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name.casefold())
        except OSError as error:
            why = error.strerror or str(error)
            yield Unreadable(folder, f"{folder}: the folder cannot be read ({why})")
            continue
        below = []
        for entry in listed:
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_symlink():
                    links.append(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    if entry.name.casefold() not in _SYSTEM_FOLDERS:
                        below.append(entry.path)
                else:
                    status = _status(entry)
                    if is_sound_file(entry.path, status, cancelled):
                        yield found_file(entry.path, status)
            except OSError:
                continue  # it vanished meanwhile
        waiting += reversed(below)


def _status(entry: os.DirEntry[str]) -> os.stat_result:
    # What Windows lists of a file may be old: it is brought up to date when it is closed.
    return os.stat(entry.path) if sys.platform == "win32" else entry.stat(follow_symlinks=False)


# Files in one transaction: others may write in between.
_BATCH = 4000
_TOLD_EVERY = 500

_FOUND = """
CREATE TEMP TABLE IF NOT EXISTS found(
    number INTEGER PRIMARY KEY, path BLOB UNIQUE, folder_id INTEGER,
    size INTEGER, mtime_ns INTEGER, device TEXT, inode TEXT
);
CREATE TEMP TABLE IF NOT EXISTS unread(path BLOB);
DELETE FROM found;
DELETE FROM unread;
"""
# A file that is not where it was while one that is the same to the system is where none was.
_MOVED = """
SELECT old.id, old.path, new.path FROM found new
JOIN files old ON old.inode = new.inode AND old.device = new.device
    AND old.size = new.size AND old.mtime_ns = new.mtime_ns
WHERE new.number BETWEEN ? AND ? AND new.inode <> ''
    AND NOT EXISTS (SELECT 1 FROM files known WHERE known.path = new.path)
    AND NOT EXISTS (SELECT 1 FROM found still WHERE still.path = old.path)
"""
_CHANGED = """
UPDATE files SET size = new.size, mtime_ns = new.mtime_ns, content = NULL, error = NULL,
    state = CASE state WHEN 'skipped' THEN state ELSE 'waiting' END
FROM found new WHERE new.path = files.path AND new.number BETWEEN ? AND ?
    AND (files.size <> new.size OR files.mtime_ns <> new.mtime_ns)
"""
_SEEN = """
UPDATE files SET device = new.device, inode = new.inode,
    folder_id = coalesce(new.folder_id, files.folder_id),
    error = CASE state WHEN 'gone' THEN NULL ELSE error END,
    state = CASE state WHEN 'gone' THEN 'waiting' ELSE state END
FROM found new WHERE new.path = files.path AND new.number BETWEEN ? AND ?
    AND (state = 'gone' OR files.inode <> new.inode OR files.device <> new.device
        OR files.folder_id IS NOT coalesce(new.folder_id, files.folder_id))
"""
# Known from a command that was given the file, see note_files.
_ADDED = """
SELECT count(*) FROM found new JOIN files ON files.path = new.path
WHERE new.number BETWEEN ? AND ? AND files.folder_id IS NULL AND new.folder_id IS NOT NULL
"""
# Another name of a file that has been classified needs no work.
_NEW = """
INSERT OR IGNORE INTO files(path, folder_id, size, mtime_ns, device, inode, content,
    title, artist, album, tag_genre, year, length, format, bit_rate, tags_mtime_ns, added_at)
SELECT new.path, new.folder_id, new.size, new.mtime_ns, new.device, new.inode, same.content,
    same.title, same.artist, same.album, same.tag_genre, coalesce(same.year, 0),
    coalesce(same.length, 0), coalesce(same.format, ''), coalesce(same.bit_rate, 0),
    same.tags_mtime_ns, strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
FROM found new LEFT JOIN files same ON same.id = (
    SELECT id FROM files WHERE inode = new.inode AND device = new.device AND size = new.size
        AND mtime_ns = new.mtime_ns AND content IS NOT NULL AND new.inode <> '' LIMIT 1)
WHERE new.number BETWEEN ? AND ?
    AND NOT EXISTS (SELECT 1 FROM files known WHERE known.path = new.path)
ORDER BY new.number
"""
_GONE = """
UPDATE files SET state = 'gone', error = ?
WHERE folder_id IN (SELECT value FROM json_each(?)) AND state <> 'gone'
    AND NOT EXISTS (SELECT 1 FROM found WHERE found.path = files.path)
    AND NOT EXISTS (SELECT 1 FROM unread
        WHERE substr(files.path, 1, length(unread.path)) = unread.path)
"""
GONE = "it is no longer there; put it back, or forget it"


@dataclass(frozen=True, slots=True)
class ScanReport:
    """Result of a scan.

    ``n_found`` counts the sound files that there are, ``n_added`` those that were known and lay
    in no folder of the library, ``n_gone`` those that are no longer there. ``problems`` are lines
    for the user, such as that a folder cannot be read; what is known of such a folder stays as it
    was. A scan that was ``cancelled`` changes nothing.
    """

    n_found: int = 0
    n_new: int = 0
    n_changed: int = 0
    n_moved: int = 0
    n_gone: int = 0
    problems: tuple[str, ...] = ()
    cancelled: bool = False
    n_added: int = 0


def scan_library(
    library: Library,
    *,
    folder_ids: Sequence[int] | None = None,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ScanReport:
    """Look through the library's folders, and bring it up to date.

    Parameters
    ----------
    folder_ids : optional
        Only these.
    progress : callable, optional
        Told now and then how many files were found.
    cancelled : callable, optional
        Asked before each folder.

    Raises
    ------
    FstMuseError
        If the library's file fails.
    """
    chosen = {
        folder.path: folder.folder_id
        for folder in library.folders()
        if folder_ids is None or folder.folder_id in folder_ids
    }
    problems: list[str] = []
    with library.reading() as connection:
        connection.executescript(_FOUND)
        for path, key in chosen.items():
            found = scan([path], cancelled)
            _gather(connection, _told(found, connection, progress), key, problems)
            if cancelled and cancelled():
                return ScanReport(_count(connection), problems=tuple(problems), cancelled=True)
        if progress:
            progress(_count(connection))
    return _merge(library, list(chosen.values()), problems)


def note_files(library: Library, found: Iterable[FoundFile]) -> ScanReport:
    """Let the library know files that need not lie in its folders.

    Their answers are kept; the window does not list them.
    """
    with library.reading() as connection:
        connection.executescript(_FOUND)
        _gather(connection, found, None, [])
    return _merge(library, [], [])


def _told(
    found: Iterable[FoundFile | Unreadable],
    connection: sqlite3.Connection,
    progress: Callable[[int], None] | None,
) -> Iterator[FoundFile | Unreadable]:
    before = _count(connection)
    for number, item in enumerate(found):
        if progress and number % _TOLD_EVERY == 0:
            progress(before + number)
        yield item


def _gather(
    connection: sqlite3.Connection,
    found: Iterable[FoundFile | Unreadable],
    folder_id: int | None,
    problems: list[str],
) -> None:
    """Put what is found into the table that only this connection sees."""
    files = _files_of(found, connection, problems)
    while batch := list(islice(files, _BATCH)):
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT OR IGNORE INTO found(path, folder_id, size, mtime_ns, device, inode) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [
                (os.fsencode(f.path), folder_id, f.size, f.mtime_ns, f.device, f.inode)
                for f in batch
            ],
        )
        connection.execute("COMMIT")


def _files_of(
    found: Iterable[FoundFile | Unreadable], connection: sqlite3.Connection, problems: list[str]
) -> Iterator[FoundFile]:
    for item in found:
        if isinstance(item, FoundFile):
            yield item
            continue
        problems.append(one_line(item.problem))
        below = os.fsencode(os.path.join(item.path, ""))
        connection.execute("INSERT INTO unread(path) VALUES (?)", (below,))


def _merge(library: Library, folder_ids: Sequence[int], problems: list[str]) -> ScanReport:
    with library.reading() as connection:
        (last,) = connection.execute("SELECT coalesce(max(number), 0) FROM found").fetchone()
        n_found = _count(connection)
    moved = changed = new = added = 0
    for first in range(1, last + 1, _BATCH):
        part = (first, first + _BATCH - 1)
        with library.writing() as connection:
            moved += _follow(connection, part)
            added += connection.execute(_ADDED, part).fetchone()[0]
            changed += connection.execute(_CHANGED, part).rowcount
            connection.execute(_SEEN, part)
            new += connection.execute(_NEW, part).rowcount
    with library.writing() as connection:
        gone = connection.execute(_GONE, (GONE, str(list(folder_ids)))).rowcount
    with library.reading() as connection:
        connection.executescript("DELETE FROM found; DELETE FROM unread;")
    return ScanReport(n_found, new, changed, moved, gone, tuple(problems), n_added=added)


def _follow(connection: sqlite3.Connection, part: tuple[int, int]) -> int:
    """Let files that were moved be what they were under another name."""
    followed: set[int] = set()
    taken: set[bytes] = set()
    for key, old, path in connection.execute(_MOVED, part).fetchall():
        if key not in followed and path not in taken and not os.path.lexists(old):
            connection.execute("UPDATE files SET path = ? WHERE id = ?", (path, key))
            followed.add(key)
            taken.add(path)
    return len(followed)


def _count(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM found").fetchone()
    return int(count)
