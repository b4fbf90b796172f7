"""The workers' side of :mod:`~fstmuse_core.system.cluster`: what dask calls on its workers."""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import socket
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from fstmuse_core import __version__
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.pool import ProcessPool

# Other versions of these make another program of it; of the others, other last digits perhaps.
SAME = ("FstMuse", "Python", "dask", "distributed")
NUMERIC = ("numpy", "ai-edge-litert", "soxr", "av", "soundfile")
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Unreadable:
    """In place of a result: the worker, whose machine has this name, cannot read the file."""

    worker: str
    host: str


def facts() -> dict[str, str]:
    """Versions of this process, by name."""
    found = {"FstMuse": __version__, "Python": ".".join(platform.python_version_tuple()[:2])}
    for name in (*SAME[2:], *NUMERIC):
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def work_on(
    payload: bytes, version: str, items: Sequence[tuple[int, Any, str]]
) -> list[tuple[int, Any]]:
    """Do the work on a chunk in a process that is kept for the next one.

    Raises ``FstMuseError`` if the worker, which came later than the others, has another version.
    """
    if version != __version__:
        raise FstMuseError(
            socket.gethostname(),
            f"a worker has FstMuse {__version__}, and {version} is needed",
            "install the same on all machines",
        )
    from distributed import get_worker

    refusal = Unreadable(get_worker().address, socket.gethostname())
    results: list[tuple[int, Any]] = []
    waiting: deque[tuple[int, Any]] = deque()
    for index, item, path in items:
        if os.access(path, os.R_OK):
            waiting.append((index, item))
        else:
            results.append((index, refusal))
    digest = hashlib.sha256(payload).digest()
    pool = _POOLS.taken(digest) or _new_pool(payload)
    try:
        while waiting or pool.is_busy:
            while waiting and pool.has_room:
                pool.give(*waiting.popleft())
            results += ((done.index, done.result) for done in pool.collect(_POLL_S))
    except BaseException:
        pool.close()
        raise
    _POOLS.put_back(digest, pool)
    return results


class _Pools:
    """Idle processes with a model loaded, of one kind of work at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._digest = b""
        self._idle: list[ProcessPool[Any, Any]] = []

    def taken(self, digest: bytes) -> ProcessPool[Any, Any] | None:
        with self._lock:
            return self._idle.pop() if digest == self._digest and self._idle else None

    def put_back(self, digest: bytes, pool: ProcessPool[Any, Any]) -> None:
        with self._lock:
            old = self._idle if digest != self._digest else []
            self._idle = [pool] if old or digest != self._digest else [*self._idle, pool]
            self._digest = digest
        for other in old:
            other.close()

    def release(self, digest: bytes) -> None:
        with self._lock:
            old = self._idle if digest == self._digest else []
            self._idle = [] if old else self._idle
        # Whoever asks has done with them, and need not wait for their end.
        for pool in old:
            threading.Thread(target=pool.close, daemon=True).start()


_POOLS = _Pools()


def release(digest: bytes) -> None:
    """End the idle processes of a kind of work, by the hash of it."""
    _POOLS.release(digest)


def _new_pool(payload: bytes) -> ProcessPool[Any, Any]:
    import multiprocessing

    # Dask's nanny starts its worker as a daemon, which may have no children; ours end with it.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    return ProcessPool(pickle.loads(payload), 1)
