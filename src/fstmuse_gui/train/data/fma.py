"""Getting FMA from its authors, beside everything else."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_core.system.errors import FstMuseError, one_line

_log = logging.getLogger(__name__)

_GIBIBYTE = 2**30
# A network that does not answer must not keep the window from closing.
_PATIENCE_S = 1.0

# Name of the set, its folder, whom to tell of step, bytes and bytes in all, and whom to ask.
Fetch = Callable[[str, Path, Callable[[str, int, int], None], Callable[[], bool]], None]


class FmaSet(StrEnum):
    """Sets that can be downloaded."""

    SMALL = "fma-small"
    MEDIUM = "fma-medium"


def fetch(
    name: str, folder: Path, tell: Callable[[str, int, int], None], cancelled: Callable[[], bool]
) -> None:
    """Download, check and unpack what is missing of a set, until it is cancelled."""
    from fstmuse_core.datasets.fma import fetch_archives, missing_archives
    from fstmuse_core.system.download import Cancel

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
    given_up
        It was cancelled, and nothing of it goes on any more.
    """

    progressed = Signal(str, float)
    got = Signal(str)
    trouble = Signal(str)
    given_up = Signal()
    _step = Signal(object, str, object, object)
    _over = Signal(str)

    def __init__(
        self, parent: QObject | None = None, *, fetcher: Fetch = fetch, folder: Path | None = None
    ) -> None:
        super().__init__(parent)
        self._fetcher = fetcher
        self._folder = folder
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._is_open = True
        self.name = FmaSet.SMALL
        self._step.connect(self._on_step, Qt.ConnectionType.QueuedConnection)
        self._over.connect(self._on_over, Qt.ConnectionType.QueuedConnection)

    @property
    def folder(self) -> Path:
        """Folder that it goes to."""
        from fstmuse_core.datasets.fma import default_fma_folder

        return self._folder or default_fma_folder()

    @folder.setter
    def folder(self, folder: Path) -> None:
        self._folder = folder

    @property
    def is_running(self) -> bool:
        """True while it is downloaded; after a cancel, too, until the last of it has ended."""
        return self._thread is not None

    @property
    def is_cancelling(self) -> bool:
        """True while it is cancelled and has not ended yet."""
        return self.is_running and self._stop.is_set()

    @property
    def is_begun(self) -> bool:
        """True if something has been downloaded that is not unpacked yet."""
        from fstmuse_core.datasets.fma import is_begun

        return is_begun(self.name, self.folder)

    def gibibytes(self, name: FmaSet) -> float:
        """Return the size of what is still to be downloaded of a set."""
        from fstmuse_core.datasets.fma import missing_archives

        return sum(archive.gibibytes for archive in missing_archives(name, self.folder))

    def get(self, name: FmaSet) -> None:
        """Begin, or go on; not while an earlier one has not ended, for both would write."""
        if self.is_running:
            return
        self.name = name
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._work, args=(name, self.folder, self._stop), name="fma", daemon=True
        )
        self._thread.start()

    def _work(self, name: FmaSet, folder: Path, stop: threading.Event) -> None:
        """In the thread."""

        def tell(step: str, done: int, total: int) -> None:
            if not stop.is_set():
                self._step.emit(stop, step, done, total)

        sentence = ""
        try:
            self._fetcher(name, folder, tell, stop.is_set)
        except FstMuseError as error:
            sentence = str(error)
        except Exception as error:
            _log.exception("getting FMA")
            sentence = one_line(f"something unforeseen went wrong ({error})")
        # Once the window is closed, nobody may be there to be told.
        if self._is_open:
            self._over.emit(sentence)

    @Slot(object, str, object, object)
    def _on_step(self, stop: threading.Event, step: str, done: int, total: int) -> None:
        if not stop.is_set():
            words = f"{step}: {done / _GIBIBYTE:.2f} of {total / _GIBIBYTE:.2f} GiB"
            is_file = " " not in step  # whose name is written as it is
            shown = words if is_file else words[:1].upper() + words[1:]
            self.progressed.emit(shown, done / max(1, total))

    @Slot(str)
    def _on_over(self, sentence: str) -> None:
        if self._thread is None:
            return
        self._thread.join()
        self._thread = None
        if self._stop.is_set():
            self.given_up.emit()
        elif sentence:
            self.trouble.emit(sentence)
        else:
            self.got.emit(str(self.folder))

    def cancel(self) -> None:
        """Stop; what has come is kept, and the next time goes on from there."""
        self._stop.set()

    def close(self) -> None:
        """Stop, and wait for the end, but not for the network.

        A thread that goes on ends with the program; a download that is cut anywhere goes on the
        next time, and what is unpacked begins anew.
        """
        self.cancel()
        self._is_open = False
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)
            self._thread = None
