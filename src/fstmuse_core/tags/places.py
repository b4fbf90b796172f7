"""A file's place on the disk: whether it may be changed, and whether it is still the same."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Stamp:
    """By which a file is known again.

    ``names`` is how many names (hard links) it has; it says nothing about the contents and
    is left out of comparisons by :meth:`same_contents`.
    """

    device: int
    inode: int
    size: int
    mtime_ns: int
    names: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """The stamp of what is at ``path`` itself, also if that is a link; raises ``OSError``."""
        now = path.lstat()
        return cls(now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_nlink)

    @property
    def identity(self) -> tuple[int, int]:
        """What two names of one file have in common."""
        return self.device, self.inode

    def same_contents(self, other: Stamp) -> bool:
        """Whether both were taken of one file that was not written to between."""
        return asdict(self) | {"names": 0} == asdict(other) | {"names": 0}


def obstacle(target: Path) -> str:
    """Why a file may not be changed; empty if it may. Raises ``OSError`` if it is not there."""
    mode = target.lstat().st_mode
    if not stat.S_ISREG(mode):
        return "it is no ordinary file"
    # An administrator may write to any file; that it is marked counts all the same.
    if not mode & 0o222:
        return "it is read-only; allow writing to it first"
    if not os.access(target, os.R_OK | os.W_OK):
        return "you may not write to it; change its permissions first"
    if not os.access(target.parent, os.W_OK | os.X_OK):
        return "its folder is read-only; allow writing to the folder first"
    return ""


_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def why_not(error: OSError) -> str:
    """What went wrong with a file, for people."""
    if error.errno in _FULL:
        return "the disk is full; make room, then write it again"
    if error.errno == errno.EFBIG:
        return "it would be larger than files may be here; raise the limit, then write it again"
    if error.errno in _FORBIDDEN:
        return "it or its folder may not be written to; change the permissions first"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "it is gone; it may have been moved or removed"
    return f"it cannot be read or written ({error.strerror or error}); check the disk"


def sync_folder(folder: Path) -> None:
    """Let a new or changed name in a folder outlast a power cut, where the system can."""
    with suppress(OSError):  # folders cannot be opened on Windows, nor synced on every disk
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
