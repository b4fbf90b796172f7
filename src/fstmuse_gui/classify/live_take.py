"""A take while it is recorded and classified, until it is a clip like any other."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QObject, Signal

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.classify.result import Classification, Doubt
from fstmuse_core.workers.protocol import ClipResult
from fstmuse_gui.classify.job_queue import JobQueue
from fstmuse_gui.classify.recording import Recording
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.shared.clips import Clip, ClipStore
from fstmuse_gui.shared.models import ModelInfo
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.widgets.file_list import RowState
from fstmuse_gui.workers.bridge import WorkerBridge

# A quarter of a second: each block sent is answered by a result so far, and bars that
# move more often than four times a second cannot be read.
_BLOCK = DEFAULT_CONFIG.sample_rate // 4


class LiveSession(QObject):
    """One live session with the worker at a time.

    Signals
    -------
    classified(object)
        A ``Classification`` of what was recorded so far.
    answered(object)
        The final ``ClipResult``.
    failed(str)
        Why there is none.
    """

    classified = Signal(object)
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
        """True while a session waits for samples or for its answer."""
        return self._job is not None

    def begin(self, model: str) -> None:
        """Open a session; an earlier one is dropped."""
        self.drop()
        self._waiting = []
        self._job = self._bridge.classify_live(model)

    def push(self, samples: FloatArray) -> None:
        """Send more of the take."""
        self._waiting.append(samples)
        if sum(block.size for block in self._waiting) >= _BLOCK:
            self._send()

    def end(self) -> None:
        """End the take; ``answered`` or ``failed`` follows."""
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
            self.classified.emit(payload)

    def _on_done(self, job: int, payload: ClipResult) -> None:
        if job == self._job:
            self._job = None
            self.answered.emit(payload)

    def _on_failed(self, job: int, sentence: str) -> None:
        if job == self._job:
            self._job = None
            self.failed.emit(sentence)


class TakePresenter(QObject):
    """Shows a take while it grows, has it classified, and puts it into the list.

    Signals
    -------
    begun
        A take has begun; the live picture is shown.
    ended
        It is over; something else may be shown again.
    clip_changed(int)
        The clip of this key has its answer, or another name.
    renamed(object)
        The :class:`Clip` that has another name.
    """

    begun = Signal()
    ended = Signal()
    clip_changed = Signal(int)
    renamed = Signal(object)

    def __init__(
        self,
        view: ClassifyView,
        clips: ClipStore,
        queue: JobQueue,
        bridge: WorkerBridge,
        recording: Recording,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._clips = clips
        self._queue = queue
        self._session = LiveSession(bridge, self)
        self._taken: Clip | None = None
        self._trouble = self._title = ""
        self.model: ModelInfo | None = None
        self.is_live = False
        recording.started.connect(self._on_started)
        recording.frames_ready.connect(view.clip_page.append_live)
        recording.samples_ready.connect(self._session.push)
        recording.finished.connect(self._on_finished)
        recording.state_changed.connect(self._on_state)
        self._session.classified.connect(self._on_classified)
        self._session.answered.connect(self._on_answered)
        self._session.failed.connect(self._on_failed)

    def _on_started(self) -> None:
        self.is_live = True
        # By its beginning, as the file is called that keeps it.
        self._title = f"Recording {time.strftime('%H.%M.%S')}"
        self._trouble = "there is no model to classify it with"
        self._queue.hold(True)
        title, genres = (self.model.title, self.model.genres) if self.model else ("", ())
        if self.model is not None:
            self._session.begin(self.model.name)
        self._view.sidebar.list.setEnabled(False)
        self._view.sidebar.model_chooser.setEnabled(False)
        self._view.show_live(title, genres)
        self.begun.emit()

    def _on_classified(self, classification: Classification) -> None:
        # Until there is enough to answer to, the page says that it listens.
        if self.is_live and classification.verdict.doubt is not Doubt.TOO_SHORT:
            self._view.clip_page.show_live(classification)

    def _on_state(self, state: str) -> None:
        if self.is_live:
            self._view.clip_page.show_paused(is_paused=state == "paused")

    def rename(self, clip: Clip) -> None:
        """Ask for another name of a recording."""
        title = self._view.ask_name(clip.title) if clip.take is not None else ""
        if title and title != clip.title:
            clip.title = title
            self.renamed.emit(clip)
            self.clip_changed.emit(clip.key)

    def _on_finished(self, take: Take) -> None:
        self.is_live = False
        self._view.clip_page.spectrogram.end_live()
        self._view.sidebar.list.setEnabled(True)
        self._view.sidebar.model_chooser.setEnabled(True)
        if take.samples.size == 0:
            self._session.drop()
            self._queue.hold(False)
            self.ended.emit()
            return
        clip = Clip(self._title, take=take, state=RowState.WORKING)
        self._taken = clip
        self._clips.add(clip)
        self._view.sidebar.list.add_rows([clip.row()])
        self._view.sidebar.list.select(clip.key)
        if self._session.is_open:
            self._session.end()
        else:
            self._end(RowState.FAILED, None, self._trouble)

    def _on_answered(self, result: ClipResult) -> None:
        self._end(RowState.DONE, result, "")

    def _on_failed(self, sentence: str) -> None:
        # The take itself is not lost: while it goes on, the trouble waits for its end.
        self._trouble = sentence
        if not self.is_live:
            self._end(RowState.FAILED, None, sentence)

    def _end(self, state: RowState, result: ClipResult | None, sentence: str) -> None:
        clip, self._taken = self._taken, None
        self._queue.hold(False)
        if clip is not None:
            clip.state, clip.result, clip.sentence = state, result, sentence
            self.clip_changed.emit(clip.key)
