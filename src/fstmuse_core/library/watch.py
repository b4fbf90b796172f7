"""Watch over a library's folders: told by the system, and looked through for what it misses."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from fstmuse_core.audio.sound_files import AUDIO_SUFFIXES, VIDEO_SUFFIXES
from fstmuse_core.system.errors import one_line

_LOG = logging.getLogger(__name__)
_SUFFIXES = AUDIO_SUFFIXES | VIDEO_SUFFIXES
# A file that is being copied changes all the time: told once nothing has for so long, or at last.
QUIET_S, LONGEST_S = 3.0, 60.0
# Network drives and full tables of the system tell nothing.
RESCAN_S = 900.0
_LOOK_S = 0.5
# Below this share of processor time in use, the machine is idle.
_IDLE_PERCENT = 40.0


class FolderWatch:
    """Tells when sound files in folders have come, changed or gone.

    Parameters
    ----------
    folders : iterable of str
    on_change : callable
        Called from a thread of this object's own: once all is quiet, and every now and then.
    on_trouble : callable
        Given a line for the user: a folder is gone, or is back, or the system does not tell.
    quiet_s, rescan_s : float
        Seconds without a change before it is told, and between two rescans.
    """

    def __init__(
        self,
        folders: Iterable[str],
        on_change: Callable[[], None],
        on_trouble: Callable[[str], None],
        *,
        quiet_s: float = QUIET_S,
        rescan_s: float = RESCAN_S,
    ) -> None:
        self._on_change, self._on_trouble = on_change, on_trouble
        self._quiet_s, self._rescan_s = quiet_s, rescan_s
        self._folders = dict.fromkeys(folders, True)  # true while it is there
        self._watches: dict[str, Any] = {}
        self._observer: Any = None
        self._lock = threading.Lock()
        self._first = self._last = 0.0  # changes that are not told yet
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="library-watch", daemon=True)

    def start(self) -> None:
        """Begin; to be called once."""
        self._thread.start()

    def stop(self) -> None:
        """End it; nothing is told any more."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    # -- what the system tells ---------------------------------------------------------

    def _listen(self) -> None:
        try:
            from watchdog.observers import Observer
        except ImportError:
            self._tell_deaf("watchdog is not installed")
            return
        self._observer = Observer()
        self._observer.start()
        for folder in self._folders:
            self._schedule(folder)

    def _schedule(self, folder: str) -> None:
        if self._observer is None or not os.path.isdir(folder):
            return
        try:
            self._watches[folder] = self._observer.schedule(_Handler(self), folder, recursive=True)
        except OSError as error:
            # Such as the most folders that a user may watch.
            self._tell_deaf(f"{one_line(folder)}: {error.strerror or error}")

    def _tell_deaf(self, why: str) -> None:
        minutes = max(1, round(self._rescan_s / 60))
        self._on_trouble(
            f"the system does not tell of changes ({why}); the folders are looked through every "
            f"{minutes} minutes"
        )

    def note(self, event: Any) -> None:
        """Take an event of watchdog; what is no sound file or folder, or only read, is nothing."""
        if event.event_type in ("opened", "closed_no_write"):
            return
        paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        is_folder = event.is_directory and event.event_type != "modified"
        if is_folder or any(os.path.splitext(path)[1].lower() in _SUFFIXES for path in paths):
            with self._lock:
                self._last = time.monotonic()
                self._first = self._first or self._last

    # -- the thread --------------------------------------------------------------------

    def _run(self) -> None:
        self._listen()
        scanned_at = time.monotonic()
        try:
            while not self._ended.wait(min(_LOOK_S, self._quiet_s / 2)):
                is_due = self._look_at_folders()
                now = time.monotonic()
                with self._lock:
                    is_quiet = self._last and now >= self._last + self._quiet_s
                    if is_quiet or (self._first and now >= self._first + LONGEST_S):
                        self._first = self._last = 0.0
                        is_due = True
                if is_due or now >= scanned_at + self._rescan_s:
                    scanned_at = now
                    self._on_change()
        except Exception:  # a watch must not end unseen
            _LOG.exception("watching the folders")
            self._on_trouble("the folders are no longer watched; switch it off and on again")
        finally:
            if self._observer is not None:
                self._observer.stop()
                self._observer.join()

    def _look_at_folders(self) -> bool:
        """Notice folders that have gone and come back; true if one has come back."""
        is_back = False
        for folder, was_there in self._folders.items():
            is_there = os.path.isdir(folder)
            if is_there == was_there:
                continue
            self._folders[folder] = is_there
            if is_there:
                self._on_trouble(f"{one_line(folder)} is back, and watched again")
                self._schedule(folder)
                is_back = True
                continue
            watch = self._watches.pop(folder, None)
            if watch is not None:
                with suppress(KeyError):
                    self._observer.unschedule(watch)
            self._on_trouble(
                f"{one_line(folder)} is no longer there; it is watched again once it is back"
            )
        return is_back


class _Handler:
    """Handler of events as watchdog calls it."""

    def __init__(self, watch: FolderWatch) -> None:
        self._watch = watch

    def dispatch(self, event: Any) -> None:
        self._watch.note(event)


def is_idle(seconds: float = 1.0) -> bool:
    """True if the processors had little to do for so many seconds."""
    import psutil

    return float(psutil.cpu_percent(interval=seconds)) < _IDLE_PERCENT
