"""The interface of an open sound file, the numbers that it may have, and blocks of any shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from fstmuse_core.audio.downmix import Downmix
from fstmuse_core.audio.spectrogram import FloatArray

LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000
MOST_CHANNELS = 64
# Decoded at once, whatever the header says of rate and channels.
_BLOCK_BYTES = 16 << 20


class Source(Protocol):
    """An open file.

    Attributes
    ----------
    sample_rate : int
        In hertz.
    channels : int
    format : str
        The decoder's name for the container.
    duration_s : float or None
        Length in seconds, ``None`` where nothing tells.
    is_estimate : bool
        True if ``duration_s`` is no more than a guess, so that a file that ends earlier is
        not cut.
    notes : list of str
        Warnings for the user; complete once all blocks are read.
    """

    sample_rate: int
    channels: int
    format: str
    duration_s: float | None
    is_estimate: bool
    notes: list[str]

    def blocks(self, start_s: float, block_s: float) -> Iterator[FloatArray]:
        """Sound from ``start_s`` on, shape ``(n, channels)``; ``DamagedError`` where it breaks."""

    def close(self) -> None:
        """Close the file."""


class DamagedError(Exception):
    """The file cannot be decoded any further."""


class UnreadableError(Exception):
    """The decoder cannot open the file; the text is the reason for the user."""


class RefusedError(UnreadableError):
    """The file states numbers that no sound has: no decoder should try it."""


def check_numbers(rate: float, channels: int) -> None:
    """Raise :class:`RefusedError` for a sample rate or a number of channels out of range."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise RefusedError(
            f"its header states a sample rate of {rate:,.0f} Hz; "
            f"{LOWEST_RATE:,} to {HIGHEST_RATE:,} Hz can be read"
        )
    if not 1 <= channels <= MOST_CHANNELS:
        raise RefusedError(
            f"its header states {channels:,} channels; 1 to {MOST_CHANNELS} can be read"
        )


def block_frames(block_s: float, rate: int, channels: int) -> int:
    """Samples per channel in a block of about ``block_s`` seconds and of bounded size."""
    return max(1, min(int(block_s * rate), _BLOCK_BYTES // (4 * channels)))


def damage_note(places: int, lost_s: float) -> str:
    """The warning that damage was passed over."""
    where = "1 place" if places == 1 else f"{places:,} places"
    return f"the file is damaged in {where}: {lost_s:.2f} s could not be read"


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
