"""Getting FMA from its authors, beside everything else."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_gui.background import Background

_GIBIBYTE = 2**30

# Name of the set, its folder, whom to tell of step, bytes and bytes in all, and whom to ask.
Fetch = Callable[[str, Path, Callable[[str, int, int], None], Callable[[], bool]], None]


class FmaSet(StrEnum):
    """What can be got."""

    SMALL = "fma-small"
    MEDIUM = "fma-medium"


def fetch(
    name: str, folder: Path, tell: Callable[[str, int, int], None], cancelled: Callable[[], bool]
) -> None:
    """Download, check and unpack what is missing of a set, until it is cancelled."""
    from fstmuse_core.datasets.download import Cancel
    from fstmuse_core.datasets.fetch import fetch_archives, missing_archives

    with contextlib.suppress(Cancel):
        fetch_archives(missing_archives(name, folder), folder, progress=tell, cancelled=cancelled)


class FmaGetter(QObject):
    """Gets one set at a time; what was cut goes on where it was.

    Signals
    -------
    progressed(str, float)
        In words, and as a share.
    got(str)
        The folder it is in.
    trouble(str)
        Why it could not be had.
    """

    progressed = Signal(str, float)
    got = Signal(str)
    trouble = Signal(str)
    _step = Signal(object, str, object, object)

    def __init__(
        self, parent: QObject | None = None, *, fetcher: Fetch = fetch, folder: Path | None = None
    ) -> None:
        super().__init__(parent)
        self._fetcher = fetcher
        self._folder = folder
        self._background = Background(self)
        self._stop = threading.Event()
        self.is_running = False
        self.name = FmaSet.SMALL
        self._step.connect(self._on_step, Qt.ConnectionType.QueuedConnection)

    @property
    def folder(self) -> Path:
        """Where it goes."""
        from fstmuse_core.datasets.fetch import default_fma_folder

        return self._folder or default_fma_folder()

    def gibibytes(self, name: FmaSet) -> float:
        """How much is still to be downloaded of a set."""
        from fstmuse_core.datasets.fetch import missing_archives

        return sum(archive.gibibytes for archive in missing_archives(name, self.folder))

    def get(self, name: FmaSet) -> None:
        """Begin, or go on."""
        if self.is_running:
            return
        self.name = name
        self.is_running = True
        folder = self.folder
        self._stop = stop = threading.Event()

        def tell(step: str, done: int, total: int) -> None:
            self._step.emit(stop, step, done, total)

        def ended(say: Callable[[], None]) -> None:
            if not stop.is_set():
                self.is_running = False
                say()

        self._background.run(
            lambda: self._fetcher(name, folder, tell, stop.is_set),
            lambda _none: ended(lambda: self.got.emit(str(folder))),
            lambda sentence: ended(lambda: self.trouble.emit(sentence)),
        )

    @Slot(object, str, object, object)
    def _on_step(self, stop: threading.Event, step: str, done: int, total: int) -> None:
        if not stop.is_set():
            words = f"{step}: {done / _GIBIBYTE:.2f} of {total / _GIBIBYTE:.2f} GiB"
            self.progressed.emit(words[:1].upper() + words[1:], done / max(1, total))

    def cancel(self) -> None:
        """Stop; what has come is kept, and the next time goes on from there."""
        self._stop.set()
        self.is_running = False

    def close(self) -> None:
        """Stop and wait for the end."""
        self.cancel()
        self._background.close()
