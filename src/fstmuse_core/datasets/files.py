"""Writing that a kill cannot cut short, and what a full disk is called."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from fstmuse_core.errors import FstMuseError
from fstmuse_core.whole_files import open_whole

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill a file that takes the place of ``path`` once it is on the disk.

    Raises
    ------
    FstMuseError
        If it cannot be written; a full disk is called so.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_whole(path) as stream:
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
