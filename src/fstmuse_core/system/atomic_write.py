"""Atomic writes: files that are written whole or not at all; the error of a full disk."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from fstmuse_core.system.errors import FstMuseError

# What a file is called until it is whole, around the beginning of the name that it will have.
_STAGING = ".{}-"
_NAME_LENGTH = 40


@contextmanager
def open_atomic(path: Path) -> Iterator[BinaryIO]:
    """A binary file that takes the place of ``path`` once it is complete and on the disk.

    A kill at any moment, or an exception in the ``with`` block, leaves the old file. The new
    one keeps its permissions, and a link stays a link. Raises ``OSError``.
    """
    if is_special(path):  # a device or a pipe can't be replaced
        with path.open("wb") as stream:
            yield stream
        return
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(
        dir=target.parent, prefix=_STAGING.format(target.name[:_NAME_LENGTH])
    )
    staging = Path(name)
    try:
        with os.fdopen(handle, "w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        staging.chmod(_permissions(target))
        staging.replace(target)
    except BaseException:
        staging.unlink(missing_ok=True)
        raise


def unfinished(folder: Path, suffix: str) -> Iterator[Path]:
    """Yield what kills have left in ``folder`` of files that were to end in ``suffix``.

    One may still be written to: only its age tells. Names of more than 40 characters lose their
    end while they are written, so that such files are not found.
    """
    return folder.glob(f"{_STAGING.format(f'*{suffix}')}*")


def is_special(path: Path) -> bool:
    """Return true if ``path`` is there and is no ordinary file, such as a device or a pipe."""
    return os.path.exists(path) and not os.path.isfile(path)


def _permissions(path: Path) -> int:
    """Those of the file that is there, else what the user gives to new files."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_atomic(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill a file that takes the place of ``path`` once it is on the disk.

    Raises
    ------
    FstMuseError
        If it cannot be written; a full disk is called so.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_atomic(path) as stream:
            write(stream)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> FstMuseError:
    """The error for the user when ``path`` cannot be written."""
    if error.errno in FULL:
        return FstMuseError(path, "it cannot be written: the disk is full", "make room and go on")
    return FstMuseError(path, f"it cannot be written ({error.strerror or error})")


def file_sha256(path: Path) -> str:
    """Hash of the bytes of a file; empty if it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""
