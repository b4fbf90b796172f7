"""The process that learns from corrections and class buckets, as Qt objects."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from fstmuse_core.datasets.buckets import BucketAnswers
from fstmuse_core.runs.metrics import Learned
from fstmuse_core.workers.protocol import AnswerBuckets, Event, LearnCorrections
from fstmuse_gui.workers.bridge import Worker, WorkerBridge


def learning_worker(on_event: Callable[[Event], None]) -> Worker:
    """The process itself."""
    from fstmuse_core.workers.client import WorkerClient
    from fstmuse_core.workers.tasks import learning

    return WorkerClient(on_event, serve=learning.serve, limits=learning.LIMITS)


class Learner(QObject):
    """Makes or renews the user's own model, one at a time.

    Parameters
    ----------
    make_worker : callable
        Makes the process; only tests have another.

    Signals
    -------
    began
        It learns now.
    learned(object)
        It has learned: a ``Learned``.
    failed(str)
        Why nothing was learned.
    """

    began = Signal()
    learned = Signal(object)
    failed = Signal(str)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        make_worker: Callable[[Callable[[Event], None]], Worker] = learning_worker,
    ) -> None:
        super().__init__(parent)
        self._make_worker = make_worker
        self._bridge: WorkerBridge | None = None
        self._job: int | None = None

    @property
    def is_busy(self) -> bool:
        """True while it learns."""
        return self._job is not None

    def learn(self) -> None:
        """Learn from all corrections; nothing happens while it does."""
        if self.is_busy:
            return
        if self._bridge is None:
            self._bridge = WorkerBridge(self._make_worker, self)
            self._bridge.done.connect(self._on_done)
            self._bridge.failed.connect(self._on_failed)
        self._job = self._bridge.worker.submit(LearnCorrections())
        self.began.emit()

    def _on_done(self, job: int, result: Learned) -> None:
        if job == self._job:
            self._job = None
            self.learned.emit(result)

    def _on_failed(self, job: int, sentence: str) -> None:
        if job == self._job:
            self._job = None
            self.failed.emit(sentence)

    def close(self) -> None:
        """End the process."""
        if self._bridge is not None:
            self._bridge.close()


class BucketWorker(QObject):
    """Answers for class buckets, the newest request alone.

    Signals
    -------
    progressed(float)
        Share of the songs that are heard.
    answered(object)
        A ``BucketAnswers`` for the newest request.
    failed(str)
        Why there is no answer.
    """

    progressed = Signal(float)
    answered = Signal(object)
    failed = Signal(str)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        make_worker: Callable[[Callable[[Event], None]], Worker] = learning_worker,
    ) -> None:
        super().__init__(parent)
        self._make_worker = make_worker
        self._bridge: WorkerBridge | None = None
        self._job: int | None = None
        self._next: AnswerBuckets | None = None

    @property
    def is_busy(self) -> bool:
        """True while an answer is awaited."""
        return self._job is not None

    def ask(self, request: AnswerBuckets) -> None:
        """Ask; what was asked before and is not answered yet is asked no longer."""
        if self._bridge is None:
            self._bridge = WorkerBridge(self._make_worker, self)
            self._bridge.progress.connect(self._on_progress)
            self._bridge.done.connect(self._on_done)
            self._bridge.failed.connect(self._on_failed)
        if self.is_busy:
            # What it hears meanwhile is kept, so that nothing is done twice.
            self._next = request
        else:
            self._job = self._bridge.worker.submit(request)

    def _on_progress(self, job: int, fraction: float) -> None:
        if job == self._job:
            self.progressed.emit(fraction)

    def _on_done(self, job: int, result: BucketAnswers) -> None:
        if job == self._job and not self._go_on():
            self.answered.emit(result)

    def _on_failed(self, job: int, sentence: str) -> None:
        if job == self._job and not self._go_on():
            self.failed.emit(sentence)

    def _go_on(self) -> bool:
        """Ask what came meanwhile, if anything has."""
        self._job, request, self._next = None, self._next, None
        if request is not None:
            self.ask(request)
        return request is not None

    def close(self) -> None:
        """End the process."""
        if self._bridge is not None:
            self._bridge.close()
