"""Limits of a child process: memory, processor time, and time without a heartbeat.

The child holds itself to its memory and sends heartbeats while it works; the parent owns a
:class:`Watchdog` that says when the child has to be ended, and why.
"""

from __future__ import annotations

import errno
import mmap
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_GIB = 2**30
# Of address space, to load all libraries and to do a little.
LEAST_ROOM = 256 * 2**20
# What native code makes of a refused allocation.
_BEWILDERED = (ImportError, RuntimeError, SystemError)
_SIGNS_OF_NO_MEMORY = (
    "failed to map segment",
    "Cannot allocate memory",
    "cannot allocate memory",
    "can't start new thread",
    "bad_alloc",
)
_BEAT_EVERY_S = 0.25
_LOOK_EVERY_S = 0.2
# A longer pause between two looks is this process's own: it was stopped, or the computer slept.
_LONGEST_STEP_S = 1.0
# Less processor time between two looks is that of threads which only wait: those of Python ask
# for its lock 200 times a second, and the system counts in steps of a hundredth of a second.
_IDLE_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of what one item of work may take.

    Attributes
    ----------
    memory_bytes : int
        Data the process may hold.
    cpu_s, cpu_per_s : float
        Seconds of processor time, and as many more for each second of sound decoded.
    idle_s : float
        Seconds with neither a heartbeat nor processor time: a read that never ends.
    silent_s : float
        Seconds without a heartbeat, whatever the process does.
    work, remedy : str
        For messages: the work that is given up, and the advice that follows.
    """

    memory_bytes: int = 2 * _GIB
    cpu_s: float = 60.0
    cpu_per_s: float = 1.0
    idle_s: float = 60.0
    silent_s: float = 600.0
    work: str = "reading it"
    remedy: str = "convert the file, or get it again"


DECODING = Limits()
# Each iteration over a stretch of sound counts as that much sound.
SYNTHESIS = Limits(
    memory_bytes=4 * _GIB,
    cpu_s=600.0,
    work="making the sound",
    remedy="try again, or with a shorter one",
)
# TensorFlow holds 0.4 GiB before it has built anything.
BUILDING = Limits(memory_bytes=8 * _GIB)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The child goes on: ``sound_s`` more seconds of sound, ``fraction`` of the item done."""

    sound_s: float
    fraction: float | None = None


class _Beats:
    """Gathers heartbeats and sends a few a second."""

    def __init__(self) -> None:
        self.begin(None)

    def begin(self, send: Callable[[Heartbeat], None] | None) -> None:
        self._send = send
        self._sound_s = 0.0
        self._sent_at = -_BEAT_EVERY_S

    def add(self, sound_s: float, fraction: float | None) -> None:
        if self._send is None:
            return
        self._sound_s += sound_s
        now = time.monotonic()
        if now >= self._sent_at + _BEAT_EVERY_S:
            self._sent_at = now
            self._send(Heartbeat(self._sound_s, fraction))
            self._sound_s = 0.0


_BEATS = _Beats()


def send_heartbeats(send: Callable[[Any], None] | None) -> None:
    """Give heartbeats to ``send`` from now on, in the thread that works; ``None`` ends that."""
    _BEATS.begin(send)


def heartbeat(sound_s: float = 0.0, *, fraction: float | None = None) -> None:
    """Say that work goes on, with ``sound_s`` seconds of sound decoded since the last call."""
    _BEATS.add(sound_s, fraction)


