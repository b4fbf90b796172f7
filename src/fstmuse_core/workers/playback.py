"""Decoded sound for the player: a child process reads ahead of the loudspeaker."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np

from fstmuse_core.audio.downmix import Downmix
from fstmuse_core.audio.reading import AudioStream
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.process_limits import Limits
from fstmuse_core.system.worker_process import Ready, WorkerProcess

# A disk that has gone to sleep may take ten seconds.
LIMITS = Limits(
    cpu_s=120.0,
    idle_s=20.0,
    silent_s=120.0,
    work="reading the file",
    remedy="press play to try again",
)
# A process that has let a reader wait for so long is left for another when a stream is opened.
_PATIENCE_S = 1.0
_BLOCK_S = 0.25
# Blocks decoded ahead of the reader: two seconds.
_READ_AHEAD = 8


@dataclass(frozen=True, eq=False)
class FeedBlock:
    """A piece of a stream.

    Attributes
    ----------
    stream : int
        Number that :meth:`AudioFeed.open` returned.
    samples : ndarray of float32, shape ``(n, channels)``
        May be empty on the last block.
    error : str or None
        Reason the stream ended early, in a sentence.
    end : bool
        True if this is the stream's last block.
    """

    stream: int
    samples: FloatArray
    error: str | None = None
    end: bool = False


@dataclass(frozen=True)
class _Open:
    stream: int
    path: str
    start_s: float
    sample_rate: int
    channels: int


@dataclass(frozen=True)
class _MayRead:
    """The reader has taken a block of this stream; another may be decoded."""

    stream: int


class AudioFeed:
    """Reads files in a process of its own, so that decoding never disturbs the window.

    Parameters
    ----------
    serve : callable
        The process's work.
    limits : Limits, optional
        Limits of each stream; one that goes beyond them ends with an error.
    """

    def __init__(
        self, serve: Callable[[Connection], None] | None = None, limits: Limits = LIMITS
    ) -> None:
        self._serve = serve or _feed
        self._limits = limits
        self._rate = 1
        # The current stream has not ended; since when a reader has been waiting for it.
        self._is_open = False
        self._waiting_since: float | None = None
        self._lock = threading.Lock()
        self._process: WorkerProcess | None = None
        self._stream = 0

    def start(self) -> None:
        """Start the process; done by :meth:`open` as well, if it is not running."""
        with self._lock:
            self._ensure_process()

    def stop(self) -> None:
        """End the process."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            # A reader may be waiting on the pipe: it sees the end, and the pipe goes with it.
            process.end()

    def open(self, path: str, *, start_s: float, sample_rate: int, channels: int = 2) -> int:
        """Begin to read ``path`` at ``start_s``; blocks of earlier streams are dropped.

        ``sample_rate`` (hertz) and ``channels`` are what the blocks will have. Errors of the
        file come with a block. Returns the stream's number.
        """
        with self._lock:
            self._stream += 1
            since = self._waiting_since
            if self._process and since is not None and time.monotonic() > since + _PATIENCE_S:
                self._give_up(self._process)
            process = self._ensure_process()
            process.begin()
            self._rate, self._is_open, self._waiting_since = sample_rate, True, None
            # That it is gone is found out and said by read().
            process.send(_Open(self._stream, path, start_s, sample_rate, channels))
            return self._stream

    def read(self, timeout: float) -> FeedBlock | None:
        """The next block of the current stream; ``None`` if none comes within ``timeout`` s."""
        with self._lock:
            process, stream = self._process, self._stream
        if process is None:
            return None
        try:
            while (block := process.receive(timeout)) is not None:
                if isinstance(block, FeedBlock) and block.stream == stream:
                    self._is_open, self._waiting_since = not block.end, None
                    process.beat(len(block.samples) / self._rate)
                    if not block.end:
                        process.send(_MayRead(stream))
                    return block
            if self._is_open:
                self._waiting_since = self._waiting_since or time.monotonic()
                process.watch()
        except EOFError:
            if process.blame is None:
                sentence = "playback stopped unexpectedly; press play again"
            else:
                sentence = f"playback stopped: {process.blame[1]}"
            return self._lost(process, stream, sentence)
        return None

    def _ensure_process(self) -> WorkerProcess:
        if self._process is None:
            self._process = WorkerProcess(self._serve, limits=self._limits)
        return self._process

    def _give_up(self, process: WorkerProcess) -> None:
        process.close()
        self._process = None
        self._is_open, self._waiting_since = False, None

    def _lost(self, process: WorkerProcess, stream: int, sentence: str) -> FeedBlock | None:
        """Tell once that the process is of no use any more; the next ``open`` starts another."""
        with self._lock:
            if self._process is not process:
                return None
            self._give_up(process)
        empty = np.empty((0, 2), dtype=np.float32)
        return FeedBlock(stream, empty, sentence, end=True)


def _feed(connection: Connection) -> None:
    """The child: one stream at a time, never more than the read-ahead."""
    try:
        connection.send(Ready(os.getpid()))
        request = connection.recv()
        while True:
            request = _feed_stream(connection, request) or connection.recv()
            while not isinstance(request, _Open):
                request = connection.recv()
    except (EOFError, OSError):
        return  # The parent is gone.


def _feed_stream(connection: Connection, request: _Open) -> _Open | None:
    """Send one stream's blocks; returns the request that interrupted it, if one did."""
    empty = np.empty((0, request.channels), dtype=np.float32)
    credit = _READ_AHEAD
    try:
        with AudioStream(
            request.path,
            sample_rate=request.sample_rate,
            start_s=request.start_s,
            mono=False,
            block_s=_BLOCK_S,
        ) as stream:
            fit = _Fit(stream.info.channels, request.channels, request.sample_rate)
            for block in stream:
                while credit == 0 or connection.poll():
                    message = connection.recv()
                    if isinstance(message, _Open):
                        return message
                    credit += message.stream == request.stream
                connection.send(FeedBlock(request.stream, fit(block)))
                credit -= 1
            rest = fit.rest()
    except FstMuseError as error:
        connection.send(FeedBlock(request.stream, empty, str(error), end=True))
    except (EOFError, OSError):
        raise
    except Exception as error:
        sentence = one_line(f"playback stopped ({type(error).__name__}: {error})")
        connection.send(FeedBlock(request.stream, empty, sentence, end=True))
    else:
        connection.send(FeedBlock(request.stream, rest, end=True))
    return None


class _Fit:
    """One channel to all; more channels than wanted mixed to one, and that to all."""

    def __init__(self, given: int, wanted: int, rate: int) -> None:
        self._wanted = wanted
        self._mix = Downmix(given, rate) if given != wanted else None

    def __call__(self, block: FloatArray) -> FloatArray:
        return block if self._mix is None else self._spread(self._mix.push(block))

    def rest(self) -> FloatArray:
        """Flush what mixing held back."""
        if self._mix is None:
            return np.empty((0, self._wanted), dtype=np.float32)
        return self._spread(self._mix.flush())

    def _spread(self, mono: FloatArray) -> FloatArray:
        return np.repeat(mono[:, None], self._wanted, axis=1)
