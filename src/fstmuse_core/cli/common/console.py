"""Data on standard output, talk and a progress bar on standard error, and the exit codes."""

from __future__ import annotations

import io
import os
import sys
import time
from typing import TYPE_CHECKING, Literal, Self, TextIO

from fstmuse_core.system.errors import FstMuseError, one_line, visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


SOME_FAILED = 1
WRONG_USE = 2
# As a shell gives them for processes ended by SIGINT and SIGPIPE.
INTERRUPTED = 130
PIPE_CLOSED = 141


def prepare_streams() -> None:
    """Let every text be printed: what a terminal's encoding lacks is shown as an escape.

    A standard stream that was closed is opened on the null device, so that no file takes its
    number: writing results to standard output then fails, and talk goes nowhere.
    """
    sys.stdin = sys.stdin or _reopened(0, os.O_RDONLY, "r")
    sys.stdout = sys.stdout or _reopened(1, os.O_RDONLY, "w")
    sys.stderr = sys.stderr or _reopened(2, os.O_WRONLY, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _reopened(descriptor: int, access: int, mode: Literal["r", "w"]) -> TextIO:
    if os.name == "nt" or _is_open(descriptor):
        # A program with a window has no streams on Windows, and misses none.
        nowhere = os.open(os.devnull, os.O_RDWR)
        return open(nowhere, mode, encoding="utf-8", closefd=False)
    opened = os.open(os.devnull, access)
    if opened != descriptor:
        os.dup2(opened, descriptor)
        os.close(opened)
    return open(descriptor, mode, encoding="utf-8", closefd=False)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def say(sentence: str) -> None:
    """One line to the user; what a terminal would obey is shown as an escape."""
    print(visible(sentence), file=sys.stderr, flush=True)


def print_safe(*parts: object, sep: str = " ", end: str = "\n", flush: bool = False) -> None:
    """Print results for people; what a terminal would obey is shown as an escape."""
    print(visible(sep.join(map(str, parts))), end=end, flush=flush)


def about(path: str | os.PathLike[str], error: FstMuseError) -> str:
    """The error as one line that names the file by the whole path the user gave."""
    remedy = f"; {error.remedy}" if error.remedy else ""
    return f"{one_line(os.fspath(path))}: {error.reason}{remedy}"


def clock(seconds: float) -> str:
    """Seconds as ``3:07`` or ``1:02:07``.

    Examples
    --------
    >>> clock(187.4), clock(3727.0)
    ('3:07', '1:02:07')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


# Shorter work needs no bar, and does not wait for the library to load.
_PATIENCE_S = 0.5
_REFRESH_S = 0.1


class ProgressBar:
    """Files done out of ``total``, on standard error if that is a terminal."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._enabled = sys.stderr.isatty()
        self._drawn_at = time.monotonic() + _PATIENCE_S - _REFRESH_S
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._visible = False
        self._done, self._name = 0.0, ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def update(self, done: float, name: str) -> None:
        """Say that ``done`` files are done, in fractions, and that ``name`` is worked on."""
        self._done, self._name = done, name
        self._draw(done)

    def update_fraction(self, fraction: float) -> None:
        """Say how much of what is worked on is done, from 0 to 1."""
        self._draw(self._done + fraction)

    def _draw(self, done: float) -> None:
        now = time.monotonic()
        if not self._enabled or now < self._drawn_at + _REFRESH_S:
            return
        self._drawn_at = now
        if self._bar is None or self._task is None:
            self._bar, self._task = self._made()
        if not self._visible:
            self._bar.start()
            self._visible = True
        name = one_line(self._name)[:40]
        self._bar.update(self._task, completed=done, description=name, refresh=True)

    def clear(self) -> None:
        """Take the bar off the terminal until the next update, so that something can be printed."""
        if self._bar is not None and self._visible:
            self._bar.stop()
            self._visible = False

    def _made(self) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:.0f} of {task.total:.0f}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            auto_refresh=False,
            transient=True,
        )
        return bar, bar.add_task("", total=self._total)
