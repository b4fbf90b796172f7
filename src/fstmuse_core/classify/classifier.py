"""Samples in, one :class:`Classification` out: the one path for file, array and microphone."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.measures import SongMeter
from fstmuse_core.audio.reading import AudioStream
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import Bundle, find_bundle
from fstmuse_core.bundle.manifest import CLASSIFIER, SEGMENTS, TAGGED, WHOLE_CLIP
from fstmuse_core.classify.result import Classification
from fstmuse_core.classify.segments import SegmentClassifier
from fstmuse_core.classify.tagger_classifier import TaggedClassifier
from fstmuse_core.classify.whole_clip import WholeClipClassifier
from fstmuse_core.system.errors import AudioError
from fstmuse_core.system.process_limits import require_room


class Session(Protocol):
    """One clip while it is being classified; made by :meth:`GenreClassifier.session`.

    Examples
    --------
    >>> session = GenreClassifier.load("toy-model").session()
    >>> session.push(load_audio("song.wav"))
    >>> session.finish().model
    'toy-model'
    """

    @property
    def n_samples(self) -> int:
        """Number of samples pushed so far.

        Examples
        --------
        >>> session = GenreClassifier.load("fst-muse").session()
        >>> session.push(np.zeros(1000, dtype=np.float32))
        >>> session.n_samples
        1000
        """

    def push(self, samples: FloatArray) -> None:
        """Take more of the sound.

        Parameters
        ----------
        samples : ndarray of float32, shape ``(n,)``
            Mono, at the bundle's rate, any number of them; however they are divided, the final
            answer is the same.

        Examples
        --------
        >>> session = GenreClassifier.load("fst-muse").session()
        >>> for block in np.array_split(load_audio("song.wav"), 7):
        ...     session.push(block)
        """

    def so_far(self) -> Classification:
        """Answer to the sound so far; pushing may go on.

        Examples
        --------
        >>> session = GenreClassifier.load("fst-muse").session()
        >>> session.push(load_audio("song.wav", duration_s=4.0))
        >>> session.so_far().duration_s
        4.0
        """

    def finish(self, warnings: tuple[str, ...] = ()) -> Classification:
        """The final answer; nothing is pushed after it.

        Parameters
        ----------
        warnings : tuple of str
            Sentences about the source, which are put before its own.

        Examples
        --------
        >>> session = GenreClassifier.load("fst-muse").session()
        >>> session.push(load_audio("song.wav"))
        >>> session.finish(("It was recorded through a wall.",)).warnings[0]
        'It was recorded through a wall.'
        """


class Answering(Protocol):
    """A bundle's networks, ready to answer."""

    def session(
        self, *, with_activation: bool, on_mel: Callable[[FloatArray], None] | None
    ) -> Session:
        """Open a session; ``on_mel`` is given each run of mel frames as it is computed."""


# Sound that is decoded at once: a clip costs a seventh less than in blocks of 1.5 s, and not even
# many channels at a high rate take more than some tens of megabytes.
_BLOCK_S = 6.0


class ClassificationCancelledError(Exception):
    """Raised by :meth:`GenreClassifier.classify_file` when ``cancelled()`` said so.

    Examples
    --------
    >>> classifier = GenreClassifier.load("fst-muse")
    >>> classifier.classify_file("song.wav", cancelled=lambda: True)
    Traceback (most recent call last):
    fstmuse_core.classify.classifier.ClassificationCancelledError: song.wav
    """


