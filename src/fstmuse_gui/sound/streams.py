"""Opening, closing and listing PortAudio streams, on the sound thread alone.

PortAudio wants all its calls from one thread (on Windows that thread's COM apartment owns the
devices), and opening a device can take seconds. So one thread, shared by everything that
plays or records, makes them all, and the window never waits for a device.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from fstmuse_gui.sound import devices
from fstmuse_gui.sound.devices import (
    DeviceId,
    Direction,
    SoundDevice,
    SoundError,
    find_device,
    list_devices,
)

_log = logging.getLogger(__name__)


# PortAudio's smallest buffers stall on PulseAudio's ALSA plugin. These do not, and a quarter
# of 0.08 s still brings new sound 50 times a second, enough for a picture that flows.
_LATENCY_S = {"input": 0.08, "output": 0.1}
_DEVICE_UNAVAILABLE = -9985
_GONE = (-9996, -9993)  # what the host APIs say of a device that was there at the last scan
Formats = Callable[[SoundDevice], list[tuple[int, int]]]
_OPEN_TIMEOUT_MS = 8000


class CallThread:
    """Makes the calls it is given in order, on a thread of its own.

    Parameters
    ----------
    name : str
        Name of the thread.
    idle : callable, optional
        Called whenever no call waits. Returns the seconds until it wants to be called again,
        or None to be left alone until the next call.
    """

    def __init__(self, name: str, idle: Callable[[], float | None] | None = None) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._idle = idle
        # A daemon: a driver that never returns must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call(self, function: Callable[[], None]) -> None:
        """Have ``function`` called soon. It handles its own errors."""
        self._calls.put(function)

    def stop(self, timeout: float = 2.0) -> bool:
        """Make the calls that wait, then end; False if that took longer than ``timeout``."""
        self._calls.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            try:
                function = self._calls.get(timeout=self._run_idle())
            except queue.Empty:
                continue
            if function is None:
                return
            try:
                function()
            except Exception:
                _log.exception("a call on thread %s failed", self._thread.name)

    def _run_idle(self) -> float | None:
        if self._idle is None or not self._calls.empty():
            return None
        try:
            return self._idle()
        except Exception:
            _log.exception("the work of thread %s failed", self._thread.name)
            return None


class _Shared:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.thread: CallThread | None = None


_shared = _Shared()


def acquire_sound_thread() -> CallThread:
    """The thread that makes PortAudio's calls; each hirer calls :func:`release_sound_thread`."""
    with _shared.lock:
        if _shared.thread is None:
            _shared.thread = CallThread("fstmuse-sound")
        _shared.users += 1
        return _shared.thread


def release_sound_thread() -> None:
    """Say that one hirer is done; the thread ends with the last one."""
    with _shared.lock:
        _shared.users -= 1
        if _shared.users or _shared.thread is None:
            return
        thread, _shared.thread = _shared.thread, None
    if not thread.stop():
        _log.warning("the sound system did not answer in time; its thread is left behind")


class StreamCallback(Protocol):
    """The program's end of a stream."""

    def callback(self, data: Any, frames: int, time: Any, status: Any) -> None:
        """Take a block from PortAudio, as `sounddevice` documents it."""


End = TypeVar("End", bound=StreamCallback)
MakeEnd = Callable[[int, int], End]

_open: set[DeviceStream[Any]] = set()


class DeviceStream(Generic[End]):
    """A running stream.

    Attributes
    ----------
    device : SoundDevice
        Device that it plays to or records from.
    rate, channels : int
        As the device took them.
    end : StreamEnd
        End whose callback it calls.
    latency_s : float
        From the callback to the loudspeaker, or from the microphone to the callback.
    ended : bool
        True if the device has stopped by itself, as when it is unplugged.
    """

    def __init__(
        self,
        direction: Direction,
        device: SoundDevice,
        rate: int,
        channels: int,
        end: End,
    ) -> None:
        sd = devices.portaudio()
        make = sd.InputStream if direction == "input" else sd.OutputStream
        self.device = device
        self.rate = rate
        self.channels = channels
        self.end = end
        self.ended = False
        self._stream: Any = make(
            device=device.index,
            samplerate=rate,
            channels=channels,
            dtype="float32",
            latency=_LATENCY_S[direction],
            callback=end.callback,
            finished_callback=self._on_finished,
        )
        try:
            self._stream.start()
        except BaseException:
            self._stream.close(ignore_errors=True)
            raise
        self.latency_s = float(self._stream.latency)
        _open.add(self)

    def _on_finished(self) -> None:
        self.ended = True

    def close(self) -> None:
        """Stop at once and free the device; may be called again."""
        _open.discard(self)
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)


def open_stream(
    direction: Direction,
    device: SoundDevice,
    formats: list[tuple[int, int]],
    make_end: MakeEnd[End],
) -> DeviceStream[End]:
    """Open ``device`` in the first of ``formats``, pairs of rate and channels, that it takes.

    ``make_end(rate, channels)`` makes the program's end for the format tried.

    Raises
    ------
    SoundError
        If it takes none.
    """
    sd = devices.portaudio()
    for position, (rate, channels) in enumerate(formats, start=1):
        try:
            return DeviceStream(direction, device, rate, channels, make_end(rate, channels))
        except sd.PortAudioError as error:
            _log.info("%s at %d Hz, %d channels: %s", device.id, rate, channels, error)
            if position == len(formats):
                raise _refused(direction, device, error) from error
    raise ValueError("formats is empty")


