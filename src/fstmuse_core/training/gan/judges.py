"""Classifiers that made-up music is measured by, and the figures that they give it.

A GAN's training needs two: the *guide* (:mod:`fstmuse_core.training.gan.guide`) is trained on the
music that the GAN learns from; the discriminator sees its features. The *judge* is another
network, trained on the music that was set aside for validation and test, by other artists. It
takes no part in the training; it measures, and by its measure one of the epochs is kept.

Each figure is taken of two sets of scaled log-mel windows and what the judge says about them. To
know what a figure means, take it also of real music against other real music, and of noise
against real music.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from scipy import linalg

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.datasets.track import Track
from fstmuse_core.networks.blocks import SEGMENT_FRAMES, Classifier
from fstmuse_core.networks.fst_muse import build_fst_muse
from fstmuse_core.networks.toy_model import build_toy_model
from fstmuse_core.runs.store import write_bytes
from fstmuse_core.training.fit import train_classifier
from fstmuse_core.training.mels import MelArray, fit_scaling
from fstmuse_core.training.metrics import Floats, Ints
from fstmuse_core.training.plan import Hyperparameters, ModelPlan
from fstmuse_core.training.sampler import BatchSampler

CELL_FRAMES = 32
# Lags between 40 and 240 beats a minute at 43 frames a second.
_SHORTEST_LAG, _LONGEST_LAG = 11, 65
_POOL_FRAMES, _POOL_BANDS = 8, 4
# Nearer to one another than this share of the usual distance in real music: hardly different.
_NEAR_EQUAL = 0.25
_BLOCK = 512


@dataclass(frozen=True, eq=False)
class Windows:
    """Some music, cut into windows of the same length, and what the judge says.

    Attributes
    ----------
    mels : ndarray of float32, shape ``(n, frames, bands)``
        Scaled log-mel.
    labels : ndarray of int64, shape ``(n,)``
        Genre that each is, or was asked to be.
    embeddings : ndarray of float64, shape ``(n, d)``
        The judge's features.
    named : ndarray of int64, shape ``(n,)``
        Genre that the judge takes each for.
    """

    mels: FloatArray
    labels: Ints
    embeddings: Floats
    named: Ints


@dataclass(frozen=True)
class Figures:
    """One set of windows beside real music.

    Attributes
    ----------
    frechet : float
        Fréchet distance between the judge's features; 0 if they are distributed alike.
    consistency : float
        Share of windows that the judge takes for the genre they are (asked) to be.
    diversity : float
        Mean distance of the judge's features within a genre, over that of the real music.
    near_equal : float
        Share of pairs of a genre that are nearer than a quarter of real music's mean distance.
    deviation : float
        Standard deviation of a band, over that of the real music; mean over the bands.
    repetition : float
        Correlation between cells of 0.74 s of the same window.
    pulse : float
        Height of the highest peak of the onsets' autocorrelation (the tempogram), between 40
        and 240 beats a minute; 1 is a machine's beat.
    onset : float
        Mean rise of a band from frame to frame, over that of the real music: how hard it hits.
    nearest : float
        Median distance to the nearest crop that was learned from, in units of how far apart
        real crops are on average; what is 0 has been copied.
    """

    frechet: float
    consistency: float
    diversity: float
    near_equal: float
    deviation: float
    repetition: float
    pulse: float
    onset: float
    nearest: float

    def to_dict(self) -> dict[str, float]:
        """Plain values for JSON."""
        return asdict(self)


FIGURES = tuple(field.name for field in fields(Figures))


def figures(found: Windows, real: Windows, learned: FloatArray) -> Figures:
    """Compute all figures of ``found``.

    Parameters
    ----------
    found, real : Windows
    learned : ndarray, shape ``(m, d)``
        Crops that were learned from, as :func:`coarse` gives them.
    """
    usual = mean_distance(real.embeddings, real.labels)
    return Figures(
        frechet=frechet_distance(found.embeddings, real.embeddings),
        consistency=float(np.mean(found.named == found.labels)),
        diversity=mean_distance(found.embeddings, found.labels) / max(usual, 1e-12),
        near_equal=near_equal(found.embeddings, found.labels, _NEAR_EQUAL * usual),
        deviation=float(np.mean(_deviation(found.mels) / np.maximum(_deviation(real.mels), 1e-6))),
        repetition=repetition(found.mels),
        pulse=pulse(found.mels),
        onset=_rise(found.mels) / max(_rise(real.mels), 1e-12),
        nearest=nearest(coarse(found.mels), learned),
    )


def frechet_distance(a: Floats, b: Floats) -> float:
    """``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`` of two sets of vectors, as Gaussians.

    Heusel et al., "GANs trained by a two time-scale update rule", NeurIPS 2017, equation 6.

    Parameters
    ----------
    a, b : ndarray, shapes ``(n, d)`` and ``(m, d)``
    """
    difference = a.mean(axis=0) - b.mean(axis=0)
    one, two = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # The eigenvalues of a product of two covariances are real and not below zero.
    values = linalg.eigvals(np.atleast_2d(one) @ np.atleast_2d(two)).real
    root = float(np.sqrt(np.maximum(values, 0.0)).sum())
    trace = float(np.trace(np.atleast_2d(one)) + np.trace(np.atleast_2d(two)))
    return max(0.0, float(difference @ difference) + trace - 2.0 * root)


def mean_distance(vectors: Floats, labels: Ints) -> float:
    """Mean distance between two of the same genre; 0 if no genre has two."""
    pairs = _pairs(vectors, labels)
    return float(pairs.mean()) if pairs.size else 0.0


def near_equal(vectors: Floats, labels: Ints, limit: float) -> float:
    """Share of pairs of the same genre that are less than ``limit`` apart."""
    pairs = _pairs(vectors, labels)
    return float(np.mean(pairs < limit)) if pairs.size else 0.0


def _pairs(vectors: Floats, labels: Ints) -> Floats:
    found = []
    for label in np.unique(labels):
        mine = vectors[labels == label]
        found.append(_distances(mine, mine)[np.triu_indices(len(mine), 1)])
    return np.concatenate(found) if found else np.zeros(0)


def _distances(a: Floats, b: Floats) -> Floats:
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None]
    return np.asarray(np.sqrt(np.maximum(squares - 2.0 * a @ b.T, 0.0)), dtype=np.float64)


def _deviation(mels: FloatArray) -> Floats:
    return np.asarray(mels.std(axis=(0, 1), dtype=np.float64))


def repetition(mels: FloatArray) -> float:
    """Mean correlation between different cells of :data:`CELL_FRAMES` frames of a window."""
    count = mels.shape[1] // CELL_FRAMES
    cells = mels[:, : count * CELL_FRAMES].reshape(len(mels), count, -1).astype(np.float64)
    cells = cells - cells.mean(axis=2, keepdims=True)
    cells /= np.maximum(np.linalg.norm(cells, axis=2, keepdims=True), 1e-12)
    correlations = cells @ cells.transpose(0, 2, 1)
    return float(correlations[:, *np.triu_indices(count, 1)].mean())


def pulse(mels: FloatArray) -> float:
    """Mean height of the tempogram's highest peak, see :class:`Figures`."""
    rises = np.maximum(np.diff(mels.astype(np.float64), axis=1), 0.0).mean(axis=2)
    rises = rises - rises.mean(axis=1, keepdims=True)
    frames = rises.shape[1]
    spectrum = np.abs(np.fft.rfft(rises, n=2 * frames, axis=1)) ** 2
    correlation = np.fft.irfft(spectrum, axis=1)[:, :frames]
    # Unbiased: a lag has the fewer frames to be seen in the longer it is.
    correlation *= frames / (frames - np.arange(frames))
    strength = correlation[:, _SHORTEST_LAG : _LONGEST_LAG + 1].max(axis=1)
    return float(np.mean(strength / np.maximum(correlation[:, 0], 1e-12)))


