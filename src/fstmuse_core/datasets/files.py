"""Writing that a kill cannot cut short, and what a full disk is called."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from fstmuse_core.errors import FstMuseError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill a file that takes the place of ``path`` once it is on the disk.

    Raises
    ------
    FstMuseError
        If it cannot be written; a full disk is called so.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                write(stream)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> FstMuseError:
    """The error for the user when ``path`` cannot be written."""
    if error.errno in _FULL:
        return FstMuseError(path, "it cannot be written: the disk is full", "make room and go on")
    return FstMuseError(path, f"it cannot be written ({error.strerror or error})")