def limit_memory(n_bytes: int) -> None:
    """Refuse this process more data than ``n_bytes``.

    Address space is no measure: libraries reserve more than they use. Elsewhere than on Linux
    the parent's :class:`Watchdog` looks at what is resident.
    """
    if sys.platform != "linux":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = n_bytes if hard == resource.RLIM_INFINITY else min(n_bytes, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


class Watchdog:
    """Watches one child process through one item after the other.

    Parameters
    ----------
    pid : int or None
    limits : Limits
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        pid: int | None,
        limits: Limits = DECODING,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._process = _process(pid)
        self.begin()

    def begin(self) -> None:
        """Start to count: the child turns to its next item."""
        self._looked_at = self._clock()
        self._begun_cpu_s = self._looked_cpu_s = self._cpu_s()
        self._sound_s = self._idle_s = self._silent_s = 0.0

    def beat(self, beat: Heartbeat) -> None:
        """Take a heartbeat in."""
        self._sound_s += beat.sound_s
        self._idle_s = self._silent_s = 0.0

    def overdue(self) -> str | None:
        """Reason the child has to be ended, for an error; ``None`` if it may go on."""
        now = self._clock()
        step = min(now - self._looked_at, _LONGEST_STEP_S)
        if step < min(_LOOK_EVERY_S, self._limits.idle_s / 4):
            return None
        self._looked_at = now
        self._silent_s += step
        cpu_s = self._cpu_s()
        is_idle = cpu_s - self._looked_cpu_s <= step * _IDLE_SHARE
        self._idle_s = self._idle_s + step if is_idle else 0.0
        self._looked_cpu_s = cpu_s
        return self._judged(cpu_s - self._begun_cpu_s)

    def _judged(self, used_s: float) -> str | None:
        limits = self._limits
        waited = max(
            self._idle_s if self._idle_s > limits.idle_s else 0.0,
            self._silent_s if self._silent_s > limits.silent_s else 0.0,
        )
        if waited:
            return (
                f"{limits.work} did not go on for {waited:.0f} s and was given up; {limits.remedy}"
            )
        if used_s > limits.cpu_s + limits.cpu_per_s * self._sound_s:
            return (
                f"{used_s:.0f} s of work gave only {self._sound_s:.0f} s of sound, so it was "
                f"given up; {limits.remedy}"
            )
        if self._resident() > limits.memory_bytes:
            return too_much_memory(limits)
        return None

    def _cpu_s(self) -> float:
        if self._process is None:
            return 0.0
        with suppress(*_gone()):
            times = self._process.cpu_times()
            return float(times.user + times.system)
        return 0.0

    def _resident(self) -> int:
        if self._process is None:
            return 0
        with suppress(*_gone()):
            memory = self._process.memory_info()
            # Linux tells how much of it is files that are mapped, which takes nothing away.
            return int(memory.rss - getattr(memory, "shared", 0))
        return 0


def too_much_memory(limits: Limits = DECODING) -> str:
    """Reason of an error for work that met the memory limit, or one that it was started with."""
    if _has_outer_limit():
        return "there is not enough memory for it; raise the limit (ulimit -v) and try again"
    gib = limits.memory_bytes / _GIB
    return f"it takes more than the {gib:.0f} GiB of memory a file may take; {limits.remedy}"


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error, or one that led to it, is for want of memory.

    Libraries that find no room to be loaded, and threads that find none for their stack, say
    so in other words.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError) or getattr(seen, "errno", None) == errno.ENOMEM:
            return True
        text = str(seen)
        if any(sign in text for sign in _SIGNS_OF_NO_MEMORY):
            return True
        if isinstance(seen, _BEWILDERED) and _has_outer_limit():
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def require_room(n_bytes: int = LEAST_ROOM) -> None:
    """Raise ``MemoryError`` where a limit of this process leaves less.

    OpenBLAS ends a process that has no room for it without a word to Python.
    """
    if sys.platform == "win32":
        return
    if not (_has_outer_limit() or _has_data_limit()):
        return
    try:
        # Shared memory would not count as data.
        mmap.mmap(-1, n_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except OSError as error:
        raise MemoryError from error


def _has_outer_limit() -> bool:
    if sys.platform == "win32":
        return False
    import resource

    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def _has_data_limit() -> bool:
    if sys.platform == "win32":
        return False
    import resource

    return resource.getrlimit(resource.RLIMIT_DATA)[0] != resource.RLIM_INFINITY


def ended_by(exit_code: int | None) -> str:
    """Reason of an error for a child that ended with ``exit_code`` while it worked on a file."""
    if exit_code is None or exit_code >= 0:
        return f"the process that read it broke down (exit code {exit_code})"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    if name == "SIGKILL":
        return "the process that read it was killed, perhaps for want of memory; try it again"
    return f"the process that read it crashed ({name}); {DECODING.remedy}"


def _process(pid: int | None) -> Any:
    import psutil

    with suppress(*_gone()):
        return None if pid is None else psutil.Process(pid)
    return None


def _gone() -> tuple[type[Exception], ...]:
    import psutil

    return psutil.Error, OSError
