"""The child process that decodes and classifies for the window."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from multiprocessing.connection import Connection
from typing import Any

from fstmuse_core.bundle import find_bundle
from fstmuse_core.classify import ClassificationCancelledError, ClassifySession, GenreClassifier
from fstmuse_core.errors import FstMuseError, one_line
from fstmuse_core.jobs.images import ImageBuilder
from fstmuse_core.jobs.messages import (
    Cancel,
    Cancelled,
    ClassifyFile,
    ClipResult,
    Done,
    Failed,
    ListenLive,
    LiveSamples,
    Partial,
    Progress,
    Ready,
    Started,
)

_LOG = logging.getLogger(__name__)

# The window goes first: where both want a core, a clip may wait, a mouse may not.
_NICENESS = 5

# Progress is told this often at most, in seconds.
_PROGRESS_EVERY_S = 0.05


def serve(connection: Connection, warm_model: str | None) -> None:
    """Answer requests until the pipe ends. The first message out is ``Ready``."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    server = _Server(connection)
    threading.Thread(target=server.listen, daemon=True).start()
    if warm_model:
        server.warm(warm_model)
    connection.send(Ready(os.getpid()))
    server.work()


class _Live:
    """A clip that is still being recorded."""

    def __init__(self, classifier: GenreClassifier) -> None:
        self.image = ImageBuilder(classifier.bundle.manifest.spectrogram)
        self.session: ClassifySession = classifier.session(
            with_activation=True, on_mel=self.image.add
        )


class _Server:
    """One thread listens, so that a cancel is seen at once; the main thread works."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._wake = threading.Condition()
        self._jobs: deque[tuple[int, Any]] = deque()
        self._messages: deque[tuple[int, Any]] = deque()
        self._running: int | None = None
        self._given_up: int | None = None
        self._live: dict[int, _Live] = {}
        self._classifiers: dict[str, GenreClassifier] = {}

    # Listening ---------------------------------------------------------------------------

    def listen(self) -> None:
        try:
            while True:
                job, request = self._connection.recv()
                with self._wake:
                    self._file(job, request)
                    self._wake.notify()
        except (EOFError, OSError):
            # The window is gone; whatever is being computed is for nobody.
            os._exit(0)

    def _file(self, job: int, request: Any) -> None:
        if isinstance(request, ClassifyFile):
            self._jobs.append((job, request))
            return
        if isinstance(request, Cancel) and job == self._running:
            self._given_up = job
        else:
            self._messages.append((job, request))

    # Working -----------------------------------------------------------------------------

    def warm(self, model: str) -> None:
        """Load a model ahead of the first job; a failure will be told when it is asked for."""
        try:
            self._classifier(model)
        except FstMuseError as error:
            _LOG.warning("model %s: %s", model, error)

    def work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._jobs or self._messages)
            self._serve_messages()
            with self._wake:
                if not self._jobs:
                    continue
                self._running, request = self._jobs.popleft()
            self._answer_file(self._running, request)
            with self._wake:
                self._running = None

    def _answer_file(self, job: int, request: ClassifyFile) -> None:
        self._connection.send(Started(job))
        try:
            self._connection.send(Done(job, self._classify_file(job, request)))
        except ClassificationCancelledError:
            self._connection.send(Cancelled(job))
        except FstMuseError as error:
            self._connection.send(Failed(job, str(error)))
        except Exception as error:
            _LOG.exception("classifying %r", request.path)
            self._connection.send(Failed(job, _unexpected(error)))

    def _classify_file(self, job: int, request: ClassifyFile) -> ClipResult:
        classifier = self._classifier(request.model)
        image = ImageBuilder(classifier.bundle.manifest.spectrogram)
        told = time.monotonic()

        def tell(fraction: float) -> None:
            nonlocal told
            now = time.monotonic()
            if now >= told + _PROGRESS_EVERY_S:
                told = now
                self._connection.send(Progress(job, fraction))

        def given_up() -> bool:
            # A recording must not wait for an hour-long file.
            self._serve_messages()
            return job == self._given_up

        classification = classifier.classify_file(
            request.path,
            with_activation=True,
            on_mel=image.add,
            progress=tell,
            cancelled=given_up,
        )
        return ClipResult(classification, image.build())

    def _serve_messages(self) -> None:
        touched: set[int] = set()
        while self._messages:
            job, message = self._messages.popleft()
            try:
                self._hear(job, message, touched)
            except FstMuseError as error:
                self._live.pop(job, None)
                self._connection.send(Failed(job, str(error)))
            except Exception as error:
                _LOG.exception("live job %d", job)
                self._live.pop(job, None)
                self._connection.send(Failed(job, _unexpected(error)))
        for job in touched & self._live.keys():
            self._connection.send(Partial(job, self._live[job].session.so_far()))

    def _hear(self, job: int, message: Any, touched: set[int]) -> None:
        if isinstance(message, Cancel):
            self._give_up(job)
        elif isinstance(message, ListenLive):
            self._live[job] = _Live(self._classifier(message.model))
            self._connection.send(Started(job))
        elif job not in self._live:
            return  # still on its way to a session that has ended
        elif isinstance(message, LiveSamples):
            self._live[job].session.push(message.samples)
            touched.add(job)
        else:
            live = self._live.pop(job)
            result = live.session.finish()
            self._connection.send(Done(job, ClipResult(result, live.image.build())))

    def _give_up(self, job: int) -> None:
        """Drop a job that waits or listens; one that has ended needs no answer."""
        with self._wake:
            waiting = [entry for entry in self._jobs if entry[0] == job]
            for entry in waiting:
                self._jobs.remove(entry)
        if waiting or self._live.pop(job, None) is not None:
            self._connection.send(Cancelled(job))

    def _classifier(self, model: str) -> GenreClassifier:
        """The model by that name, loaded again if its bundle has been replaced since."""
        known = self._classifiers.get(model)
        if known is not None and known.bundle.is_current():
            return known
        self._classifiers[model] = GenreClassifier(find_bundle(model))
        return self._classifiers[model]


def _unexpected(error: Exception) -> str:
    return one_line(f"something unforeseen went wrong ({type(error).__name__}: {error})")
