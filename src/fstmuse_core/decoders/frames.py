"""Blocks of one rate and number of channels from blocks of any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fstmuse_core.downmix import Downmix
from fstmuse_core.spectrogram import FloatArray

_SAFE_PLANES = 8


def float_samples(frame: Any) -> FloatArray:
    """The samples of a frame of FFmpeg's, float within [-1, 1], shape ``(n, channels)``."""
    if frame.format.is_planar and len(frame.layout.channels) >= _SAFE_PLANES:
        import av

        # PyAV counts a frame's planes up to a zero that is not there behind the eighth.
        frame = av.AudioResampler("flt", frame.layout, frame.sample_rate).resample(frame)[0]
    array = frame.to_ndarray()
    array = array.T if frame.format.is_planar else array.reshape(-1, len(frame.layout.channels))
    if array.dtype.kind == "u":
        array = (array.astype(np.float32) - np.float32(128.0)) / np.float32(128.0)
    elif array.dtype.kind == "i":
        array = array.astype(np.float32) / np.float32(2 ** (8 * array.dtype.itemsize - 1))
    return np.asarray(array, dtype=np.float32)


class Converter:
    """Brings sound to ``rate`` and ``channels``, also where either changes on the way."""

    def __init__(self, rate: int, channels: int) -> None:
        self._rate, self._channels = rate, channels
        self._kind: tuple[int, int] | None = None
        self._mix: Downmix | None = None
        self._resampler: Any = None

    def __call__(self, block: FloatArray, rate: int) -> Iterator[FloatArray]:
        """Convert a block of shape ``(n, any)`` at ``rate`` hertz."""
        kind = (rate, block.shape[1])
        if kind != self._kind:
            yield from self.rest()
            self._begin(*kind)
        if self._mix is not None:
            mono = self._mix.push(block)
            block = np.repeat(mono[:, None], self._channels, axis=1)
        elif block.shape[1] != self._channels:
            block = np.repeat(block, self._channels, axis=1)
        yield from self._resampled(block, is_last=False)

    def rest(self) -> Iterator[FloatArray]:
        """Return what is still held back; the next block begins anew."""
        block = np.empty((0, self._channels), np.float32)
        if self._mix is not None:
            block = np.repeat(self._mix.flush()[:, None], self._channels, axis=1)
        yield from self._resampled(block, is_last=True)
        self._kind = self._mix = self._resampler = None

    def _begin(self, rate: int, channels: int) -> None:
        self._kind = (rate, channels)
        if channels not in (1, self._channels):
            self._mix = Downmix(channels, rate)
        if rate != self._rate:
            import soxr

            self._resampler = soxr.ResampleStream(rate, self._rate, self._channels, dtype="float32")

    def _resampled(self, block: FloatArray, *, is_last: bool) -> Iterator[FloatArray]:
        if self._resampler is not None:
            block = self._resampler.resample_chunk(np.ascontiguousarray(block), last=is_last)
            block = block.reshape(-1, self._channels)
        if len(block):
            yield np.asarray(block, dtype=np.float32)
