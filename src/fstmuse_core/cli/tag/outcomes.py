"""Outcomes as they come: a bar, the failures, and word to the library."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

from fstmuse_core.cli.console import say
from fstmuse_core.cli.progress import ProgressBar
from fstmuse_core.errors import one_line
from fstmuse_core.library.database import library_file, open_library
from fstmuse_core.library.tagging import note_tags
from fstmuse_core.tags.outcome import Batch, Fate, Outcome


class Ledger:
    """Takes outcomes in a ``with`` statement; tells of failures at once."""

    def __init__(self, total: int) -> None:
        self._bar = ProgressBar(total)
        self._count = 0
        self._failed = False
        # A library that nobody has made is not begun for the sake of tags.
        self._library = open_library() if library_file().is_file() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.clear()
        if self._library is not None:
            self._library.close()

    def take(self, outcome: Outcome) -> None:
        """Take note of one file."""
        self._count += 1
        if outcome.fate is Fate.FAILED:
            self._failed = True
            self._bar.clear()
            say(f"fstmuse: {one_line(str(outcome.path))}: {outcome.why}")
        elif self._library is not None:
            note_tags(self._library, outcome)
        self._bar.update(self._count, outcome.path.name)

    def trouble(self, batch: Batch) -> bool:
        """Whether anything failed; says so if the batch as a whole did."""
        if batch.trouble:
            say(f"fstmuse: {batch.trouble}")
        return self._failed or bool(batch.trouble)


@contextmanager
def stop_asked() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed since: the file that is being written is then still finished."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    try:
        before = signal.signal(signal.SIGINT, ask)
    except ValueError:  # not in the main thread, which alone hears Ctrl-C
        yield lambda: asked
        return
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
