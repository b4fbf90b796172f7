"""Data on standard output, talk on standard error, and what the exit codes mean."""

from __future__ import annotations

import io
import os
import sys
from typing import Literal, TextIO

from fstmuse_core.system.errors import FstMuseError, one_line, visible

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
