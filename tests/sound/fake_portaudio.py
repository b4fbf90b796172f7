"""A stand-in for the `sounddevice` module, with devices and streams that a test commands."""

from __future__ import annotations

import types
from types import SimpleNamespace
from typing import Any

import numpy as np

DEVICE_UNAVAILABLE = -9985
INVALID_RATE = -9997


class PortAudioError(Exception):
    """As sounddevice's: message, code."""


class FakeStream:
    """A stream whose callback the test calls."""

    def __init__(self, portaudio: FakePortAudio, direction: str, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.latency = 0.1
        self.is_open = True
        portaudio.check(settings, direction)
        portaudio.streams.append(self)

    def start(self) -> None: ...

    def abort(self, ignore_errors: bool = True) -> None:
        self.settings["finished_callback"]()

    def close(self, ignore_errors: bool = True) -> None:
        self.is_open = False

    def bring(self, samples: np.ndarray, *, overflow: bool = False) -> None:
        """As if the microphone had heard ``samples``, mono or of all channels."""
        frames = samples.astype(np.float32)
        if frames.ndim == 1:
            frames = np.repeat(frames[:, np.newaxis], self.settings["channels"], axis=1)
        status = SimpleNamespace(input_overflow=overflow)
        self.settings["callback"](frames, len(frames), SimpleNamespace(), status)

    def ask(self, frames: int, lead_s: float = 0.0) -> np.ndarray:
        """What the loudspeaker gets when it asks for ``frames``, shape (frames, channels)."""
        out = np.full((frames, self.settings["channels"]), np.nan, dtype=np.float32)
        clock = SimpleNamespace(currentTime=100.0, outputBufferDacTime=100.0 + lead_s)
        self.settings["callback"](out, frames, clock, SimpleNamespace())
        return out

    def unplug(self) -> None:
        """As when the cable is pulled: the stream ends by itself."""
        self.settings["finished_callback"]()


class FakePortAudio(types.ModuleType):
    """Put into ``sys.modules`` as ``sounddevice``."""

    PortAudioError = PortAudioError

    def __init__(self) -> None:
        super().__init__("sounddevice")
        self.apis = ["ALSA"]
        self.devices: list[dict[str, Any]] = []
        self.after_rescan: list[dict[str, Any]] | None = None
        self.default = SimpleNamespace(device=[-1, -1])
        self.streams: list[FakeStream] = []
        self.rates: set[int] | None = None
        self.busy: set[int] = set()
        self._initialized = 1

    def add(
        self, name: str, *, api: int = 0, inputs: int = 0, outputs: int = 0, rate: float = 48_000.0
    ) -> int:
        """Plug a device in; the first of each direction is the default."""
        self.devices.append(
            {
                "name": name,
                "hostapi": api,
                "max_input_channels": inputs,
                "max_output_channels": outputs,
                "default_samplerate": rate,
            }
        )
        index = len(self.devices) - 1
        for place, channels in enumerate((inputs, outputs)):
            if channels and self.default.device[place] < 0:
                self.default.device[place] = index
        return index

    @property
    def stream(self) -> FakeStream:
        """The stream opened last."""
        return self.streams[-1]

    def check(self, settings: dict[str, Any], direction: str) -> None:
        if settings["device"] in self.busy:
            raise PortAudioError("Error opening stream: Device unavailable", DEVICE_UNAVAILABLE)
        if self.rates is not None and settings["samplerate"] not in self.rates:
            raise PortAudioError("Error opening stream: Invalid sample rate", INVALID_RATE)

    def query_devices(self) -> list[dict[str, Any]]:
        return list(self.devices)

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": name} for name in self.apis]

    def get_portaudio_version(self) -> tuple[int, str]:
        return 1246720, "PortAudio V19.7.0-devel"

    def InputStream(self, **settings: Any) -> FakeStream:  # noqa: N802
        return FakeStream(self, "input", settings)

    def OutputStream(self, **settings: Any) -> FakeStream:  # noqa: N802
        return FakeStream(self, "output", settings)

    def _terminate(self) -> None:
        self._initialized -= 1

    def _initialize(self) -> None:
        self._initialized += 1
        if self.after_rescan is not None:
            self.devices = self.after_rescan
