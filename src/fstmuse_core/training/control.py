"""Stop and Cancel, from standard input or Ctrl+C."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType


class CancelledError(Exception):
    """The training is to be discarded."""


class Control:
    """What the user wants by now.

    *Stop* ends after the batch and keeps the best model, *Cancel* discards everything.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._cancel = threading.Event()

    def stop(self) -> None:
        """End after the batch and keep the best model."""
        self._stop.set()

    def cancel(self) -> None:
        """Discard the training."""
        self._cancel.set()
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether the training is to end."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raise :class:`CancelledError` if the training is to be discarded."""
        if self._cancel.is_set():
            raise CancelledError

    def check_start(self) -> None:
        """Raise :class:`CancelledError` if asked to end while there is nothing yet to keep."""
        if self._stop.is_set():
            raise CancelledError

    def heed_interrupts(self) -> None:
        """From now on the first Ctrl+C means Stop, the second Cancel."""
        signal.signal(signal.SIGINT, self._interrupted)

    def heed_stream(self, descriptor: int) -> threading.Thread:
        """From now on obey the lines ``stop`` and ``cancel`` of a file descriptor.

        The thread that does so ends with the stream.
        """
        thread = threading.Thread(target=self._listen, args=(descriptor,), daemon=True)
        thread.start()
        return thread

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self.stopped:
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
