"""Reading and checking data sets, away from the window's thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_core.datasets import check as doctor
from fstmuse_core.datasets.track import merged
from fstmuse_gui.shared.background import Background
from fstmuse_gui.train.data.survey import (
    Ask,
    Report,
    SetCount,
    Survey,
    Surveyor,
    Tell,
    count,
    read_set,
)


def check_files(sets: tuple[SetCount, ...], tell: Tell, cancelled: Ask) -> Report:
    """Listen to every file of these data sets, as if they were one.

    Raises
    ------
    FstMuseError
        If one of them is no data set any more.
    """
    found = [read_set(one.path, lambda _done, _of: None, cancelled, one.wanted) for one in sets]
    report = doctor.check_collection(merged(found), progress=tell, cancelled=cancelled)
    return Report(
        survey=count(sets, report.tracks),
        findings=_findings(report),
        set_aside=[f"{report.shown(aside.path)}: {aside.reason}" for aside in report.set_aside],
        exports={
            ".md": doctor.as_markdown(report),
            ".json": json.dumps(report.to_dict(), indent=1, ensure_ascii=False) + "\n",
        },
    )


def _findings(report: doctor.Report) -> list[str]:
    found = []
    if report.problem:
        found.append(f"Nothing can be trained on it: {report.problem}.")
    if report.duplicates:
        n = len(report.duplicates)
        found.append(
            f"{'One sound is' if n == 1 else f'{n} sounds are'} there more than once; "
            "copies are kept on one side of the test."
        )
    if report.leaks.official_artists:
        found.append(
            f"In the official split {report.leaks.official_artists} artists stand on both sides."
        )
    if report.warnings:
        n = len(report.warnings)
        found.append(f"{n} file{' is' if n == 1 else 's are'} damaged or clipped, and used anyway.")
    return found + [f"{note[:1].upper()}{note[1:].removesuffix('.')}." for note in report.notes]


# Data work ----------------------------------------------------------------------------------

T = TypeVar("T")


def check(sets: tuple[SetCount, ...], tell: Tell, cancelled: Ask) -> Report:
    """The default for ``checker``."""

    return check_files(sets, tell, cancelled)


class DataWork(QObject):
    """Does one thing at a time; a new one takes the place of the one before.

    Signals
    -------
    surveyed(object)
        A :class:`~fstmuse_gui.train.data.survey.Survey`.
    checked(object)
        A :class:`Report`.
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
        checker: Callable[[tuple[SetCount, ...], Tell, Ask], Report] = check,
    ) -> None:
        super().__init__(parent)
        self._surveyor = Surveyor()
        self._reader = reader or self._surveyor
        self._checker = checker
        self._background = Background(self)
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
