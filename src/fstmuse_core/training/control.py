"""Stop and Cancel: from standard input, from Ctrl+C, or asked for in the run's folder."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from fstmuse_core.runs.store import CANCEL, STOP, read_request

# A look at a folder takes microseconds, but nobody notices a tenth of a second.
_LOOK_EVERY_S = 0.1


class CancelledError(Exception):
    """The training is to be discarded."""


class Control:
    """State of the user's wishes.

    *Stop* ends after the batch and keeps the best model, *Cancel* discards everything.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._cancel = threading.Event()
        self._run: Path | None = None
        self._looked_at = 0.0

    def stop(self) -> None:
        """End after the batch and keep the best model."""
        self._stop.set()

    def cancel(self) -> None:
        """Discard the training."""
        self._cancel.set()
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """True once the training is to end."""
        self._look()
        return self._stop.is_set()

    @property
    def cancelled(self) -> bool:
        """True once the training is to be discarded."""
        self._look()
        return self._cancel.is_set()

    def check(self) -> None:
        """Raise :class:`CancelledError` if the training is to be discarded."""
        if self.cancelled:
            raise CancelledError

    def check_start(self) -> None:
        """Raise :class:`CancelledError` if asked to end before there is anything new to keep."""
        if self.stopped:
            raise CancelledError

    def watch_run(self, run: Path) -> None:
        """Obey what other processes ask for in the run's folder from now on."""
        self._run = run

    @contextmanager
    def interrupts(self) -> Iterator[None]:
        """Take the first Ctrl+C as Stop and the second as Cancel within a ``with`` statement."""
        before = signal.signal(signal.SIGINT, self._interrupted)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def watch_stream(self, descriptor: int) -> threading.Thread:
        """Obey the lines ``stop`` and ``cancel`` of a file descriptor from now on.

        The thread that does so ends with the stream.
        """
        thread = threading.Thread(target=self._listen, args=(descriptor,), daemon=True)
        thread.start()
        return thread

    def _look(self) -> None:
        now = time.monotonic()
        if self._run is None or now < self._looked_at + _LOOK_EVERY_S:
            return
        self._looked_at = now
        word = read_request(self._run)
        if word == CANCEL:
            self.cancel()
        elif word == STOP:
            self.stop()

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self._stop.is_set():
            self.cancel()
        else:
            self.stop()

    def _listen(self, descriptor: int) -> None:
        # Not through sys.stdin: a thread that waits in it upsets the interpreter's end.
        rest = b""
        while True:
            try:
                data = os.read(descriptor, 4096)
            except OSError:
                return
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                word = line.strip().lower()
                if word == b"stop":
                    self.stop()
                elif word == b"cancel":
                    self.cancel()
