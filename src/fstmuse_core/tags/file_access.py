"""A file's place on the disk: whether it may be changed, and whether it is still the same."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.process_limits import is_out_of_memory, too_much_memory


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
        """Device and inode, which two names of one file share."""
        return self.device, self.inode

    def same_contents(self, other: Stamp) -> bool:
        """Return true if both were taken of one file that was not written to between."""
        return asdict(self) | {"names": 0} == asdict(other) | {"names": 0}


def obstacle(target: Path) -> str:
    """Reason a file may not be changed; empty if it may. Raises ``OSError`` if it is not there."""
    status = target.lstat()
    mode = status.st_mode
    if not stat.S_ISREG(mode):
        return "it is no ordinary file"
    # An administrator may write to any file; that it is marked counts all the same.
    if not mode & 0o222:
        return "it is read-only; allow writing to it first"
    if not os.access(target, os.R_OK | os.W_OK):
        return "you may not write to it; change its permissions first"
    if not os.access(target.parent, os.W_OK | os.X_OK):
        return "its folder is read-only; allow writing to the folder first"
    if _is_others(status, target.parent.stat()):
        return "its folder lets only the owner replace it; have them write it"
    try:
        # Also what permissions do not tell: it is in use (Windows), or marked as immutable.
        with target.open("r+b"):
            return ""
    except OSError as error:
        return why_not(error)


def _is_others(status: os.stat_result, folder: os.stat_result) -> bool:
    """True in a folder such as /tmp, where files of others cannot be replaced."""
    if not folder.st_mode & stat.S_ISVTX or not hasattr(os, "geteuid"):
        return False
    return os.geteuid() not in (0, status.st_uid, folder.st_uid)


# ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION of Windows.
_IN_USE = (32, 33)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def why_not(error: OSError) -> str:
    """Put what went wrong with a file for people."""
    if error.errno in (errno.EBUSY, errno.ETXTBSY) or getattr(error, "winerror", 0) in _IN_USE:
        return "another program is using it; close that first"
    if error.errno in _FULL:
        return "the disk is full; make room, then write it again"
    if error.errno == errno.EFBIG:
        return "it would be larger than files may be here; raise the limit, then write it again"
    if error.errno in _FORBIDDEN:
        return "it or its folder may not be written to; change the permissions first"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "it is gone; it may have been moved or removed"
    return f"it cannot be read or written ({error.strerror or error}); check the disk"


def reason_for(error: Exception) -> str:
    """Reason a file was left as it is, in one line: the same in the preview and when writing."""
    if is_out_of_memory(error):
        return too_much_memory()
    if isinstance(error, FstMuseError):
        return "; ".join(filter(None, (error.reason, error.remedy)))
    if isinstance(error, OSError):
        return why_not(error)
    return one_line(f"it could not be worked on ({type(error).__name__}: {error})")


def sync_folder(folder: Path) -> None:
    """Let a new or changed name in a folder outlast a power cut, where the system can."""
    with suppress(OSError):  # folders cannot be opened on Windows, nor synced on every disk
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
