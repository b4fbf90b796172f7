"""The child process that makes sound for the window: new clips, and what a model hears."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from fstmuse_core.bundle import find_bundle
from fstmuse_core.classification import Classification
from fstmuse_core.classify import GenreClassifier
from fstmuse_core.errors import FstMuseError, one_line
from fstmuse_core.generate import Blend, ClipGenerator, GeneratedClip, GenerationCancelledError
from fstmuse_core.inversion import InversionCancelledError
from fstmuse_core.jobs.images import ImageBuilder
from fstmuse_core.jobs.messages import (
    Cancel,
    Cancelled,
    Done,
    Failed,
    HearFile,
    MakeClip,
    Partial,
    Progress,
    Ready,
    Started,
)
from fstmuse_core.listen import Heard, hear_file
from fstmuse_core.spectrogram import FloatArray

_LOG = logging.getLogger(__name__)

_NICENESS = 5
_PROGRESS_EVERY_S = 0.05


def serve(connection: Connection, warm_model: str | None) -> None:
    """Answer requests, one after the other, until the pipe ends.

    ``warm_model`` is a generator to be loaded before the first job; what the sound is made with
    is loaded too. The first message out is ``Ready``.
    """
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    server = _Server(connection)
    threading.Thread(target=server.listen, daemon=True).start()
    if warm_model:
        server.warm(warm_model)
    connection.send(Ready(os.getpid()))
    server.work()


class _Server:
    """One thread listens, so that a cancel is seen at once; the main thread works."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._wake = threading.Condition()
        self._jobs: deque[tuple[int, MakeClip | HearFile]] = deque()
        self._given_up: set[int] = set()
        self._generators: dict[str, ClipGenerator] = {}
        self._classifiers: dict[str, GenreClassifier] = {}

    def listen(self) -> None:
        try:
            while True:
                job, request = self._connection.recv()
                with self._wake:
                    if isinstance(request, Cancel):
                        self._given_up.add(job)
                    else:
                        self._jobs.append((job, request))
                        self._wake.notify()
        except (EOFError, OSError):
            # The window is gone; whatever is being made is for nobody.
            os._exit(0)

    def warm(self, model: str) -> None:
        """Load what the first clip needs; a failure will be told when a clip is asked for."""
        try:
            generator = self._generator(model)
            generator.generate(generator.genres[0], 1.0, iterations=1)
        except FstMuseError as error:
            _LOG.warning("model %s: %s", model, error)

    def work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._jobs)
                job, request = self._jobs.popleft()
            self._connection.send(Started(job))
            try:
                self._connection.send(Done(job, self._answer(job, request)))
            except (GenerationCancelledError, InversionCancelledError):
                self._connection.send(Cancelled(job))
            except FstMuseError as error:
                self._connection.send(Failed(job, str(error)))
            except Exception as error:
                _LOG.exception("job %d: %r", job, request)
                sentence = f"something unforeseen went wrong ({type(error).__name__}: {error})"
                self._connection.send(Failed(job, one_line(sentence)))
            self._given_up.discard(job)

    def _answer(self, job: int, request: MakeClip | HearFile) -> Any:
        if isinstance(request, MakeClip):
            return self._make(job, request)
        return self._hear(job, request)

    def _make(self, job: int, request: MakeClip) -> tuple[Classification, ...]:
        generator = self._generator(request.model)
        config = generator.bundle.manifest.spectrogram

        def show(mel: FloatArray) -> None:
            image = ImageBuilder(config)
            image.add(mel)
            self._connection.send(Partial(job, image.build()))

        clip = generator.generate(
            request.genre,
            request.seconds,
            request.seed,
            None if request.blend is None else Blend(*request.blend),
            on_mel=show,
            progress=self._teller(job),
            cancelled=lambda: job in self._given_up,
        )
        self._connection.send(Partial(job, clip))
        return self._opinions(job, clip, request.judges)

    def _opinions(
        self, job: int, clip: GeneratedClip, judges: tuple[str, ...]
    ) -> tuple[Classification, ...]:
        found = []
        for name in judges:
            if job in self._given_up:
                raise GenerationCancelledError
            try:
                found.append(self._classifier(name).classify_samples(clip.samples))
            except FstMuseError as error:  # the clip is there all the same
                _LOG.warning("model %s: %s", name, error)
        return tuple(found)

    def _hear(self, job: int, request: HearFile) -> Heard:
        classifier = None if request.model is None else self._classifier(request.model)
        return hear_file(
            request.path,
            why=request.why,
            classifier=classifier,
            progress=self._teller(job),
            cancelled=lambda: job in self._given_up,
        )

    def _teller(self, job: int) -> Callable[[float], None]:
        told = time.monotonic()

        def tell(fraction: float) -> None:
            nonlocal told
            now = time.monotonic()
            if now >= told + _PROGRESS_EVERY_S:
                told = now
                self._connection.send(Progress(job, fraction))

        return tell

    def _generator(self, model: str) -> ClipGenerator:
        """The generator by that name, loaded again if its bundle has been replaced since."""
        known = self._generators.get(model)
        if known is None or not known.bundle.is_current():
            self._generators[model] = ClipGenerator.load(model)
        return self._generators[model]

    def _classifier(self, model: str) -> GenreClassifier:
        known = self._classifiers.get(model)
        if known is None or not known.bundle.is_current():
            self._classifiers[model] = GenreClassifier(find_bundle(model))
        return self._classifiers[model]