def rescan() -> None:
    """Look for devices again.

    Raises
    ------
    SoundError
        If a stream is open, since looking again would end it; or if PortAudio does not start.
    """
    if _open:
        raise SoundError(
            "Sound devices", "sound is being recorded or played", "stop it, then choose Rescan"
        )
    devices.rescan()


def _refused(direction: Direction, device: SoundDevice, error: Exception) -> SoundError:
    code = error.args[1] if len(error.args) > 1 else None
    name = devices.spoken_name(device, direction)
    other = f"choose another {direction}"
    if code == _DEVICE_UNAVAILABLE:
        return SoundError(
            name,
            "the device is in use elsewhere or was unplugged",
            f"close the program that uses it, or {other}",
        )
    if code in _GONE:
        return SoundError(name, "the device is gone", f"choose Rescan, or {other}")
    return SoundError(
        name,
        f"the device could not be opened ({devices.portaudio_reason(error)})",
        f"choose Rescan, or {other}",
    )


class AsyncStream(QObject):
    """Opens and closes a stream without making the window wait.

    Signals
    -------
    opened(object)
        The :class:`DeviceStream` asked for last.
    refused(str)
        Why there is none.
    """

    opened = Signal(object)
    refused = Signal(str)

    _answered = Signal(int, object)

    def __init__(self, direction: Direction, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._direction = direction
        self._thread = acquire_sound_thread()
        self._attempt = 0
        self._released = False
        self._held: DeviceStream[Any] | None = None  # touched by the sound thread alone
        self.stream: DeviceStream[Any] | None = None
        self._overdue = QTimer(self, interval=_OPEN_TIMEOUT_MS, singleShot=True)
        self._overdue.timeout.connect(self._give_up)
        self._answered.connect(self._on_answer, Qt.ConnectionType.QueuedConnection)

    def open(self, wanted: Sequence[DeviceId], formats: Formats, make_end: MakeEnd[Any]) -> None:
        """Open the first of ``wanted`` that is there; an earlier stream is closed first."""
        self.close()
        attempt = self._attempt
        self._overdue.start()
        self._thread.call(lambda: self._open_now(attempt, tuple(wanted), formats, make_end))

    def close(self) -> None:
        """Close the stream, or forget the one being opened."""
        self._attempt += 1
        self._overdue.stop()
        self.stream = None
        self._thread.call(self._close_now)

    def release(self) -> None:
        """Close for good."""
        if not self._released:
            self._released = True
            self.close()
            release_sound_thread()

    def _open_now(
        self, attempt: int, wanted: Sequence[DeviceId], formats: Formats, make_end: MakeEnd[Any]
    ) -> None:
        if attempt != self._attempt:
            return
        try:
            device = find_device(self._direction, wanted)
            self._held = open_stream(self._direction, device, formats(device), make_end)
        except SoundError as error:
            self._answered.emit(attempt, str(error))
        else:
            self._answered.emit(attempt, self._held)

    def _close_now(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def _on_answer(self, attempt: int, answer: DeviceStream[Any] | str) -> None:
        # A stream that came too late is closed already: its close was called after its open.
        if attempt != self._attempt:
            return
        self._overdue.stop()
        if isinstance(answer, str):
            self.refused.emit(answer)
        else:
            self.stream = answer
            self.opened.emit(answer)

    def _give_up(self) -> None:
        self.close()
        self.refused.emit(
            str(
                SoundError(
                    "Sound",
                    "the device does not answer",
                    "choose another, or unplug it and plug it in again",
                )
            )
        )


class DeviceLister(QObject):
    """Lists inputs and outputs, and looks for new ones.

    Signals
    -------
    listed(object, object)
        Inputs and outputs, tuples of :class:`~fstmuse_gui.sound.devices.SoundDevice`; either
        may be empty.
    failed(str)
        Why there is no list.
    """

    listed = Signal(object, object)
    failed = Signal(str)

    _answered = Signal(object, object)
    _broke = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = acquire_sound_thread()
        self._released = False
        queued = Qt.ConnectionType.QueuedConnection
        self._answered.connect(self.listed, queued)
        self._broke.connect(self.failed, queued)

    def refresh(self) -> None:
        """List what PortAudio knows of."""
        self._thread.call(lambda: self._answer(lambda: None))

    def rescan(self) -> None:
        """Have PortAudio look again, and list what it found."""
        self._thread.call(lambda: self._answer(rescan))

    def release(self) -> None:
        """List no more."""
        if not self._released:
            self._released = True
            release_sound_thread()

    def _answer(self, prepare: Callable[[], None]) -> None:
        try:
            prepare()
            self._answered.emit(list_devices("input"), list_devices("output"))
        except SoundError as error:
            self._broke.emit(str(error))
