"""Work beside the window: short, in a row one after the other, or the writing of a file."""

from __future__ import annotations

import itertools
import logging
import os
import queue
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_gui.settings import LAST_FOLDER, Settings

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_Job = tuple[Callable[[], Any], Callable[[Any], None], Callable[[str], None]]
_UNFIT = re.compile(r'[<>:"/\\|?*%\x00-\x1f]+')


class ThreadRunner(QObject):
    """Runner of functions in threads of their own; the outcome is told in this object's thread."""

    _ended = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: set[threading.Thread] = set()
        self._is_open = True
        self._ended.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], _T],
        on_done: Callable[[_T], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        """Call ``work``, then one of the others with its result or with a sentence."""

        def body() -> None:
            outcome = _outcome(work, on_done, on_trouble)
            self._ended.emit(threading.current_thread(), outcome)

        thread = threading.Thread(target=body, name="background", daemon=True)
        self._threads.add(thread)
        thread.start()

    def close(self) -> None:
        """Wait for what is running; nothing is told from here on."""
        self._is_open = False
        for thread in list(self._threads):
            thread.join()
        self._threads.clear()

    @Slot(object, object)
    def _tell(self, thread: threading.Thread, outcome: Callable[[], None]) -> None:
        thread.join()
        self._threads.discard(thread)
        if self._is_open:
            outcome()


class SerialExecutor(QObject):
    """A thread that does what it is given in order, and tells the outcome in this one.

    Unlike :class:`ThreadRunner` it has one thread for all, which keeps its
    connection to the library open.
    """

    _ended = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._waiting = 0
        self._is_open = True
        self._ended.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    @property
    def is_busy(self) -> bool:
        """True while something runs or waits."""
        return self._waiting > 0

    def run(
        self,
        work: Callable[[], _T],
        on_done: Callable[[_T], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        """Call ``work`` after what was given before, then one of the others."""
        if not self._is_open:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._body, name=self._name, daemon=True)
            self._thread.start()
        self._waiting += 1
        self._jobs.put((work, on_done, on_trouble))

    def _body(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._ended.emit(_outcome(*job))

    def close(self) -> None:
        """Wait until all is done; nothing is told from here on."""
        self._is_open = False
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None

    @Slot(object)
    def _tell(self, outcome: Callable[[], None]) -> None:
        self._waiting -= 1
        if self._is_open:
            outcome()


def _outcome(
    work: Callable[[], _T], on_done: Callable[[_T], None], on_trouble: Callable[[str], None]
) -> Callable[[], None]:
    try:
        result = work()
        return lambda: on_done(result)
    except FstMuseError as error:
        sentence = str(error)
    except Exception as error:
        _log.exception("work beside the window")
        sentence = one_line(f"something unforeseen went wrong ({error})")
    return lambda: on_trouble(sentence)


class FileSaver(QObject):
    """Writes files and says how it went; who inherits knows what is in them.

    Signals
    -------
    message(str)
        For the status bar.
    trouble(str)
        A sentence for the notice.
    """

    message = Signal(str)
    trouble = Signal(str)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._background = ThreadRunner(self)

    def close(self) -> None:
        """Wait until all is written."""
        self._background.close()

    def _suggest(self, name: str) -> str:
        """A file of this name where the last one went."""
        return os.path.join(self._settings.get(LAST_FOLDER) or str(Path.home()), name)

    def _write(
        self, path: str, work: Callable[[], None], on_done: Callable[[], None] = lambda: None
    ) -> None:
        def tell(_result: object) -> None:
            on_done()
            self.tell_saved(path)

        self._background.run(work, tell, self.trouble.emit)

    def tell_saved(self, path: str) -> None:
        """Say that this file has been written, and remember its folder."""
        self._settings.set(LAST_FOLDER, str(Path(path).parent))
        self.message.emit(f"Saved {Path(path).name}")


def safe_file_name(text: str) -> str:
    """``text`` without what file names cannot hold on some system, or not as a link."""
    return _UNFIT.sub("_", text)


def new_paths(folder: str, names: list[str]) -> list[str]:
    """Paths in the folder where no file is yet, by these names."""
    paths: list[str] = []
    for name in names:
        stem = safe_file_name(name) or "Recording"
        tries = (f"{stem} {number}" if number > 1 else stem for number in itertools.count(1))
        found = (str(Path(folder, f"{each}.wav")) for each in tries)
        paths.append(next(path for path in found if path not in paths and not Path(path).exists()))
    return paths
