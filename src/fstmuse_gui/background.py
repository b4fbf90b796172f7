"""Short work that would make the window wait, done beside it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from fstmuse_core.errors import FstMuseError, one_line

_log = logging.getLogger(__name__)


class Background(QObject):
    """Runs functions in threads and tells the outcome in the thread of this object."""

    _ended = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: set[threading.Thread] = set()
        self._is_open = True
        self._ended.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], Any],
        on_done: Callable[[Any], None],
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
