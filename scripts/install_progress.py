"""Progress of pip, for people: which package of how many, and how much there is of it."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

_FETCHED = re.compile(
    r"\s*(?:Downloading|Using cached) (?:\S*/)?([A-Za-z0-9_.]+)-\d\S* \(([\d.]+) ([kMG]?)B\)"
)
_MEGABYTES = {"": 1e-6, "k": 1e-3, "M": 1.0, "G": 1e3}
# Of these a line stays also where no line can be written over.
_LARGE_MB = 50.0
_POLL_S = 0.5
_WIDTH = 78
# What pip says where it fails, which must not be lost.
_LAST_LINES = 30


class InstallProgress:
    """Follows pip's lines, and tells how far it is.

    Parameters
    ----------
    total : int
        Number of packages.
    stream : text stream
        On a terminal one line is written again and again; else only what takes long is told.
    """

    def __init__(self, total: int, stream: TextIO) -> None:
        self._total, self._stream = total, stream
        self._is_terminal = stream.isatty()
        self._count, self._megabytes = 0, 0.0
        self._width = 0

    def read(self, line: str) -> None:
        """Take a line of pip."""
        if line.startswith("Collecting "):
            self._count += 1
        elif match := _FETCHED.match(line):
            name, size = match[1], float(match[2]) * _MEGABYTES[match[3]]
            self._tell(
                f"{min(self._count, self._total)} of {self._total}: {name.replace('_', '-')}, "
                f"{size:.0f} MB ({self._megabytes:.0f} MB so far)",
                stays=size >= _LARGE_MB,
            )
            self._megabytes += size
        elif line.startswith("Installing collected packages") and self._total > 1:
            self._tell(f"unpacking {self._total} packages ({self._megabytes:.0f} MB)", stays=True)

    def unpacked(self, count: int) -> None:
        """Take the number of packages that lie in the environment."""
        if self._is_terminal:
            self._tell(f"unpacked {min(count, self._total)} of {self._total} packages", stays=False)

    def close(self) -> None:
        """Leave no half line behind."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0

    def _tell(self, text: str, *, stays: bool) -> None:
        if not self._is_terminal:
            if stays:
                print(f"  {text}", file=self._stream, flush=True)
            return
        shown = f"  {text}"[:_WIDTH]
        self._stream.write("\r" + shown.ljust(self._width))
        self._stream.flush()
        self._width = len(shown)


def run_pip(command: Sequence[str], total: int, environment: Path, stream: TextIO) -> int:
    """Run pip and tell how far it is; its exit code, and its last lines where it fails."""
    progress = InstallProgress(total, stream)
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    lines: list[str] = []
    is_over = threading.Event()
    watch: threading.Thread | None = None
    for line in process.stdout:
        lines = [*lines[1 - _LAST_LINES :], line]
        progress.read(line)
        if line.startswith("Installing collected packages"):
            watch = threading.Thread(target=_watch, args=(environment, progress.unpacked, is_over))
            watch.start()
    code = process.wait()
    is_over.set()
    if watch is not None:
        watch.join()
    progress.close()
    if code:
        stream.write("".join(lines))
    return code


# Where packages lie, on Windows and elsewhere.
_PACKAGES = "[Ll]ib/site-packages" if os.name == "nt" else "lib/python*/site-packages"


def _watch(environment: Path, tell: Callable[[int], None], is_over: threading.Event) -> None:
    while not is_over.wait(_POLL_S):
        # pip renames and removes what is counted meanwhile.
        with suppress(OSError):
            tell(sum(1 for _ in environment.glob(f"{_PACKAGES}/*.dist-info")))
