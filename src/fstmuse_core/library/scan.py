"""Walking through folders of music: files are opened only where their names say little."""

from __future__ import annotations

import os
import stat
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fstmuse_core.sound_files import is_sound_file

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
        elif is_sound_file(link, status) and (status.st_dev, status.st_ino) not in linked:
            linked.add((status.st_dev, status.st_ino))
            yield found_file(link, status)


def found_file(path: str, status: os.stat_result) -> FoundFile:
    """What a file's status says of it."""
    known = status.st_ino != 0
    return FoundFile(
        path,
        status.st_size,
        status.st_mtime_ns,
        str(status.st_dev) if known else "",
        str(status.st_ino) if known else "",
    )


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
                    if is_sound_file(entry.path, status):
                        yield found_file(entry.path, status)
            except OSError:
                continue  # it vanished meanwhile
        waiting += reversed(below)


def _status(entry: os.DirEntry[str]) -> os.stat_result:
    # What Windows lists of a file may be old: it is brought up to date when it is closed.
    return os.stat(entry.path) if sys.platform == "win32" else entry.stat(follow_symlinks=False)
