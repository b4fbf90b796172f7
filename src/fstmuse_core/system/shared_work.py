"""Isolated work on a file now and then, in a process that all who need it at a time share."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from fstmuse_core.system.errors import AudioError, FstMuseError
from fstmuse_core.system.isolated import IsolatedWork, unexpected
from fstmuse_core.system.process_limits import DECODING, Limits, heartbeat

Result = TypeVar("Result")
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
