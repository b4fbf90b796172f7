"""The same work on many files, in a pool of processes that outlives any file."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from fstmuse_core.child_process import end_child, start_child
from fstmuse_core.errors import FstMuseError

Item = TypeVar("Item")
Result = TypeVar("Result")

# Tasks a worker holds: the next one lies ready when it has sent a result.
_AHEAD = 2
_POLL_S = 0.1
_READY = "ready"


@dataclass(frozen=True, slots=True)
class Broken:
    """In place of a result: the work raised, or took its whole process down."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finished(Generic[Result]):
    """What became of one item; ``index`` is its place among the items."""

    index: int
    result: Result | Broken


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    held: deque[int] = field(default_factory=deque)
    ready: bool = False
    gone: bool = False


def default_processes() -> int:
    """Processes for work that keeps a core busy: as many as cores may be used, at most eight."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux has it
        cores = os.cpu_count() or 1
    return max(1, min(8, cores))


def run_in_pool(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    processes: int | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Finished[Result]]:
    """Results in the order in which they come.

    Parameters
    ----------
    work : callable
        A function of a module, so that the ``spawn`` processes find it. It may load native
        libraries that crash: the item then gets :class:`Broken`, a new process takes over.
    items : sequence
        What ``work`` is called with; must be picklable, like the results.
    processes : int, optional
        One for each core by default.
    cancelled : callable, optional
        Asked several times a second; if it says so no more results come.

    Raises
    ------
    FstMuseError
        If processes cannot be started.
    """
    waiting = deque(range(len(items)))
    with ProcessPool(work, min(processes or default_processes(), len(items))) as pool:
        while waiting or pool.is_busy:
            if cancelled and cancelled():
                return
            while waiting and pool.has_room:
                index = waiting.popleft()
                pool.give(index, items[index])
            yield from pool.collect(_POLL_S)


class ProcessPool(Generic[Item, Result]):
    """Processes that do the same work on whatever they are given; use it in a ``with`` statement.

    Parameters
    ----------
    work : callable
        As for :func:`run_in_pool`.
    processes : int

    Raises
    ------
    FstMuseError
        If processes cannot be started, also later from :meth:`collect`.
    """

    def __init__(self, work: Callable[[Item], Result], processes: int) -> None:
        self._work = work
        self._items: dict[int, Item] = {}
        self._workers: list[_Worker] = []
        try:
            for _ in range(processes):
                self._workers.append(_started(work))
        except FstMuseError:
            self.close()
            raise

    def __enter__(self) -> ProcessPool[Item, Result]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_busy(self) -> bool:
        """Whether there is something that no result has come for."""
        return bool(self._items)

    @property
    def at_work(self) -> tuple[int, ...]:
        """The indices of what is being worked on now; the rest lies ready."""
        return tuple(worker.held[0] for worker in self._workers if worker.held)

    @property
    def has_room(self) -> bool:
        """Whether a process would have to wait if it were given nothing more."""
        return any(len(worker.held) < _AHEAD for worker in self._workers)

    def give(self, index: int, item: Item) -> None:
        """Give something to the process that has the least to do; ``index`` comes back with it."""
        worker = min(self._workers, key=lambda worker: len(worker.held))
        self._items[index] = item
        self._send(worker, index)

    def _send(self, worker: _Worker, index: int) -> None:
        worker.held.append(index)
        with suppress(OSError):  # it has died, which reading from it will tell
            worker.connection.send((index, self._items[index]))

    def collect(self, patience_s: float) -> Iterator[Finished[Result]]:
        """What is done by now; if nothing is, what is done first within so many seconds."""
        busy = {worker.connection: worker for worker in self._workers if worker.held}
        for connection in wait(list(busy), patience_s):
            worker = busy[connection]  # type: ignore[index]
            finished = _received(worker)
            if isinstance(finished, Finished):
                worker.held.popleft()
                del self._items[finished.index]
                yield finished
            elif worker.gone:
                index = worker.held.popleft()
                del self._items[index]
                yield Finished(index, _post_mortem(worker))
                self._replace(worker)

    def _replace(self, dead: _Worker) -> None:
        worker = _started(self._work)
        self._workers[self._workers.index(dead)] = worker
        for index in dead.held:
            self._send(worker, index)

    def close(self) -> None:
        """End the processes, also those that are at work."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            end_child(worker.process)
            worker.connection.close()
        self._workers.clear()


def _started(work: Callable[[Any], Any]) -> _Worker:
    try:
        return _Worker(*start_child(_serve, work))
    except OSError as error:
        raise _no_processes(error.strerror or str(error)) from error


def _no_processes(why: str) -> FstMuseError:
    return FstMuseError(
        "processes", f"none can be started ({why})", "close other programs and try again"
    )


def _received(worker: _Worker) -> Finished[Any] | None:
    """A result, if the worker had one to tell."""
    try:
        message = worker.connection.recv()
    except (EOFError, OSError):  # and not before: what it said last may still be on its way
        worker.process.join()
        worker.gone = True
        return None
    if message == _READY:
        worker.ready = True
        return None
    return Finished(*message)


def _post_mortem(worker: _Worker) -> Broken:
    worker.connection.close()
    if not worker.ready:
        raise _no_processes(f"exit code {worker.process.exitcode}")
    return Broken(f"the process that read it broke down (exit code {worker.process.exitcode})")


def _serve(connection: Connection, work: Callable[[Any], Any]) -> None:
    try:
        connection.send(_READY)
        while True:
            index, item = connection.recv()
            try:
                result = work(item)
            except Exception as error:
                result = Broken(f"it could not be worked on ({type(error).__name__}: {error})")
            connection.send((index, result))
    except (EOFError, OSError):  # whoever started this process is gone
        return
