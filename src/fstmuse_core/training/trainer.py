"""Our networks as a training sees them: built, compiled, fed with crops, validated by clips."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
from scipy.special import logsumexp

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.networks.blocks import Classifier
from fstmuse_core.training.data_split import Parts
from fstmuse_core.training.epochs import Validation
from fstmuse_core.training.fit import ClassifierFit
from fstmuse_core.training.group import Member
from fstmuse_core.training.mels import fit_scaling
from fstmuse_core.training.metrics import Ints, confusion_matrix, mean_by_class
from fstmuse_core.training.non_music import made_up_noise
from fstmuse_core.training.plan import IGNORED, Hyperparameters, ModelPlan
from fstmuse_core.training.preparation import Mels, MelTable
from fstmuse_core.training.run import transfer
from fstmuse_core.training.sampler import BatchSampler
from fstmuse_core.training.settings import TrainSettings

_CROPS_PER_CLIP = 8
_MAX_CROPS = 8_000
_SCALING_CLIPS = 1_000
_VALIDATION_SEGMENTS = 8
_VALIDATION_BATCH = 64


class ClassifierTrainer(ClassifierFit):
    """One of our networks with its crops and validation clips.

    ``tracks`` and ``mels`` are what it is taught, made-up noise included.

    Parameters
    ----------
    settings : TrainSettings
    plan : ModelPlan
    parts : Parts
    mels : MelTable
    base : Bundle, optional
        A model of the same network to start from.
    member : Member, optional
        Number of this process, of those that train together.
    """

    def __init__(
        self,
        settings: TrainSettings,
        plan: ModelPlan,
        parts: Parts,
        mels: MelTable,
        base: Bundle | None = None,
        member: Member | None = None,
    ) -> None:
        noise, noise_mels = made_up_noise(settings.seed)
        tracks = [track for track in parts.train if plan.role(track) != IGNORED]
        self.tracks, self.mels = tracks + noise, Mels(mels.of(tracks), noise_mels)
        crops = min(_MAX_CROPS, _CROPS_PER_CLIP * len(parts.known("train")))
        self.batch_size = settings.batch_size
        self.steps_per_epoch = max(1, round(crops / settings.batch_size))
        hyperparameters = _hyperparameters(settings, self.steps_per_epoch)
        self.scaling = base.manifest.scaling if base else _scaling(self.mels, hyperparameters)
        sampler = BatchSampler(
            self.tracks,
            self.mels,
            plan,
            hyperparameters,
            self.scaling,
            (settings.seed, 0),
            augment=settings.augment,
        )
        self._plan = plan
        known = parts.known("validation")
        self._validation = mels.of(known)
        self._labels = plan.roles(known)
        keras.utils.set_random_seed(settings.seed)
        classifier = build(plan, settings)
        if base:
            transfer(classifier, base, plan.genres)
        super().__init__(classifier, hyperparameters, sampler)
        if member is not None:
            self._share = member.share

    def validate(self) -> Validation:
        """Judge each validation clip by the mean logits of segments spread over it."""
        segments, owners = self._segments()
        n_genres = len(self._plan.genres)
        sums, counts = np.zeros((len(self._validation), n_genres)), np.bincount(owners)
        for start, batch in _batches(segments):
            logits = np.asarray(self.model.predict_on_batch(batch))[:, :n_genres]
            mine = owners[start : start + _VALIDATION_BATCH]
            np.add.at(sums, mine, logits[: len(mine)])
        logits = sums / counts[:, None]
        predicted = logits.argmax(axis=1)
        right = logits[np.arange(len(logits)), self._labels]
        return Validation(
            mean_by_class(logsumexp(logits, axis=1) - right, self._labels),
            float(np.mean(predicted == self._labels)),
            confusion_matrix(self._labels, predicted, n_genres),
        )

    def _segments(self) -> tuple[Iterator[FloatArray], Ints]:
        frames = self.hyperparameters.segment_frames
        lengths = [len(mel) for mel in self._validation]
        counts = [min(_VALIDATION_SEGMENTS, -(-length // frames)) for length in lengths]

        def scaled() -> Iterator[FloatArray]:
            for mel, count in zip(self._validation, counts, strict=True):
                starts = np.linspace(0, max(0, len(mel) - frames), count).astype(np.int64)
                cut = np.stack([mel[s : s + frames] for s in starts]).astype(np.float32)
                yield from self.scaling.apply(cut)

        return scaled(), np.repeat(np.arange(len(counts)), counts)


def _batches(segments: Iterator[FloatArray]) -> Iterator[tuple[int, FloatArray]]:
    """Batches of one size, so that the network is compiled once; the last is padded."""
    start, waiting = 0, []
    for segment in segments:
        waiting.append(segment)
        if len(waiting) == _VALIDATION_BATCH:
            yield start, np.stack(waiting)[..., None]
            start, waiting = start + len(waiting), []
    if waiting:
        padding = [np.zeros_like(waiting[0])] * (_VALIDATION_BATCH - len(waiting))
        yield start, np.stack(waiting + padding)[..., None]


def _hyperparameters(settings: TrainSettings, steps_per_epoch: int) -> Hyperparameters:
    return Hyperparameters(
        steps=settings.epochs * steps_per_epoch,
        batch=settings.batch_size,
        learning_rate=settings.learning_rate,
        seed=settings.seed,
    )


def _scaling(mels: Mels, hyperparameters: Hyperparameters) -> FeatureScaling:
    """Scaling from so many clips, spread over the data set, that more would change nothing."""
    step = max(1, len(mels) // _SCALING_CLIPS)
    return fit_scaling(mels[::step], hyperparameters.segment_frames)


def build(plan: ModelPlan, settings: TrainSettings) -> Classifier:
    """The plan's network with the dropout and the kernel penalty asked for."""
    classifier = plan.build(len(plan.genres))
    classifier.training.get_layer("dropout").rate = settings.dropout
    if settings.l2 > 0.0:
        for variable in classifier.training.trainable_variables:
            if variable.path.endswith("/kernel"):
                variable.regularizer = keras.regularizers.L2(settings.l2)
    return classifier
