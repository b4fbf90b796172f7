"""Runs :mod:`fstmuse_gui.library.chores` in another process, and tells of it in this thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_core.child_process import end_child, start_child
from fstmuse_gui.library.chores import serve

_log = logging.getLogger(__name__)
_PATIENCE_S = 20.0
Start = Callable[..., tuple[BaseProcess, Connection]]


class ChoreProcess(QObject):
    """One chore at a time, in a process that is started with the first.

    Signals
    -------
    progress(int, int)
        Done, and of how many.
    part(list)
        Some of what is asked for.
    done(object)
        The chore's answer.
    failed(str)
        Why there is none.
    """

    progress = Signal(int, int)
    part = Signal(list)
    done = Signal(object)
    failed = Signal(str)
    _told = Signal(int, str, object)

    def __init__(
        self, library: Path, parent: QObject | None = None, *, start: Start = start_child
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._start = start
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._thread: threading.Thread | None = None
        self._number = 0
        self._is_busy = False
        self._is_cancelled = False
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)

    @property
    def is_busy(self) -> bool:
        """Whether a chore is being done."""
        return self._is_busy

    def run(self, name: str, *arguments: Any) -> None:
        """Begin a chore; there must be none going on."""
        assert not self._is_busy
        self._number += 1
        self._is_busy = True
        self._is_cancelled = False
        asked, number = (name, arguments), self._number
        self._join()
        self._thread = threading.Thread(
            target=self._follow, args=(number, asked), name="chore", daemon=True
        )
        self._thread.start()

    def _follow(self, number: int, asked: tuple[str, tuple[Any, ...]]) -> None:
        try:
            if self._connection is None:
                # Starting a process takes a moment, which the window need not wait.
                self._process, self._connection = self._start(serve, str(self._library))
            self._connection.send(asked)
            if self._is_cancelled:
                self._connection.send("cancel")
            kind = ""
            while kind not in ("done", "failed"):
                kind, value = self._connection.recv()
                self._told.emit(number, kind, value)
        except (EOFError, OSError):
            self._end()
            self._told.emit(number, "failed", "The process that was to do it has ended; try again.")

    def cancel(self) -> None:
        """Leave the rest; ``done`` follows with what was done by then."""
        self._is_cancelled = True
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
