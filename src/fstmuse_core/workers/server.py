"""Base of the window's worker processes: receiving, working, and answering."""

from __future__ import annotations

import logging
import os
import threading
import time
from abc import ABC, abstractmethod
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.process_limits import (
    DECODING,
    Limits,
    is_out_of_memory,
    send_heartbeats,
    too_much_memory,
)
from fstmuse_core.workers.protocol import (
    Cancel,
    Cancelled,
    Done,
    Failed,
    Partial,
    Progress,
    Ready,
    Request,
    Started,
)

if TYPE_CHECKING:
    from fstmuse_core.classify.classifier import GenreClassifier

_LOG = logging.getLogger(__name__)

# The window goes first: where both want a core, a clip may wait, a mouse may not.
_NICENESS = 5

# One clip at a time is heard here, and somebody waits for it. Three quarters of the time are left
# with a second thread; a third gains little, and other work has the rest of the cores.
_THREADS = 2

# Progress is sent this often at most, in seconds.
_PROGRESS_EVERY_S = 0.05


class JobServer(ABC):
    """One thread receives, so that a cancel is seen at once; the main thread works.

    Nothing waits here: the next job comes when the last is answered.

    Attributes
    ----------
    wake : threading.Condition
        Held while something is received; notified then.
    job : int
        Number of the job in work.
    limits : Limits
        Limits that the process is held to.
    """

    limits: Limits = DECODING

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.wake = threading.Condition()
        self.job = 0
        self._next: tuple[int, Any] | None = None
        self._given_up: set[int] = set()
        self._progress_at = 0.0
        self._classifiers: dict[str, GenreClassifier] = {}

    @abstractmethod
    def do(self, request: Any) -> Any:
        """Do a job and return its result; any exception counts as cancelled once it is."""

    def load_ahead(self, model: str) -> None:
        """Load what the first job with this model needs."""
        raise NotImplementedError

    def serve(self, warm_model: str | None = None) -> None:
        """Answer requests until the pipe ends. The first message out is ``Ready``."""
        if hasattr(os, "nice"):
            os.nice(_NICENESS)
        threading.Thread(target=self._listen, daemon=True).start()
        if warm_model:
            self._warm(warm_model)
        self.connection.send(Ready(os.getpid()))
        send_heartbeats(self.connection.send)
        while True:
            with self.wake:
                self.wake.wait_for(self.has_news)
            self.work()

    # Receiving ---------------------------------------------------------------------------

    def _listen(self) -> None:
        try:
            while True:
                job, request = self.connection.recv()
                with self.wake:
                    self.receive(job, request)
                    self.wake.notify()
        except (EOFError, OSError):
            # The window is gone; whatever is being done is for nobody.
            os._exit(0)

    def receive(self, job: int, request: Request) -> None:
        """Take a request or a message about one in; called by the receiving thread."""
        if isinstance(request, Cancel):
            self._given_up.add(job)
        else:
            self._next = job, request

    def has_news(self) -> bool:
        """Return true if there is something to do."""
        return self._next is not None

    # Working -----------------------------------------------------------------------------

    def work(self) -> None:
        """Do the job that has come, if one has."""
        with self.wake:
            job, self._next = self._next, None
        if job is not None:
            self._answer(*job)

    def _warm(self, model: str) -> None:
        """Load a model early; a failure is reported when the model is asked for."""
        try:
            self.load_ahead(model)
        except FstMuseError as error:
            _LOG.warning("model %s: %s", model, error)

    def _answer(self, job: int, request: Any) -> None:
        self.job = job
        self._progress_at = 0.0
        self.connection.send(Started(job))
        try:
            self.connection.send(Done(job, self.do(request)))
        except Exception as error:
            if self.is_cancelled():
                self.connection.send(Cancelled(job))
            else:
                self.send_failure(job, error)
        self._given_up.discard(job)

    def is_cancelled(self) -> bool:
        """Return true if the job in work is no longer wanted."""
        return self.job in self._given_up

    def send_failure(self, job: int, error: Exception) -> None:
        """Say why a job failed; what nobody has foreseen is logged too."""
        sentence = str(error)
        if is_out_of_memory(error):
            sentence = too_much_memory(self.limits)
        elif not isinstance(error, FstMuseError):
            _LOG.error("job %d", job, exc_info=error)
            what = f"{type(error).__name__}: {error}"
            sentence = one_line(f"something unforeseen went wrong ({what})")
        self.connection.send(Failed(job, sentence))

    def progress(self, done: float, total: float = 1.0) -> None:
        """Say how far the job in work is, now and then."""
        now = time.monotonic()
        if now >= self._progress_at + _PROGRESS_EVERY_S:
            self._progress_at = now
            self.connection.send(Progress(self.job, done, total))

    def partial(self, payload: Any) -> None:
        """Send an interim result of the job in work."""
        self.connection.send(Partial(self.job, payload))

    def classifier(self, model: str) -> GenreClassifier:
        """The model by that name, loaded again if its bundle has been replaced since."""
        from fstmuse_core.bundle.bundle import find_bundle
        from fstmuse_core.classify.classifier import GenreClassifier
        from fstmuse_core.system.pool import default_processes

        known = self._classifiers.get(model)
        if known is None or not known.bundle.is_current():
            threads = min(_THREADS, default_processes())
            self._classifiers[model] = GenreClassifier(find_bundle(model), num_threads=threads)
        return self._classifiers[model]
