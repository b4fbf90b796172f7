"""A progress bar for work that lasts, on a terminal only."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from fstmuse_core.system.errors import one_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

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
