"""Threads that make calls one after another, so that the window never waits for a device.

PortAudio wants all its calls from one thread (on Windows that thread's COM apartment owns the
devices), and opening a device can take seconds. So one thread, shared by everything that
plays or records, makes them all.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class CallThread:
    """Makes the calls it is given in order, on a thread of its own.

    Parameters
    ----------
    name : str
        Name of the thread.
    idle : callable, optional
        Called whenever no call waits. Returns the seconds until it wants to be called again,
        or None to be left alone until the next call.
    """

    def __init__(self, name: str, idle: Callable[[], float | None] | None = None) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._idle = idle
        # A daemon: a driver that never returns must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call(self, function: Callable[[], None]) -> None:
        """Have ``function`` called soon. It handles its own errors."""
        self._calls.put(function)

    def stop(self, timeout: float = 2.0) -> bool:
        """Make the calls that wait, then end; False if that took longer than ``timeout``."""
        self._calls.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            try:
                function = self._calls.get(timeout=self._run_idle())
            except queue.Empty:
                continue
            if function is None:
                return
            try:
                function()
            except Exception:
                _log.exception("a call on thread %s failed", self._thread.name)

    def _run_idle(self) -> float | None:
        if self._idle is None or not self._calls.empty():
            return None
        try:
            return self._idle()
        except Exception:
            _log.exception("the work of thread %s failed", self._thread.name)
            return None


class _Shared:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.thread: CallThread | None = None


_shared = _Shared()


def hire_sound_thread() -> CallThread:
    """The thread that makes PortAudio's calls; each hirer calls :func:`release_sound_thread`."""
    with _shared.lock:
        if _shared.thread is None:
            _shared.thread = CallThread("fstmuse-sound")
        _shared.users += 1
        return _shared.thread


def release_sound_thread() -> None:
    """Say that one hirer is done; the thread ends with the last one."""
    with _shared.lock:
        _shared.users -= 1
        if _shared.users or _shared.thread is None:
            return
        thread, _shared.thread = _shared.thread, None
    if not thread.stop():
        _log.warning("the sound system did not answer in time; its thread is left behind")
