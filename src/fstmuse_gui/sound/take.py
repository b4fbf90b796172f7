"""A recording, and the buffer that it grows in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray


@dataclass(frozen=True, eq=False)
class Take:
    """One recording.

    Attributes
    ----------
    samples : ndarray of float32, shape ``(n,)``
        Mono, within [-1, 1].
    sample_rate : int
        In hertz.
    warnings : tuple of str
        Sentences about what may be wrong with it; empty for a clean take.
    """

    samples: FloatArray
    sample_rate: int
    warnings: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


class TakeBuffer:
    """Preallocated room for a take.

    Examples
    --------
    >>> buffer = TakeBuffer(3)
    >>> buffer.append(np.ones(5, dtype=np.float32)).size, buffer.is_full
    (3, True)
    """

    def __init__(self, capacity: int) -> None:
        self._samples: FloatArray = np.zeros(capacity, dtype=np.float32)
        self._size = 0

    @property
    def size(self) -> int:
        """Samples held."""
        return self._size

    @property
    def is_full(self) -> bool:
        """True once nothing more fits."""
        return self._size == len(self._samples)

    def clear(self) -> None:
        """Forget all samples."""
        self._size = 0

    def append(self, samples: FloatArray) -> FloatArray:
        """Keep as many of ``samples`` as fit, and return those."""
        stored = samples[: len(self._samples) - self._size]
        self._samples[self._size : self._size + stored.size] = stored
        self._size += stored.size
        return stored

    def samples(self) -> FloatArray:
        """A copy of what is held, shape ``(size,)``."""
        return self._samples[: self._size].copy()
