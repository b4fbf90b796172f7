"""One file's new version: made beside it, checked, put in its place, under all its names."""

from __future__ import annotations

import hashlib
import mmap
import os
import shutil
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path
from typing import BinaryIO

from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.process_limits import heartbeat
from fstmuse_core.tags.extras import Extras, names_of
from fstmuse_core.tags.file_access import Stamp, sync_folder, why_not
from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.journal import Entry
from fstmuse_core.tags.proof import prove, require_space
from fstmuse_core.tags.tag_file import Genres

_STEP = struct.Struct("<QQ")
_LITERAL = 2**64 - 1
# Long enough that equal bytes are hardly ever so by chance.
_PROBE = 32
# How far what is equal may have moved between two steps: tags and their padding are small, and
# pictures are copied.
_REACH = 1 << 18
_BLOCK = 1 << 18


def make_delta(old: BinaryIO, new: Path) -> bytes:
    """Make the steps that put ``old`` together again from ``new``; compressed.

    Works on any two files, and is small where they share long runs of bytes in the same
    order. Raises ``OSError``.
    """
    packer = zlib.compressobj(6)
    packed = []
    with new.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as base:
        for at, length, literal in _steps(old, base):
            packed.append(packer.compress(_STEP.pack(at, length) + literal))
    return b"".join([*packed, packer.flush()])


def apply_delta(delta: bytes, new: BinaryIO, take: Callable[[bytes], object]) -> None:
    """Hand the old file to ``take``, block by block.

    Raises ``OSError``, and ``ValueError`` if the difference is damaged.
    """
    try:
        steps = zlib.decompress(delta)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    place = 0
    while place < len(steps):
        at, length = _STEP.unpack_from(steps, place)
        place += _STEP.size
        if at == _LITERAL:
            take(steps[place : place + length])
            place += length
            continue
        new.seek(at)
        while length and (block := new.read(min(length, _BLOCK))):
            take(block)
            length -= len(block)


def _steps(old: BinaryIO, base: mmap.mmap) -> Iterator[tuple[int, int, bytes]]:
    """Runs of ``base`` by place and length, and bytes that are not in it."""
    at = near = 0
    literal = bytearray()
    while probe := _read(old, at, _PROBE):
        found = _find(base, probe, near) if len(probe) == _PROBE else -1
        if found < 0:
            literal += probe
            at, near = at + len(probe), near + len(probe)
            continue
        if literal:
            yield _LITERAL, len(literal), bytes(literal)
            literal.clear()
        length = _common(old, at, base, found)
        yield found, length, b""
        at, near = at + length, found + length
    if literal:
        yield _LITERAL, len(literal), bytes(literal)


def _find(base: mmap.mmap, probe: bytes, near: int) -> int:
    if base[near : near + _PROBE] == probe:
        return near
    return base.find(probe, max(0, near - _REACH), near + _REACH)


def _common(old: BinaryIO, at: int, base: mmap.mmap, found: int) -> int:
    """Number of bytes that are equal from these places on."""
    length = 0
    while block := _read(old, at + length, _BLOCK):
        heartbeat()
        other = base[found + length : found + length + len(block)]
        if block != other:
            return length + _first_difference(block, other)
        length += len(block)
    return length


def _first_difference(one: bytes, other: bytes) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _read(stream: BinaryIO, at: int, length: int) -> bytes:
    stream.seek(at)
    return stream.read(length)


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
MakeVersion = Callable[[Path, Path, Genres, str, str, Extras], NewVersion]


class FileChangedError(Exception):
    """Somebody else has changed the file meanwhile."""


def scratch_name(target: Path, batch: str, index: int) -> Path:
    """Path of a new version: hidden, in the same folder, known from the plan alone."""
    return target.with_name(f".fstmuse-{batch}-{index}{target.suffix}")


@contextmanager
def scratch(target: Path, batch: str, index: int) -> Iterator[Path]:
    """Yield that path; whatever is there afterwards is removed."""
    file = scratch_name(target, batch, index)
    try:
        yield file
    finally:
        with suppress(OSError):
            file.unlink(missing_ok=True)


