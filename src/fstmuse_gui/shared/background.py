"""Work beside the window: short, or in a row one after the other."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_core.system.errors import FstMuseError, one_line

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_Job = tuple[Callable[[], Any], Callable[[Any], None], Callable[[str], None]]


class Background(QObject):
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
            try:
                result = work()
                outcome = lambda: on_done(result)  # noqa: E731
            except FstMuseError as error:
                sentence = str(error)
                outcome = lambda: on_trouble(sentence)  # noqa: E731
            except Exception as error:
                _log.exception("work beside the window")
                unforeseen = one_line(f"something unforeseen went wrong ({error})")
                outcome = lambda: on_trouble(unforeseen)  # noqa: E731
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

    Unlike :class:`Background` it has one thread for all, which keeps its
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
