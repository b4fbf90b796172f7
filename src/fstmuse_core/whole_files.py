"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

# What a file is called until it is whole, around the beginning of the name that it will have.
_STAGING = ".{}-"
_KEPT_LENGTH = 40


@contextmanager
def open_whole(path: Path) -> Iterator[BinaryIO]:
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
        dir=target.parent, prefix=_STAGING.format(target.name[:_KEPT_LENGTH])
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
    """What kills have left in ``folder`` of files that were to end in ``suffix``.

    One may still be written to: only its age tells. Names of more than 40 characters lose their
    end while they are written, so that such files are not found.
    """
    return folder.glob(f"{_STAGING.format(f'*{suffix}')}*")


def is_special(path: Path) -> bool:
    """Whether ``path`` is there and is no ordinary file, such as a device or a pipe."""
    return os.path.exists(path) and not os.path.isfile(path)


def _permissions(path: Path) -> int:
    """Those of the file that is there, else what the user gives to new files."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
