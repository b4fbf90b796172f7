"""Resynthesis: a file's mel spectrogram as sound, or what of it spoke for a genre."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fstmuse_core.audio.levels import limit_peaks
from fstmuse_core.audio.reading import AudioStream
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, MelStream, SpectrogramConfig
from fstmuse_core.classify.classifier import ClassificationCancelledError, GenreClassifier
from fstmuse_core.classify.result import ActivationMap
from fstmuse_core.inversion import ITERATIONS, InversionCancelledError, invert_mel
from fstmuse_core.system.errors import AudioError, FstMuseError
from fstmuse_core.tags.genres import genre_among

# An hour takes 80 MB as a mel spectrogram and 320 MB as samples.
MAX_SECONDS = 3600.0
# Of the work of resynthesis, reading the file is about this share.
_READING = 0.1
# What contributes as much as the loudest tenth of all contributions passes in full.
_FULL_QUANTILE = 0.9


@dataclass(frozen=True, eq=False)
class Resynthesis:
    """A file resynthesized from the mel spectrogram that a model gets.

    Attributes
    ----------
    samples : ndarray of float32, shape ``(n,)``
        Within [-1, 1], as long and as loud as the file.
    sample_rate : int
        In hertz.
    mel : ndarray of float32, shape ``(n_frames, n_mels)``
        The magnitudes that were made sound.
    warnings : tuple of str
        About the file.
    """

    samples: FloatArray
    sample_rate: int
    mel: FloatArray
    warnings: tuple[str, ...] = ()


def resynthesize_file(
    path: str | os.PathLike[str],
    *,
    why: str | None = None,
    classifier: GenreClassifier | None = None,
    iterations: int = ITERATIONS,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Resynthesis:
    """Make a file's mel spectrogram sound again, without what is lost in it.

    Parameters
    ----------
    path : path
        A sound file of an hour at most.
    why : str, optional
        A genre: only what spoke for it remains, see :func:`contribution_mask`. Needs a
        ``classifier``.
    classifier : GenreClassifier, optional
        Classifier whose map of contributions is meant.
    progress, cancelled : callable, optional
        As in :func:`fstmuse_core.inversion.invert_mel`.

    Raises
    ------
    FstMuseError
        If the file cannot be read, holds nothing or is too long, or if the classifier does not
        know the genre or nothing in the file spoke for it.
    InversionCancelledError
        If ``cancelled()`` returned true.
    """

    def reading(fraction: float) -> None:
        if progress:
            progress(_READING * fraction)

    def inverting(fraction: float) -> None:
        if progress:
            progress(_READING + (1.0 - _READING) * fraction)

    reader = _Reader(Path(path), reading, cancelled)
    if why is None:
        mel = reader.mel()
    elif classifier is None:
        raise ValueError("a classifier is needed to tell what spoke for a genre")
    else:
        mel = reader.masked_mel(why, classifier)
    samples = invert_mel(
        mel, iterations=iterations, seed=seed, progress=inverting, cancelled=cancelled
    )
    sound = limit_peaks(samples[: reader.n_samples])
    return Resynthesis(sound, DEFAULT_CONFIG.sample_rate, mel, tuple(reader.warnings))


class _Reader:
    """One file's mel spectrogram, whole or masked."""

    def __init__(
        self,
        path: Path,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._path = path
        self._progress = progress
        self._cancelled = cancelled
        self._frames: list[FloatArray] = []
        self._n_frames = 0
        self.n_samples = 0
        self.warnings: tuple[str, ...] = ()

    def mel(self) -> FloatArray:
        mel = MelStream()
        with AudioStream(self._path) as stream:
            expected = (stream.expected_s or 0.0) * stream.sample_rate
            for block in stream:
                self._take(mel.push(block))
                self.n_samples = mel.n_samples
                if self._cancelled and self._cancelled():
                    raise InversionCancelledError
                if expected:
                    self._progress(min(1.0, mel.n_samples / expected))
            self._take(mel.flush())
            self.warnings = tuple(stream.warnings)
        return self._mel()

    def masked_mel(self, why: str, classifier: GenreClassifier) -> FloatArray:
        genres = classifier.bundle.manifest.genres
        genre = genre_among(why, genres)
        try:
            result = classifier.classify_file(
                self._path,
                with_activation=True,
                on_mel=self._take,
                progress=self._progress,
                cancelled=self._cancelled,
            )
        except ClassificationCancelledError:
            raise InversionCancelledError from None
        if result.no_map:
            raise FstMuseError(self._path, result.no_map, "take one of FstMuse's own models")
        self.n_samples = round(result.duration_s * DEFAULT_CONFIG.sample_rate)
        self.warnings = result.warnings
        mel = self._mel()
        mask = (
            contribution_mask(result.activation, genres.index(genre), len(mel), DEFAULT_CONFIG)
            if result.activation is not None
            else np.zeros_like(mel)
        )
        masked = mel * mask
        if not masked.any():
            raise FstMuseError(
                self._path,
                f"nothing in it spoke for {genre}",
                f"the model says: {result.verdict.sentence}",
            )
        return masked

    def _take(self, frames: FloatArray) -> None:
        self._frames.append(frames)
        self._n_frames += len(frames)
        if self._n_frames > MAX_SECONDS * DEFAULT_CONFIG.frames_per_second:
            raise AudioError(
                self._path,
                f"it is over {MAX_SECONDS / 60:.0f} minutes long, too long to be made sound again",
                "cut a piece out of it",
            )

    def _mel(self) -> FloatArray:
        if not self._n_frames:
            raise AudioError(self._path, "it holds no sound", "get the file again")
        return np.concatenate(self._frames)


def contribution_mask(
    activation: ActivationMap, genre: int, n_frames: int, config: SpectrogramConfig
) -> FloatArray:
    """Weight of each point of a mel spectrogram by how much it spoke for a genre, from 0 to 1.

    The map's contributions, where they are above zero, in proportion to the 90th percentile of
    those, and read between its cells in straight lines.

    Parameters
    ----------
    genre : int
        Its place in the model's genres.

    Returns
    -------
    ndarray of float32, shape ``(n_frames, n_mels)``
        All zeros if nothing spoke for it.
    """
    values = np.maximum(activation.values[genre].astype(np.float32), 0.0)
    spoken = values[values > 0]
    if not spoken.size:
        return np.zeros((n_frames, config.n_mels), dtype=np.float32)
    share = values / np.quantile(spoken, _FULL_QUANTILE)
    frames_a_column = activation.seconds_per_column * config.frames_per_second
    columns = (np.arange(n_frames) + 0.5) / frames_a_column - 0.5
    rows = (np.arange(config.n_mels) + 0.5) * share.shape[1] / config.n_mels - 0.5
    along_time = _between(np.minimum(share, np.float32(1.0)), columns)
    return np.ascontiguousarray(_between(along_time.T, rows).T)


def _between(values: FloatArray, at: np.ndarray) -> FloatArray:
    """Rows of ``values`` at places between them, in straight lines; beyond the ends, the ends."""
    place = np.clip(at, 0.0, len(values) - 1.0)
    lower = np.minimum(place.astype(np.intp), max(len(values) - 2, 0))
    upper = np.minimum(lower + 1, len(values) - 1)
    weight = (place - lower).astype(np.float32)[:, None]
    return np.asarray(values[lower] * (1.0 - weight) + values[upper] * weight)
