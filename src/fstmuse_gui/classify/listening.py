"""Classifies a take while it is being recorded."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from fstmuse_core.classification import Classification
from fstmuse_core.jobs.messages import ClipResult
from fstmuse_core.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_gui.classify.bridge import WorkerBridge

# A quarter of a second: each block sent is answered by what was heard so far, and bars that
# move more often than four times a second cannot be read.
_BLOCK = DEFAULT_CONFIG.sample_rate // 4


class LiveListening(QObject):
    """One live session with the worker at a time.

    Signals
    -------
    heard(object)
        A ``Classification`` of what was recorded so far.
    answered(object)
        The final ``ClipResult``.
    failed(str)
        Why there is none.
    """

    heard = Signal(object)
    answered = Signal(object)
    failed = Signal(str)

    def __init__(self, bridge: WorkerBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._job: int | None = None
        self._waiting: list[FloatArray] = []
        bridge.partial.connect(self._on_partial)
        bridge.done.connect(self._on_done)
        bridge.failed.connect(self._on_failed)

    @property
    def is_open(self) -> bool:
        """Whether a session waits for samples or for its answer."""
        return self._job is not None

    def begin(self, model: str) -> None:
        """Open a session; an earlier one is dropped."""
        self.drop()
        self._waiting = []
        self._job = self._bridge.listen(model)

    def hear(self, samples: FloatArray) -> None:
        """Bring more of the take."""
        self._waiting.append(samples)
        if sum(block.size for block in self._waiting) >= _BLOCK:
            self._send()

    def end(self) -> None:
        """The take is over; ``answered`` or ``failed`` follows."""
        self._send()
        if self._job is not None:
            self._bridge.end_live(self._job)

    def _send(self) -> None:
        blocks, self._waiting = self._waiting, []
        if self._job is not None and blocks:
            self._bridge.send_live(self._job, np.concatenate(blocks))

    def drop(self) -> None:
        """Want no answer any more."""
        if self._job is not None:
            self._bridge.cancel(self._job)
            self._job = None

    def _on_partial(self, job: int, payload: object) -> None:
        if job == self._job and isinstance(payload, Classification):
            self.heard.emit(payload)

    def _on_done(self, job: int, payload: ClipResult) -> None:
        if job == self._job:
            self._job = None
            self.answered.emit(payload)

    def _on_failed(self, job: int, sentence: str) -> None:
        if job == self._job:
            self._job = None
            self.failed.emit(sentence)
