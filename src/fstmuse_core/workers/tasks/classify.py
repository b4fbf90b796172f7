"""The child process that decodes and classifies for the window."""

from __future__ import annotations

from collections import deque
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.audio.images import ImageBuilder
from fstmuse_core.classify.classifier import GenreClassifier, Session
from fstmuse_core.system.errors import one_line
from fstmuse_core.workers.protocol import (
    Cancel,
    Cancelled,
    ClassifyFile,
    ClassifyLive,
    ClipResult,
    Done,
    LiveSamples,
    Partial,
    Request,
    SavePart,
    Started,
)
from fstmuse_core.workers.server import JobServer


def serve(connection: Connection, warm_model: str | None = None) -> None:
    """Answer requests until the pipe ends. The first message out is ``Ready``."""
    _Server(connection).serve(warm_model)


def title_of(path: str) -> str:
    """Artist and title by a file's tags, on one line; empty if they name no title."""
    from fstmuse_core.tags.reading import known_artist, read_tags

    tags = read_tags(Path(path))
    artist = known_artist(tags.artist)
    title = f"{artist} \N{EN DASH} {tags.title}" if artist else tags.title
    return one_line(title) if tags.title.strip() else ""


def note_on(classifier: GenreClassifier, path: str) -> str:
    """Note that the model was trained on a file's song or artist, by its tags; may be empty."""
    from fstmuse_core.datasets.overlap import training_note
    from fstmuse_core.tags.reading import known_artist, read_tags

    tags = read_tags(Path(path))
    artist = known_artist(tags.artist)
    return one_line(training_note(classifier.bundle, artist, tags.title, Path(path).name))


def save_part(request: SavePart) -> None:
    """Write a part of a file, with all its channels.

    Raises
    ------
    AudioError
        If the file cannot be read, or the other not be written.
    """
    from fstmuse_core.audio.reading import AudioStream, write_audio

    start_s, end_s = request.part
    with AudioStream(
        request.path, sample_rate=None, start_s=start_s, duration_s=end_s - start_s, mono=False
    ) as stream:
        blocks = list(stream)
        rate, channels = stream.sample_rate, stream.info.channels
    silence = np.empty((0, channels), dtype=np.float32)
    write_audio(request.target, np.concatenate([silence, *blocks]), rate)


class _Live:
    """A clip that is still being recorded."""

    def __init__(self, classifier: GenreClassifier) -> None:
        self.image = ImageBuilder(classifier.bundle.manifest.spectrogram)
        self.session: Session = classifier.session(with_activation=True, on_mel=self.image.add)


class _Server(JobServer):
    """Classifies a file, and in between what is being recorded."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._messages: deque[tuple[int, Any]] = deque()
        self._live: dict[int, _Live] = {}

    def receive(self, job: int, request: Request) -> None:
        """Keep a file for its turn; samples of a recording are taken up soon."""
        if isinstance(request, ClassifyFile | SavePart | Cancel):
            super().receive(job, request)
        if not isinstance(request, ClassifyFile | SavePart):
            self._messages.append((job, request))

    def has_news(self) -> bool:
        """Return true if there is a file, or something of a recording."""
        return bool(self._messages) or super().has_news()

    def load_ahead(self, model: str) -> None:
        """Load the model, and what the first clip would wait for."""
        # Decode and transform; imported on use, for the sake of processes that only name models.
        import scipy.fft  # noqa: F401
        import soundfile  # noqa: F401

        self.classifier(model)

    def do(self, request: ClassifyFile | SavePart) -> ClipResult | None:
        """Classify a file, or save a part of one."""
        if isinstance(request, SavePart):
            save_part(request)
            return None
        classifier = self.classifier(request.model)
        image = ImageBuilder(classifier.bundle.manifest.spectrogram)

        def given_up() -> bool:
            # A recording must not wait for an hour-long file.
            self._serve_messages()
            return self.is_cancelled()

        classification = classifier.classify_file(
            request.path,
            with_activation=True,
            on_mel=image.add,
            progress=self.progress,
            cancelled=given_up,
            part=request.part,
        )
        title, note = title_of(request.path), note_on(classifier, request.path)
        return ClipResult(classification, image.build(), title, note)

    def work(self) -> None:
        """Answer what has come of recordings, then do the file that has come."""
        self._serve_messages()
        super().work()

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
            if self._live.pop(job, None) is not None:
                self.connection.send(Cancelled(job))
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
