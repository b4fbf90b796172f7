"""The receiving end of an input stream: blocks of any rate in, mono at 22,050 Hz out."""

from __future__ import annotations

from typing import Any

import numpy as np

from fstmuse_core.downmix import Downmix
from fstmuse_core.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_gui.sound.ring import SampleRing

RECORDING_RATE = DEFAULT_CONFIG.sample_rate

# Far more than the window ever stalls for, so that a busy moment costs no sound.
_RING_S = 10.0


class Intake:
    """Takes what the input's callback brings and hands it out as mono at 22,050 Hz.

    Parameters
    ----------
    rate, channels : int
        Format the stream delivers.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self.rate = rate
        self.ring = SampleRing(round(_RING_S * rate), channels)
        self.overflows = 0
        self._channels = channels
        self._begin()

    def _begin(self) -> None:
        self._mix = Downmix(self._channels, self.rate)
        self._resampler = self._new_resampler()

    def callback(self, data: FloatArray, frames: int, time: Any, status: Any) -> None:
        """Copy into the ring, count overruns, return."""
        self.ring.write(data)
        if status.input_overflow:
            self.overflows += 1

    @property
    def lost_s(self) -> float:
        """Seconds of sound that found the ring full."""
        return self.ring.overruns / self.rate

    def discard(self) -> None:
        """Drop what waits, so that what comes next is fresh."""
        self.ring.read()
        self.ring.overruns = self.overflows = 0
        self._begin()

    def read(self, *, last: bool = False) -> tuple[FloatArray, FloatArray]:
        """What has arrived: mono as it came, and mono at 22,050 Hz.

        The two may differ in length by more than their rates, since a resampler keeps a few
        milliseconds until ``last``, as mixing keeps up to 100.
        """
        frames = self.ring.read()
        mono = self._mix.push(frames)
        if last:
            mono = np.concatenate([mono, self._mix.flush()])
        if self._resampler is None:
            return mono, mono
        return mono, np.asarray(self._resampler.resample_chunk(mono, last=last))

    def _new_resampler(self) -> Any:
        if self.rate == RECORDING_RATE:
            return None
        import soxr

        return soxr.ResampleStream(self.rate, RECORDING_RATE, 1, dtype="float32")
