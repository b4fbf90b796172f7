"""One file's new version: made beside it, checked, and put in its place in one step."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path

import numpy as np

from fstmuse_core.audio import AudioStream
from fstmuse_core.errors import AudioError
from fstmuse_core.spectrogram import FloatArray
from fstmuse_core.tags.audio_bytes import audio_digest
from fstmuse_core.tags.delta import apply_delta, make_delta
from fstmuse_core.tags.formats import TagError, TagFile, open_tags
from fstmuse_core.tags.places import Stamp, sync_folder

_BLOCK = 1 << 18
# Left free on the disk, for what others are writing.
_SPARE = 1 << 20
# What is decoded of a file before and after: its start, and a piece towards its end.
_HEARD_S = 0.5
_FAR = 0.9
# A length that is reckoned from the file's size moves a little with the tags.
_LENGTH_TOLERANCE_S = 0.2


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A finished copy: digests of the whole old and new file, and how to get the old back."""

    file: Path
    old_sha256: str
    new_sha256: str
    delta: bytes


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


def make_version(target: Path, copy: Path, genres: tuple[str, ...], note: str) -> NewVersion:
    """Copy ``target``, give the copy its new tags, and prove that nothing else has changed.

    Raises
    ------
    OSError
        If a file cannot be read or written.
    TagError
        If the tags cannot be changed without changing more.
    """
    _demand_room(target)
    old_sha256 = _copy(target, copy)
    tags = open_tags(copy)
    before = tags.rest()
    tags.change(genres, note)
    _check(target, copy, before, genres, note)
    with target.open("rb") as old:
        delta = make_delta(old, copy)
    if _restored(delta, copy, None) != old_sha256:
        raise MovedOnError
    return NewVersion(copy, old_sha256, file_digest(copy), delta)


def make_old_version(target: Path, copy: Path, delta: bytes) -> str:
    """Put the old file together in ``copy``; the digest of what came out.

    Raises ``OSError``, and ``ValueError`` if the difference is damaged.
    """
    _demand_room(target)
    with _open_new(copy) as stream:
        return _restored(delta, target, stream.write)


def put_in_place(copy: Path, target: Path, expected: Stamp) -> None:
    """Let ``copy`` take the place of ``target``, with its times, mode, owner and attributes.

    A kill at any moment, or a power cut, leaves the one or the other.

    Raises
    ------
    MovedOnError
        If ``target`` is no longer what was expected.
    OSError
        If it cannot be replaced; it stays as it was.
    """
    _dress(copy, target)
    with copy.open("r+b") as stream:
        os.fsync(stream.fileno())
    if not Stamp.of(target).same_contents(expected):
        raise MovedOnError
    copy.replace(target)
    sync_folder(target.parent)


def link_in_place(target: Path, copy: Path, other: Path) -> None:
    """Make ``other`` a name of the file at ``target`` too; raises ``OSError``."""
    if os.path.samefile(target, other):
        return
    os.link(target, copy)
    copy.replace(other)


def file_digest(path: Path) -> str:
    """SHA-256 of a whole file; raises ``OSError``."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _demand_room(target: Path) -> None:
    """Raise ``OSError`` if a second version would fill the disk, before it does."""
    disk = shutil.disk_usage(target.parent)
    # Some network disks do not tell how large they are.
    if disk.total and disk.free < target.stat().st_size + _SPARE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _open_new(file: Path) -> BufferedWriter:
    """A new file that nobody else may read until it is dressed."""
    return open(file, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))


def _copy(source: Path, copy: Path) -> str:
    total = hashlib.sha256()
    with source.open("rb") as old, _open_new(copy) as new:
        while block := old.read(_BLOCK):
            total.update(block)
            new.write(block)
    return total.hexdigest()


def _check(target: Path, copy: Path, before: object, genres: tuple[str, ...], note: str) -> None:
    tags: TagFile = open_tags(copy)
    if (tags.genres, tags.provenance) != (genres, note):
        raise _refused(target, "the new genre did not read back")
    if tags.rest() != before:
        raise _refused(target, "other tags would have changed")
    if audio_digest(target) != audio_digest(copy):
        raise _refused(target, "its sound would have changed")
    try:
        old_sound = _some_sound(target)
    except AudioError as error:
        raise TagError(target, error.reason, error.remedy) from error
    try:
        same = _same_sound(old_sound, _some_sound(copy, old_sound[0]))
    except AudioError:
        same = False
    if not same:
        raise _refused(target, "it would no longer have played the same")


def _refused(target: Path, what: str) -> TagError:
    return TagError(target, f"{what}, so it was left as it is", "see it with a tag editor")


_Sound = tuple[float, int, int, FloatArray]


def _some_sound(path: Path, length: float | None = None) -> _Sound:
    """Length in seconds, rate, channels and some samples: the first, and some by ``length``."""
    with AudioStream(path, sample_rate=None, mono=False, duration_s=_HEARD_S) as stream:
        info, heard = stream.info, list(stream)
    own_length = info.duration_s or 0.0
    length = own_length if length is None else length
    if length > 4 * _HEARD_S:
        start_s = _FAR * length - _HEARD_S
        with AudioStream(
            path, sample_rate=None, mono=False, start_s=start_s, duration_s=_HEARD_S
        ) as stream:
            heard += list(stream)
    samples = np.concatenate(heard) if heard else np.empty((0, info.channels), np.float32)
    return own_length, info.sample_rate, info.channels, samples


def _same_sound(one: _Sound, other: _Sound) -> bool:
    return (
        abs(one[0] - other[0]) <= _LENGTH_TOLERANCE_S
        and one[1:3] == other[1:3]
        and np.array_equal(one[3], other[3])
    )


def _restored(delta: bytes, new: Path, write: Callable[[bytes], object] | None) -> str:
    """Digest of what the difference makes of ``new``, which is also handed to ``write``."""
    total = hashlib.sha256()

    def take(block: bytes) -> None:
        total.update(block)
        if write:
            write(block)

    with new.open("rb") as stream:
        apply_delta(delta, stream, take)
    return total.hexdigest()


def _dress(copy: Path, target: Path) -> None:
    """Mode, times, attributes and, where one may, the owner of ``target`` for ``copy``."""
    status = target.stat()
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(copy, status.st_uid, status.st_gid)
    shutil.copystat(target, copy)
