"""Recording from an input device, up to ten minutes a take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.errors import one_line
from fstmuse_gui.sound.buffers import Take, TakeBuffer
from fstmuse_gui.sound.devices import DeviceId, SoundDevice, SoundError, spoken_name
from fstmuse_gui.sound.intake import RECORDING_RATE, Heard, InputCallback, make_take
from fstmuse_gui.sound.streams import AsyncStream, DeviceStream

DEFAULT_TAKE_S = 30.0
FLOOR_DB = -90.0
_DRAIN_MS = 25
_SILENT_S = 1.5
# A device that is still there sends many blocks a second; some take a while to wake up.
_LOST_AFTER_S = 1.0
_WAKE_S = 3.0


class Recorder(QObject):
    """Records one take at a time, or only watches the level of an input.

    States are "idle", "opening", "monitoring", "recording" and "paused". The stream's callback
    fills a ring; a timer drains it here. A take stays in memory until the next one starts.

    Signals
    -------
    state_changed(str)
        One of the five states.
    level_changed(float, float)
        Peak and root mean square of the last moment, in decibels of full scale.
    samples_ready(object)
        New samples of the take: mono float32 at 22,050 Hz.
    frames_ready(object, int)
        The same as it came, float32 of shape ``(n, channels)``, and its rate.
    message(str)
        A sentence about the take being recorded; empty when there is no more to say.
    failed(str)
        Why nothing can be recorded.
    finished(object)
        The :class:`Take`.
    """

    state_changed = Signal(str)
    level_changed = Signal(float, float)
    samples_ready = Signal(object)
    frames_ready = Signal(object, int)
    message = Signal(str)
    failed = Signal(str)
    finished = Signal(object)

    def __init__(
        self, parent: QObject | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._slot = AsyncStream("input", self)
        self._slot.opened.connect(self._on_opened)
        self._slot.refused.connect(self._on_refused)
        self._state = "idle"
        self._wanted: tuple[DeviceId, ...] = ()
        self._record_when_open = False
        self.length_s = DEFAULT_TAKE_S  # of the next take, at most
        self._buffer, self._original = TakeBuffer(0), TakeBuffer(0, 1)
        self._rate = RECORDING_RATE
        self._received_at = 0.0
        self._has_received = False
        self._only_zeros = True
        self._told_silent = False
        self._timer = QTimer(self, interval=_DRAIN_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._drain)

    @property
    def state(self) -> str:
        """ "idle", "opening", "monitoring", "recording" or "paused"."""
        return self._state

    @property
    def is_taking(self) -> bool:
        """True while a take is recorded, or will be once the device is open."""
        return self._has_take or (self._state == "opening" and self._record_when_open)

    @property
    def _has_take(self) -> bool:
        return self._state in ("recording", "paused")

    @property
    def _stream(self) -> DeviceStream[InputCallback] | None:
        return self._slot.stream

    @property
    def elapsed_s(self) -> float:
        """Seconds in the take so far, or in the last one."""
        return self._buffer.size / RECORDING_RATE

    def take(self, warnings: tuple[str, ...] = ()) -> Take:
        """Return the recording since the last start."""
        return make_take(self._buffer.samples(), self._original.samples(), self._rate, warnings)

    def monitor(self, wanted: Sequence[DeviceId] = ()) -> None:
        """Show the level of the first of ``wanted`` that is there, without recording."""
        if self.is_taking:
            return
        self._open(wanted, record=False)

    def start(self, wanted: Sequence[DeviceId] = ()) -> None:
        """Record a take from the first of ``wanted`` that is there, else from the default."""
        if self.is_taking:
            return
        stream = self._stream
        if stream is not None and self._state == "monitoring" and tuple(wanted) == self._wanted:
            stream.end.discard()
            self._begin_take()
        else:
            self._open(wanted, record=True)

    def stop(self) -> None:
        """End the take and hand it over, or stop watching the level."""
        if self._has_take:
            self._finish()
        else:
            self._shut()

    def pause(self) -> None:
        """Leave out what comes from now on, until :meth:`resume`."""
        if self._state == "recording":
            self._drain()
        if self._state == "recording":  # it has not ended with that
            self._set_state("paused")

    def resume(self) -> None:
        """Go on with the take."""
        if self._state == "paused":
            self._drain()
        if self._state == "paused":
            self._set_state("recording")

    def close(self) -> None:
        """Free the device for good; a take in progress is handed over first."""
        self.stop()
        self._slot.release()

    def _open(self, wanted: Sequence[DeviceId], *, record: bool) -> None:
        self._shut()
        self._wanted = tuple(wanted)
        self._record_when_open = record
        self._set_state("opening")
        self._slot.open(wanted, _formats, InputCallback)

    def _on_opened(self, _stream: object) -> None:
        self._received_at = self._clock()
        self._has_received = False
        self._timer.start()
        if self._record_when_open:
            self._begin_take()
        else:
            self._set_state("monitoring")

    def _on_refused(self, sentence: str) -> None:
        self._shut()
        self.failed.emit(sentence)

    def _begin_take(self) -> None:
        stream = self._stream
        assert stream is not None
        self._rate = stream.rate
        self._buffer = TakeBuffer(round(self.length_s * RECORDING_RATE))
        self._original = TakeBuffer(round(self.length_s * self._rate), stream.channels)
        self._only_zeros = True
        self._told_silent = False
        self._set_state("recording")

    def _drain(self) -> None:
        stream = self._stream
        if stream is None:
            return
        ended = stream.ended
        taken = self._state == "recording"
        heard = stream.end.read() if taken else Heard(stream.end.skip(), np.empty(0, np.float32))
        if heard.frames.size:
            self._received_at = self._clock()
            self._has_received = True
            self.level_changed.emit(*levels(heard.frames))
            self._keep(heard)
        elif ended or self._is_overdue():
            self._lose(stream)

    def _is_overdue(self) -> bool:
        patience = _LOST_AFTER_S if self._has_received else _WAKE_S
        return self._clock() - self._received_at > patience

    def _keep(self, heard: Heard) -> None:
        if self._state != "recording":
            return
        self._watch_silence(self._store(heard))
        if self._buffer.is_full:
            self._finish()

    def _store(self, heard: Heard) -> FloatArray:
        frames = self._original.append(heard.frames)
        if len(frames):
            self.frames_ready.emit(frames, self._rate)
        stored = self._buffer.append(heard.samples)
        if stored.size:
            self.samples_ready.emit(stored)
        return stored

    def _watch_silence(self, samples: FloatArray) -> None:
        if self._only_zeros and samples.any():
            self._only_zeros = False
            if self._told_silent:
                self.message.emit("")
        if self._only_zeros and not self._told_silent and self.elapsed_s > _SILENT_S:
            self._told_silent = True
            self.message.emit(self._silent_sentence())

    def _lose(self, stream: DeviceStream[InputCallback]) -> None:
        name = spoken_name(stream.device, "input")
        if not self._has_take or not self._buffer.size:
            self._shut()
            self.failed.emit(
                str(
                    SoundError(
                        name,
                        "no sound arrives from this input",
                        "check that it is plugged in, then choose Rescan",
                    )
                )
            )
            return
        sentence = (
            f"{one_line(name)}: the device stopped after {self.elapsed_s:.1f} s; what was "
            "recorded is kept"
        )
        self.message.emit(sentence)
        self._finish(sentence)

    def _finish(self, *warnings: str) -> None:
        stream = self._stream
        if stream is not None:
            if self._state == "paused":
                stream.end.skip()
            self._store(stream.end.read(last=True))
            warnings += self._overrun_warnings(stream.end)
        if self._told_silent and self._only_zeros:
            warnings += (self._silent_sentence(),)
        take = self.take(warnings)
        self._shut()
        self.finished.emit(take)

    def _overrun_warnings(self, intake: InputCallback) -> tuple[str, ...]:
        if intake.lost_s:
            return (f"{intake.lost_s:.2f} s of sound were lost because the computer was busy",)
        if intake.overflows:
            return (
                f"the computer was too busy for the sound {intake.overflows} times; "
                "there may be small gaps",
            )
        return ()

    def _silent_sentence(self) -> str:
        stream = self._stream
        name = spoken_name(stream.device, "input") if stream is not None else "Microphone"
        return str(SoundError(name, "only silence arrives", silence_remedy(sys.platform)))

    def _shut(self) -> None:
        """Go back to idle, whatever was going on; what is in the buffer stays."""
        self._timer.stop()
        self._slot.close()
        self._set_state("idle")

    def _set_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def _formats(device: SoundDevice) -> list[tuple[int, int]]:
    native = device.default_rate
    return [(native, min(2, device.channels)), (native, 1), (RECORDING_RATE, 1)]


def levels(samples: FloatArray) -> tuple[float, float]:
    """Peak and root mean square of ``samples`` in decibels of full scale, at least -90."""
    peak = float(np.abs(samples).max(initial=0.0))
    mean_square = float(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0
    return _decibels(peak), _decibels(mean_square**0.5)


def silence_remedy(platform: str) -> str:
    """Advice on the switch that silences microphones on ``platform`` (as ``sys.platform``)."""
    if platform == "darwin":
        return (
            "allow FstMuse, or the terminal it was started from, in System Settings > "
            "Privacy & Security > Microphone, then record again"
        )
    if platform == "win32":
        return (
            "let desktop apps use the microphone in Settings > Privacy & security > "
            "Microphone, then record again"
        )
    return "it may be muted, or its use refused: look in the system's sound settings"


def _decibels(amplitude: float) -> float:
    return max(FLOOR_DB, 20.0 * float(np.log10(max(amplitude, 1e-12))))
