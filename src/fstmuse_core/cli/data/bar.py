"""A progress bar whose total is known only once the work has begun."""

from __future__ import annotations

from typing import Self

from fstmuse_core.cli.progress import ProgressBar


class StepBar:
    """Steps done of all, as ``progress`` callbacks tell them."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._bar: ProgressBar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.clear()

    def update(self, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` steps are done."""
        if self._bar is None:
            self._bar = ProgressBar(total)
        self._bar.update(done, self._label)
