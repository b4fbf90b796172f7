"""The window's side of the worker process: submit jobs, get events, survive its death."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.child_process import end_child, start_child
from fstmuse_core.system.process_limits import DECODING, Heartbeat, Limits, Watchdog
from fstmuse_core.workers.protocol import (
    Cancel,
    Cancelled,
    ClassifyLive,
    Done,
    Event,
    Failed,
    Job,
    LiveEnd,
    LiveSamples,
    Message,
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
# A worker that has not given a job up by then is killed.
_CANCEL_WITHIN_S = 1.0


@dataclass
class _Job:
    """A job that has not been answered, with all that was sent for it."""

    requests: list[Request] = field(default_factory=list)
    begun: bool = False
    retried: bool = False
    cancelled_at: float | None = None

    @property
    def is_live(self) -> bool:
        """True for a take that is being recorded, which waits for its sound."""
        return isinstance(self.requests[0], ClassifyLive)


class WorkerClient:
    """One child process that decodes and classifies, or does other work of the window's.

    If it dies, another is started and its unfinished jobs are done again; a job that was
    being worked on when the process died is retried once and then given up as failed. A job
    that goes beyond ``limits`` fails, and one that is cancelled ends within two seconds,
    whatever the process is doing.

    Parameters
    ----------
    on_event : callable
        Given every :data:`Event`, from a thread of this object's own.
    warm_model : str, optional
        A model to load before the first job.
    serve : callable
        Main function of the process: answers requests over the pipe that it is given.
    limits : Limits, optional
        Limits of each job.

    All methods return at once; none raises because of the process.
    """

    def __init__(
        self,
        on_event: Callable[[Event], None],
        *,
        warm_model: str | None = None,
        serve: Callable[[Connection, str | None], None] = serve,
        limits: Limits = DECODING,
    ) -> None:
        self._limits = limits
        self._on_event = on_event
        self._warm_model = warm_model
        self._serve = serve
        # Guards everything below; notified when there is something to send or to stop for.
        self._lock = threading.Condition()
        self._numbers = itertools.count(1)
        self._jobs: dict[int, _Job] = {}
        self._outbox: deque[tuple[int, Request]] = deque()
        self._connection: Connection | None = None
        # Held while sending and while closing: closing under a send would end its thread.
        self._wire = threading.Lock()
        self._process: BaseProcess | None = None
        # The job that the process was killed over, and the sentence of its failure; none if it
        # was cancelled.
        self._killed: tuple[int, str | None] | None = None
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
            self._jobs[job] = _Job()
        self._send(job, request)
        return job

    def send_live(self, job: int, samples: FloatArray) -> None:
        """More samples for the ``ClassifyLive`` job, mono float32, shape ``(n,)``."""
        self._send(job, LiveSamples(samples))

    def end_live(self, job: int) -> None:
        """The take is over; ``Done`` follows."""
        self._send(job, LiveEnd())

    def cancel(self, job: int) -> None:
        """Give a job up; ``Cancelled`` follows unless it has been answered already."""
        with self._lock:
            if job in self._jobs:
                self._jobs[job].cancelled_at = time.monotonic()
        self._send(job, Cancel())

    def stop(self) -> None:
        """End the process and wait for this object's threads."""
        with self._lock:
            self._stopping = True
            self._lock.notify_all()
            process = self._process
        if process is not None:
            end_child(process)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    # The thread that sends ---------------------------------------------------------------

    def _send(self, job: int, request: Request) -> None:
        with self._lock:
            entry = self._jobs.get(job)
            if entry is None:
                return
            # Kept until the job is answered, to be sent again to another process.
            entry.requests.append(request)
            self._outbox.append((job, request))
            self._lock.notify_all()

    def _post(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._stopping or (self._outbox and self._connection))
                if self._stopping:
                    return
                message, connection = self._outbox.popleft(), self._connection
            # If the process is dying, it will all be sent again to the next.
            with self._wire, suppress(OSError):
                if connection is not None:
                    connection.send(message)

    # The thread that receives ------------------------------------------------------------

    def _supervise(self) -> None:
        failed_starts = 0
        while True:
            was_ready = self._run_process()
            if self._stopping:
                return
            failed_starts = 0 if was_ready else failed_starts + 1
            if not was_ready:  # other models may load where this one brings the process down
                self._warm_model = None
            if failed_starts >= _MAX_FAILED_STARTS:
                self._give_up_all()
                return
            self._after_death()

    def _run_process(self) -> bool:
        """Start a process and hand on its events until it dies; whether it ever was ready."""
        try:
            process, connection = start_child(
                self._serve, self._warm_model, memory_bytes=self._limits.memory_bytes
            )
        except Exception:  # whatever it is, the window must know that there is no worker
            _LOG.exception("starting the worker")
            return False
        ready = False
        with self._lock:
            self._process, self._connection = process, connection
            self._outbox = deque(
                (job, request) for job, entry in self._jobs.items() for request in entry.requests
            )
            self._lock.notify_all()
            stopping = self._stopping
        watchdog = Watchdog(process.pid, self._limits)
        try:
            while not stopping:
                if connection.poll(_LOOK_EVERY_S):
                    event: Message = connection.recv()
                    ready = ready or isinstance(event, Ready)
                    self._take(event, watchdog)
                self._give_up_cancelled()
                self._look_after(process, watchdog, ready)
        except (EOFError, OSError):
            pass
        with self._lock:
            self._connection = self._process = None
        end_child(process)
        with self._wire:
            connection.close()
        return ready

    def _take(self, event: Message, watchdog: Watchdog) -> None:
        if isinstance(event, Heartbeat):
            watchdog.beat(event)
            return
        if isinstance(event, Progress | Partial):
            watchdog.beat(Heartbeat(0.0))
        elif isinstance(event, Ready | Started):
            watchdog.begin()
        if self._note(event):
            self._on_event(event)

    def _note(self, event: Event) -> bool:
        """Take note of what became of a job; ``False`` if it has been answered already."""
        if isinstance(event, Ready | WorkerLost):
            return True
        with self._lock:
            if event.job not in self._jobs:
                return False
            if isinstance(event, Started):
                self._jobs[event.job].begun = True
            elif isinstance(event, Done | Failed | Cancelled):
                del self._jobs[event.job]
        return True

    def _give_up_cancelled(self) -> None:
        """Answer for jobs that were cancelled before the process came to them."""
        latest = time.monotonic() - _CANCEL_WITHIN_S
        with self._lock:
            given_up = [
                job
                for job, entry in self._jobs.items()
                if entry.cancelled_at is not None
                and entry.cancelled_at < latest
                and (entry.is_live or not entry.begun)
            ]
            for job in given_up:
                del self._jobs[job]
        for job in given_up:
            self._on_event(Cancelled(job))

    def _look_after(self, process: BaseProcess, watchdog: Watchdog, ready: bool) -> None:
        """Kill a process that does not give up what it should, or goes beyond its limits."""
        if self._killed is not None:
            return
        now = time.monotonic()
        with self._lock:
            working = next(
                (item for item in self._jobs.items() if item[1].begun and not item[1].is_live), None
            )
        if working is None:
            if not ready and watchdog.overdue():
                process.kill()
            return
        job, entry = working
        if entry.cancelled_at is not None and now > entry.cancelled_at + _CANCEL_WITHIN_S:
            self._killed = job, None
        elif why := watchdog.overdue():
            self._killed = job, why
        else:
            return
        process.kill()

    def _after_death(self) -> None:
        if self._killed is not None:
            self._bury_killed(*self._killed)
            return
        with self._lock:
            lost = [job for job, entry in self._jobs.items() if entry.begun and entry.retried]
            for job in lost:
                del self._jobs[job]
            for entry in self._jobs.values():
                entry.retried = entry.begun
                entry.begun = False
        self._on_event(WorkerLost("The helper process stopped unexpectedly and was started again."))
        for job in lost:
            sentence = "the helper process stopped twice while working on this; it was left out"
            self._on_event(Failed(job, sentence))

    def _bury_killed(self, killed: int, sentence: str | None) -> None:
        """Answer for the job that the process was killed over; the others are done again."""
        self._killed = None
        with self._lock:
            is_open = self._jobs.pop(killed, None) is not None
            for entry in self._jobs.values():
                entry.begun = False
        if is_open:
            self._on_event(Cancelled(killed) if sentence is None else Failed(killed, sentence))

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
                self._on_event(Failed(job, "the helper process does not start"))
