"""The same work on many files, in a pool of processes that outlives any file."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
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
    count = min(processes or default_processes(), len(items))
    waiting = deque(range(len(items)))
    workers = [_started(work) for _ in range(count)]
    try:
        while waiting or any(worker.held for worker in workers):
            if cancelled and cancelled():
                return
            for worker in workers:
                _feed(worker, waiting, items)
            busy = {worker.connection: worker for worker in workers if worker.held}
            for connection in wait(list(busy), _POLL_S):
                worker = busy[connection]  # type: ignore[index]
                finished = _received(worker)
                if isinstance(finished, Finished):
                    worker.held.popleft()
                    yield finished
                elif not worker.process.is_alive():
                    yield Finished(worker.held.popleft(), _post_mortem(worker))
                    waiting.extendleft(reversed(worker.held))
                    workers[workers.index(worker)] = _started(work)
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            end_child(worker.process)
            worker.connection.close()


def _started(work: Callable[[Any], Any]) -> _Worker:
    try:
        return _Worker(*start_child(_serve, work))
    except OSError as error:
        raise _no_processes(error.strerror or str(error)) from error


def _no_processes(why: str) -> FstMuseError:
    return FstMuseError(
        "processes", f"none can be started ({why})", "close other programs and try again"
    )


def _feed(worker: _Worker, waiting: deque[int], items: Sequence[Any]) -> None:
    while waiting and len(worker.held) < _AHEAD:
        index = waiting.popleft()
        worker.held.append(index)
        try:
            worker.connection.send((index, items[index]))
        except OSError:  # it has died, which reading from it will tell
            return


def _received(worker: _Worker) -> Finished[Any] | None:
    """A result, if the worker had one to tell."""
    try:
        message = worker.connection.recv()
    except (EOFError, OSError):
        worker.process.join()
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
