"""Pre-training: what a network learns from music without genres, and what that is worth.

The trunk learns to find, among many crops, the other one of the same song (SimCLR: Chen et al.,
"A simple framework for contrastive learning of visual representations", ICML 2020) or of the
same artist (Khosla et al., "Supervised contrastive learning", NeurIPS 2020). Nothing of the
artists that are judged is heard, not even without its label.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from benchmarks.how_good.tasks import Task
from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.networks.blocks import Classifier
from fstmuse_core.training import sampler
from fstmuse_core.training.export import unwritten_bundle
from fstmuse_core.training.fit import warm_cosine
from fstmuse_core.training.mels import MelArray, fit_scaling, segment_starts
from fstmuse_core.training.metrics import ClipScores, score_clips
from fstmuse_core.training.plan import IGNORED, Hyperparameters
from fstmuse_core.training.starter.cross_validation import DataSet, train_on

_PAIRS = 48
# Together as many steps as the hyperparameters of seven genres have without.
_STEPS, _STEPS_AFTER = 800, 1000
_TEMPERATURE = 0.2
_LEARNING_RATE = 2e-3
_PROJECTION = 64
_SEGMENTS = 12
_TRUNK_END = "band_gain"


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A trunk's weights by name, and the statistics of what it was fed with."""

    weights: dict[str, npt.NDArray[np.float32]]
    scaling: FeatureScaling

    def build(self, task: Task, n_genres: int) -> Classifier:
        """The task's network, its trunk as pre-trained, its head new."""
        classifier = task.plan.build(n_genres)
        for variable in classifier.training.weights:
            if variable.path in self.weights:
                variable.assign(self.weights[variable.path])
        return classifier


def pretrain(task: Task, data: DataSet, seeds: tuple[int, int], *, by_artist: bool) -> Pretrained:
    """Teach the task's trunk which crops belong together, on all of ``data``.

    With ``by_artist`` two crops belong together if their artist is the same, else if their
    song is.
    """
    import keras
    from keras import layers, ops

    hyperparameters = Hyperparameters()
    scaling = fit_scaling(data.mels, hyperparameters.segment_frames)
    keras.utils.set_random_seed(int(np.random.SeedSequence(seeds).generate_state(1)[0] >> 1))
    classifier = task.plan.build(len(task.plan.genres))
    trunk = classifier.training
    x = layers.GlobalAveragePooling2D()(trunk.get_layer(_TRUNK_END).input)
    x = layers.Dense(2 * _PROJECTION, activation="relu")(x)
    model = keras.Model(trunk.inputs, layers.Dense(_PROJECTION)(x))
    others = np.eye(2 * _PAIRS, dtype=np.float32) * -1e9
    partner = np.roll(np.eye(2 * _PAIRS, dtype=np.float32), _PAIRS, axis=1)

    def loss(_: Any, z: Any) -> Any:
        z = z / ops.sqrt(ops.sum(ops.square(z), axis=-1, keepdims=True) + 1e-9)
        likeness = ops.matmul(z, ops.transpose(z)) / _TEMPERATURE + others
        return -ops.sum(partner * ops.log_softmax(likeness, axis=-1), axis=-1)

    schedule = warm_cosine(_LEARNING_RATE, _STEPS, hyperparameters.warm_up)
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=hyperparameters.weight_decay, clipnorm=1.0),
        loss,
        jit_compile=False,
    )
    rng = np.random.default_rng(seeds)
    groups = _groups(data, by_artist)
    nothing = np.zeros((2 * _PAIRS, 1), dtype=np.float32)
    losses = []
    for step in range(1, _STEPS + 1):
        batch = _pairs(data.mels, groups, scaling, hyperparameters.segment_frames, rng)
        model.reset_metrics()
        losses.append(float(model.train_on_batch(batch, nothing)))
        if step % 200 == 0:
            print(f"  step {step}: loss {np.mean(losses[-200:]):.3f}", flush=True)
    kept = {v.path: np.asarray(v) for v in model.weights if not v.path.startswith("dense")}
    return Pretrained(kept, scaling)


