"""Base of the window's child processes: receiving, working, and answering."""

from __future__ import annotations

import logging
import os
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.process_limits import DECODING, Limits, send_heartbeats, too_much_memory
from fstmuse_core.workers.protocol import Cancelled, Done, Failed, Progress, Ready, Started

_LOG = logging.getLogger(__name__)

# The window goes first: where both want a core, a clip may wait, a mouse may not.
_NICENESS = 5

# Progress is sent this often at most, in seconds.
_PROGRESS_EVERY_S = 0.05


class JobServer(ABC):
    """One thread receives, so that a cancel is seen at once; the main thread works.

    Attributes
    ----------
    wake : threading.Condition
        Held while ``jobs`` is looked at; notified when something has come.
    jobs : deque
        Numbers and requests that wait for their turn.
    limits : Limits
        Limits that the process is held to.
    """

    limits: Limits = DECODING

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.wake = threading.Condition()
        self.jobs: deque[tuple[int, Any]] = deque()
        self._classifiers: dict[str, GenreClassifier] = {}

    @abstractmethod
    def receive(self, job: int, request: Any) -> None:
        """Take a request or a message about one in; called by the receiving thread."""

    @abstractmethod
    def load_ahead(self, model: str) -> None:
        """Load what the first job with this model needs."""

    @abstractmethod
    def work(self) -> None:
        """Answer requests for ever."""

    def serve(self, warm_model: str | None) -> None:
        """Answer requests until the pipe ends. The first message out is ``Ready``."""
        if hasattr(os, "nice"):
            os.nice(_NICENESS)
        threading.Thread(target=self._listen, daemon=True).start()
        if warm_model:
            self._warm(warm_model)
        self.connection.send(Ready(os.getpid()))
        send_heartbeats(self.connection.send)
        self.work()

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

    def _warm(self, model: str) -> None:
        """Load a model early; a failure is reported when the model is asked for."""
        try:
            self.load_ahead(model)
        except FstMuseError as error:
            _LOG.warning("model %s: %s", model, error)

    def answer(
        self, job: int, work: Callable[[], Any], given_up: tuple[type[Exception], ...]
    ) -> None:
        """Do a job and say how it ended; ``work`` raises one of ``given_up`` if it is cancelled."""
        self.connection.send(Started(job))
        try:
            self.connection.send(Done(job, work()))
        except given_up:
            self.connection.send(Cancelled(job))
        except Exception as error:
            self.send_failure(job, error)

    def send_failure(self, job: int, error: Exception) -> None:
        """Say why a job failed; what nobody has foreseen is logged too."""
        sentence = str(error)
        if isinstance(error, MemoryError):
            sentence = too_much_memory(self.limits)
        elif not isinstance(error, FstMuseError):
            _LOG.error("job %d", job, exc_info=error)
            what = f"{type(error).__name__}: {error}"
            sentence = one_line(f"something unforeseen went wrong ({what})")
        self.connection.send(Failed(job, sentence))

    def progress_of(self, job: int) -> Callable[[float], None]:
        """Takes how far a job is, and says so now and then."""
        told = time.monotonic()

        def tell(fraction: float) -> None:
            nonlocal told
            now = time.monotonic()
            if now >= told + _PROGRESS_EVERY_S:
                told = now
                self.connection.send(Progress(job, fraction))

        return tell

    def classifier(self, model: str) -> GenreClassifier:
        """The model by that name, loaded again if its bundle has been replaced since."""
        known = self._classifiers.get(model)
        if known is None or not known.bundle.is_current():
            self._classifiers[model] = GenreClassifier(find_bundle(model))
        return self._classifiers[model]
