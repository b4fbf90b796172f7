"""Work on the library in another process, told in the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

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
    PlanTags,
    Progress,
)
from fstmuse_core.workers.tasks.library import LIMITS, serve

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
