"""The same work on many files on a dask cluster, in the shape of :class:`~..pool.ProcessPool`.

Files go to the workers in chunks of so many seconds of sound: one task of dask's costs some
milliseconds, a clip of 30 seconds sixty. A thread of a worker hands its chunk to a process of its
own, which has the model loaded and is held to the limits that hold on one machine, so that a file
that crashes a decoder costs that file alone, and no worker.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import queue
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Generic, Self, TypeVar

from fstmuse_core import __version__
from fstmuse_core.system.cluster_work import (
    NUMERIC,
    SAME,
    Unreadable,
    facts,
    release,
    work_on,
)
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.pool import Broken, Finished
from fstmuse_core.system.wording import listed

Item = TypeVar("Item")
Result = TypeVar("Result")

ADDRESS = re.compile(r"(tcp|tls|ucx|ws|wss)://(\[[0-9a-fA-F:.%]+\]|[^\s:/\[\]]+):([0-9]{1,5})/?")
# About half a second of work, so that dask's share of it is small and Ctrl+C is heeded soon.
CHUNK_S = 300.0
# Chunks for each thread: the next one lies ready on the worker when it has sent a result.
_CHUNKS_AHEAD = 2
_CONNECT_S = 10.0
# Workers that died come back within seconds where dask's nanny watches over them.
_NO_WORKERS_S = 60.0
_LOOK_EVERY_S = 1.0
_POLL_S = 0.1
# For the size of a chunk alone; of music as it mostly is.
_BYTES_PER_S = {".wav": 176_400, ".aiff": 176_400, ".aif": 176_400, ".flac": 100_000}
_COMPRESSED = 20_000


@dataclass(eq=False)
class _Chunk(Generic[Item]):
    items: list[tuple[int, Item]] = field(default_factory=list)
    seconds: float = 0.0
    # Workers that cannot read it, which are asked no more.
    refused: frozenset[Unreadable] = frozenset()
    future: Any = None


class ClusterPool(Generic[Item, Result]):
    """Processes on the workers of a dask cluster; use it in a ``with`` statement.

    A worker that dies is made up for: dask gives its chunks to the others. What a chunk has died
    of four times is found by trying its files one by one.

    Parameters
    ----------
    work : callable
        As for :func:`~fstmuse_core.system.pool.run_in_pool`.
    address : str
        Of the scheduler, as in ``tcp://host:8786``.
    n_items : int
        Items that are expected, so that the last chunks are small enough for all to be busy.
    path_of : callable, optional
        Gives the path of the file that an item is of.
    trouble : callable, optional
        Called on each worker once; returns why it cannot do the work, or nothing.
    tell : callable, optional
        Given sentences for the user.

    Raises
    ------
    FstMuseError
        If dask is not installed, nothing answers at the address, the scheduler has no workers, or
        their versions differ; also later from :meth:`collect`, if all of them are gone.
    """

    def __init__(
        self,
        work: Callable[[Item], Result],
        address: str,
        n_items: int,
        *,
        path_of: Callable[[Item], str] = str,
        trouble: Callable[[], str] | None = None,
        tell: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self._work, self._path_of, self._address = work, path_of, address
        self._payload = pickle.dumps(work)
        self._left = n_items
        self._buffer: _Chunk[Item] = _Chunk()
        self._chunks: dict[str, _Chunk[Item]] = {}
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._items: dict[int, Item] = {}
        self._client = _connected(address)
        try:
            with self._connection():
                _require_same(self._client, address, trouble, tell)
            self._threads = self._seen_at = 0.0
            self._look()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_busy(self) -> bool:
        """True while items are pending."""
        return bool(self._items)

    @property
    def at_work(self) -> tuple[int, ...]:
        """The indices of all that was handed out."""
        return tuple(self._items)

    @property
    def ahead(self) -> int:
        """Results that may wait for an earlier one, so that no worker waits for it."""
        return max(64, 4 * len(self._items))

    @property
    def has_room(self) -> bool:
        """True while a worker would have to wait if nothing more were handed out."""
        return len(self._chunks) < _CHUNKS_AHEAD * max(1, self._threads)

    def give(self, index: int, item: Item) -> None:
        """Hand something out; ``index`` comes back with it."""
        self._items[index] = item
        chunk = self._buffer
        chunk.items.append((index, item))
        chunk.seconds += _seconds_of(self._path_of(item))
        most = -(-self._left // (_CHUNKS_AHEAD * max(1, int(self._threads))))
        if chunk.seconds >= CHUNK_S or len(chunk.items) >= most:
            self._flush()

    def _flush(self) -> None:
        chunk, self._buffer = self._buffer, _Chunk()
        if chunk.items:
            self._left = max(1, self._left - len(chunk.items))
            self._submit(chunk)

    def _submit(self, chunk: _Chunk[Item], workers: Sequence[str] | None = None) -> None:
        items = [(index, item, self._path_of(item)) for index, item in chunk.items]
        with self._connection():
            chunk.future = self._client.submit(
                work_on,
                self._payload,
                __version__,
                items,
                pure=False,
                workers=workers,
                allow_other_workers=False,
            )
        self._chunks[chunk.future.key] = chunk
        chunk.future.add_done_callback(self._done.put)

    def collect(self, patience_s: float) -> Iterator[Finished[Result]]:
        """Yield what is done by now; if nothing is, what is done first within so many seconds."""
        if self.has_room:
            self._flush()
        self._look()
        with suppress(queue.Empty):
            future = self._done.get(timeout=patience_s)
            while True:
                yield from self._take(future)
                future = self._done.get_nowait()

    def _take(self, future: Any) -> Iterator[Finished[Result]]:
        from distributed import CancelledError, KilledWorker

        chunk = self._chunks.pop(future.key, None)
        if chunk is None:
            return
        try:
            results = future.result()
        except FstMuseError:
            raise
        except CancelledError as error:
            raise self._lost() from error
        except KilledWorker:
            yield from self._one_by_one(chunk)
        except Exception as error:
            # Raised while the result of a task that went well was fetched.
            if future.status != "error" and self._is_of_the_connection(error):
                raise self._lost() from error
            what = one_line(f"{type(error).__name__}: {error}")[:300]
            raise FstMuseError(
                self._address, f"a worker could not do the work ({what})", "see its log"
            ) from error
        else:
            chunk.future = None  # the scheduler may forget it
            yield from self._sorted_out(chunk, results)

    def _sorted_out(
        self, chunk: _Chunk[Item], results: Iterable[tuple[int, Any]]
    ) -> Iterator[Finished[Result]]:
        items = dict(chunk.items)
        for index, result in results:
            if isinstance(result, Unreadable):
                refused = chunk.refused | {result}
                result = self._elsewhere(index, items[index], refused)
            if result is not None:
                del self._items[index]
                yield Finished(index, result)

    def _elsewhere(self, index: int, item: Item, refused: frozenset[Unreadable]) -> Any:
        """Ask other workers for what one cannot read; the result if there is none to ask."""
        path = self._path_of(item)
        if not os.access(path, os.R_OK):
            return self._work(item)  # which says so, as without a cluster
        asked = {refusal.worker for refusal in refused}
        with self._connection():
            others = [worker for worker in self._client.nthreads() if worker not in asked]
        if not others:
            hosts = sorted({refusal.host for refusal in refused})
            return Broken(
                f"no worker of the cluster can read it ({listed(hosts, 3)} tried); "
                "let all machines see the music under the same path"
            )
        self._submit(_Chunk([(index, item)], refused=refused), others)
        return None

    def _one_by_one(self, chunk: _Chunk[Item]) -> Iterator[Finished[Result]]:
        if len(chunk.items) > 1:
            for pair in chunk.items:
                self._submit(_Chunk([pair], refused=chunk.refused))
            return
        ((index, _),) = chunk.items
        del self._items[index]
        yield Finished(index, Broken("each worker that was given it died; see the workers' logs"))

    def _look(self) -> None:
        """Count the threads every second, and give up if there are none for long."""
        now = time.monotonic()
        if self._threads and now < self._seen_at + _LOOK_EVERY_S:
            return
        if self._client.status != "running":
            raise self._lost()
        with self._connection():
            self._threads = float(sum(self._client.nthreads().values()))
        if self._threads or not self._seen_at:
            self._seen_at = now
        elif now > self._seen_at + _NO_WORKERS_S:
            raise FstMuseError(
                self._address,
                f"all workers are gone for {_NO_WORKERS_S:.0f} s",
                f"start some with: dask worker {self._address}. What was done is kept",
            )

    @contextmanager
    def _connection(self) -> Iterator[None]:
        """Tell by one line what the client raises in many ways: the scheduler is gone."""
        try:
            yield
        except FstMuseError:
            raise
        except Exception as error:
            if self._is_of_the_connection(error):
                raise self._lost() from error
            raise

    def _is_of_the_connection(self, error: Exception) -> bool:
        return isinstance(error, OSError) or self._client.status != "running"

    def _lost(self) -> FstMuseError:
        return FstMuseError(
            self._address,
            "the connection to the scheduler was lost",
            "start it again, and go on; what was done is kept",
        )

    def close(self) -> None:
        """Give up what is pending, and let the workers' processes end."""
        self._chunks.clear()
        with suppress(Exception):  # the cluster may be gone
            if self._client.status == "running":
                digest = hashlib.sha256(self._payload).digest()
                self._client.run(release, digest, on_error="ignore")
        with suppress(Exception):
            self._client.close(timeout=2)


