"""The two classifiers that a GAN's training needs: one to learn from, one to be judged by.

The *guide* is trained on the music that the GAN learns from; the discriminator sees its
features. The *judge* is another network, trained on the music that was set aside for
validation and test, by other artists. It takes no part in the training; it measures, and by its
measure one of the epochs is kept.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.datasets.track import Track
from fstmuse_core.networks.blocks import SEGMENT_FRAMES, Classifier
from fstmuse_core.networks.fst_muse import build_fst_muse
from fstmuse_core.networks.toy_model import build_toy_model
from fstmuse_core.runs.store import write_bytes
from fstmuse_core.training.fit import train_classifier
from fstmuse_core.training.gan.metrics import Windows
from fstmuse_core.training.mels import MelArray, fit_scaling
from fstmuse_core.training.metrics import Ints
from fstmuse_core.training.plan import ModelPlan, Recipe
from fstmuse_core.training.sampler import BatchSampler

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
    """Music, genres and number of steps of the training of a guide or judge."""

    tracks: Sequence[Track]
    mels: Sequence[MelArray]
    genres: tuple[str, ...]
    seed: int
    steps: int


def train_guide(school: Schooling, file: Path, tell: Tell) -> Judge:
    """The guide, from ``file`` if it was trained before."""
    return _trained(guide_plan(school.genres), school, 101, file, tell)


def train_judge(school: Schooling, file: Path, tell: Tell) -> Judge:
    """The judge, from ``file`` if it was trained before."""
    return _trained(judge_plan(school.genres), school, 202, file, tell)


def _trained(plan: ModelPlan, school: Schooling, salt: int, file: Path, tell: Tell) -> Judge:
    if file.is_file():
        return read_judge(plan, file)
    recipe = Recipe(steps=school.steps, seed=school.seed)
    scaling = fit_scaling(school.mels, recipe.segment_frames)
    seeds = (school.seed, salt)
    sampler = BatchSampler(school.tracks, school.mels, plan, recipe, scaling, seeds)
    classifier = train_classifier(
        plan,
        recipe,
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
