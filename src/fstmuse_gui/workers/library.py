"""Work on the library, done by :mod:`fstmuse_core.workers.tasks.library` in another process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_core.system.child_process import end_child, start_child
from fstmuse_core.system.process_limits import Limits, Watchdog
from fstmuse_core.workers.tasks.library import Written, serve

_log = logging.getLogger(__name__)
_PATIENCE_S = 20.0
_POLL_S = 0.1
# A process that has not given a job up by then is killed.
_CANCEL_WITHIN_S = 1.0
_ENDED = "The process that was to do it has ended; try again."
# Of one file, or of a job that does not go from file to file.
LIMITS = Limits(cpu_s=600.0, idle_s=120.0, work="the work", remedy="try again")
Start = Callable[..., tuple[BaseProcess, Connection]]
_Asked = tuple[str, tuple[Any, ...]]


@dataclass
class _Ended:
    """State of a job should its process end; ``why`` it was killed, if it was late."""

    why: str = ""
    batch: str = ""
    problems: list[str] = field(default_factory=list)


class LibraryJobs(QObject):
    """Runner of one job at a time, in a process that is started with the first.

    Signals
    -------
    progress(int, int)
        Done, and of how many.
    part(list)
        Some of what is asked for.
    done(object)
        The job's answer.
    failed(str)
        Why there is none.
    """

    progress = Signal(int, int)
    part = Signal(list)
    done = Signal(object)
    failed = Signal(str)
    _told = Signal(int, str, object)

    def __init__(
        self,
        library: Path,
        parent: QObject | None = None,
        *,
        start: Start = start_child,
        limits: Limits = LIMITS,
    ) -> None:
        super().__init__(parent)
        self._limits = limits
        self._library = library
        self._start = start
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._thread: threading.Thread | None = None
        self._number = 0
        self._is_busy = False
        self._cancelled_at: float | None = None
        # It has said something; before that it cannot have been told to leave anything.
        self._is_up = False
        self._is_closed = False
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)

    @property
    def is_busy(self) -> bool:
        """True while a job runs."""
        return self._is_busy

    def run(self, name: str, *arguments: Any) -> None:
        """Begin a job; there must be none going on."""
        assert not self._is_busy
        self._number += 1
        self._is_busy = True
        self._cancelled_at = None
        asked, number = (name, arguments), self._number
        self._join()
        self._thread = threading.Thread(
            target=self._follow, args=(number, asked), name="library job", daemon=True
        )
        self._thread.start()

    def _follow(self, number: int, asked: _Asked) -> None:
        ended = _Ended()
        try:
            kind, value = self._answer(number, asked, ended, may_cancel=True)
        except (EOFError, OSError):
            self._end()
            kind, value = self._outcome(number, asked, ended)
        self._told.emit(number, kind, value)

    def _answer(
        self, number: int, asked: _Asked, ended: _Ended, *, may_cancel: bool
    ) -> tuple[str, Any]:
        """Return the process's answer; raises ``EOFError`` or ``OSError`` once it has ended."""
        if self._process is None or self._connection is None:
            # Starting a process takes a moment, which the window need not wait.
            self._is_up = False
            self._process, self._connection = self._start(serve, str(self._library))
        process, connection = self._process, self._connection
        watchdog = Watchdog(process.pid, self._limits)
        connection.send(asked)
        if may_cancel and self._cancelled_at is not None:
            connection.send("cancel")
        ended_at = inf
        while time.monotonic() < ended_at + _CANCEL_WITHIN_S:
            if connection.poll(_POLL_S):  # also what it has said before it was killed
                kind, value = connection.recv()
                if kind in ("done", "failed"):
                    if ended_at < inf:
                        self._end()
                    return kind, value
                self._is_up = True
                self._take(number, kind, value, ended, watchdog)
            ended.why = ended.why or watchdog.overdue() or ""
            if ended_at == inf and (ended.why or (may_cancel and self._is_late())):
                ended_at = time.monotonic()
                process.kill()
        raise EOFError

    def _is_late(self) -> bool:
        """True where a job was cancelled and its process does not give it up."""
        since = self._cancelled_at
        return self._is_up and since is not None and time.monotonic() > since + _CANCEL_WITHIN_S

    def _take(self, number: int, kind: str, value: Any, ended: _Ended, watchdog: Watchdog) -> None:
        if kind == "beat":
            watchdog.beat(value)
            return
        watchdog.begin()
        if kind == "ready":
            return
        if kind == "batch":
            ended.batch = value
        elif kind == "problem":
            ended.problems.append(value)
        else:
            self._told.emit(number, kind, value)

    def _outcome(self, number: int, asked: _Asked, ended: _Ended) -> tuple[str, Any]:
        """Outcome of a job whose process was killed or has crashed."""
        name, arguments = asked
        was_cancelled = self._cancelled_at is not None and not ended.why
        why = ended.why or "the process that did it has ended; the rest was left as it is"
        if name in ("write", "undo") and not self._is_closed:
            batch, total = arguments if name == "undo" else (ended.batch, None)
            try:
                settling = ("settle", (batch, total))
                kind, value = self._answer(number, settling, _Ended(), may_cancel=False)
            except (EOFError, OSError):
                self._end()
                return "failed", _ENDED
            if kind == "failed":
                return kind, value
            trouble = "" if was_cancelled else why
            return "done", Written(batch, value, tuple(ended.problems), trouble, was_cancelled)
        if was_cancelled and name != "plan":
            return "done", None
        if was_cancelled:
            return "failed", "Reading the tags did not end and was broken off; nothing is written."
        return "failed", f"{why[:1].upper()}{why[1:]}." if ended.why else _ENDED

    def cancel(self) -> None:
        """Leave the rest; ``done`` follows with what was done by then.

        A process that does not end the file in work within a second is killed; what it has
        left half done is cleared up at once. A preview that was killed has ``failed``.
        """
        self._cancelled_at = self._cancelled_at or time.monotonic()
        if self._is_busy and self._connection is not None:
            try:
                self._connection.send("cancel")
            except OSError:
                _log.debug("nobody is there to be told")

    @Slot(int, str, object)
    def _on_told(self, number: int, kind: str, value: Any) -> None:
        if number != self._number or not self._is_busy:
            return
        if kind == "progress":
            self.progress.emit(*value)
        elif kind == "part":
            self.part.emit(value)
        else:
            self._is_busy = False
            self._join()
            (self.done if kind == "done" else self.failed).emit(value)

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self, *, patiently: bool) -> None:
        """Leave what is not done, and end the process; ``patiently`` after the file in work."""
        self.cancel()
        self._is_busy = False
        if self._thread is not None and patiently:
            self._thread.join(_PATIENCE_S)
        self._is_closed = True
        if self._process is not None:
            end_child(self._process)
        self._join()
        self._end()

    def _end(self) -> None:
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if process is not None:
            end_child(process)
        if connection is not None:
            connection.close()
