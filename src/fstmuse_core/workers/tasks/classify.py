"""The child process that decodes and classifies for the window."""

from __future__ import annotations

from collections import deque
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from fstmuse_core.audio.images import ImageBuilder
from fstmuse_core.classify.classifier import (
    ClassificationCancelledError,
    GenreClassifier,
)
from fstmuse_core.classify.session import Session
from fstmuse_core.workers.protocol import (
    Cancel,
    Cancelled,
    ClassifyFile,
    ClassifyLive,
    ClipResult,
    Done,
    LiveSamples,
    Partial,
    Started,
)
from fstmuse_core.workers.server import JobServer


def serve(connection: Connection, warm_model: str | None) -> None:
    """Answer requests until the pipe ends. The first message out is ``Ready``."""
    _Server(connection).serve(warm_model)


class _Live:
    """A clip that is still being recorded."""

    def __init__(self, classifier: GenreClassifier) -> None:
        self.image = ImageBuilder(classifier.bundle.manifest.spectrogram)
        self.session: Session = classifier.session(with_activation=True, on_mel=self.image.add)


class _Server(JobServer):
    """Classifies files in turn, and in between what is being recorded."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._messages: deque[tuple[int, Any]] = deque()
        self._running: int | None = None
        self._given_up: int | None = None
        self._live: dict[int, _Live] = {}

    def receive(self, job: int, request: Any) -> None:
        """Queue a file; samples of a recording are taken up soon."""
        if isinstance(request, ClassifyFile):
            self.jobs.append((job, request))
        elif isinstance(request, Cancel) and job == self._running:
            self._given_up = job
        else:
            self._messages.append((job, request))

    def load_ahead(self, model: str) -> None:
        """Load the model, and what the first clip would wait for."""
        # Decode and transform; imported on use, for the sake of processes that only name models.
        import scipy.fft  # noqa: F401
        import soundfile  # noqa: F401

        self.classifier(model)

    def work(self) -> None:
        """Answer requests for ever."""
        while True:
            with self.wake:
                self.wake.wait_for(lambda: self.jobs or self._messages)
            self._serve_messages()
            with self.wake:
                if not self.jobs:
                    continue
                job, request = self.jobs.popleft()
                self._running = job
            classify = partial(self._classify_file, job, request)
            self.answer(job, classify, (ClassificationCancelledError,))
            with self.wake:
                self._running = None

    def _classify_file(self, job: int, request: ClassifyFile) -> ClipResult:
        classifier = self.classifier(request.model)
        image = ImageBuilder(classifier.bundle.manifest.spectrogram)

        def given_up() -> bool:
            # A recording must not wait for an hour-long file.
            self._serve_messages()
            return job == self._given_up

        classification = classifier.classify_file(
            request.path,
            with_activation=True,
            on_mel=image.add,
            progress=self.progress_of(job),
            cancelled=given_up,
        )
        return ClipResult(classification, image.build())

    def _serve_messages(self) -> None:
        touched: set[int] = set()
        while self._messages:
            job, message = self._messages.popleft()
            try:
                self._handle(job, message, touched)
            except Exception as error:
                self._live.pop(job, None)
                self.send_failure(job, error)
        for job in touched & self._live.keys():
            self.connection.send(Partial(job, self._live[job].session.so_far()))

    def _handle(self, job: int, message: Any, touched: set[int]) -> None:
        if isinstance(message, Cancel):
            self._give_up(job)
        elif isinstance(message, ClassifyLive):
            self._live[job] = _Live(self.classifier(message.model))
            self.connection.send(Started(job))
        elif job not in self._live:
            return  # still on its way to a session that has ended
        elif isinstance(message, LiveSamples):
            self._live[job].session.push(message.samples)
            touched.add(job)
        else:
            live = self._live.pop(job)
            result = live.session.finish()
            self.connection.send(Done(job, ClipResult(result, live.image.build())))

    def _give_up(self, job: int) -> None:
        """Drop a job that waits or is live; one that has ended needs no answer."""
        with self.wake:
            waiting = [entry for entry in self.jobs if entry[0] == job]
            for entry in waiting:
                self.jobs.remove(entry)
        if waiting or self._live.pop(job, None) is not None:
            self.connection.send(Cancelled(job))