def _rise(mels: FloatArray) -> float:
    return float(np.maximum(np.diff(mels, axis=1), 0.0).mean(dtype=np.float64))


def coarse(mels: FloatArray) -> FloatArray:
    """Windows in cells of 8 frames by 4 bands, as vectors, to be compared as they sound."""
    n, frames, bands = mels.shape
    cells = mels.reshape(n, frames // _POOL_FRAMES, _POOL_FRAMES, bands // _POOL_BANDS, _POOL_BANDS)
    return np.asarray(cells.mean(axis=(2, 4)).reshape(n, -1), dtype=np.float32)


def nearest(made: FloatArray, crops: FloatArray) -> float:
    """Median distance to the nearest learned crop, over the mean distance between such crops."""
    vectors, learned = made.astype(np.float64), crops.astype(np.float64)
    usual = float(_distances(learned[::2][:_BLOCK], learned[1::2][:_BLOCK]).mean())
    best = np.full(len(vectors), np.inf)
    for start in range(0, len(learned), _BLOCK):
        block = _distances(vectors, learned[start : start + _BLOCK])
        best = np.minimum(best, block.min(axis=1))
    return float(np.median(best)) / max(usual, 1e-12)


_BATCH = 64
_BALANCE = 0.3
_STATISTICS = "scaling"

Tell = Callable[[int, int], None]


class Judge:
    """A classifier that measures made-up music.

    Parameters
    ----------
    classifier : Classifier
    scaling : FeatureScaling
        Scaling that it was trained with.
    """

    def __init__(self, classifier: Classifier, scaling: FeatureScaling) -> None:
        self.classifier = classifier
        self.scaling = scaling
        trained = classifier.training
        pooled = layers.GlobalAveragePooling2D()(trained.get_layer("dropout").input)
        self._model = keras.Model(trained.input, [pooled, trained.output])

    def see(self, mels: FloatArray, labels: Ints, scaling: FeatureScaling) -> Windows:
        """Classify windows that were scaled by ``scaling``.

        Each window is classified in segments of three seconds, whose features and logits are
        averaged.
        """
        n, frames, bands = mels.shape
        magnitudes = unscaled(mels, scaling)
        segments = magnitudes.reshape(-1, SEGMENT_FRAMES, bands)
        inputs = self.scaling.apply(segments)[..., None]
        pairs = [self._batch(inputs[i : i + _BATCH]) for i in range(0, len(inputs), _BATCH)]
        features, logits = (np.concatenate(values) for values in zip(*pairs, strict=True))
        count = frames // SEGMENT_FRAMES
        features = features.reshape(n, count, -1).mean(axis=1)
        logits = logits.reshape(n, count, -1).mean(axis=1)[:, :-1]
        return Windows(mels, labels, features.astype(np.float64), logits.argmax(axis=1))

    def _batch(self, inputs: FloatArray) -> tuple[FloatArray, FloatArray]:
        # Always as many, so that the network is compiled once.
        padded = np.concatenate([inputs, np.zeros((_BATCH - len(inputs), *inputs.shape[1:]))])
        features, logits = self._model.predict_on_batch(padded.astype(np.float32))
        return np.asarray(features)[: len(inputs)], np.asarray(logits)[: len(inputs)]


def unscaled(mels: FloatArray, scaling: FeatureScaling) -> FloatArray:
    """Mel magnitudes, relative to the level, of scaled log-mel: the inverse of ``apply``."""
    logs = np.minimum(mels * scaling.std + scaling.mean, 20.0)
    return np.asarray(np.maximum(np.exp(logs) - scaling.offset, 0.0), dtype=np.float32)


def judge_plan(genres: tuple[str, ...]) -> ModelPlan:
    """The judge as a classifier to train."""
    return ModelPlan("judge", "Judge", genres, build_fst_muse, balance=_BALANCE)


def guide_plan(genres: tuple[str, ...]) -> ModelPlan:
    """The guide as a classifier to train."""
    return ModelPlan("guide", "Guide", genres, build_toy_model, balance=_BALANCE)


@dataclass(frozen=True, eq=False)
class Schooling:
    """Music, genres and number of steps of the training of a judge."""

    tracks: Sequence[Track]
    mels: Sequence[MelArray]
    genres: tuple[str, ...]
    seed: int
    steps: int


def train_judge(school: Schooling, file: Path, tell: Tell) -> Judge:
    """Train the judge, or take it from ``file`` if it was trained before."""
    plan = judge_plan(school.genres)
    if file.is_file():
        return read_judge(plan, file)
    hyperparameters = Hyperparameters(steps=school.steps, seed=school.seed)
    scaling = fit_scaling(school.mels, hyperparameters.segment_frames)
    seeds = (school.seed, 202)
    sampler = BatchSampler(school.tracks, school.mels, plan, hyperparameters, scaling, seeds)
    classifier = train_classifier(
        plan,
        hyperparameters,
        sampler,
        seed=sum(seeds),
        report=lambda step, loss: tell(step, school.steps),
    )
    write_bytes(file, judge_bytes(classifier, scaling))
    return Judge(classifier, scaling)


def judge_bytes(classifier: Classifier, scaling: FeatureScaling) -> bytes:
    """A judge as an ``.npz``."""
    stream = io.BytesIO()
    arrays: dict[str, Any] = {v.path: np.asarray(v) for v in classifier.training.weights}
    statistics = np.stack([scaling.mean, scaling.std, np.full_like(scaling.mean, scaling.offset)])
    np.savez_compressed(stream, **{**arrays, _STATISTICS: statistics})
    return stream.getvalue()


def read_judge(plan: ModelPlan, file: Path) -> Judge:
    """Inverse of :func:`judge_bytes`.

    Raises
    ------
    OSError, ValueError, KeyError
        If it cannot be read, or is of another network.
    """
    classifier = plan.build(len(plan.genres))
    with np.load(file, allow_pickle=False) as arrays:
        for variable in classifier.training.weights:
            variable.assign(arrays[variable.path])
        mean, std, offset = arrays[_STATISTICS]
    return Judge(classifier, FeatureScaling(mean, std, float(offset[0])))
