"""A child process that works through items, watched from its start to its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from fstmuse_core.system.child_process import end_child, end_children, end_of_life, start_child
from fstmuse_core.system.process_limits import DECODING, Heartbeat, Limits, Watchdog

# A process that has not given its item up by then is killed.
CANCEL_WITHIN_S = 1.0
# One that waits for a dead network disk does not even die; it is waited for no longer.
_DIES_WITHIN_S = 0.5


@dataclass(frozen=True)
class Ready:
    """First message of a process: it has loaded what it needs."""

    pid: int


class WorkerProcess:
    """A child process, the pipe to it, and its watchdog.

    One that hangs, uses too much memory, or does not heed :meth:`cancel` is killed by
    :meth:`watch`; that it has ended, for whatever reason, is told by :meth:`receive`. Whoever
    owns it decides what becomes of the item, and starts another.

    Parameters
    ----------
    target : callable
        Called as ``target(connection, *arguments)`` in the process. It sends ``Ready``, then
        answers, and calls :func:`~fstmuse_core.system.process_limits.send_heartbeats`.
    limits : Limits, optional
        Limits of each item; until ``Ready`` has come only that of memory counts.
    fork : bool
        Copy this process; see :func:`fstmuse_core.system.child_process.can_fork`.

    Attributes
    ----------
    is_ready : bool
        True once ``Ready`` has come.
    fraction : float
        Fraction done of the item, from 0 to 1, as the heartbeats say.
    blame : tuple or None
        The item that it was killed over, and why; the reason is empty if it was cancelled.

    Raises
    ------
    OSError
        If it cannot be started.
    """

    def __init__(
        self,
        target: Callable[..., None],
        *arguments: Any,
        limits: Limits = DECODING,
        fork: bool = False,
    ) -> None:
        self.process, self.connection = start_child(
            target, *arguments, memory_bytes=limits.memory_bytes, fork=fork
        )
        self.is_ready = False
        self.fraction = 0.0
        self.blame: tuple[Any, str] | None = None
        self._limits = limits
        # Python and its libraries are loaded before there is any item.
        starting = replace(DECODING, memory_bytes=limits.memory_bytes)
        self._watchdog = Watchdog(self.process.pid, starting)
        self._item: Any = None
        self._cancelled_at: float | None = None
        self._killed_at: float | None = None
        # Held while sending and while closing: closing under a send would end its thread.
        self._wire = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Process id."""
        return self.process.pid

    @property
    def is_given_up(self) -> bool:
        """True if it was killed and does not die."""
        return self._killed_at is not None and time.monotonic() > self._killed_at + _DIES_WITHIN_S

    def begin(self, item: Any = None) -> None:
        """Count from now on for the next item."""
        self._item = item
        self._cancelled_at = None
        self.fraction = 0.0
        self._watchdog.begin()

    def beat(self, sound_s: float = 0.0) -> None:
        """Take something that the process has said for a heartbeat."""
        self._watchdog.beat(Heartbeat(sound_s))

    def send(self, message: Any) -> None:
        """Send a message; that the process is gone is told by :meth:`receive`."""
        with self._wire, suppress(OSError):
            self.connection.send(message)

    def receive(self, patience_s: float) -> Any:
        """Return the next message; ``None`` if none comes in time, or only a sign of life.

        Raises
        ------
        EOFError
            Once the process has ended and everything that it said has been received.
        """
        try:
            if self.connection.poll(patience_s):
                return self._heeded(self.connection.recv())
        except (EOFError, OSError):
            end_of_life(self.process)
            raise EOFError from None
        if self.is_given_up:
            raise EOFError
        return None

    def _heeded(self, message: Any) -> Any:
        if isinstance(message, Heartbeat):
            self._watchdog.beat(message)
            self.fraction = self.fraction if message.fraction is None else message.fraction
            return None
        if isinstance(message, Ready):
            self.is_ready = True
            self._watchdog = Watchdog(self.process.pid, self._limits)
        return message

    def cancel(self) -> None:
        """Expect the item to be given up within a second."""
        self._cancelled_at = self._cancelled_at or time.monotonic()

    def watch(self) -> None:
        """Kill the process if it is overdue; to be called several times a second at work."""
        since = self._cancelled_at
        if since is not None and time.monotonic() > since + CANCEL_WITHIN_S:
            self.kill("")
        elif why := self._watchdog.overdue():
            self.kill(why)

    def kill(self, why: str) -> None:
        """Kill the process over its item; :meth:`receive` then tells that it has ended."""
        if self._killed_at is None:
            self.blame = self._item, why
            self._killed_at = time.monotonic()
            self.process.kill()

    def end(self) -> None:
        """End the process within a second; its pipe then reads as ended."""
        end_child(self.process)

    def close(self) -> None:
        """End the process, and the pipe with it."""
        close_all([self])

    def _hang_up(self) -> None:
        with self._wire:
            self.connection.close()


def close_all(workers: Sequence[WorkerProcess]) -> None:
    """End all of them within a second, however many hang, and their pipes with them."""
    end_children([worker.process for worker in workers])
    for worker in workers:
        worker._hang_up()
