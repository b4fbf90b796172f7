"""Opening and closing PortAudio streams. Every call here belongs on the shared sound thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from fstmuse_gui.sound import devices
from fstmuse_gui.sound.devices import Direction, SoundDevice, SoundError

_log = logging.getLogger(__name__)

# PortAudio's smallest buffers stall on PulseAudio's ALSA plugin. These do not, and a quarter
# of 0.08 s still brings new sound 50 times a second, enough for a picture that flows.
_LATENCY_S = {"input": 0.08, "output": 0.1}

_DEVICE_UNAVAILABLE = -9985
_GONE = (-9996, -9993)  # what the host APIs say of a device that was there at the last scan


class StreamEnd(Protocol):
    """The program's end of a stream."""

    def callback(self, data: Any, frames: int, time: Any, status: Any) -> None:
        """What PortAudio calls, as `sounddevice` documents it."""


End = TypeVar("End", bound=StreamEnd)
MakeEnd = Callable[[int, int], End]

_open: set[DeviceStream[Any]] = set()


class DeviceStream(Generic[End]):
    """A running stream.

    Attributes
    ----------
    device : SoundDevice
        What it plays to or records from.
    rate, channels : int
        As the device took them.
    end : StreamEnd
        Whose callback it calls.
    latency_s : float
        From the callback to the loudspeaker, or from the microphone to the callback.
    ended : bool
        Whether the device has stopped by itself, as when it is unplugged.
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
