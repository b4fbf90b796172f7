"""A stand-in for AudioFeed: a file whose samples tell their own position."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray

LENGTH_S = 10.0


@dataclass(frozen=True, eq=False)
class FakeBlock:
    stream: int
    samples: FloatArray
    error: str | None = None
    end: bool = False


class FakeFeed:
    """Ten seconds in which each sample is its time in seconds.

    ``error`` is what the next block says, ``broken`` makes every call fail.
    """

    def __init__(self) -> None:
        self.opened: list[tuple[str, float, int, int]] = []
        self.is_running = False
        self.starts = 0
        self.error: str | None = None
        self.broken = False
        self._lock = threading.Lock()
        self._stream = 0
        self._next = 0

    def start(self) -> None:
        self.is_running = True
        self.starts += 1

    def stop(self) -> None:
        self.is_running = False

    def open(self, path: str, *, start_s: float, sample_rate: int, channels: int) -> int:
        if self.broken:
            raise BrokenPipeError("the process is gone")
        with self._lock:
            self.opened.append((path, start_s, sample_rate, channels))
            self._stream += 1
            self._next = round(start_s * sample_rate)
            return self._stream

    def read(self, timeout: float) -> FakeBlock | None:
        with self._lock:
            if not self.opened:
                time.sleep(timeout)
                return None
            _, _, rate, channels = self.opened[-1]
            end = round(LENGTH_S * rate)
            stop = min(end, self._next + rate // 4)
            times = (np.arange(self._next, stop) / rate).astype(np.float32)
            self._next = stop
            samples = np.repeat(times[:, np.newaxis], channels, axis=1)
            return FakeBlock(self._stream, samples, self.error, end=stop >= end)