def _groups(data: DataSet, by_artist: bool) -> list[list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for index, track in enumerate(data.tracks):
        found[track.artist if by_artist else str(index)].append(index)
    return list(found.values())


def _pairs(
    mels: Any, groups: list[list[int]], scaling: FeatureScaling, frames: int, rng: Any
) -> FloatArray:
    """Two crops each of ``_PAIRS`` groups, shape ``(2 * _PAIRS, frames, bands, 1)``."""
    drawn = rng.choice(len(groups), size=_PAIRS, replace=False)
    chosen = [rng.choice(groups[group]) for _ in range(2) for group in drawn]
    crops = [sampler.recolour(sampler.random_crop(mels[int(i)], frames, rng), rng) for i in chosen]
    segments = scaling.apply(np.stack(crops))
    sampler.mask(segments, rng)
    return np.asarray(segments[..., None], dtype=np.float32)


def fine_tuned(
    task: Task, data: DataSet, start: Pretrained, test: DataSet, seeds: tuple[int, int]
) -> ClipScores:
    """The hyperparameters of the starter models from a pre-trained trunk on, with fewer steps."""
    plan = replace(task.plan, build=lambda n_genres: start.build(task, n_genres))
    hyperparameters = Hyperparameters(steps=_STEPS_AFTER, seed=seeds[0])
    classifier, scaling = train_on(data, plan, hyperparameters, seeds, None)
    bundle = unwritten_bundle(classifier, task.plan, hyperparameters, scaling)
    return score_clips(bundle, test.mels)


def probed(task: Task, data: DataSet, start: Pretrained, test: DataSet) -> ClipScores:
    """A linear classifier on the pre-trained trunk, which itself never learns a genre.

    Every genre counts alike in it, however few its songs.
    """
    import keras
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    trunk = start.build(task, len(task.plan.genres)).training
    trunk_model = keras.Model(trunk.inputs, trunk.get_layer(_TRUNK_END).input)
    used = data.part(data.roles != IGNORED)
    machine = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=2000)
    )
    machine.fit(_embeddings(trunk_model, used.mels, start.scaling), used.roles)
    found = machine.predict_log_proba(_embeddings(trunk_model, test.mels, start.scaling))
    n_genres = len(task.plan.genres)
    logits = np.full((len(found), n_genres + 1), -20.0)
    logits[:, machine.classes_] = np.maximum(found, -20.0)
    known = logits[:, :n_genres]
    novelty = logits[:, n_genres] - logsumexp(known, axis=1)
    return ClipScores(known, novelty)


def _embeddings(trunk_model: Any, mels: Any, scaling: FeatureScaling) -> npt.NDArray[np.float64]:
    """Mean and deviation of the trunk's channels over a clip, shape ``(clips, 2 * channels)``."""
    return np.stack([_embedding(trunk_model, mel, scaling) for mel in mels])


def _embedding(trunk_model: Any, mel: MelArray, scaling: FeatureScaling) -> npt.NDArray[np.float64]:
    frames = Hyperparameters().segment_frames
    starts = np.asarray(segment_starts(len(mel), frames, frames // 2))
    starts = starts[np.linspace(0, len(starts) - 1, min(_SEGMENTS, len(starts))).astype(int)]
    cut = np.zeros((_SEGMENTS, frames, mel.shape[1]), dtype=np.float32)
    for row, at in zip(cut, starts, strict=False):
        piece = mel[at : at + frames]
        row[: len(piece)] = piece
    cells = np.asarray(trunk_model.predict_on_batch(scaling.apply(cut)[..., None]))[: len(starts)]
    flat = cells.reshape(-1, cells.shape[-1]).astype(np.float64)
    return np.concatenate([flat.mean(axis=0), flat.std(axis=0)])