def run_on_cluster(
    pool: ClusterPool[Item, Result],
    items: Sequence[Item],
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Finished[Result]]:
    """Yield results in the order in which they come, as ``run_in_pool`` does on one machine."""
    waiting = deque(range(len(items)))
    with pool:
        while waiting or pool.is_busy:
            if cancelled and cancelled():
                return
            while waiting and pool.has_room:
                index = waiting.popleft()
                pool.give(index, items[index])
            yield from pool.collect(_POLL_S)


def _seconds_of(path: str) -> float:
    """Seconds of sound in a file, judged by its size."""
    try:
        size = os.stat(path).st_size
    except OSError:
        return 0.0
    return size / _BYTES_PER_S.get(os.path.splitext(path)[1].lower(), _COMPRESSED)


def _connected(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise FstMuseError(
            "--cluster", "dask.distributed is not installed", "pip install 'fstmuse[cluster]'"
        ) from error
    # What they have to say of workers that come and go is said by us, where it matters.
    for name in logging.root.manager.loggerDict:
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False, name="fstmuse")
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise FstMuseError(
            address,
            f"no scheduler answers there ({one_line(str(error))[:200]})",
            "check host and port, or start one with: dask scheduler",
        ) from error
    try:
        client.wait_for_workers(1, timeout=_CONNECT_S)
    except TimeoutError as error:
        client.close()
        raise FstMuseError(
            address, "the scheduler has no workers", f"start some with: dask worker {address}"
        ) from error
    return client


def _require_same(
    client: Any,
    address: str,
    trouble: Callable[[], str] | None,
    tell: Callable[[str], None],
) -> None:
    """Raise ``FstMuseError`` unless the workers have our versions and no trouble."""
    ours = facts()
    for worker, theirs in sorted(client.run(facts, on_error="return").items()):
        if isinstance(theirs, Exception):
            what = one_line(f"{type(theirs).__name__}: {theirs}")[:200]
            raise FstMuseError(
                address, f"its worker {worker} has no FstMuse ({what})", "install the same there"
            )
        for name in SAME:
            if theirs.get(name) != ours.get(name):
                raise FstMuseError(
                    address,
                    f"its worker {worker} has {name} {theirs.get(name)}, here is {ours.get(name)}",
                    "install the same on all machines",
                )
        others = [f"{name} {theirs.get(name)}" for name in NUMERIC if theirs[name] != ours[name]]
        if others:
            tell(f"the worker {worker} has {listed(others)}: last digits may differ")
    if trouble is not None:
        for worker, why in sorted(client.run(trouble, on_error="return").items()):
            if why:
                raise FstMuseError(address, f"its worker {worker}: {one_line(str(why))}")