class GenreClassifier:
    """A bundle, ready to answer.

    Parameters
    ----------
    bundle : Bundle
        Of a classifier, as :meth:`load` reads it by its name.
    num_threads : int
        Threads for the networks; the answer is the same, to the byte. With two a clip takes
        three quarters of the time, where it is alone: many clips are better shared among
        processes.

    Raises
    ------
    BundleError
        If the bundle is no classifier, or its network cannot be run.

    Examples
    --------
    >>> classifier = GenreClassifier.load("fst-muse")
    >>> result = classifier.classify_file("song.wav")
    >>> result.verdict.genre in (*result.genres, None)
    True
    """

    def __init__(self, bundle: Bundle, *, num_threads: int = 1) -> None:
        bundle.require_kind(CLASSIFIER)
        # With little memory OpenBLAS, which comes along, starts for ever; LiteRT says so, and may
        # come second.
        require_room()
        importlib.import_module("scipy.fft")
        self.bundle = bundle
        self.answering = _BY_INPUT[bundle.manifest.input](bundle, num_threads)

    @classmethod
    def load(cls, name: str, *, num_threads: int = 1) -> GenreClassifier:
        """Load a model.

        Parameters
        ----------
        name : str
            A name of :func:`list_models`, or the path of a folder that holds a model.
        num_threads : int
            Threads for the networks.

        Raises
        ------
        BundleError
            If there is none of this name, or it is no classifier or damaged.

        Examples
        --------
        >>> GenreClassifier.load("fst-muse").bundle.manifest.spectrogram.sample_rate
        22050
        >>> GenreClassifier.load("nobody's")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        fstmuse_core.system.errors.BundleError: ...
        """
        return cls(find_bundle(name), num_threads=num_threads)

    def session(
        self,
        *,
        with_activation: bool = False,
        on_mel: Callable[[FloatArray], None] | None = None,
    ) -> Session:
        """Open a session for sound that comes bit by bit: push samples, ask so far, finish.

        Parameters
        ----------
        with_activation : bool, optional
            Tell also which times and frequencies spoke for each genre.
        on_mel : callable, optional
            Given each run of mel frames, shape ``(n, n_mels)``, as it is computed.

        Returns
        -------
        Session

        Examples
        --------
        >>> session = GenreClassifier.load("fst-muse").session()
        >>> for block in np.array_split(load_audio("song.wav"), 20):
        ...     session.push(block)
        >>> round(session.finish().duration_s, 3)
        10.0
        """
        return self.answering.session(with_activation=with_activation, on_mel=on_mel)

    def classify_samples(
        self, samples: npt.ArrayLike, *, with_activation: bool = False
    ) -> Classification:
        """Classify an array of samples.

        Parameters
        ----------
        samples : array of float, shape ``(n,)``
            Mono, at the bundle's rate (22,050 Hz of those that come along), usually within
            [-1, 1]. Less than three seconds get no genre, which the verdict says.
        with_activation : bool, optional
            Tell also which times and frequencies spoke for each genre.

        Raises
        ------
        ValueError
            If ``samples`` is not one-dimensional.

        Examples
        --------
        >>> classifier = GenreClassifier.load("fst-muse")
        >>> result = classifier.classify_samples(load_audio("song.wav", duration_s=5.0))
        >>> result.probabilities.shape == (len(result.genres),)
        True
        >>> classifier.classify_samples(np.zeros(90_000)).verdict.doubt.value
        'silence'
        """
        samples = np.asarray(samples, dtype=np.float32)
        if samples.ndim != 1:
            raise ValueError(f"samples have shape {samples.shape}; mono ones have (n,)")
        session = self.session(with_activation=with_activation)
        session.push(samples)
        return session.finish()

    def classify_file(
        self,
        path: str | os.PathLike[str],
        *,
        with_activation: bool = False,
        with_sound: bool = False,
        on_mel: Callable[[FloatArray], None] | None = None,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        part: tuple[float, float] | None = None,
        meter: SongMeter | None = None,
    ) -> Classification:
        """Classify a file of any length in bounded memory.

        Parameters
        ----------
        path : str or path-like
            A sound file or video of any format that is understood.
        with_activation : bool, optional
            Tell also which times and frequencies spoke for each genre.
        with_sound : bool, optional
            Tell the hash of the file's sound too, so that a library can take the answer.
        on_mel : callable, optional
            Given each run of mel frames, shape ``(n, n_mels)``, as it is computed.
        progress : callable, optional
            Told the fraction done, from 0 to 1, after each block.
        cancelled : callable, optional
            Asked after each block.
        part : tuple of float, optional
            Start and end of the sound to classify, in seconds; all of it by default. Times
            of the answer count from where it begins.
        meter : SongMeter, optional
            Told what is decoded, to measure the song's tempo, key, loudness and energy.

        Raises
        ------
        AudioError
            If the file cannot be read, or with ``with_sound`` is changed meanwhile.
        ClassificationCancelledError
            If ``cancelled()`` returned true.

        Examples
        --------
        >>> classifier = GenreClassifier.load("fst-muse")
        >>> result = classifier.classify_file("song.wav")
        >>> genre, probability = result.ranked()[0]
        >>> 0.0 <= probability <= 1.0
        True
        >>> classifier.classify_file("nothing.wav")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        fstmuse_core.system.errors.AudioError: nothing.wav: ...
        """
        session = self.session(with_activation=with_activation, on_mel=_both(on_mel, meter))
        rate = self.bundle.manifest.spectrogram.sample_rate
        before = _status(path) if with_sound else None
        start_s, end_s = part or (0.0, None)
        length_s = None if end_s is None else end_s - start_s
        with AudioStream(
            path,
            sample_rate=rate,
            block_s=_BLOCK_S,
            start_s=start_s,
            duration_s=length_s,
            on_channels=meter.push_channels if meter else None,
        ) as stream:
            expected = (stream.expected_s or 0.0) * rate
            for block in stream:
                session.push(block)
                if meter:
                    meter.push_samples(block)
                if cancelled and cancelled():
                    raise ClassificationCancelledError(str(path))
                if progress and expected:
                    progress(min(1.0, session.n_samples / expected))
            answer = session.finish(warnings=tuple(stream.warnings))
        return replace(answer, sound=_digest(path, before)) if with_sound else answer


def _both(
    on_mel: Callable[[FloatArray], None] | None, meter: SongMeter | None
) -> Callable[[FloatArray], None] | None:
    """Give frames to whoever wants them."""
    if meter is None or on_mel is None:
        return meter.push_mel if meter else on_mel

    def give(frames: FloatArray) -> None:
        on_mel(frames)
        meter.push_mel(frames)

    return give


def _status(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


def _digest(path: str | os.PathLike[str], before: tuple[int, int] | None) -> str:
    """Hash of a file's sound, if the file is still as it was ``before``."""
    from fstmuse_core.tags.spans import audio_digest

    try:
        digest = audio_digest(path)
    except OSError as error:
        why = error.strerror or str(error)
        raise AudioError(os.fspath(path), f"it cannot be read ({why})") from error
    if _status(path) != before:
        raise AudioError(os.fspath(path), "it is being changed", "try it again once it is whole")
    return digest


_BY_INPUT: Mapping[str, Callable[[Bundle, int], Answering]] = {
    SEGMENTS: SegmentClassifier,
    WHOLE_CLIP: WholeClipClassifier,
    TAGGED: TaggedClassifier,
}
