"""The child process that makes sound for the window: new clips and resyntheses."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from fstmuse_core.audio.images import ImageBuilder
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Classification
from fstmuse_core.generate.generator import (
    BeatWish,
    Blend,
    ClipGenerator,
    GeneratedClip,
    GenerationCancelledError,
    LikedSong,
)
from fstmuse_core.generate.like import like_song
from fstmuse_core.inversion.resynthesis import Resynthesis, resynthesize_file
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.process_limits import SYNTHESIS, Heartbeat, send_heartbeats
from fstmuse_core.workers.protocol import MakeClip, ResynthesizeFile
from fstmuse_core.workers.server import JobServer

_LOG = logging.getLogger(__name__)
_Result = TypeVar("_Result")
# Songs listened to are remembered, these many.
_MOST_SONGS = 64


def serve(connection: Connection, warm_model: str | None = None) -> None:
    """Answer requests, one after the other, until the pipe ends.

    ``warm_model`` is a generator to be loaded before the first job; what the sound is made with
    is loaded too. The first message out is ``Ready``.
    """
    _Server(connection).serve(warm_model)


class _Server(JobServer):
    """Makes one sound after the other."""

    limits = SYNTHESIS

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._generators: dict[str, ClipGenerator] = {}
        self._songs: dict[tuple[str, int, int, str], LikedSong] = {}

    def load_ahead(self, model: str) -> None:
        """Load what the first clip needs."""
        generator = self._generator(model)
        generator.generate(generator.genres[0], 1.0, iterations=1)

    def do(self, request: MakeClip | ResynthesizeFile) -> Any:
        """Make a sound."""
        if isinstance(request, MakeClip):
            return self._make(request)
        return self._resynthesize(request)

    def _make(self, request: MakeClip) -> tuple[Classification, ...]:
        generator = self._generator(request.model)
        config = generator.bundle.manifest.spectrogram

        def show(mel: FloatArray) -> None:
            image = ImageBuilder(config)
            image.add(mel)
            self.partial(image.build())

        genre, beat, heard = request.genre, request.beat or BeatWish(), None
        if request.like:
            heard = self._listened(generator, request.like)
            genre = genre or heard.genre
            beat = heard.wish(beat, has_beat=generator.has_beat(genre))
            self.partial(heard)
        recipe = generator.recipe(
            genre,
            request.seconds,
            request.seed,
            None if request.blend is None else Blend(*request.blend),
            beat=beat,
            like=None if heard is None else heard.like,
            stereo=request.stereo,
        )
        self.partial(recipe)
        clip = generator.make(
            recipe, on_mel=show, progress=self.progress, cancelled=self.is_cancelled
        )
        self.partial(clip)
        return self._opinions(clip, request.judges)

    def _listened(self, generator: ClipGenerator, path: str) -> LikedSong:
        """Findings on a song, listened to once for each state of its file and of the generator."""
        try:
            status = os.stat(path)
        except OSError:
            sha256 = generator.bundle.sha256
            known = [
                song for key, song in self._songs.items() if (key[0], key[-1]) == (path, sha256)
            ]
            # A take can be made again after its song has gone; else listening says why not.
            return known[-1] if known else like_song(generator.bundle, path, self._run)
        key = (path, status.st_mtime_ns, status.st_size, generator.bundle.sha256)
        if key not in self._songs:
            self._songs[key] = like_song(generator.bundle, path, self._run)
            while len(self._songs) > _MOST_SONGS:
                del self._songs[next(iter(self._songs))]
        return self._songs[key]

    def _run(self, work: Callable[[str], _Result], path: str) -> _Result:
        """Work on a file in this process, given up at the next heartbeat once it is cancelled."""

        def tell(beat: Heartbeat) -> None:
            if self.is_cancelled():
                raise GenerationCancelledError
            self.connection.send(beat)

        send_heartbeats(tell)
        try:
            return work(path)
        finally:
            send_heartbeats(self.connection.send)

    def _opinions(self, clip: GeneratedClip, judges: tuple[str, ...]) -> tuple[Classification, ...]:
        found = []
        for name in judges:
            if self.is_cancelled():
                raise GenerationCancelledError
            try:
                found.append(self.classifier(name).classify_samples(clip.mono))
            except FstMuseError as error:  # the clip is there all the same
                _LOG.warning("model %s: %s", name, error)
        return tuple(found)

    def _resynthesize(self, request: ResynthesizeFile) -> Resynthesis:
        classifier = None if request.model is None else self.classifier(request.model)
        return resynthesize_file(
            request.path,
            why=request.why,
            classifier=classifier,
            progress=self.progress,
            cancelled=self.is_cancelled,
        )

    def _generator(self, model: str) -> ClipGenerator:
        """The generator by that name, loaded again if its bundle has been replaced since."""
        known = self._generators.get(model)
        if known is None or not known.bundle.is_current():
            self._generators[model] = ClipGenerator.load(model)
        return self._generators[model]
