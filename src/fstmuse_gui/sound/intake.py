"""Sound from an input: taken from its callback, and mixed and resampled to be classified."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fstmuse_core.audio.downmix import Downmix
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_gui.sound.buffers import SampleRing, Take

RECORDING_RATE = DEFAULT_CONFIG.sample_rate

# Far more than the window ever stalls for, so that a busy moment costs no sound.
_RING_S = 10.0


class Heard(NamedTuple):
    """Sound that has arrived: as it came, shape ``(n, channels)``, and mono at 22,050 Hz.

    The two may differ in length by more than their rates, since a resampler keeps a few
    milliseconds until the end, as mixing keeps up to 100.
    """

    frames: FloatArray
    samples: FloatArray


class InputCallback:
    """Takes what the input's callback brings and hands it out, also as mono at 22,050 Hz.

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
        self._mono = _MonoStream(self._channels, self.rate)

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

    def read(self, *, last: bool = False) -> Heard:
        """Return what has arrived; ``last`` brings what resampling and mixing have kept."""
        frames = self.ring.read()
        return Heard(frames, self._mono.push(frames, last=last))

    def skip(self) -> FloatArray:
        """Return what has arrived, shape ``(n, channels)``, and leave it out of the take."""
        return self.ring.read()


class _MonoStream:
    """Mixes and resamples what comes to what is classified."""

    def __init__(self, channels: int, rate: int) -> None:
        self._mix = Downmix(channels, rate)
        self._resampler: Any = None
        if rate != RECORDING_RATE:
            import soxr

            self._resampler = soxr.ResampleStream(rate, RECORDING_RATE, 1, dtype="float32")

    def push(self, frames: FloatArray, *, last: bool) -> FloatArray:
        """Take frames of shape ``(n, channels)``; returns shape ``(m,)``."""
        mono = self._mix.push(frames)
        if last:
            mono = np.concatenate([mono, self._mix.flush()])
        if self._resampler is None:
            return mono
        return np.asarray(self._resampler.resample_chunk(mono, last=last))


def take_of(frames: FloatArray, rate: int, warnings: tuple[str, ...] = ()) -> Take:
    """A take of sound as an input brought it, shape ``(n, channels)``."""
    samples = _MonoStream(frames.shape[1], rate).push(frames, last=True)
    return make_take(samples, frames, rate, warnings)


def make_take(
    samples: FloatArray, frames: FloatArray, rate: int, warnings: tuple[str, ...] = ()
) -> Take:
    """A take of what is classified, and of the same sound as the input brought it."""
    if frames.shape[1] > 1 and (frames == frames[:, :1]).all():
        frames = frames[:, :1].copy()  # one microphone that the system offers twice
    if frames.shape[1] == 1 and rate == RECORDING_RATE:
        return Take(samples, RECORDING_RATE, warnings)
    return Take(samples, RECORDING_RATE, warnings, frames, rate)
