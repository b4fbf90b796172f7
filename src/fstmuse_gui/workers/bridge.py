"""The worker process as a Qt object: its reader thread's events arrive as queued signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.workers.protocol import (
    Cancelled,
    ClassifyFile,
    ClassifyLive,
    Done,
    Event,
    Failed,
    Job,
    Partial,
    Progress,
    Ready,
    Started,
    WorkerLost,
)


class Worker(Protocol):
    """The part of ``fstmuse_core.workers.client.WorkerClient`` that the window needs."""

    def start(self) -> None: ...
    def submit(self, request: Job) -> int: ...
    def send_live(self, job: int, samples: FloatArray) -> None: ...
    def end_live(self, job: int) -> None: ...
    def cancel(self, job: int) -> None: ...
    def stop(self) -> None: ...


class WorkerBridge(QObject):
    """Sends requests and tells what comes back, in the thread of the window.

    Parameters
    ----------
    make_worker : callable
        Makes a worker that reports to the function it is given.

    Signals
    -------
    ready(), started(int), progress(int, float), partial(int, object), done(int, object),
    failed(int, str), cancelled(int), lost(str)
        The events of ``fstmuse_core.workers.protocol``.
    """

    ready = Signal()
    started = Signal(int)
    progress = Signal(int, float)
    partial = Signal(int, object)
    done = Signal(int, object)
    failed = Signal(int, str)
    cancelled = Signal(int)
    lost = Signal(str)
    _arrived = Signal(object)

    def __init__(
        self,
        make_worker: Callable[[Callable[[Event], None]], Worker],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._arrived.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        self.worker = make_worker(self._arrived.emit)
        self._is_open = True
        self.worker.start()

    @Slot(object)
    def _tell(self, event: Event) -> None:
        if not self._is_open:
            return
        match event:
            case Ready():
                self.ready.emit()
            case Started(job):
                self.started.emit(job)
            case Progress(job):
                self.progress.emit(job, event.fraction)
            case Partial(job, payload):
                self.partial.emit(job, payload)
            case Done(job, payload):
                self.done.emit(job, payload)
            case Failed(job, sentence):
                self.failed.emit(job, sentence)
            case Cancelled(job):
                self.cancelled.emit(job)
            case WorkerLost(sentence):
                self.lost.emit(sentence)

    def classify_file(self, path: str, model: str) -> int:
        """Ask for a file; answered under the job number returned."""
        return self.worker.submit(ClassifyFile(path, model))

    def classify_live(self, model: str) -> int:
        """Open a live session; answered under the job number returned."""
        return self.worker.submit(ClassifyLive(model))

    def send_live(self, job: int, samples: FloatArray) -> None:
        """Bring more samples to a live session."""
        self.worker.send_live(job, samples)

    def end_live(self, job: int) -> None:
        """Ask a live session for its final answer."""
        self.worker.end_live(job)

    def cancel(self, job: int) -> None:
        """Give a job up."""
        self.worker.cancel(job)

    def close(self) -> None:
        """End the process; nothing is told from here on."""
        if self._is_open:
            self._is_open = False
            self.worker.stop()


def real_worker(on_event: Callable[[Event], None], *, warm_model: str | None = None) -> Worker:
    """The worker process itself, which loads ``warm_model`` ahead of the first job."""
    from fstmuse_core.workers.client import WorkerClient

    return WorkerClient(on_event, warm_model=warm_model)


def sound_bridge(warm_model: str | None, parent: QObject) -> WorkerBridge:
    """A bridge to a process that makes sound, with a generator loaded ahead of the first job."""
    from fstmuse_core.system.process_limits import SYNTHESIS
    from fstmuse_core.workers.client import WorkerClient
    from fstmuse_core.workers.tasks import sound

    def make_worker(on_event: Callable[[Event], None]) -> Worker:
        return WorkerClient(on_event, serve=sound.serve, warm_model=warm_model, limits=SYNTHESIS)

    return WorkerBridge(make_worker, parent)
