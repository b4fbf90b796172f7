"""Playing a file or samples, with a position that keeps step with the loudspeaker."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal, SignalInstance

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_gui.sound.buffers import OutputCallback, PlaybackBuffer
from fstmuse_gui.sound.devices import DeviceId, SoundDevice, SoundError, spoken_name
from fstmuse_gui.sound.sources import (
    Feed,
    FileSource,
    LoopedSource,
    SampleSource,
    SharedFeed,
    Source,
    SourceReader,
)
from fstmuse_gui.sound.streams import AsyncStream, DeviceStream

_TICK_MS = 33
_LOST_AFTER_S = 1.5
_COMMON_RATES = (48_000, 44_100)
STEP_S = 5.0


def _make_feed() -> Feed:
    from fstmuse_core.workers.playback import AudioFeed

    return AudioFeed()


class Player(QObject):
    """Plays one thing at a time. States are "stopped", "playing" and "paused".

    A device is held only while playing. Files are decoded by another process.

    Signals
    -------
    position_changed(float)
        Position in the music in seconds; about 30 times a second while playing.
    state_changed(str)
        One of the three states.
    level_changed(float)
        Peak of what was played since the last time, in decibels of full scale.
    failed(str)
        Why nothing plays; the state is then "paused", and the position is kept.
    """

    position_changed = Signal(float)
    level_changed = Signal(float)
    state_changed = Signal(str)
    failed = Signal(str)

    def __init__(
        self, parent: QObject | None = None, *, make_feed: Callable[[], Feed] = _make_feed
    ) -> None:
        super().__init__(parent)
        self._slot = AsyncStream("output", self)
        self._slot.opened.connect(self._on_opened)
        self._slot.refused.connect(self._fail)
        self._feeds = SharedFeed(make_feed)
        self._pump = SourceReader(self._feeds)
        self._wanted: tuple[DeviceId, ...] = ()
        self._source: Source | None = None
        self._duration_s = 0.0
        self._position_s = 0.0
        self._loop: tuple[float, float] | None = None
        self._state = "stopped"
        self._gain = 1.0
        self._cue: PlaybackBuffer | None = None
        self._closed = False
        self._timer = QTimer(self, interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    @property
    def state(self) -> str:
        """ "stopped", "playing" or "paused"."""
        return self._state

    @property
    def duration_s(self) -> float:
        """Length of what is loaded, in seconds; 0 if nothing is, or it is not known."""
        return self._duration_s

    @property
    def position(self) -> float:
        """Position in the music in seconds, as it leaves the loudspeaker."""
        if self._cue is not None:
            self._position_s = self._within(self._cue.position(time.perf_counter()))
        return self._looped(self._position_s)

    def _looped(self, seconds: float) -> float:
        if self._loop is None or seconds < self._loop[1]:
            return seconds
        start, end = self._loop
        return start + (seconds - start) % (end - start)

    def load_file(self, path: str, duration_s: float) -> None:
        """Stop, and have the file at ``path`` ready to play."""
        self._pump.warm_up()
        self._load(FileSource(path, self._feeds), duration_s)

    def load_samples(self, samples: FloatArray, sample_rate: int, *, wraps: bool = False) -> None:
        """Stop, and have ``samples``, shape ``(n,)`` or ``(n, channels)``, ready to play.

        ``wraps`` if their end leads into their beginning.
        """
        frames = np.ascontiguousarray(samples, dtype=np.float32)
        frames = frames if frames.ndim == 2 else frames[:, np.newaxis]
        source = SampleSource(frames, sample_rate, wraps=wraps)
        self._load(source, len(frames) / sample_rate)

    def unload(self) -> None:
        """Stop, and have nothing to play."""
        self._load(None, 0.0)

    def play(self) -> None:
        """Play on from the position."""
        if self._source is None or self._state == "playing" or self._closed:
            return
        self._set_state("playing")
        self._open()

    def pause(self) -> None:
        """Stop playing and keep the position."""
        if self._state == "playing":
            self._halt()
            self._set_state("paused")

    def toggle(self) -> None:
        """Play or pause."""
        if self._state == "playing":
            self.pause()
        else:
            self.play()

    def seek(self, seconds: float) -> None:
        """Go to ``seconds``, kept within the music; plays on from there if playing."""
        if self._source is None:
            return
        self._drop_cue()
        self._position_s = self._within(seconds)
        if self._loop is not None and not self._loop[0] <= self._position_s < self._loop[1]:
            self._position_s = self._loop[0]
        self.position_changed.emit(self._position_s)
        if self._state == "playing" and self._slot.stream is not None:
            self._cue_up(self._slot.stream)

    def set_loop(self, part: tuple[float, float] | None) -> None:
        """Play a part, given by its first and last second, again and again; None ends it.

        Playing goes on from the position, or from the start of a part that it is not in.
        """
        at = self.position
        if part is not None and not part[0] <= at < part[1]:
            at = part[0]
        self._loop = part
        self.seek(at)

    def stop(self) -> None:
        """Stop, and go back to the start."""
        self._halt()
        self._position_s = 0.0
        self.position_changed.emit(0.0)
        self._set_state("stopped")

    def set_device(self, device: DeviceId | None) -> None:
        """Play to ``device`` from now on, or to the system's default."""
        wanted = () if device is None else (device,)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if self._state == "playing":
            self._halt()
            self._open()

    def set_gain(self, gain: float) -> None:
        """Multiply what is played by ``gain``, 0 or more, from now on."""
        self._gain = gain
        if self._slot.stream is not None:
            self._slot.stream.end.gain = gain

    def close(self) -> None:
        """Stop for good: free the device, end the threads and the reading process."""
        if self._closed:
            return
        self._closed = True
        self._halt()
        self._slot.release()
        self._pump.stop()

    def _load(self, source: Source | None, duration_s: float) -> None:
        self.stop()
        self._source = source
        self._duration_s = duration_s
        self._loop = None

    def _open(self) -> None:
        self._timer.start()
        self._slot.open(self._wanted, _formats, OutputCallback)

    def _on_opened(self, stream: DeviceStream[OutputCallback]) -> None:
        stream.end.latency_s = stream.latency_s
        stream.end.gain = self._gain
        self._cue_up(stream)

    def _cue_up(self, stream: DeviceStream[OutputCallback]) -> None:
        if self._source is None:
            return
        self._cue = PlaybackBuffer(self._position_s, stream.rate, stream.channels)
        source = self._source if self._loop is None else LoopedSource(self._source, *self._loop)
        self._pump.play(source, self._cue)
        stream.end.cue = self._cue

    def _drop_cue(self) -> None:
        """Silence at once, with the position where the listener is."""
        self._position_s = self.position
        self._cue = None
        if self._slot.stream is not None:
            self._slot.stream.end.cue = None

    def _halt(self) -> None:
        self._drop_cue()
        self._timer.stop()
        self._pump.halt()
        self._slot.close()

    def _tick(self) -> None:
        cue, stream = self._cue, self._slot.stream
        if cue is None or stream is None:
            return
        now = time.perf_counter()
        self.position_changed.emit(self.position)
        self.level_changed.emit(_decibels(stream.end.take_peak()))
        if cue.error:
            self._fail(cue.error)
        elif cue.is_over(now):
            self.stop()
        elif stream.ended or now - stream.end.called_at > _LOST_AFTER_S:
            self._fail(
                str(
                    SoundError(
                        spoken_name(stream.device, "output"),
                        "the device stopped playing",
                        "plug it in or choose another, then press Play again",
                    )
                )
            )

    def _fail(self, sentence: str) -> None:
        self._halt()
        self._set_state("paused")
        self.failed.emit(sentence)

    def _within(self, seconds: float) -> float:
        is_known = self._duration_s > 0 and self._loop is None
        return max(0.0, min(seconds, self._duration_s) if is_known else seconds)

    def _set_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def _decibels(peak: float) -> float:
    return 20.0 * math.log10(peak) if peak > 0.0 else -math.inf


def _formats(device: SoundDevice) -> list[tuple[int, int]]:
    channels = min(2, device.channels)
    rates = [device.default_rate, *(r for r in _COMMON_RATES if r != device.default_rate)]
    return [(rate, channels) for rate in rates]


class Playing(Protocol):
    """The part of ``sound.player.Player`` that tabs need."""

    position_changed: SignalInstance
    level_changed: SignalInstance
    state_changed: SignalInstance
    failed: SignalInstance

    @property
    def position(self) -> float: ...
    @property
    def duration_s(self) -> float: ...
    @property
    def state(self) -> str: ...

    def load_file(self, path: str, duration_s: float) -> None: ...
    def load_samples(
        self, samples: FloatArray, sample_rate: int, *, wraps: bool = False
    ) -> None: ...
    def unload(self) -> None: ...
    def toggle(self) -> None: ...
    def pause(self) -> None: ...
    def seek(self, seconds: float) -> None: ...
    def set_loop(self, part: tuple[float, float] | None) -> None: ...
    def set_device(self, device: DeviceId | None) -> None: ...
    def set_gain(self, gain: float) -> None: ...
    def close(self) -> None: ...


def make_player(parent: QObject) -> Playing:
    """The player of the sound card."""

    return Player(parent)
