"""Buffers of samples: the ring between an audio callback and the program, and a recording."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray

_AHEAD_S = 2.0
# A lead beyond this is a clock that was not set, not a loudspeaker that far away.
_LARGEST_LEAD_S = 3.0


class SampleRing:
    """Preallocated float32 ring for one writing and one reading thread.

    Neither side waits for the other. Each owns one counter, which it moves only after the
    samples are in place, so the other side never sees half a block.

    Parameters
    ----------
    capacity : int
        Frames the ring holds, 1 or more.
    channels : int
        Samples a frame.

    Raises
    ------
    ValueError
        If ``capacity`` or ``channels`` is less than 1.

    Examples
    --------
    >>> ring = SampleRing(4)
    >>> ring.write(np.ones((6, 1), dtype=np.float32)), ring.overruns
    (4, 2)
    >>> ring.read().shape
    (4, 1)
    """

    def __init__(self, capacity: int, channels: int = 1) -> None:
        if capacity < 1 or channels < 1:
            raise ValueError(f"a ring of {capacity} frames by {channels} channels holds nothing")
        self.capacity = capacity
        self.channels = channels
        self.overruns = 0
        self._frames: FloatArray = np.zeros((capacity, channels), dtype=np.float32)
        self._written = 0
        self._read = 0

    @property
    def available(self) -> int:
        """Frames that wait to be read."""
        return self._written - self._read

    @property
    def free(self) -> int:
        """Frames that fit in."""
        return self.capacity - self.available

    def write(self, block: FloatArray) -> int:
        """Copy ``block``, shape ``(n, channels)``, in; return how many frames fitted.

        Frames that do not fit are dropped and counted in ``overruns``.
        """
        count = min(len(block), self.free)
        start = self._written % self.capacity
        head = min(count, self.capacity - start)
        self._frames[start : start + head] = block[:head]
        self._frames[: count - head] = block[head:count]
        self._written += count
        self.overruns += len(block) - count
        return count

    def read_into(self, out: FloatArray) -> int:
        """Fill ``out``, shape ``(n, channels)``, from its start; return the frames copied."""
        count = min(len(out), self.available)
        start = self._read % self.capacity
        head = min(count, self.capacity - start)
        out[:head] = self._frames[start : start + head]
        out[head:count] = self._frames[: count - head]
        self._read += count
        return count

    def read(self) -> FloatArray:
        """Frames that wait, as a new array of shape ``(n, channels)``."""
        out: FloatArray = np.empty((self.available, self.channels), dtype=np.float32)
        self.read_into(out)
        return out


class PlaybackBuffer:
    """Sound from ``start_s`` on. Each seek makes a new one, so nothing stale is ever played.

    Three threads share it: one fills ``ring``, the device's callback empties it, and the
    window asks for the position.

    Attributes
    ----------
    ring : SampleRing
        Sound read ahead.
    is_complete : bool
        Set once nothing more will be written.
    error : str
        A sentence, set if the sound broke off.
    """

    def __init__(self, start_s: float, rate: int, channels: int) -> None:
        self.start_s = start_s
        self.rate = rate
        self.ring = SampleRing(round(_AHEAD_S * rate), channels)
        self.is_complete = False
        self.error = ""
        self._handed = 0
        # Frames before the last block, frames in it, and when its first is played: one tuple,
        # so that a reader on another thread sees the three of one block.
        self._last_block: tuple[int, int, float] | None = None
        self._position_s = start_s

    def fill(self, out: FloatArray, played_at: float) -> None:
        """Copy the next frames to ``out``, whose first is played at ``played_at``; pad with 0."""
        count = self.ring.read_into(out)
        out[count:] = 0.0
        if count:
            self._last_block = (self._handed, count, played_at)
            self._handed += count

    def position(self, now: float) -> float:
        """Seconds into the music that leave the loudspeaker at ``now``; never runs back."""
        block = self._last_block
        if block is not None:
            before, count, played_at = block
            played = before + min(count, (now - played_at) * self.rate)
            self._position_s = max(self._position_s, self.start_s + played / self.rate)
        return self._position_s

    def is_over(self, now: float) -> bool:
        """True once the last frame has been played."""
        if not self.is_complete or self.ring.available:
            return False
        if self._last_block is None:
            return True
        _, count, played_at = self._last_block
        return now >= played_at + count / self.rate


class OutputCallback:
    """The program's end of an output stream: plays ``cue``, or silence while it is None.

    Attributes
    ----------
    cue : Cue or None
    latency_s : float
        From the callback to the loudspeaker, where the device does not say for each block.
    called_at : float
        Time at which the device last asked for sound, by ``time.perf_counter``.
    gain : float
        Factor for what is played, 0 or more.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self.rate = rate
        self.channels = channels
        self.cue: PlaybackBuffer | None = None
        self.latency_s = 0.1
        self.called_at = time.perf_counter()
        self.gain = 1.0
        self._gain_before: float | None = None
        self._peak = 0.0

    def callback(self, data: FloatArray, frames: int, clock: Any, status: Any) -> None:
        """Copy from the cue's ring, note when it will be played and how loud it is, return."""
        self.called_at = time.perf_counter()
        cue = self.cue
        if cue is None:
            data.fill(0.0)
            return
        lead = clock.outputBufferDacTime - clock.currentTime
        if not (clock.outputBufferDacTime > 0.0 and 0.0 <= lead < _LARGEST_LEAD_S):
            lead = self.latency_s
        cue.fill(data, self.called_at + lead)
        self._amplify(data)
        self._peak = max(self._peak, float(data.max()), -float(data.min()))

    def _amplify(self, data: FloatArray) -> None:
        gain, before = self.gain, self._gain_before
        self._gain_before = gain
        if before is not None and before != gain:
            # From one to the other within the block: a step would click.
            data *= np.linspace(before, gain, len(data), dtype=np.float32)[:, np.newaxis]
        elif gain != 1.0:
            data *= gain

    def take_peak(self) -> float:
        """Peak played since this was last called, as a factor of full scale."""
        peak, self._peak = self._peak, 0.0
        return peak


