"""Finding the songs among dropped, pasted and named paths, away from the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

_BATCH = 32

# Given paths and whom to tell of folders that cannot be read.
Find = Callable[[Iterable[Path], Callable[[str], None]], Iterator[Path]]


class Gatherer(QObject):
    """Expands folders in a thread of its own.

    Signals
    -------
    found(list)
        Paths as str, in batches, in the order they were met.
    finished(int)
        How many were found in all.
    trouble(str)
        Why a folder was left out.
    """

    found = Signal(list)
    finished = Signal(int)
    trouble = Signal(str)
    _batch = Signal(int, list)
    _ended = Signal(int, int)

    def __init__(
        self,
        find: Find | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._find = find or _find_audio_files
        self._pending: list[str] = []
        self._run = 0
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._batch.connect(self._on_batch, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)

    @property
    def is_running(self) -> bool:
        """True while folders are being searched."""
        return self._thread is not None

    def gather(self, paths: list[str]) -> None:
        """Look for songs at ``paths``; plain files are passed on at once."""
        if not any(Path(path).is_dir() for path in paths):
            self.found.emit(paths)
            self.finished.emit(len(paths))
        elif self._thread is not None:
            self._pending += paths
        else:
            self._start(paths)

    def _start(self, paths: list[str]) -> None:
        self._run += 1
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._search, args=(self._run, paths, self._stop), name="gatherer", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Leave the rest of the folders unsearched."""
        thread, self._thread = self._thread, None
        self._pending.clear()
        self._stop.set()
        if thread is not None:
            thread.join()

    def _search(self, run: int, paths: list[str], stop: threading.Event) -> None:
        batch: list[str] = []
        n_found = 0
        for path in self._find([Path(path) for path in paths], self.trouble.emit):
            if stop.is_set():
                return
            batch.append(str(path))
            n_found += 1
            if len(batch) == _BATCH:
                self._batch.emit(run, batch)
                batch = []
        if batch:
            self._batch.emit(run, batch)
        self._ended.emit(run, n_found)

    @Slot(int, list)
    def _on_batch(self, run: int, batch: list[str]) -> None:
        if run == self._run and self._thread is not None:
            self.found.emit(batch)

    @Slot(int, int)
    def _on_ended(self, run: int, n_found: int) -> None:
        if run == self._run and self._thread is not None:
            self._thread.join()
            self._thread = None
            pending, self._pending = self._pending, []
            if pending:
                self._start(pending)
            else:
                self.finished.emit(n_found)


def _find_audio_files(paths: Iterable[Path], on_error: Callable[[str], None]) -> Iterator[Path]:
    from fstmuse_core.audio.reading import find_audio_files

    return find_audio_files(paths, lambda error: on_error(str(error)))
