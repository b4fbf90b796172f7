"""A take while it is recorded and classified, until it is a clip like any other."""

from __future__ import annotations

import time
from typing import Protocol

import numpy as np
from PySide6.QtCore import QObject, Signal, SignalInstance

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, MelStream
from fstmuse_core.classify.result import Classification
from fstmuse_core.workers.protocol import ClipResult
from fstmuse_gui.classify.job_queue import JobQueue
from fstmuse_gui.classify.record_panel import RecordPanel
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.shared.clips import Clip, ClipStore
from fstmuse_gui.shared.models import ModelInfo
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.sound.devices import DeviceId, SoundDevice, label, no_device
from fstmuse_gui.sound.recorder import Recorder
from fstmuse_gui.sound.streams import DeviceLister
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


class Recording(Protocol):
    """The part of ``RecordPresenter`` that takes need."""

    started: SignalInstance
    frames_ready: SignalInstance
    samples_ready: SignalInstance
    finished: SignalInstance

    def toggle(self) -> None: ...
    def close(self) -> None: ...


class TakePresenter(QObject):
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
        self._session = LiveSession(bridge, self)
        self._taken: Clip | None = None
        self._trouble = ""
        self.model: ModelInfo | None = None
        self.is_live = False
        recording.started.connect(self._on_started)
        recording.frames_ready.connect(view.clip_page.append_live)
        recording.samples_ready.connect(self._session.push)
        recording.finished.connect(self._on_finished)
        self._session.classified.connect(self._on_classified)
        self._session.answered.connect(self._on_answered)
        self._session.failed.connect(self._on_failed)

    def _on_started(self) -> None:
        self.is_live = True
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
        if self.is_live:
            self._view.clip_page.show_live(classification)

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
        clip = Clip(f"Recording {time.strftime('%H.%M.%S')}", take=take, state=RowState.WORKING)
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


class RecordPresenter(QObject):
    """Records takes. The microphone is open only while recording or checking the level.

    Parameters
    ----------
    panel : RecordPanel
        May be hidden: recording works without it.
    input_device : DeviceId, optional
        The input chosen earlier; the system's default if not given or not there.

    Signals
    -------
    started()
        Recording has begun.
    frames_ready(object)
        New mel frames of the take, float32 of shape ``(n, 128)``.
    samples_ready(object)
        New samples of the take: mono float32 at 22,050 Hz.
    finished(object)
        The :class:`Take`, after its last frames.
    message(str)
        A sentence for the user; empty when there is nothing more to say.
    input_chosen(object)
        The :class:`DeviceId` to remember, or None for the system's default.
    recording_changed(bool)
        Whether a take is being made, for buttons elsewhere.
    """

    started = Signal()
    frames_ready = Signal(object)
    samples_ready = Signal(object)
    finished = Signal(object)
    message = Signal(str)
    input_chosen = Signal(object)
    recording_changed = Signal(bool)

    def __init__(
        self,
        panel: RecordPanel,
        *,
        input_device: DeviceId | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._input = input_device
        self._mel = MelStream()
        self._is_recording = False
        self._recorder = Recorder(self)
        self._lister = DeviceLister(self)
        self._connect_panel()
        self._connect_sound()
        panel.show_inputs((), input_device)

    def _connect_panel(self) -> None:
        panel = self._panel
        panel.record_clicked.connect(self.toggle)
        panel.level_toggled.connect(self._on_level_toggled)
        panel.rescan_clicked.connect(self.rescan)
        panel.input_chosen.connect(self._on_input_chosen)
        panel.shown.connect(self._lister.refresh)
        panel.hidden.connect(self._stop_watching)

    def _connect_sound(self) -> None:
        recorder = self._recorder
        recorder.state_changed.connect(self._on_state)
        recorder.level_changed.connect(self._panel.meter.set_level)
        recorder.samples_ready.connect(self._on_samples)
        recorder.message.connect(self._say)
        recorder.failed.connect(self._say)
        recorder.finished.connect(self._on_finished)
        self._lister.listed.connect(self._on_listed)
        self._lister.failed.connect(self._say)

    @property
    def is_recording(self) -> bool:
        """True while a take is being recorded."""
        return self._is_recording

    def toggle(self) -> None:
        """Record, or stop recording."""
        if self._recorder.is_taking:
            self.stop()
        else:
            self.start()

    def start(self) -> None:
        """Begin a take."""
        self._say("")
        self._recorder.start(self._wanted())

    def stop(self) -> None:
        """End the take; ``finished`` brings it."""
        self._recorder.stop()

    def rescan(self) -> None:
        """Look for devices again."""
        self._say("")
        self._stop_watching()
        self._lister.rescan()

    def take(self) -> Take:
        """Return the last recording, or the one in progress; it is kept until the next begins."""
        return self._recorder.take()

    def close(self) -> None:
        """Free the device for good; a take being made is finished first."""
        self._recorder.close()
        self._lister.release()

    def _wanted(self) -> tuple[DeviceId, ...]:
        return () if self._input is None else (self._input,)

    def _on_state(self, state: str) -> None:
        self._panel.show_state(state)
        is_recording = state == "recording"
        if is_recording == self._is_recording:
            return
        self._is_recording = is_recording
        if is_recording:
            self._mel = MelStream()
            self._panel.show_elapsed(0.0)
            self.started.emit()
        self.recording_changed.emit(is_recording)

    def _on_samples(self, samples: FloatArray) -> None:
        self._panel.show_elapsed(self._recorder.elapsed_s)
        self.samples_ready.emit(samples)
        frames = self._mel.push(samples)
        if len(frames):
            self.frames_ready.emit(frames)

    def _on_finished(self, take: Take) -> None:
        frames = self._mel.flush()
        if len(frames):
            self.frames_ready.emit(frames)
        if take.warnings:
            self._panel.show_warning(take.warnings[0])
            self.message.emit(take.warnings[0])
        self.finished.emit(take)

    def _on_level_toggled(self, wanted: bool) -> None:
        if wanted:
            self._say("")
            self._recorder.monitor(self._wanted())
        else:
            self._stop_watching()

    def _stop_watching(self) -> None:
        if self._recorder.state == "monitoring":
            self._recorder.stop()

    def _on_input_chosen(self, device: DeviceId | None) -> None:
        self._input = device
        self.input_chosen.emit(device)
        if self._recorder.state == "monitoring":
            self._recorder.monitor(self._wanted())

    def _on_listed(
        self, inputs: tuple[SoundDevice, ...], _outputs: tuple[SoundDevice, ...]
    ) -> None:
        if not inputs:
            self._say(str(no_device("input")))
        self._panel.show_inputs(
            [(label(device, inputs), device.id) for device in inputs], self._input
        )

    def _say(self, sentence: str) -> None:
        self._panel.show_sentence(sentence)
        self.message.emit(sentence)
