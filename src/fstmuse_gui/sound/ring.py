"""A ring of samples between an audio callback and the rest of the program."""

from __future__ import annotations

import numpy as np

from fstmuse_core.spectrogram import FloatArray


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
        """All waiting frames as a new array of shape ``(n, channels)``."""
        out: FloatArray = np.empty((self.available, self.channels), dtype=np.float32)
        self.read_into(out)
        return out
