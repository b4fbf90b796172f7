"""Work on the library in other processes: scans, answers and jobs, told in the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_core.system.process_limits import Limits
from fstmuse_core.workers.client import WorkerClient
from fstmuse_core.workers.protocol import (
    Cancelled,
    Done,
    Event,
    Failed,
    LibraryRequest,
    Partial,
    Progress,
    ScanFolders,
)
from fstmuse_core.workers.tasks.library import LIMITS, SCAN_LIMITS, serve
from fstmuse_core.workers.tasks.tags import PlanTags

if TYPE_CHECKING:
    from fstmuse_core.library.watch import FolderWatch
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

        serve_library = partial(serve, library_file=str(library))
        self._worker = WorkerClient(on_event, serve=serve_library, limits=SCAN_LIMITS)
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


class LibraryWatch(QObject):
    """Watch over the folders of the library.

    Signals
    -------
    changed
        Something in them has changed, or it is time to look.
    trouble(str)
        A folder is gone or back, or the system does not tell.
    """

    changed = Signal()
    trouble = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watch: FolderWatch | None = None
        self._folders: tuple[str, ...] = ()

    def watch(self, folders: tuple[str, ...]) -> None:
        """Watch these from now on, and no others; none ends it."""
        if folders == self._folders:
            return
        from fstmuse_core.library.watch import FolderWatch

        self.close()
        self._folders = folders
        if folders:
            # Signals reach the window's thread through its queue.
            self._watch = FolderWatch(folders, self.changed.emit, self.trouble.emit)
            self._watch.start()

    def close(self) -> None:
        """Watch nothing any more."""
        watch, self._watch, self._folders = self._watch, None, ()
        if watch is not None:
            watch.stop()


_PATIENCE_S = 20.0
_BROKEN_OFF = "Reading the tags did not end and was broken off; nothing is written."


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
    _told = Signal(object)

    def __init__(
        self,
        library: Path,
        parent: QObject | None = None,
        *,
        serve: Callable[..., None] = serve,
        limits: Limits = LIMITS,
    ) -> None:
        super().__init__(parent)
        self._serve, self._limits = partial(serve, library_file=str(library)), limits
        self.worker: WorkerClient | None = None
        self._request: LibraryRequest | None = None
        self._job = 0
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)

    @property
    def is_busy(self) -> bool:
        """True while a job runs."""
        return self._request is not None

    def run(self, request: LibraryRequest) -> None:
        """Begin a job; there must be none going on."""
        assert not self.is_busy
        self._request = request
        if self.worker is None:
            self.worker = WorkerClient(self._told.emit, serve=self._serve, limits=self._limits)
            self.worker.start()
        self._job = self.worker.submit(request)

    def cancel(self) -> None:
        """Leave the rest; ``done`` follows with what was done by then.

        A process that does not end the file in work within a second is killed; what it has
        left half done is cleared up at once. A preview that was killed has ``failed``.
        """
        if self.worker is not None:
            self.worker.cancel(self._job)

    @Slot(object)
    def _on_told(self, event: Event) -> None:
        if self._request is None or getattr(event, "job", None) != self._job:
            return
        match event:
            case Progress(_, done, total):
                self.progress.emit(int(done), int(total))
            case Partial(_, list() as part):
                self.part.emit(part)
            case Done() | Failed() | Cancelled():
                request, self._request = self._request, None
                self._tell_end(event, request)

    def _tell_end(self, event: Done | Failed | Cancelled, request: LibraryRequest) -> None:
        match event:
            case Done(_, result):
                self.done.emit(result)
            case Failed(_, sentence, is_lost):
                whole = f"{sentence[:1].upper()}{sentence[1:]}."
                self.failed.emit(whole if is_lost else sentence)
            case Cancelled() if isinstance(request, PlanTags):
                self.failed.emit(_BROKEN_OFF)
            case Cancelled():
                self.done.emit(None)

    def close(self, *, patiently: bool) -> None:
        """Leave what is not done, and end the process; ``patiently`` after the file in work."""
        self.cancel()
        self._request = None
        worker, self.worker = self.worker, None
        if worker is not None:
            if patiently:
                worker.wait(_PATIENCE_S)
            worker.stop()
