"""A lock between processes that the system takes back when its holder dies."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

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