def make_version(
    target: Path,
    copy: Path,
    genres: Genres,
    note: str,
    separator: str = "\0",
    extras: Extras = (),
) -> NewVersion:
    """Copy ``target``, give the copy its new tags, and prove that nothing else has changed.

    Raises
    ------
    OSError
        If a file cannot be read or written.
    TagError
        If the tags cannot be changed without changing more.
    """
    require_space(target)
    old_sha256 = _copy(target, copy)
    tags = open_tags(copy)
    before = tags.rest(names_of(extras))
    tags.change(genres, note, separator, extras)
    prove(target, copy, before, genres, note, extras)
    with target.open("rb") as old:
        delta = make_delta(old, copy)
    if _restored(delta, copy, None) != old_sha256:
        raise FileChangedError
    return NewVersion(copy, old_sha256, file_digest(copy), delta)


def make_old_version(target: Path, copy: Path, delta: bytes) -> str:
    """Put the old file together in ``copy``; the digest of what came out.

    Raises ``OSError``, and ``ValueError`` if the difference is damaged.
    """
    require_space(target)
    with _open_new(copy) as stream:
        return _restored(delta, target, stream.write)


def put_in_place(copy: Path, target: Path, expected: Stamp, mtime_ns: int | None = None) -> None:
    """Let ``copy`` take the place of ``target``, with its mode, owner and attributes.

    A kill at any moment, or a power cut, leaves the one or the other.

    Parameters
    ----------
    mtime_ns : int, optional
        Time of its last change; as ``target`` by default.

    Raises
    ------
    FileChangedError
        If ``target`` is no longer what was expected.
    OSError
        If it cannot be replaced; it stays as it was.
    """
    _dress(copy, target, mtime_ns)
    with copy.open("r+b") as stream:
        os.fsync(stream.fileno())
    if not Stamp.of(target).same_contents(expected):
        raise FileChangedError
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


_SUFFIX = ".old"


def keep_old(folder: Path, batch: str, entry: Entry) -> None:
    """Keep the file at ``entry.path`` under another name, where the disk allows it."""
    for kept in _places(folder, batch, entry):
        with suppress(OSError):
            kept.unlink(missing_ok=True)
            os.link(entry.path, kept)
            return


def old_file(folder: Path, batch: str, entry: Entry) -> Path | None:
    """Path of the old file; ``None`` if it is not there, or was written to since."""
    for kept in _places(folder, batch, entry):
        with suppress(OSError):
            if not kept.is_symlink() and file_digest(kept) == entry.old_sha256:
                return kept
    return None


def forget_old(folder: Path, batch: str, entry: Entry) -> None:
    """Remove the name under which the old file is kept."""
    for kept in _places(folder, batch, entry):
        with suppress(OSError):
            kept.unlink(missing_ok=True)


def forget_lonely(folder: Path) -> None:
    """Remove names under which files are kept that have no other any more."""
    for kept in folder.glob(f"*{_SUFFIX}"):
        with suppress(OSError):
            if kept.lstat().st_nlink == 1:
                kept.unlink()


def join_names(entry: Entry, copy: Path, replaced: tuple[int, int] | None = None) -> None:
    """Let the other names that were given be names of what is at ``entry.path`` now.

    Only names that still are of the old or the new file are changed, by way of ``copy``; so are
    those of the file of identity ``replaced``, since music that was copied to another disk has
    other identities than the journal knows.

    Raises
    ------
    FstMuseError
        If one cannot be; the others are done.
    """
    trouble: FstMuseError | None = None
    for other in entry.links:
        try:
            if _belongs(entry, other, replaced):
                link_in_place(entry.path, copy, other)
        except FileNotFoundError:
            continue  # somebody has removed it
        except OSError as error:
            trouble = FstMuseError(
                entry.path,
                f"it was done, but {one_line(str(other))} is no longer the same file "
                f"({why_not(error)})",
            )
    if trouble is not None:
        raise trouble


def _belongs(entry: Entry, other: Path, replaced: tuple[int, int] | None) -> bool:
    if Stamp.of(other).identity == Stamp.of(entry.path).identity:
        return False
    if not entry.was:  # a journal of an older version knows no more
        return False
    is_one = Stamp.of(other).identity in (tuple(entry.was), tuple(entry.becomes), replaced)
    return is_one and file_digest(other) in (entry.old_sha256, entry.new_sha256)


def _places(folder: Path, batch: str, entry: Entry) -> tuple[Path, Path]:
    name = f"{batch}-{entry.index}{_SUFFIX}"
    return folder / name, entry.path.with_name(f".fstmuse-{name}")
