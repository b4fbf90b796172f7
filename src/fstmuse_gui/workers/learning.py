"""The process that learns from corrections, as a Qt object; it is started when it is needed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from fstmuse_core.runs.learned import Learned
from fstmuse_core.workers.protocol import Event, LearnCorrections
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
