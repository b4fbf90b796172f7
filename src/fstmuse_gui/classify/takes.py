"""What happens while a take is recorded, until it is a clip like any other."""

from __future__ import annotations

import time
from typing import Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance

from fstmuse_core.classification import Classification
from fstmuse_core.jobs.messages import ClipResult
from fstmuse_gui.classify.bridge import WorkerBridge
from fstmuse_gui.classify.clips import Clip, ClipStore
from fstmuse_gui.classify.job_queue import JobQueue
from fstmuse_gui.classify.listening import LiveListening
from fstmuse_gui.classify.models import ModelInfo
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.sound.take import Take
from fstmuse_gui.widgets.file_list import RowState


class Recording(Protocol):
    """What is needed of ``RecordPresenter``."""

    started: SignalInstance
    frames_ready: SignalInstance
    samples_ready: SignalInstance
    finished: SignalInstance

    def toggle(self) -> None: ...
    def close(self) -> None: ...


class Takes(QObject):
    """Shows a take while it grows, has it classified, and puts it into the list.

    Signals
    -------
    begun
        A take has begun; the live picture is shown.
    ended
        It is over; something else may be shown again.
    clip_changed(int)
        The clip of this key has its answer.
    """

    begun = Signal()
    ended = Signal()
    clip_changed = Signal(int)

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
        self._listening = LiveListening(bridge, self)
        self._taken: Clip | None = None
        self._trouble = ""
        self.model: ModelInfo | None = None
        self.is_live = False
        recording.started.connect(self._on_started)
        recording.frames_ready.connect(view.clip_page.append_live)
        recording.samples_ready.connect(self._listening.hear)
        recording.finished.connect(self._on_finished)
        self._listening.heard.connect(self._on_heard)
        self._listening.answered.connect(self._on_answered)
        self._listening.failed.connect(self._on_failed)

    def _on_started(self) -> None:
        self.is_live = True
        self._trouble = "there is no model to classify it with"
        self._queue.hold(True)
        title, genres = (self.model.title, self.model.genres) if self.model else ("", ())
        if self.model is not None:
            self._listening.begin(self.model.name)
        self._view.sidebar.list.setEnabled(False)
        self._view.sidebar.model_chooser.setEnabled(False)
        self._view.show_live(title, genres)
        self.begun.emit()

    def _on_heard(self, classification: Classification) -> None:
        if self.is_live:
            self._view.clip_page.show_live(classification)

    def _on_finished(self, take: Take) -> None:
        self.is_live = False
        self._view.clip_page.spectrogram.end_live()
        self._view.sidebar.list.setEnabled(True)
        self._view.sidebar.model_chooser.setEnabled(True)
        if take.samples.size == 0:
            self._listening.drop()
            self._queue.hold(False)
            self.ended.emit()
            return
        clip = Clip(f"Recording {time.strftime('%H.%M.%S')}", take=take, state=RowState.WORKING)
        self._taken = clip
        self._clips.add(clip)
        self._view.sidebar.list.add_rows([clip.row()])
        self._view.sidebar.list.select(clip.key)
        if self._listening.is_open:
            self._listening.end()
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
