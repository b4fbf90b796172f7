"""Work in another process, so that a crash in native code is an error and no more."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from fstmuse_core.system.child_process import can_fork
from fstmuse_core.system.errors import AudioError, FstMuseError, one_line
from fstmuse_core.system.process_limits import (
    DECODING,
    Heartbeat,
    Limits,
    heartbeat,
    is_out_of_memory,
    send_heartbeats,
    too_much_memory,
)

if TYPE_CHECKING:
    from fstmuse_core.system.pool import ProcessPool


Item = TypeVar("Item")
Result = TypeVar("Result")
OnFraction = Callable[[float], None]

# Fewer files are done in one process before others have come up.
MANY = 12
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
        Limits that the copy is held to.

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
    items: Sequence[Item],
    path_of: Callable[[Item], str],
    on_fraction: OnFraction = lambda fraction: None,
    *,
    limits: Limits = DECODING,
) -> Iterator[Result | FstMuseError | OSError | MemoryError]:
    """Yield the result of ``work`` for each item, or its error, in their order.

    ``path_of`` gives the path of the file by which an error names an item. Work and items are
    picklable. See :func:`isolated` and :class:`IsolatedWork` for the rest.
    """
    with IsolatedWork(work, path_of, limits=limits, spawn=len(items) > 1) as isolated_work:
        for item in items:
            yield isolated_work.result(item, on_fraction)


class IsolatedWork(Generic[Item, Result]):
    """A process that does the same work on one item after the other, in a ``with`` statement.

    Parameters
    ----------
    work, path_of, limits
        As of :func:`each_isolated`.
    spawn : bool, optional
        Start Python anew where no copy can be made; the work must then be picklable. Without it
        the work is done in this process, as is right for a single item of a command: a crash
        ends nothing else, and the second that a start takes would be longer than the work.
    """

    def __init__(
        self,
        work: Callable[[Item], Result],
        path_of: Callable[[Item], str],
        *,
        limits: Limits = DECODING,
        spawn: bool = False,
    ) -> None:
        self._work, self._path_of = _Caught(work, path_of), path_of
        self._pool: ProcessPool[Item, Result | FstMuseError | OSError | MemoryError] | None = None
        may_fork = can_fork()
        if may_fork or spawn:
            from fstmuse_core.system.pool import ProcessPool

            self._pool = ProcessPool(self._work, 1, limits=limits, fork=may_fork)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.close()

    def result(
        self, item: Item, on_fraction: OnFraction = lambda fraction: None
    ) -> Result | FstMuseError | OSError | MemoryError:
        """Return the result of an item, or its error; a crash is an ``AudioError``."""
        if self._pool is None:
            return _here(self._work, item, on_fraction)
        from fstmuse_core.system.pool import Broken

        self._pool.give(0, item)
        while not (done := list(self._pool.collect(_POLL_S))):
            on_fraction(self._pool.fraction)
        result = done[0].result
        if isinstance(result, Broken):
            return AudioError(self._path_of(item), result.reason)
        return result


def _here(
    work: _Caught[Item, Result], item: Item, on_fraction: OnFraction
) -> Result | FstMuseError | OSError | MemoryError:
    def tell(beat: Heartbeat) -> None:
        if beat.fraction is not None:
            on_fraction(beat.fraction)

    send_heartbeats(tell)
    try:
        return work(item)
    finally:
        send_heartbeats(None)


def unexpected(path: str | os.PathLike[str], error: Exception) -> AudioError:
    """An error of the program's own, put so that the user can report it."""
    if is_out_of_memory(error):
        return AudioError(os.fspath(path), too_much_memory())
    what = one_line(f"{type(error).__name__}: {error}")
    return AudioError(os.fspath(path), f"it could not be worked on ({what})", "please report this")


class FileWork(Generic[Result]):
    """Work on a file that returns an error for the user in place of what it raises."""

    def __init__(self, work: Callable[[str], Result]) -> None:
        self._work = work

    def __call__(self, path: str) -> Result | FstMuseError:
        try:
            return self._work(path)
        except FstMuseError as error:
            return error
        except Exception as error:  # one file's trouble must not end the others' work
            return unexpected(path, error)


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


Cancelled = Callable[[], bool]


class _GivenUpError(Exception):
    """The work is not wanted any more."""


class SharedWork(Generic[Result]):
    """Work on files that may take its process down, and is always done in another one.

    The process is started when it is first needed, and ends with the last :meth:`kept`. May be
    used from several threads.

    Parameters
    ----------
    work : callable
        Takes a path; a function of a module, whose result must be picklable.
    limits : Limits, optional
        Limits of the work on one file.
    """

    def __init__(self, work: Callable[[str], Result], *, limits: Limits = DECODING) -> None:
        self._do, self._limits = work, limits
        self._lock = threading.RLock()
        self._n_users = 0
        self._work: IsolatedWork[str, Result] | None = None
        self._owner = 0

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the process from one file to the next."""
        with self._lock:
            self._n_users += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_users -= 1
                if not self._n_users:
                    self._end()

    def result(
        self, path: str | os.PathLike[str], cancelled: Cancelled | None = None
    ) -> Result | FstMuseError:
        """Return the result for a file, or its error; a crash and a met limit are errors too.

        Parameters
        ----------
        cancelled : callable, optional
            Asked several times a second; the file is given up, as an error, once it says so.

        Raises
        ------
        FstMuseError
            If no process can be started.
        """

        def wait(_fraction: float) -> None:
            heartbeat()
            if cancelled and cancelled():
                raise _GivenUpError

        name = os.fspath(path)
        with self.kept(), self._lock:
            try:
                if cancelled and cancelled():
                    raise _GivenUpError
                found = self._started().result(name, wait)
            except _GivenUpError:
                self._end()
                return AudioError(name, "it was given up")
            except BaseException:  # what comes over the pipe next would be of this file
                self._end()
                raise
        return unexpected(name, found) if isinstance(found, OSError | MemoryError) else found

    def _started(self) -> IsolatedWork[str, Result]:
        if self._work is None or self._owner != os.getpid():
            # In a copy of the process that started it, it is the other's to talk to and to end.
            self._work = IsolatedWork(self._do, str, limits=self._limits, spawn=True)
            self._owner = os.getpid()
        return self._work

    def _end(self) -> None:
        work, self._work = self._work, None
        if work is not None and self._owner == os.getpid():
            work.__exit__()
