"""Scanning and classifying for the library, in other processes, told in the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_core.workers.protocol import Cancelled, Done, Event, Failed, Progress, ScanFolders

if TYPE_CHECKING:
    from fstmuse_core.library.work import WorkEvent

OnScan: TypeAlias = Callable[[Event], None]
OnWork: TypeAlias = "Callable[[WorkEvent], None]"


class ScanJob(Protocol):
    """A scan that goes on beside the window."""

    def start(self) -> None: ...
    def cancel(self) -> None: ...
    def stop(self) -> None: ...


class WorkJob(Protocol):
    """The part of ``LibraryWork`` that the window needs."""

    @property
    def is_paused(self) -> bool: ...
    def start(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def cancel(self) -> None: ...
    def stop(self) -> None: ...


class LibraryScan:
    """A scan of all folders in a process of its own.

    Parameters
    ----------
    on_event : callable
        Given the events of a :class:`~fstmuse_core.workers.protocol.ScanFolders`, from another
        thread.
    library : Path
    """

    def __init__(self, on_event: OnScan, library: Path) -> None:
        from fstmuse_core.workers.client import WorkerClient
        from fstmuse_core.workers.tasks.library import serve
        from fstmuse_core.workers.tasks.scan import LIMITS

        serve_library = partial(serve, library_file=str(library))
        self._worker = WorkerClient(on_event, serve=serve_library, limits=LIMITS)
        self._job = self._worker.submit(ScanFolders())

    def start(self) -> None:
        """Begin."""
        self._worker.start()

    def cancel(self) -> None:
        """Give up; the answer comes within two seconds."""
        self._worker.cancel(self._job)

    def stop(self) -> None:
        """End the process; a scan that has not ended has changed nothing."""
        self._worker.stop()


def make_work(on_event: OnWork, library: Path, model: str) -> WorkJob:
    """Processes that classify what waits."""
    from fstmuse_core.library.work import LibraryWork

    return LibraryWork(on_event, model=model, library=library)


class LibraryWorkers(QObject):
    """Runner of at most one scan and one classification at a time.

    Signals
    -------
    scan_event(object), work_event(object)
        What the processes tell: events of ``fstmuse_core.workers.protocol`` and
        ``fstmuse_core.library.work``.
    """

    scan_event = Signal(object)
    work_event = Signal(object)
    _scan_told = Signal(int, object)
    _work_told = Signal(int, object)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        scan: Callable[[OnScan, Path], ScanJob] = LibraryScan,
        work: Callable[[OnWork, Path, str], WorkJob] = make_work,
    ) -> None:
        super().__init__(parent)
        self._make_scan, self._make_work = scan, work
        self._scan: ScanJob | None = None
        self._work: WorkJob | None = None
        self._number = 0
        queued = Qt.ConnectionType.QueuedConnection
        self._scan_told.connect(self._on_scan, queued)
        self._work_told.connect(self._on_work, queued)

    @property
    def is_scanning(self) -> bool:
        """True while folders are being searched."""
        return self._scan is not None

    @property
    def is_working(self) -> bool:
        """True while files are classified, also if that is paused."""
        return self._work is not None

    @property
    def is_paused(self) -> bool:
        """True while the classification is paused."""
        return self._work is not None and self._work.is_paused

    # -- scanning ----------------------------------------------------------------------

    def scan(self, library: Path) -> None:
        """Search the folders."""
        if self._scan is None:
            self._number += 1
            number = self._number
            self._scan = self._make_scan(lambda event: self._scan_told.emit(number, event), library)
            self._scan.start()

    def cancel_scan(self) -> None:
        """Leave the rest unsearched."""
        if self._scan is not None:
            self._scan.cancel()

    @Slot(int, object)
    def _on_scan(self, number: int, event: object) -> None:
        if self._scan is None:
            return
        if isinstance(event, Done | Failed | Cancelled):
            self._scan.stop()
            self._scan = None
        elif not isinstance(event, Progress):
            return
        self.scan_event.emit(event)

    # -- classifying -------------------------------------------------------------------

    def work(self, library: Path, model: str) -> None:
        """Classify what waits."""
        if self._work is None:
            self._number += 1
            number = self._number
            self._work = self._make_work(
                lambda event: self._work_told.emit(number, event), library, model
            )
            self._work.start()

    def toggle_pause(self) -> None:
        """Pause, or go on."""
        if self._work is not None:
            (self._work.resume if self._work.is_paused else self._work.pause)()

    def cancel_work(self) -> None:
        """Stop; the results are kept."""
        if self._work is not None:
            self._work.cancel()

    @Slot(int, object)
    def _on_work(self, number: int, event: object) -> None:
        from fstmuse_core.library.work import WorkProgress

        if self._work is None:
            return
        if not isinstance(event, WorkProgress):
            self._work.stop()
            self._work = None
        self.work_event.emit(event)

    def close(self) -> None:
        """End both, in good order: the results are kept, and the rest waits."""
        scan, self._scan = self._scan, None
        work, self._work = self._work, None
        for job in (scan, work):
            if job is not None:
                job.cancel()
        for job in (scan, work):
            if job is not None:
                job.stop()
