"""Keeps the ring of the sound being played filled, on a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from fstmuse_core.errors import FstMuseError
from fstmuse_core.spectrogram import FloatArray
from fstmuse_gui.sound.cue import Cue
from fstmuse_gui.sound.sources import FeedKeeper, Source
from fstmuse_gui.sound.threads import CallThread

_log = logging.getLogger(__name__)

_READ_TIMEOUT_S = 0.02
_FULL_WAIT_S = 0.05


class Pump:
    """Reads from a source into the ring of a cue.

    Parameters
    ----------
    feeds : FeedKeeper
        Ended with the pump, and started anew when reading breaks.
    """

    def __init__(self, feeds: FeedKeeper) -> None:
        self._feeds = feeds
        self._lock = threading.Lock()
        self._next: tuple[Source, Cue] | None = None
        self._source: Source | None = None
        self._cue: Cue | None = None
        self._rest: FloatArray | None = None
        self._is_last = False
        self._thread = CallThread("fstmuse-pump", self._step)

    def warm_up(self) -> None:
        """Start the reading process before it is needed."""
        self._thread.call(lambda: self._guarded(self._feeds.get))

    def play(self, source: Source, cue: Cue) -> None:
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
