"""Sources of played sound, and the thread that keeps its ring filled."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.errors import FstMuseError
from fstmuse_gui.sound.buffers import PlaybackBuffer
from fstmuse_gui.sound.streams import CallThread

_log = logging.getLogger(__name__)
_BLOCK_S = 0.25
_READ_TIMEOUT_S = 0.02
_FULL_WAIT_S = 0.05
# Samples that a resampler needs to know on either side.
_AROUND = 1024


class Block(Protocol):
    """Block of decoded sound."""

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
        """True for the last block."""


class Feed(Protocol):
    """The part of :class:`fstmuse_core.workers.playback.AudioFeed` that sources need."""

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


class SharedFeed:
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

    def __init__(self, path: str, feeds: SharedFeed) -> None:
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
    """Samples in memory, shape ``(n, channels)``; ``wraps`` if their ends belong together."""

    def __init__(self, samples: FloatArray, rate: int, *, wraps: bool = False) -> None:
        self._samples = samples
        self._rate = rate
        self._wraps = wraps
        self._at_rate: tuple[int, FloatArray] = (rate, samples)
        self._next = 0
        self._channels = 1

    def open(self, start_s: float, rate: int, channels: int) -> None:
        """Begin at ``start_s``, resampled if need be."""
        if self._at_rate[0] != rate:
            self._at_rate = (rate, self._resampled(rate))
        self._next = max(0, round(start_s * rate))
        self._channels = channels

    def _resampled(self, rate: int) -> FloatArray:
        import soxr

        if not self._wraps:
            return np.asarray(soxr.resample(self._samples, self._rate, rate))
        # Without its other end around it a loop would have silence there, and tick.
        unit = self._rate // math.gcd(self._rate, rate)
        around = unit * -(-_AROUND // unit)
        n = len(self._samples)
        places = np.arange(-around, n + around) % max(1, n)
        resampled = soxr.resample(self._samples[places], self._rate, rate)
        begin = around * rate // self._rate
        return np.asarray(resampled[begin : begin + round(n * rate / self._rate)])

    def read(self, timeout: float) -> Block | None:
        """The next quarter of a second."""
        rate, samples = self._at_rate
        stop = self._next + max(1, round(_BLOCK_S * rate))
        frames = _spread(samples[self._next : stop], self._channels)
        self._next = stop
        return _SampleBlock(frames, end=stop >= len(samples))


def _spread(frames: FloatArray, channels: int) -> FloatArray:
    """Frames for so many loudspeakers: mono goes to all, stereo to the first two."""
    own = frames.shape[1]
    if own == 1:
        return np.repeat(frames, channels, axis=1)
    if channels == 1:
        return np.asarray(frames.mean(axis=1, keepdims=True), dtype=np.float32)
    spread: FloatArray = np.zeros((len(frames), channels), dtype=np.float32)
    spread[:, :own] = frames[:, :channels]
    return spread


class LoopedSource:
    """A part of another source, again and again; it ends only if the part holds no sound.

    Parameters
    ----------
    start_s, end_s : float
        The part, in seconds.
    """

    def __init__(self, source: Source, start_s: float, end_s: float) -> None:
        self._source = source
        self._start_s, self._end_s = start_s, end_s
        self._format = (1, 1)
        self._left = 0
        self._is_empty = True

    def open(self, start_s: float, rate: int, channels: int) -> None:
        """Begin at ``start_s``, or at the start of the part if that lies outside of it."""
        inside = self._start_s <= start_s < self._end_s
        self._format = (rate, channels)
        self._open(start_s if inside else self._start_s)

    def _open(self, start_s: float) -> None:
        rate, channels = self._format
        self._left = max(1, round(self._end_s * rate) - round(start_s * rate))
        self._is_empty = True
        self._source.open(start_s, rate, channels)

    def read(self, timeout: float) -> Block | None:
        """The next block, cut where the part ends."""
        block = self._source.read(timeout)
        if block is None or block.error:
            return block
        samples = block.samples[: self._left]
        self._left -= len(samples)
        self._is_empty = self._is_empty and not len(samples)
        if not self._left or block.end:
            if self._is_empty:
                return _SampleBlock(samples, end=True)  # or it would be opened for ever
            self._open(self._start_s)
        return _SampleBlock(samples, end=False)


class SourceReader:
    """Reads from a source into the ring of a cue.

    Parameters
    ----------
    feeds : FeedKeeper
        Ended with the pump, and started anew when reading breaks.
    """

    def __init__(self, feeds: SharedFeed) -> None:
        self._feeds = feeds
        self._lock = threading.Lock()
        self._next: tuple[Source, PlaybackBuffer] | None = None
        self._source: Source | None = None
        self._cue: PlaybackBuffer | None = None
        self._rest: FloatArray | None = None
        self._is_last = False
        self._thread = CallThread("fstmuse-pump", self._step)

    def warm_up(self) -> None:
        """Start the reading process before it is needed."""
        self._thread.call(lambda: self._guarded(self._feeds.get))

    def play(self, source: Source, cue: PlaybackBuffer) -> None:
        """Fill ``cue`` from ``source`` from now on, and nothing else."""
        # Of many seeks in a row, as when a slider is dragged, only the last is opened.
        with self._lock:
            self._next = (source, cue)
        self._thread.call(self._switch)

    def halt(self) -> None:
        """Read no more."""
        with self._lock:
            self._next = None
        self._thread.call(self._forget)

    def stop(self) -> None:
        """End the thread and the reading process."""
        self.halt()
        self._thread.call(self._feeds.drop)
        self._thread.stop()

    def _switch(self) -> None:
        with self._lock:
            following, self._next = self._next, None
        if following is None:
            return
        self._source, self._cue = following
        self._rest = None
        self._is_last = False
        self._guarded(self._open)

    def _open(self) -> None:
        if self._source is not None and self._cue is not None:
            cue = self._cue
            self._source.open(cue.start_s, cue.rate, cue.ring.channels)

    def _forget(self) -> None:
        self._source = self._cue = self._rest = None

    def _step(self) -> float | None:
        cue = self._cue
        if cue is None or self._source is None:
            return None
        if not cue.ring.free:
            return _FULL_WAIT_S
        if self._rest is None:
            self._guarded(self._read)
        rest = self._rest
        if rest is not None:
            written = cue.ring.write(rest[: cue.ring.free])
            self._rest = rest[written:] if written < len(rest) else None
        # Only once all is in the ring: the player ends when a complete cue's ring is empty.
        if self._rest is None and self._is_last:
            cue.is_complete = True
            self._forget()
        return 0.0

    def _read(self) -> None:
        if self._source is None or self._cue is None:
            return
        block = self._source.read(_READ_TIMEOUT_S)
        if block is None:
            return
        if block.error:
            self._break_off(block.error)
            return
        self._rest = block.samples if len(block.samples) else None
        self._is_last = block.end

    def _guarded(self, step: Callable[[], object]) -> None:
        try:
            step()
        except FstMuseError as error:
            self._break_off(str(error))
        except Exception:
            _log.exception("the reading process broke")
            self._feeds.drop()
            self._break_off("Player: the sound could not be read; press Play to try again")

    def _break_off(self, sentence: str) -> None:
        if self._cue is not None:
            self._cue.error = sentence
        self._forget()
