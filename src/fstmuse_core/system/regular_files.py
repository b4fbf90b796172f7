"""Opening files that others may have laid: regular ones of a sane size, and nothing else."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


class NotReadableError(OSError):
    """A file that is there and is not read: a pipe, a device, or too large."""


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file for reading; whatever else has the name is not waited for.

    Raises
    ------
    NotReadableError
        If it is a folder, pipe, socket or device.
    OSError
        If it cannot be opened.
    """
    _refuse_special(path, os.stat(path).st_mode)  # opening a device may do something to it
    descriptor = os.open(path, _FLAGS)
    try:
        _refuse_special(path, os.fstat(descriptor).st_mode)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: str | os.PathLike[str], limit: int) -> bytes:
    """The contents of a regular file.

    Raises
    ------
    NotReadableError
        If it is none, or larger than ``limit`` bytes.
    OSError
        If it cannot be read.
    """
    with open_regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        # Room for all that is asked for is taken at once; one byte more tells of a file that grew.
        data = b"" if size > limit else stream.read(size + 1)
        if max(size, len(data)) > limit:
            raise NotReadableError(errno.EFBIG, f"it is larger than {limit:,} bytes", str(path))
    return data


def stays_inside(folder: Path, name: str) -> bool:
    """True unless ``name`` in ``folder`` is a link to something elsewhere."""
    return os.path.dirname(os.path.realpath(folder / name)) == os.path.realpath(folder)


def _refuse_special(path: str | os.PathLike[str], mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise NotReadableError(errno.EINVAL, f"it is {kind}, not a file", str(path))
