"""The window's side of a worker process: submit jobs, get events, survive its death."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.process_limits import DECODING, Limits
from fstmuse_core.system.worker_process import CANCEL_WITHIN_S, WorkerProcess
from fstmuse_core.workers.protocol import (
    Cancel,
    Cancelled,
    Done,
    Event,
    Failed,
    Job,
    LiveEnd,
    LiveSamples,
    Partial,
    Progress,
    Ready,
    Request,
    Started,
    WorkerLost,
)
from fstmuse_core.workers.tasks.classify import serve

_LOG = logging.getLogger(__name__)

# A worker that dies this often in a row before it is even ready will not come up.
_MAX_FAILED_STARTS = 3
_LOOK_EVERY_S = 0.1
_DIED = "the process that was to do it has ended; try again"
_DIED_TWICE = "the helper process stopped twice while working on this; it was left out"


@dataclass
class _Entry:
    """A job that has not been answered, with what was sent for it and said of it."""

    request: Job
    stream: list[Request] = field(default_factory=list)
    parts: list[Any] = field(default_factory=list)
    begun: bool = False
    retried: bool = False
    is_settling: bool = False
    cancelled_at: float | None = None


class WorkerClient:
    """One child process that decodes and classifies, or does other work of the window's.

    Jobs wait here, and the process has one at a time, beside the recordings that it follows. If
    it dies, another is started and its unfinished jobs are done again; a job that was being
    worked on when the process died is retried once, if it may be, and then given up as failed.
    A job that goes beyond ``limits`` fails, and one that is cancelled ends within two seconds,
    whatever the process is doing.

    Parameters
    ----------
    on_event : callable
        Given every :data:`Event`, from a thread of this object's own.
    warm_model : str, optional
        A model to load before the first job.
    serve : callable
        Main function of the process: answers requests over the pipe that it is given, and is
        given ``warm_model`` too if there is one.
    limits : Limits, optional
        Limits of each job.

    All methods but :meth:`stop` and :meth:`wait` return at once; none raises because of the
    process.
    """

    def __init__(
        self,
        on_event: Callable[[Event], None],
        *,
        warm_model: str | None = None,
        serve: Callable[..., None] = serve,
        limits: Limits = DECODING,
    ) -> None:
        self._limits = limits
        self._on_event = on_event
        self._warm_model = warm_model
        self._serve = serve
        # Guards everything below; notified when there is something to send or to stop for.
        self._lock = threading.Condition()
        self._numbers = itertools.count(1)
        # In the order in which they are done.
        self._jobs: dict[int, _Entry] = {}
        # The job that the process has.
        self._at_work: int | None = None
        self._outbox: deque[tuple[int, Request]] = deque()
        self._process: WorkerProcess | None = None
        self._stopping = False
        self._threads: list[threading.Thread] = []

    @property
    def pid(self) -> int | None:
        """Process id of the worker, ``None`` while there is none."""
        process = self._process
        return process.pid if process is not None else None

    def start(self) -> None:
        """Start the process; ``Ready`` follows. Jobs may be submitted before that."""
        for target, name in ((self._supervise, "worker-events"), (self._post, "worker-requests")):
            thread = threading.Thread(target=target, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def submit(self, request: Job) -> int:
        """Ask for a job; returns its number, under which the events come."""
        job = next(self._numbers)
        with self._lock:
            self._jobs[job] = _Entry(request)
            if request.is_live:
                self._outbox.append((job, request))
            self._hand_over()
        return job

    def send_live(self, job: int, samples: FloatArray) -> None:
        """More samples for the ``ClassifyLive`` job, mono float32, shape ``(n,)``."""
        self._stream(job, LiveSamples(samples))

    def end_live(self, job: int) -> None:
        """The take is over; ``Done`` follows."""
        self._stream(job, LiveEnd())

    def _stream(self, job: int, request: Request) -> None:
        with self._lock:
            if (entry := self._jobs.get(job)) is not None:
                # Kept until the job is answered, to be sent again to another process.
                entry.stream.append(request)
                self._outbox.append((job, request))
                self._lock.notify_all()

    def cancel(self, job: int) -> None:
        """Give a job up; ``Cancelled`` follows unless it has been answered already."""
        with self._lock:
            entry = self._jobs.get(job)
            if entry is None or entry.is_settling or entry.cancelled_at is not None:
                return
            entry.cancelled_at = time.monotonic()
            if job == self._at_work or entry.request.is_live:
                self._outbox.append((job, Cancel()))
                self._lock.notify_all()

    def wait(self, patience_s: float) -> None:
        """Wait so many seconds at most until everything is answered."""
        with self._lock:
            self._lock.wait_for(lambda: not self._jobs, patience_s)

    def stop(self) -> None:
        """End the process and wait for this object's threads."""
        with self._lock:
            self._stopping = True
            self._lock.notify_all()
            process = self._process
        if process is not None:
            process.end()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _hand_over(self) -> None:
        """Give the next job to a process that has none; the lock is held."""
        self._lock.notify_all()
        if self._at_work is not None or self._process is None or not self._process.is_ready:
            return
        for job, entry in self._jobs.items():
            if not entry.request.is_live and entry.cancelled_at is None:
                self._at_work = job
                self._outbox.append((job, entry.request))
                return

    # The thread that sends ---------------------------------------------------------------

    def _post(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._stopping or (self._outbox and self._process))
                if self._stopping:
                    return
                message, process = self._outbox.popleft(), self._process
            # If the process is dying, it will all be sent again to the next.
            if process is not None:
                process.send(message)

    # The thread that receives ------------------------------------------------------------

    def _supervise(self) -> None:
        failed_starts = 0
        while True:
            process = self._run_process()
            if self._stopping:
                return
            if process is not None and process.is_ready:
                failed_starts = 0
            else:  # other models may load where this one brings the process down
                failed_starts += 1
                self._warm_model = None
            if failed_starts >= _MAX_FAILED_STARTS:
                self._give_up_all()
                return
            self._after_death(process.blame if process is not None else None)

    def _run_process(self) -> WorkerProcess | None:
        """Start a process, hand on its events until it dies, and return it."""
        arguments = () if self._warm_model is None else (self._warm_model,)
        try:
            process = WorkerProcess(self._serve, *arguments, limits=self._limits)
        except Exception:  # whatever it is, the window must know that there is no worker
            _LOG.exception("starting the worker")
            return None
        with self._lock:
            self._process = process
            self._outbox = deque(
                (job, request)
                for job, entry in self._jobs.items()
                if entry.request.is_live
                for request in (entry.request, *entry.stream)
            )
            self._lock.notify_all()
            stopping = self._stopping
        try:
            while not stopping:
                event = process.receive(_LOOK_EVERY_S)
                if event is not None:
                    self._take(event, process)
                self._look_after(process)
        except EOFError:
            pass
        with self._lock:
            self._process = self._at_work = None
        process.close()
        return process

    def _take(self, event: Event, process: WorkerProcess) -> None:
        if isinstance(event, Started | Progress | Partial):
            is_next = isinstance(event, Started) or (
                isinstance(event, Progress) and event.counts_items
            )
            if is_next and event.job == self._at_work:
                process.begin(event.job)
            else:
                process.beat()
        if self._note(event):
            self._on_event(event)

    def _note(self, event: Event) -> bool:
        """Take note of what became of a job; ``False`` if it has been answered already."""
        with self._lock:
            if isinstance(event, Ready | WorkerLost):
                self._hand_over()
                return True
            entry = self._jobs.get(event.job)
            if isinstance(event, Done | Failed | Cancelled):
                self._jobs.pop(event.job, None)
                if event.job == self._at_work:
                    self._at_work = None
                self._hand_over()
            elif entry is not None and isinstance(event, Started):
                entry.begun = True
            elif entry is not None and isinstance(event, Partial) and entry.request.settles:
                entry.parts.append(event.payload)
        return entry is not None

    def _look_after(self, process: WorkerProcess) -> None:
        """Answer for jobs cancelled before their turn, and have a hung process killed."""
        latest = time.monotonic() - CANCEL_WITHIN_S
        with self._lock:
            at_work = self._at_work
            cancelled = {
                job: entry.cancelled_at
                for job, entry in self._jobs.items()
                if entry.cancelled_at is not None
            }
            given_up = [
                job
                for job, since in cancelled.items()
                if job != at_work and (not self._jobs[job].request.is_live or since < latest)
            ]
            for job in given_up:
                del self._jobs[job]
            self._lock.notify_all()
        for job in given_up:
            self._on_event(Cancelled(job))
        if at_work in cancelled:
            process.cancel()
        if at_work is not None or not process.is_ready:
            process.watch()

    def _after_death(self, blame: tuple[int | None, str] | None) -> None:
        """Answer for the job that the process died of; the others are done again."""
        answers: list[Event] = []
        with self._lock:
            for job, entry in list(self._jobs.items()):
                begun, entry.begun = entry.begun, False
                if not begun or (blame is not None and job != blame[0]):
                    continue
                answer = _answer_for(job, entry, None if blame is None else blame[1])
                if answer is not None:
                    del self._jobs[job]
                    answers.append(answer)
            self._lock.notify_all()
        if blame is None:
            sentence = "The helper process stopped unexpectedly and was started again."
            answers.insert(0, WorkerLost(sentence))
        for event in answers:
            self._on_event(event)

    def _give_up_all(self) -> None:
        """There will be no process; every job from here on fails at once."""
        self._on_event(
            WorkerLost("The helper process does not start; run `fstmuse doctor` to see why.")
        )
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._stopping or self._jobs)
                if self._stopping:
                    return
                lost = list(self._jobs)
                self._jobs.clear()
                self._outbox.clear()
            for job in lost:
                self._on_event(Failed(job, "the helper process does not start", is_lost=True))


def _answer_for(job: int, entry: _Entry, why: str | None) -> Cancelled | Failed | None:
    """Return the answer for a job whose process has died; ``None`` if it is to be done again.

    ``why`` it was killed is empty if it was cancelled, and ``None`` if it died by itself.
    """
    if why is None and entry.request.is_repeatable and not entry.retried:
        entry.retried = True
        return None
    if entry.request.settles and not entry.is_settling:
        entry.request = entry.request.settlement(entry.parts, why)
        entry.is_settling, entry.cancelled_at = True, None
        return None
    if why == "":
        return Cancelled(job)
    return Failed(job, why or (_DIED_TWICE if entry.retried else _DIED), is_lost=True)
