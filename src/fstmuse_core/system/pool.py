"""The same work on many files, in a pool of processes that outlives any file."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.process_limits import (
    DECODING,
    Limits,
    ended_by,
    send_heartbeats,
    too_much_memory,
)
from fstmuse_core.system.worker_process import Ready, WorkerProcess, close_all

Item = TypeVar("Item")
Result = TypeVar("Result")

# Tasks a worker holds: the next one lies ready when it has sent a result.
_AHEAD = 2
_RESULTS_AHEAD = 64
_POLL_S = 0.1
# Processes in a row that end before they are ready: there will be none.
_MAX_FAILED_STARTS = 3


@dataclass(frozen=True, slots=True)
class Broken:
    """In place of a result: the work raised, or took its whole process down."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finished(Generic[Result]):
    """Result of one item; ``index`` is its place among the items."""

    index: int
    result: Result | Broken


@dataclass(eq=False)
class _Worker:
    process: WorkerProcess
    held: deque[int] = field(default_factory=deque)


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
    limits: Limits = DECODING,
) -> Iterator[Finished[Result]]:
    """Results in the order in which they come.

    Parameters
    ----------
    work : callable
        A function of a module, so that the ``spawn`` processes find it. It may load native
        libraries that crash or hang: the item then gets :class:`Broken`, and a new process
        takes over. It is held to ``limits``, counted for each item.
    items : sequence
        Arguments ``work`` is called with; must be picklable, like the results.
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
    n_processes = min(processes or default_processes(), len(items))
    with ProcessPool(work, n_processes, limits=limits) as pool:
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
    limits : Limits, optional
        Limits of each item.
    fork : bool
        Copy this process; see :func:`fstmuse_core.system.child_process.can_fork`.

    Raises
    ------
    FstMuseError
        If processes cannot be started, also later from :meth:`collect`.
    """

    def __init__(
        self,
        work: Callable[[Item], Result],
        processes: int,
        *,
        limits: Limits = DECODING,
        fork: bool = False,
    ) -> None:
        self._start = partial(_started, work, limits, fork)
        self._failed_starts = 0
        self._items: dict[int, Item] = {}
        self._workers: list[_Worker] = []
        try:
            for _ in range(processes):
                self._workers.append(self._start())
        except FstMuseError:
            self.close()
            raise

    def __enter__(self) -> ProcessPool[Item, Result]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_busy(self) -> bool:
        """True while items are pending."""
        return bool(self._items)

    @property
    def at_work(self) -> tuple[int, ...]:
        """The indices of what is being worked on now; the rest lies ready."""
        return tuple(worker.held[0] for worker in self._workers if worker.held)

    @property
    def fraction(self) -> float:
        """Mean fraction, from 0 to 1, done of the items in work."""
        fractions = [worker.process.fraction for worker in self._workers if worker.held]
        return sum(fractions) / len(fractions) if fractions else 0.0

    @property
    def ahead(self) -> int:
        """Results that may wait for an earlier one, and so what is looked up ahead."""
        return _RESULTS_AHEAD

    @property
    def has_room(self) -> bool:
        """True while a process would have to wait if it were given nothing more."""
        return any(len(worker.held) < _AHEAD for worker in self._workers)

    def give(self, index: int, item: Item) -> None:
        """Give something to the process that has the least to do; ``index`` comes back with it."""
        worker = min(self._workers, key=lambda worker: len(worker.held))
        process = worker.process
        if process.is_ready and not worker.held and not process.process.is_alive():
            process.close()
            worker = self._replace(worker)
        self._items[index] = item
        self._send(worker, index)

    def _send(self, worker: _Worker, index: int) -> None:
        if not worker.held and worker.process.is_ready:
            worker.process.begin(index)
        worker.held.append(index)
        worker.process.send((index, self._items[index]))

    def collect(self, patience_s: float) -> Iterator[Finished[Result]]:
        """Yield what is done by now; if nothing is, what is done first within so many seconds."""
        busy = [worker for worker in self._workers if worker.held]
        spoken = wait([worker.process.connection for worker in busy], patience_s)
        for worker in busy:
            if worker.process.connection in spoken or worker.process.is_given_up:
                yield from self._take(worker)
        for worker in self._workers:
            if worker.held:
                worker.process.watch()

    def _take(self, worker: _Worker) -> Iterator[Finished[Result]]:
        try:
            message = worker.process.receive(0.0)
        except EOFError:
            yield from self._bury(worker)
            return
        if isinstance(message, Ready):
            worker.process.begin(worker.held[0])
        elif isinstance(message, Finished):
            worker.held.popleft()
            worker.process.begin(worker.held[0] if worker.held else None)
            del self._items[message.index]
            yield message

    def _bury(self, dead: _Worker) -> Iterator[Finished[Result]]:
        """Put another process in the place of a dead one; its item is the one it died of."""
        process, exit_code = dead.process, dead.process.process.exitcode
        process.close()
        if process.is_ready:
            self._failed_starts = 0
        else:  # no fault of what it was to work on
            self._failed_starts += 1
            if self._failed_starts >= _MAX_FAILED_STARTS:
                raise _no_processes(f"exit code {exit_code}")
        over, why = process.blame or (dead.held[0], ended_by(exit_code))
        # It may have finished that item just before it was killed.
        is_lost = process.is_ready and over == dead.held[0]
        if is_lost:
            dead.held.popleft()
        self._replace(dead)
        if is_lost:
            del self._items[over]
            yield Finished(over, Broken(why))

    def _replace(self, dead: _Worker) -> _Worker:
        worker = self._start()
        self._workers[self._workers.index(dead)] = worker
        for index in dead.held:
            self._send(worker, index)
        return worker

    def close(self) -> None:
        """End the processes within a second, also those that hang."""
        close_all([worker.process for worker in self._workers])
        self._workers.clear()


def _started(work: Callable[[Any], Any], limits: Limits, fork: bool) -> _Worker:
    try:
        return _Worker(WorkerProcess(_serve, work, limits, limits=limits, fork=fork))
    except OSError as error:
        raise _no_processes(error.strerror or str(error)) from error


def _no_processes(why: str) -> FstMuseError:
    return FstMuseError(
        "processes", f"none can be started ({why})", "close other programs and try again"
    )


def _serve(connection: Connection, work: Callable[[Any], Any], limits: Limits) -> None:
    try:
        connection.send(Ready(os.getpid()))
        send_heartbeats(connection.send)
        while True:
            index, item = connection.recv()
            try:
                result = work(item)
            except MemoryError:
                result = Broken(too_much_memory(limits))
            except Exception as error:
                what = one_line(f"{type(error).__name__}: {error}")
                result = Broken(f"it could not be worked on ({what})")
            connection.send(Finished(index, result))
    except (EOFError, OSError):  # whoever started this process is gone
        return
