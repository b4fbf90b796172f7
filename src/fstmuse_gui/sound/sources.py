"""Where played sound comes from: a file read by another process, or samples in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fstmuse_core.spectrogram import FloatArray

_BLOCK_S = 0.25


class Block(Protocol):
    """Some decoded sound."""

    @property
    def stream(self) -> int:
        """Number of the stream it belongs to."""

    @property
    def samples(self) -> FloatArray:
        """Shape ``(n, channels)``."""

    @property
    def error(self) -> str | None:
        """A sentence, if the sound breaks off here."""

    @property
    def end(self) -> bool:
        """Whether this is the last block."""


class Feed(Protocol):
    """What :class:`fstmuse_core.jobs.feed.AudioFeed` offers."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def open(self, path: str, *, start_s: float, sample_rate: int, channels: int) -> int: ...

    def read(self, timeout: float) -> Block | None: ...


class Source(Protocol):
    """Sound that can be read from any position, by one thread."""

    def open(self, start_s: float, rate: int, channels: int) -> None:
        """Begin at ``start_s``, in this format."""

    def read(self, timeout: float) -> Block | None:
        """The next block since :meth:`open`, or None if none came in ``timeout`` seconds."""


class FeedKeeper:
    """Starts the reading process when it is first needed, and again after it broke."""

    def __init__(self, make_feed: Callable[[], Feed]) -> None:
        self._make_feed = make_feed
        self._feed: Feed | None = None

    def get(self) -> Feed:
        """A running feed."""
        if self._feed is None:
            feed = self._make_feed()
            feed.start()
            self._feed = feed
        return self._feed

    def drop(self) -> None:
        """End the process."""
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.stop()


class FileSource:
    """A sound file."""

    def __init__(self, path: str, feeds: FeedKeeper) -> None:
        self._path = path
        self._feeds = feeds
        self._stream = -1

    def open(self, start_s: float, rate: int, channels: int) -> None:
        """Begin at ``start_s``."""
        self._stream = self._feeds.get().open(
            self._path, start_s=start_s, sample_rate=rate, channels=channels
        )

    def read(self, timeout: float) -> Block | None:
        """The next block; those of earlier streams are passed over."""
        block = self._feeds.get().read(timeout)
        return block if block is not None and block.stream == self._stream else None


@dataclass(frozen=True, eq=False)
class _SampleBlock:
    samples: FloatArray
    end: bool
    stream: int = 0
    error: str | None = None


class SampleSource:
    """Mono samples in memory."""

    def __init__(self, samples: FloatArray, rate: int) -> None:
        self._samples = samples
        self._rate = rate
        self._at_rate: tuple[int, FloatArray] = (rate, samples)
        self._next = 0
        self._channels = 1

    def open(self, start_s: float, rate: int, channels: int) -> None:
        """Begin at ``start_s``, resampled if need be."""
        if self._at_rate[0] != rate:
            import soxr

            self._at_rate = (rate, soxr.resample(self._samples, self._rate, rate))
        self._next = max(0, round(start_s * rate))
        self._channels = channels

    def read(self, timeout: float) -> Block | None:
        """The next quarter of a second."""
        rate, samples = self._at_rate
        stop = self._next + max(1, round(_BLOCK_S * rate))
        mono = samples[self._next : stop]
        self._next = stop
        frames: FloatArray = np.repeat(mono[:, np.newaxis], self._channels, axis=1)
        return _SampleBlock(frames, end=stop >= samples.size)
