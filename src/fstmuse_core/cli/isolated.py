"""Work in a copy of this process, so that a crash in native code is an error and no more."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from fstmuse_core.child_process import can_fork
from fstmuse_core.cli.console import unexpected
from fstmuse_core.errors import AudioError, FstMuseError
from fstmuse_core.process_limits import (
    DECODING,
    Heartbeat,
    Limits,
    is_out_of_memory,
    send_heartbeats,
)

Item = TypeVar("Item")
Result = TypeVar("Result")
OnFraction = Callable[[float], None]

_POLL_S = 0.1


def isolated(
    work: Callable[[str], Result],
    path: str | os.PathLike[str],
    on_fraction: OnFraction = lambda fraction: None,
    *,
    limits: Limits = DECODING,
) -> Result:
    """Return ``work(path)``, computed in a copy of this process.

    Where no copy can be made it is called in this process.

    Parameters
    ----------
    work : callable
        Its result must be picklable.
    on_fraction : callable, optional
        Told the fractions that ``work`` gives to :func:`~..process_limits.heartbeat`.
    limits : Limits, optional
        What the copy is held to.

    Raises
    ------
    FstMuseError, OSError, MemoryError
        Those of ``work``; other exceptions, a crash and a limit that was met are an
        ``AudioError`` that names the file.
    """
    (result,) = each_isolated(work, [os.fspath(path)], str, on_fraction, limits=limits)
    if isinstance(result, Exception):
        raise result
    return result


def each_isolated(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    path_of: Callable[[Item], str],
    on_fraction: OnFraction = lambda fraction: None,
    *,
    limits: Limits = DECODING,
) -> Iterator[Result | FstMuseError | OSError | MemoryError]:
    """Yield the result of ``work`` for each item, or its error, in their order.

    ``path_of`` gives the path of the file by which an error names an item. The items are
    picklable. See :func:`isolated` for the rest.
    """
    caught = _Caught(work, path_of)
    if not can_fork():
        yield from _each_here(caught, items, on_fraction)
        return
    from fstmuse_core.datasets.pool import Broken, ProcessPool

    with ProcessPool(caught, 1, limits=limits, fork=True) as pool:
        for index, item in enumerate(items):
            pool.give(index, item)
            while pool.is_busy:
                for finished in pool.collect(_POLL_S):
                    result = finished.result
                    yield (
                        AudioError(path_of(item), result.reason)
                        if isinstance(result, Broken)
                        else result
                    )
                on_fraction(pool.fraction)


def _each_here(
    caught: _Caught[Item, Result], items: Iterable[Item], on_fraction: OnFraction
) -> Iterator[Result | FstMuseError | OSError | MemoryError]:
    def tell(beat: Heartbeat) -> None:
        if beat.fraction is not None:
            on_fraction(beat.fraction)

    for item in items:
        send_heartbeats(tell)
        try:
            result = caught(item)
        finally:
            send_heartbeats(None)
        yield result


class _Caught(Generic[Item, Result]):
    """Work that returns what it would raise."""

    def __init__(self, work: Callable[[Item], Result], path_of: Callable[[Item], str]) -> None:
        self._work = work
        self._path_of = path_of

    def __call__(self, item: Item) -> Result | FstMuseError | OSError | MemoryError:
        try:
            return self._work(item)
        except Exception as error:
            if is_out_of_memory(error):
                return MemoryError(str(error))
            if isinstance(error, FstMuseError | OSError):
                return error
            return unexpected(self._path_of(item), error)
