"""A scan in a process of its own, so that the window stays smooth."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from fstmuse_core.library.database import open_library
from fstmuse_core.library.scan import ScanReport, scan_library
from fstmuse_core.library.work import ScanDone, ScanEvent, ScanFailed, ScanProgress
from fstmuse_core.system.child_process import end_child, start_child
from fstmuse_core.system.errors import FstMuseError, one_line

_LOG = logging.getLogger(__name__)
_TOLD_EVERY_S = 0.1
_CANCEL = "cancel"
# A scan that has not ended by then is killed; it changes nothing before its end.
_CANCEL_WITHIN_S = 1.0


class LibraryScan:
    """Scans a library's folders in a child process.

    Parameters
    ----------
    on_event : callable
        Given every ``ScanEvent`` from a thread of this object's own: ``ScanProgress`` now and
        then, at the end one of ``ScanDone`` (also when cancelled) and ``ScanFailed``.
    library : Path, optional
        The library's file; the user's by default.
    folder_ids : optional
        Only these folders.

    All methods but :meth:`stop` return at once.
    """

    def __init__(
        self,
        on_event: Callable[[ScanEvent], None],
        *,
        library: Path | None = None,
        folder_ids: Sequence[int] | None = None,
    ) -> None:
        self._on_event = on_event
        self._arguments = (library, None if folder_ids is None else list(folder_ids))
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="library-scan", daemon=True)

    def start(self) -> None:
        """Begin; to be called once."""
        self._thread.start()

    def cancel(self) -> None:
        """Give up; ``ScanDone`` with a report that says so follows."""
        self._cancelled.set()

    def stop(self) -> None:
        """Cancel, and wait until the process has ended."""
        self.cancel()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            process, connection = start_child(_serve, *self._arguments)
        except Exception as error:  # whatever it is, it must be told
            _LOG.exception("starting a scan")
            self._on_event(ScanFailed(f"the scan cannot be started ({one_line(str(error))})"))
            return
        ended = self._listen(process, connection)
        end_child(process)
        connection.close()
        self._on_event(ended)

    def _listen(self, process: BaseProcess, connection: Connection) -> ScanDone | ScanFailed:
        asked_at: float | None = None
        try:
            while True:
                if self._cancelled.is_set() and asked_at is None:
                    connection.send(_CANCEL)
                    asked_at = time.monotonic()
                if asked_at is not None and time.monotonic() > asked_at + _CANCEL_WITHIN_S:
                    # It hangs, as a folder of a dead network disk lets it.
                    return ScanDone(ScanReport(cancelled=True))
                if not connection.poll(_TOLD_EVERY_S):
                    continue
                event = connection.recv()
                if isinstance(event, ScanDone | ScanFailed):
                    return event
                self._on_event(event)
        except (EOFError, OSError):
            process.join(1.0)
            return ScanFailed(f"the scan broke down (exit code {process.exitcode})")


def _serve(connection: Connection, library: Path | None, folder_ids: list[int] | None) -> None:
    told = 0.0

    def tell(n_found: int) -> None:
        nonlocal told
        if time.monotonic() >= told + _TOLD_EVERY_S:
            told = time.monotonic()
            _say(connection, ScanProgress(n_found))

    try:
        with open_library(library) as opened:
            # Also true once whoever started this process is gone.
            cancelled = connection.poll
            report = scan_library(opened, folder_ids=folder_ids, progress=tell, cancelled=cancelled)
        _say(connection, ScanDone(report))
    except FstMuseError as error:
        _say(connection, ScanFailed(str(error)))


def _say(connection: Connection, event: ScanEvent) -> None:
    with suppress(OSError):  # nobody listens any more
        connection.send(event)
