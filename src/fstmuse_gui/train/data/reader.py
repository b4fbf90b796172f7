"""Reading and checking data sets, away from the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_core.datasets.survey import (
    Ask,
    CheckReport,
    SetCount,
    Survey,
    Surveyor,
    Tell,
    check_files,
)
from fstmuse_gui.shared.background import ThreadRunner

T = TypeVar("T")


class DataSetReader(QObject):
    """Does one thing at a time; a new one takes the place of the one before.

    Signals
    -------
    surveyed(object)
        A :class:`~fstmuse_core.datasets.survey.Survey`.
    checked(object)
        A :class:`~fstmuse_core.datasets.survey.CheckReport`.
    progressed(int, int)
        Done and in all.
    trouble(str)
        Why it could not be done.
    """

    surveyed = Signal(object)
    checked = Signal(object)
    progressed = Signal(int, int)
    trouble = Signal(str)
    _step = Signal(object, int, int)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        reader: Callable[[tuple[str, ...], Tell, Ask], Survey] | None = None,
        checker: Callable[[tuple[SetCount, ...], Tell, Ask], CheckReport] = check_files,
    ) -> None:
        super().__init__(parent)
        self._surveyor = Surveyor()
        self._reader = reader or self._surveyor
        self._checker = checker
        self._background = ThreadRunner(self)
        self._stop = threading.Event()
        self.is_running = False
        self._step.connect(self._on_step, Qt.ConnectionType.QueuedConnection)

    def survey(self, paths: tuple[str, ...]) -> None:
        """Find out what is at ``paths``; what has been read before is not read again."""
        self._begin(self._reader, paths, self.surveyed.emit)

    def forget(self, path: str) -> None:
        """Read this data set again the next time."""
        self._surveyor.forget(path)

    def read_as(self, path: str, kind: str) -> None:
        """Take this data set's genres from the names of its ``"folders"``, or its ``"tags"``."""
        self._surveyor.read_as(path, kind)

    def read_in(self, encoding: str) -> None:
        """Read the texts of old tags in this encoding the next time."""
        self._surveyor.read_in(encoding)

    def check(self, sets: tuple[SetCount, ...]) -> None:
        """Listen to every file."""
        self._begin(self._checker, sets, self.checked.emit)

    def _begin(
        self, work: Callable[[T, Tell, Ask], Any], what: T, tell: Callable[[Any], None]
    ) -> None:
        self.cancel()
        self._stop = stop = threading.Event()
        self.is_running = True

        def ended(say: Callable[[Any], None]) -> Callable[[Any], None]:
            def on_end(outcome: Any) -> None:
                if not stop.is_set():
                    self.is_running = False
                    say(outcome)

            return on_end

        self._background.run(
            lambda: work(what, lambda n, total: self._step.emit(stop, n, total), stop.is_set),
            ended(tell),
            ended(self.trouble.emit),
        )

    @Slot(object, int, int)
    def _on_step(self, stop: threading.Event, done: int, total: int) -> None:
        if not stop.is_set():
            self.progressed.emit(done, total)

    def cancel(self) -> None:
        """Give up what is being done; nothing more is told of it."""
        self._stop.set()
        self.is_running = False

    def close(self) -> None:
        """Give up and wait for the end."""
        self.cancel()
        self._background.close()
