"""Many files at once, one process for each core, their results in the order of the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from fstmuse_core.classify.result import Classification
from fstmuse_core.cli.console import unexpected
from fstmuse_core.library.file_task import ClassifierRunner
from fstmuse_core.system.child_process import can_fork
from fstmuse_core.system.errors import AudioError, BundleError, FstMuseError
from fstmuse_core.system.pool import Broken, ProcessPool, default_processes

Answer = Classification | FstMuseError
Result = TypeVar("Result")
Outcome = TypeVar("Outcome")

# Fewer are done before other processes have come up.
MANY = 12
# What need not be worked on is looked up no further ahead than this.
_AHEAD = 64
_POLL_S = 0.1


def answers(
    runner: ClassifierRunner,
    paths: Sequence[str],
    on_fraction: Callable[[float], None] = lambda fraction: None,
) -> Iterator[Answer]:
    """Yield a model's answers on files, in order; raises ``BundleError`` if it cannot be used.

    ``on_fraction`` is told how much of the files in work is done, where they are few.
    """

    def keep(index: int, result: Answer | Broken) -> Answer:
        if isinstance(result, Broken):
            return AudioError(paths[index], result.reason)
        if isinstance(result, BundleError):
            raise result
        return result

    return in_order(paths, _FileRunner(runner), keep, on_fraction=on_fraction)


class _FileRunner:
    """Work for a pool: a path in, an answer out."""

    def __init__(self, runner: ClassifierRunner) -> None:
        self._runner = runner

    def __call__(self, path: str) -> Answer:
        try:
            return self._runner.classify(path)
        except FstMuseError as error:
            return error
        except Exception as error:  # one file's trouble must not end the others' work
            return unexpected(path, error)


def in_order(
    paths: Sequence[str],
    work: Callable[[str], Result],
    keep: Callable[[int, Result | Broken], Outcome],
    known: Callable[[int], Outcome | None] = lambda index: None,
    on_fraction: Callable[[float], None] = lambda fraction: None,
) -> Iterator[Outcome]:
    """What is kept of the work on each path, in the order of the paths.

    Parameters
    ----------
    work : callable
        For a pool of processes. With few paths there is only one, a copy of this process,
        which is there at once; where none can be made it is called in this one.
    keep : callable
        Given the index of a path and the result as soon as it comes; what it returns is
        yielded when its turn has come.
    known : callable
        What there is already for the path with that index, or ``None``.
    on_fraction : callable
        Told how much of the path in work is done, where there are few.
    """
    are_few = len(paths) < MANY
    if are_few and not can_fork():
        for index, path in enumerate(paths):
            found = known(index)
            yield keep(index, work(path)) if found is None else found
        return
    ready: dict[int, Outcome] = {}
    begun = turn = 0
    processes = 1 if are_few else default_processes()
    with ProcessPool(work, processes, fork=are_few) as pool:
        while turn < len(paths):
            while begun < len(paths) and pool.has_room and len(ready) < _AHEAD:
                found = known(begun)
                if found is None:
                    pool.give(begun, paths[begun])
                else:
                    ready[begun] = found
                begun += 1
            if turn not in ready:
                for finished in pool.collect(_POLL_S):
                    ready[finished.index] = keep(finished.index, finished.result)
                if are_few and turn not in ready:
                    on_fraction(pool.fraction)
            while turn in ready:
                yield ready.pop(turn)
                turn += 1
