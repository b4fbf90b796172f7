"""Hearing all that waits in a library, on every core, and telling of it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fstmuse_core.bundle.bundle import Bundle, find_bundle
from fstmuse_core.bundle.manifest import CLASSIFIER
from fstmuse_core.classify.runner import ClassifierRunner
from fstmuse_core.library.database import Library, open_library
from fstmuse_core.library.file_task import (
    ClassifiedFile,
    FailedFile,
    LibraryTask,
    Unusable,
    as_found_here,
)
from fstmuse_core.library.queue import Queue, Waiting
from fstmuse_core.library.schema import TITLE, speaking
from fstmuse_core.system.atomic_write import try_lock
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.pool import Broken, ProcessPool, default_processes

if TYPE_CHECKING:
    from fstmuse_core.system.cluster import ClusterPool

    _Became = ClassifiedFile | FailedFile | Unusable
    _Pool = ProcessPool[str, _Became] | ClusterPool[str, _Became]


@dataclass(frozen=True, slots=True)
class WorkProgress:
    """Progress of the work.

    Attributes
    ----------
    done, failed : int
        Files dealt with since it began.
    total : int
        Those and the ones that still wait.
    per_second : float
        Files a second of late; 0 while that is not known.
    left_s : float or None
        Seconds until all is done at that rate.
    changed : tuple of int
        Files of which there is something new since the last event.
    working : tuple of int
        Files that are being classified.
    paused : bool
    """

    done: int
    failed: int
    total: int
    per_second: float
    left_s: float | None
    changed: tuple[int, ...]
    working: tuple[int, ...]
    paused: bool


@dataclass(frozen=True, slots=True)
class WorkDone:
    """No file waits any more."""

    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class WorkCancelled:
    """The work was given up; what waits goes on waiting."""

    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class WorkFailed:
    """The work cannot go on; what waits goes on waiting."""

    error: str


WorkEvent = WorkProgress | WorkDone | WorkCancelled | WorkFailed


_LOG = logging.getLogger(__name__)

_POLL_S = 0.1
_TOLD_EVERY_S = 0.1
# At 60 MiB each, all of them and the window stay below 700 MiB.
_MOST_PROCESSES = 6
# Files looked up at once.
_AHEAD = 100
# The rate is that of so many seconds, and is not told before there are some.
_RATE_OVER_S = 20.0
_RATE_AFTER_S = 2.0


class LibraryWork:
    """Classifies what waits in a library for one model, in processes of its own.

    Each answer is in the library as soon as it is there. A kill at any moment loses what was
    being classified and nothing else: whoever works next goes on from there. What is moved to the
    front, skipped or added meanwhile counts from the next file on. A file over which a process
    breaks down is tried once more.

    Parameters
    ----------
    on_event : callable
        Given every ``WorkEvent`` from a thread of this object's own: ``WorkProgress`` up to
        ten times a second, then one of ``WorkDone``, ``WorkCancelled`` and ``WorkFailed``.
    model : str
        A model's name or folder.
    library : Path, optional
        The library's file; the user's by default.
    processes : int, optional
        One for each core by default, six at most.
    cluster : str, optional
        Address of a dask scheduler, whose workers hear the files instead.

    All methods but :meth:`stop` return at once.
    """

    def __init__(
        self,
        on_event: Callable[[WorkEvent], None],
        *,
        model: str,
        library: Path | None = None,
        processes: int | None = None,
        cluster: str = "",
    ) -> None:
        self._on_event = on_event
        self._model = model
        self._library = library
        self._processes = processes
        self._cluster = cluster
        self._cancelled = threading.Event()
        # Clear while the work is paused.
        self._going = threading.Event()
        self._going.set()
        self._thread = threading.Thread(target=self._run, name="library-work", daemon=True)

    @property
    def is_paused(self) -> bool:
        """True while no new file is begun."""
        return not self._going.is_set()

    def start(self) -> None:
        """Begin; to be called once."""
        self._thread.start()

    def pause(self) -> None:
        """Begin no new file; those that are being classified are finished."""
        self._going.clear()

    def resume(self) -> None:
        """Go on after a pause."""
        self._going.set()

    def cancel(self) -> None:
        """Give up, also the files that are being classified; ``WorkCancelled`` follows."""
        self._cancelled.set()
        self._going.set()

    def stop(self) -> None:
        """Cancel, and wait until all processes have ended."""
        self.cancel()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            ended = self._work()
        except FstMuseError as error:
            ended = WorkFailed(str(error))
        except Exception as error:  # whatever it is, it must be told
            _LOG.exception("working on the library")
            what = one_line(f"{type(error).__name__}: {error}")
            ended = WorkFailed(f"something unforeseen went wrong ({what})")
        self._on_event(ended)

    def _work(self) -> WorkEvent:
        bundle = find_bundle(self._model)
        bundle.require_kind(CLASSIFIER)
        with open_library(self._library) as library, only_one_works(library.path):
            shift = _Shift(library, bundle, self._on_event, is_elsewhere=bool(self._cluster))
            if not shift.total:
                return WorkDone(0, 0)
            runner = ClassifierRunner(str(bundle.path), bundle.sha256)
            ids = shift.queue.model_id, shift.queue.tagger_id
            with self._pool(LibraryTask(runner, str(library.path), *ids), shift.total) as pool:
                while not self._cancelled.is_set():
                    if shift.go_on(pool, paused=self.is_paused):
                        return WorkDone(shift.done, shift.failed)
                    if self.is_paused and not pool.is_busy:
                        shift.tell(pool, paused=True)
                        self._going.wait()
                        shift.begin_again()
            return WorkCancelled(shift.done, shift.failed)

    def _pool(self, task: LibraryTask, total: int) -> _Pool:
        if self._cluster:
            from fstmuse_core.system.cluster import ClusterPool

            return ClusterPool(task, self._cluster, total, trouble=task.runner.trouble)
        processes = self._processes or min(default_processes(), _MOST_PROCESSES)
        return ProcessPool(task, min(processes, total))


@contextmanager
def only_one_works(library: Path) -> Iterator[None]:
    """Hold the right to work on a library, which the system takes back if the process dies.

    Raises
    ------
    FstMuseError
        If another process has it.
    """
    with speaking(library):
        stream = library.with_suffix(".work").open("ab")
    with stream:
        if not try_lock(stream):
            raise FstMuseError(
                TITLE, "another FstMuse is working on it", "wait until it is done, or stop it there"
            )
        yield


class _Shift:
    """The work on one library from its beginning to its end, in one thread."""

    def __init__(
        self,
        library: Library,
        bundle: Bundle,
        on_event: Callable[[WorkEvent], None],
        *,
        is_elsewhere: bool,
    ) -> None:
        self.is_elsewhere = is_elsewhere
        self.queue = Queue(library, bundle)
        self.done = self.failed = 0
        self.total = self.queue.count()
        self._library = library
        self._on_event = on_event
        self._next: deque[Waiting] = deque()
        self._last: Waiting | None = None
        self._at_end = False
        self._changes = library.changes_of_others()
        self._in_work: dict[int, Waiting] = {}
        self._broken: set[int] = set()
        self._changed: list[int] = []
        self._told_at = -1.0
        self._rates: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def begin_again(self) -> None:
        """Forget how fast it went: there was a pause."""
        self._rates = deque([(time.monotonic(), self.done + self.failed)])

    def go_on(self, pool: _Pool, *, paused: bool) -> bool:
        """Hand out files and take in what is done; whether nothing is left."""
        while not paused and pool.has_room and (waiting := self._take()) is not None:
            self._in_work[waiting.file_id] = waiting
            pool.give(waiting.file_id, waiting.path)
        if pool.is_busy:
            for finished in pool.collect(_POLL_S):
                self._keep(finished.index, finished.result)
        is_over = not paused and not pool.is_busy and self._is_empty()
        if is_over:
            self.total = self.done + self.failed
        if is_over or time.monotonic() >= self._told_at + _TOLD_EVERY_S:
            self.tell(pool, paused=paused)
        return is_over

    def _is_empty(self) -> bool:
        if self._next:
            return False
        self._look_again()
        self._next.extend(self._fetched())
        return not self._next

    def _take(self) -> Waiting | None:
        changes = self._library.changes_of_others()
        if changes != self._changes:
            self._changes = changes
            self._look_again()
            self.total = self.done + self.failed + self.queue.count()
        while True:
            if not self._next:
                if self._at_end:
                    return None
                self._next.extend(self._fetched())
                continue
            waiting = self._next.popleft()
            if not self._is_in_work(waiting):
                return waiting

    def _look_again(self) -> None:
        """From the front: the order may be another, and there may be more."""
        self._next.clear()
        self._last = None
        self._at_end = False

    def _fetched(self) -> list[Waiting]:
        found = self.queue.next_after(self._last, _AHEAD)
        if found:
            self._last = found[-1]
        self._at_end = len(found) < _AHEAD
        return found

    def _is_in_work(self, waiting: Waiting) -> bool:
        """True while it, or the same file under another name, is being classified."""
        if waiting.file_id in self._in_work:
            return True
        known = waiting.same.strip()
        return bool(known) and any(one.same == waiting.same for one in self._in_work.values())

    def _keep(self, file_id: int, became: ClassifiedFile | FailedFile | Unusable | Broken) -> None:
        self._in_work.pop(file_id, None)
        if isinstance(became, Unusable):
            raise FstMuseError("the model", became.reason)
        if isinstance(became, Broken):
            if file_id not in self._broken:  # it may have been killed for no fault of the file's
                self._broken.add(file_id)
                return
            became = FailedFile(became.reason)
        if isinstance(became, ClassifiedFile):
            became = as_found_here(became) if self.is_elsewhere else became
            self.done += 1
        else:
            self.failed += 1
        self._changed += self.queue.keep(file_id, became)

    def tell(self, pool: _Pool, *, paused: bool) -> None:
        """Say how far it is."""
        now = self._told_at = time.monotonic()
        handled = self.done + self.failed
        self._rates.append((now, handled))
        while self._rates[0][0] < now - _RATE_OVER_S:
            self._rates.popleft()
        since, before = self._rates[0]
        rate = (handled - before) / (now - since) if now > since + _RATE_AFTER_S else 0.0
        left = max(0, self.total - handled)
        self._on_event(
            WorkProgress(
                done=self.done,
                failed=self.failed,
                total=handled + left,
                per_second=rate,
                left_s=left / rate if rate else None,
                changed=tuple(dict.fromkeys(self._changed)),
                working=pool.at_work,
                paused=paused,
            )
        )
        self._changed.clear()
