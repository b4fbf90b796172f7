"""Atomic writes, the error of a full disk, and a lock between processes that share a file."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

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


# Beyond what is written there, so that who is refused can read it where locks are strict.
_LOCKED_BYTE = 4096
_ATTEMPT_S = 0.02


if sys.platform == "win32":
    import msvcrt

    def try_lock(stream: IO[bytes]) -> bool:
        """Lock an open file unless someone else has; closing it gives the lock back."""
        stream.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(stream: IO[bytes]) -> bool:
        """Lock an open file unless someone else has; closing it gives the lock back."""
        try:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


@contextmanager
def locked(path: Path, patience_s: float) -> Iterator[None]:
    """Hold the lock of the file at ``path``, which is made if it is not there.

    It also keeps threads of one process apart. Raises ``TimeoutError`` if someone else holds
    it for longer than ``patience_s`` seconds, and ``OSError`` if the file cannot be opened.
    """
    with path.open("ab") as stream:
        give_up = time.monotonic() + patience_s
        while not try_lock(stream):
            if time.monotonic() > give_up:
                raise TimeoutError(f"{path} stays locked")
            time.sleep(_ATTEMPT_S)
        yield
