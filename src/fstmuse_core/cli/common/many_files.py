"""Many files at once, a process for each core or a cluster, results in the order of the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from fstmuse_core.system.errors import AudioError, FstMuseError
from fstmuse_core.system.isolated import MANY, IsolatedWork, unexpected
from fstmuse_core.system.pool import Broken, ProcessPool, default_processes

if TYPE_CHECKING:
    from fstmuse_core.system.cluster import ClusterPool

Result = TypeVar("Result")
Outcome = TypeVar("Outcome")
Keep = Callable[[int, Result | FstMuseError], Outcome]
Known = Callable[[int], Outcome | None]

_POLL_S = 0.1


def in_order(
    paths: Sequence[str],
    work: Callable[[str], Result],
    keep: Keep[Result, Outcome],
    known: Known[Outcome] = lambda index: None,
    *,
    cluster: ClusterPool[str, Result] | None = None,
) -> Iterator[Outcome]:
    """Yield the outcome of the work on each path, in the order of the paths.

    Parameters
    ----------
    work : callable
        For a pool of processes, so it must be picklable; few paths are done in one process,
        see :class:`~fstmuse_core.system.isolated.IsolatedWork`.
    keep : callable
        Given the index of a path and its result, or an error if the process crashed or met a
        limit, as soon as it comes; its return value is yielded in turn.
    known : callable
        Returns the outcome that there is already for the path with that index, or ``None``.
    cluster : ClusterPool, optional
        Does the work instead of processes here; it is closed at the end.
    """
    if cluster is not None:
        return _in_a_pool(paths, cluster, keep, known)
    if len(paths) < MANY:
        return _in_one_process(paths, work, keep, known)
    return _in_a_pool(paths, ProcessPool(work, default_processes()), keep, known)


def _in_one_process(
    paths: Sequence[str],
    work: Callable[[str], Result],
    keep: Keep[Result, Outcome],
    known: Known[Outcome],
) -> Iterator[Outcome]:
    with IsolatedWork(work, str, spawn=len(paths) > 1) as isolated_work:
        for index, path in enumerate(paths):
            found = known(index)
            if found is None:
                result = isolated_work.result(path)
                if isinstance(result, OSError | MemoryError):
                    result = unexpected(path, result)
                found = keep(index, result)
            yield found


def _in_a_pool(
    paths: Sequence[str],
    workers: ProcessPool[str, Result] | ClusterPool[str, Result],
    keep: Keep[Result, Outcome],
    known: Known[Outcome],
) -> Iterator[Outcome]:
    ready: dict[int, Outcome] = {}
    begun = turn = 0
    with workers as pool:
        while turn < len(paths):
            while begun < len(paths) and pool.has_room and len(ready) < pool.ahead:
                found = known(begun)
                if found is None:
                    pool.give(begun, paths[begun])
                else:
                    ready[begun] = found
                begun += 1
            if turn not in ready:
                for done in pool.collect(_POLL_S):
                    ready[done.index] = keep(done.index, _result(paths[done.index], done.result))
            while turn in ready:
                yield ready.pop(turn)
                turn += 1


def _result(path: str, result: Result | Broken) -> Result | FstMuseError:
    return AudioError(path, result.reason) if isinstance(result, Broken) else result
