"""Recording from a microphone, driven from its panel."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance

from fstmuse_core.audio.spectrogram import FloatArray, MelStream
from fstmuse_gui.classify.record_panel import RecordPanel
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.sound.devices import DeviceId, SoundDevice, label, no_device
from fstmuse_gui.sound.recorder import DEFAULT_TAKE_S, Recorder
from fstmuse_gui.sound.streams import DeviceLister


class Recording(Protocol):
    """The part of ``RecordPresenter`` that takes need."""

    started: SignalInstance
    frames_ready: SignalInstance
    samples_ready: SignalInstance
    sound_ready: SignalInstance
    state_changed: SignalInstance
    finished: SignalInstance

    def toggle(self) -> None: ...
    def toggle_pause(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


class RecordPresenter(QObject):
    """Records takes. The microphone is open only while recording or checking the level.

    Parameters
    ----------
    panel : RecordPanel
        May be hidden: recording works without it.
    input_device : DeviceId, optional
        The input chosen earlier; the system's default if not given or not there.
    length_s : float
        The longest that a take may become.

    Signals
    -------
    started()
        Recording has begun.
    frames_ready(object)
        New mel frames of the take, float32 of shape ``(n, 128)``.
    samples_ready(object)
        New samples of the take: mono float32 at 22,050 Hz.
    sound_ready(object, int)
        The same as it came, float32 of shape ``(n, channels)``, and its rate.
    finished(object)
        The :class:`Take`, after its last frames.
    message(str)
        A sentence for the user; empty when there is nothing more to say.
    input_chosen(object)
        The :class:`DeviceId` to remember, or None for the system's default.
    length_chosen(int)
        The seconds to remember.
    state_changed(str)
        The recorder's state.
    """

    started = Signal()
    frames_ready = Signal(object)
    samples_ready = Signal(object)
    sound_ready = Signal(object, int)
    finished = Signal(object)
    message = Signal(str)
    input_chosen = Signal(object)
    length_chosen = Signal(int)
    state_changed = Signal(str)

    def __init__(
        self,
        panel: RecordPanel,
        *,
        input_device: DeviceId | None = None,
        length_s: float = DEFAULT_TAKE_S,
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
        self._recorder.length_s = length_s
        panel.show_inputs((), input_device)
        panel.show_length(length_s)

    def _connect_panel(self) -> None:
        panel = self._panel
        panel.record_clicked.connect(self.toggle)
        panel.level_toggled.connect(self._on_level_toggled)
        panel.pause_clicked.connect(self.toggle_pause)
        panel.length_chosen.connect(self._on_length_chosen)
        panel.rescan_clicked.connect(self.rescan)
        panel.input_chosen.connect(self._on_input_chosen)
        panel.shown.connect(self._lister.refresh)
        panel.hidden.connect(self._stop_watching)

    def _connect_sound(self) -> None:
        recorder = self._recorder
        recorder.state_changed.connect(self._on_state)
        recorder.level_changed.connect(self._panel.meter.set_level)
        recorder.samples_ready.connect(self._on_samples)
        recorder.frames_ready.connect(self.sound_ready)
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

    def toggle_pause(self) -> None:
        """Leave out what comes, or go on with the take."""
        if self._recorder.state == "paused":
            self._recorder.resume()
        else:
            self._recorder.pause()

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
        is_recording = state in ("recording", "paused")
        if is_recording and not self._is_recording:
            self._is_recording = True
            self._mel = MelStream()
            self._panel.show_elapsed(0.0)
            self.started.emit()
        self._is_recording = is_recording
        self.state_changed.emit(state)

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

    def _on_length_chosen(self, seconds: int) -> None:
        self._recorder.length_s = float(seconds)
        self.length_chosen.emit(seconds)

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
