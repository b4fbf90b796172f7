"""One file's new version: made beside it, checked, and put in its place in one step."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path

from fstmuse_core.process_limits import heartbeat
from fstmuse_core.tags.delta import apply_delta, make_delta
from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.places import Stamp, sync_folder
from fstmuse_core.tags.proof import demand_room, prove

_BLOCK = 1 << 18
# Backups that look at times take those as equal that are less apart: FAT has no finer ones.
_APART_NS = 2 * 10**9


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A finished copy: digests of the whole old and new file, and how to get the old back."""

    file: Path
    old_sha256: str
    new_sha256: str
    delta: bytes


# As :func:`make_version`.
MakeVersion = Callable[[Path, Path, tuple[str, ...], str, str], NewVersion]


class MovedOnError(Exception):
    """Somebody else has changed the file meanwhile."""


def scratch_name(target: Path, batch: str, index: int) -> Path:
    """Where a new version is made: hidden, in the same folder, known from the plan alone."""
    return target.with_name(f".fstmuse-{batch}-{index}{target.suffix}")


@contextmanager
def scratch(target: Path, batch: str, index: int) -> Iterator[Path]:
    """That name; whatever is there afterwards is removed."""
    file = scratch_name(target, batch, index)
    try:
        yield file
    finally:
        with suppress(OSError):
            file.unlink(missing_ok=True)


def make_version(
    target: Path, copy: Path, genres: tuple[str, ...], note: str, separator: str = "\0"
) -> NewVersion:
    """Copy ``target``, give the copy its new tags, and prove that nothing else has changed.

    Raises
    ------
    OSError
        If a file cannot be read or written.
    TagError
        If the tags cannot be changed without changing more.
    """
    demand_room(target)
    old_sha256 = _copy(target, copy)
    tags = open_tags(copy)
    before = tags.rest()
    tags.change(genres, note, separator)
    prove(target, copy, before, genres, note)
    with target.open("rb") as old:
        delta = make_delta(old, copy)
    if _restored(delta, copy, None) != old_sha256:
        raise MovedOnError
    return NewVersion(copy, old_sha256, file_digest(copy), delta)


def make_old_version(target: Path, copy: Path, delta: bytes) -> str:
    """Put the old file together in ``copy``; the digest of what came out.

    Raises ``OSError``, and ``ValueError`` if the difference is damaged.
    """
    demand_room(target)
    with _open_new(copy) as stream:
        return _restored(delta, target, stream.write)


def put_in_place(copy: Path, target: Path, expected: Stamp, mtime_ns: int | None = None) -> None:
    """Let ``copy`` take the place of ``target``, with its mode, owner and attributes.

    A kill at any moment, or a power cut, leaves the one or the other.

    Parameters
    ----------
    mtime_ns : int, optional
        When it was changed last; as ``target`` by default.

    Raises
    ------
    MovedOnError
        If ``target`` is no longer what was expected.
    OSError
        If it cannot be replaced; it stays as it was.
    """
    _dress(copy, target, mtime_ns)
    with copy.open("r+b") as stream:
        os.fsync(stream.fileno())
    if not Stamp.of(target).same_contents(expected):
        raise MovedOnError
    copy.replace(target)
    sync_folder(target.parent)


def time_of_change(old_ns: int) -> int:
    """Now, in nanoseconds; later if a backup could take that for the old time."""
    now = time.time_ns()
    return old_ns + _APART_NS if abs(now - old_ns) < _APART_NS else now


def link_in_place(target: Path, copy: Path, other: Path) -> None:
    """Make ``other`` a name of the file at ``target`` too; raises ``OSError``."""
    if os.path.samefile(target, other):
        return
    os.link(target, copy)
    copy.replace(other)


def file_digest(path: Path) -> str:
    """SHA-256 of a whole file; raises ``OSError``."""
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            heartbeat()
            total.update(block)
    return total.hexdigest()


def _open_new(file: Path) -> BufferedWriter:
    """A new file that nobody else may read until it is dressed."""
    return open(file, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))


def _copy(source: Path, copy: Path) -> str:
    total = hashlib.sha256()
    with source.open("rb") as old, _open_new(copy) as new:
        while block := old.read(_BLOCK):
            heartbeat()
            total.update(block)
            new.write(block)
    return total.hexdigest()


def _restored(delta: bytes, new: Path, write: Callable[[bytes], object] | None) -> str:
    """Digest of what the difference makes of ``new``, which is also handed to ``write``."""
    total = hashlib.sha256()

    def take(block: bytes) -> None:
        heartbeat()
        total.update(block)
        if write:
            write(block)

    with new.open("rb") as stream:
        apply_delta(delta, stream, take)
    return total.hexdigest()


def _dress(copy: Path, target: Path, mtime_ns: int | None) -> None:
    """Mode, times, attributes and, where one may, the owner of ``target`` for ``copy``."""
    status = target.stat()
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(copy, status.st_uid, status.st_gid)
    shutil.copystat(target, copy)
    if mtime_ns is not None:
        os.utime(copy, ns=(status.st_atime_ns, mtime_ns))