@dataclass(frozen=True, eq=False)
class Take:
    """One recording.

    Attributes
    ----------
    samples : ndarray of float32, shape ``(n,)``
        Mono, within [-1, 1]; what is classified.
    sample_rate : int
        In hertz.
    warnings : tuple of str
        Sentences about what may be wrong with it; empty for a clean take.
    original : ndarray of float32, shape ``(n, channels)``, optional
        The sound as the input brought it, where it was more than ``samples``.
    original_rate : int
        In hertz.
    """

    samples: FloatArray
    sample_rate: int
    warnings: tuple[str, ...] = ()
    original: FloatArray | None = None
    original_rate: int = 0

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate

    @property
    def best(self) -> tuple[FloatArray, int]:
        """The sound to play and to save, and its rate; shape ``(n,)`` or ``(n, channels)``."""
        if self.original is None:
            return self.samples, self.sample_rate
        return self.original, self.original_rate

    def part(self, start_s: float, end_s: float) -> Take:
        """The take between two of its seconds."""
        start, end = (round(at * self.sample_rate) for at in (start_s, end_s))
        samples, original = self.samples[start:end], self.original
        if original is not None:
            start, end = (round(at * self.original_rate) for at in (start_s, end_s))
            original = original[start:end]
        return Take(samples, self.sample_rate, (), original, self.original_rate)


class TakeBuffer:
    """Preallocated room for a take; memory is used up only as far as it is filled.

    Examples
    --------
    >>> buffer = TakeBuffer(3)
    >>> len(buffer.append(np.ones(5, dtype=np.float32))), buffer.is_full
    (3, True)
    """

    def __init__(self, capacity: int, channels: int = 0) -> None:
        shape = (capacity, channels) if channels else (capacity,)
        self._samples: FloatArray = np.zeros(shape, dtype=np.float32)
        self._size = 0

    @property
    def size(self) -> int:
        """Samples held."""
        return self._size

    @property
    def is_full(self) -> bool:
        """True once nothing more fits."""
        return self._size == len(self._samples)

    def append(self, samples: FloatArray) -> FloatArray:
        """Keep as many of ``samples`` as fit, and return those."""
        stored = samples[: len(self._samples) - self._size]
        self._samples[self._size : self._size + len(stored)] = stored
        self._size += len(stored)
        return stored

    def samples(self) -> FloatArray:
        """A copy of what is held, shape ``(size,)`` or ``(size, channels)``."""
        return self._samples[: self._size].copy()
