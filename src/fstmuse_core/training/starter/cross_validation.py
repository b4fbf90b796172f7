"""Out-of-fold predictions: every clip is judged by a network that never learned from its artist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import scipy.fft

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import mel_to_decibels
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.pattern_head import PatternHead
from fstmuse_core.datasets.groups import artist_folds
from fstmuse_core.datasets.track import Track
from fstmuse_core.networks.blocks import Classifier
from fstmuse_core.system.atomic_write import write_atomic
from fstmuse_core.training.export import unwritten_bundle
from fstmuse_core.training.fit import StepReport, train_classifier
from fstmuse_core.training.mels import MelArray, fit_scaling
from fstmuse_core.training.metrics import ClipScores, score_clips
from fstmuse_core.training.pattern_head import PatternRows, fit_pattern_head
from fstmuse_core.training.plan import IGNORED, Hyperparameters, ModelPlan
from fstmuse_core.training.sampler import BatchSampler, track_weights

_N_MFCC = 20


def mfcc_statistics(mels: Sequence[MelArray]) -> npt.NDArray[np.float64]:
    """Mean and deviation of 20 MFCCs and of their first differences, shape ``(clips, 80)``."""
    rows = []
    for mel in mels:
        decibels = mel_to_decibels(mel.astype(np.float32))
        mfcc = scipy.fft.dct(decibels, norm="ortho", axis=-1)[:, :_N_MFCC]
        change = np.diff(mfcc, axis=0)
        rows.append(
            np.concatenate(
                [v.mean(axis=0) for v in (mfcc, change)] + [v.std(axis=0) for v in (mfcc, change)]
            )
        )
    return np.array(rows, dtype=np.float64)


def svm_predictions(
    train: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int64],
    test: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """Classes that an RBF machine with balanced class weights gives the test clips."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    machine = make_pipeline(StandardScaler(), SVC(C=10.0, class_weight="balanced"))
    machine.fit(train, labels)
    return np.asarray(machine.predict(test), dtype=np.int64)


Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Called with a name for the run; gives the reporter of its steps.
RunReport = Callable[[str], StepReport]


@dataclass(frozen=True, eq=False)
class DataSet:
    """Tracks with their mel spectrograms and their roles for one model.

    ``mels`` hold magnitudes, ``roles`` are those of :meth:`ModelPlan.roles`, ``patterns`` the
    statistics of the mels' windows, where a head is to be taught.
    """

    tracks: Sequence[Track]
    mels: Sequence[MelArray]
    roles: Ints
    patterns: PatternRows | None = None

    def part(self, chosen: Bools) -> DataSet:
        """The tracks where ``chosen`` is true."""
        where = [int(i) for i in np.flatnonzero(chosen)]
        return DataSet(
            [self.tracks[i] for i in where],
            [self.mels[i] for i in where],
            self.roles[where],
            self.patterns.of(where) if self.patterns else None,
        )


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Predictions for every track, each from the fold that did not train on its artist.

    Attributes
    ----------
    folds : ndarray of int64, shape ``(tracks,)``
    scores : ClipScores
    network : ndarray of int64, shape ``(tracks,)``
        Classes from the networks without their pattern heads.
    svm : ndarray of int64, shape ``(tracks,)``
        Classes from the floor in the same folds.
    taught : ndarray of bool, shape ``(tracks,)``
        True if the fold had the track's genre to learn from; where not, its recall says
        nothing.
    """

    folds: Ints
    scores: ClipScores
    network: Ints
    svm: Ints
    taught: Bools

    def known(self, roles: Ints, n_genres: int) -> Bools:
        """True for clips of the model's genres that were taught where they are judged."""
        return (roles >= 0) & (roles < n_genres) & self.taught


@dataclass(frozen=True, eq=False)
class Trained:
    """A network, the statistics it needs, and the head on patterns that goes with it.

    ``head`` is ``None`` where the data set has no patterns.
    """

    classifier: Classifier
    scaling: FeatureScaling
    head: PatternHead | None

    def bundle(self, plan: ModelPlan, hyperparameters: Hyperparameters) -> Bundle:
        """Bundle that exists in memory alone."""
        bundle = unwritten_bundle(self.classifier, plan, hyperparameters, self.scaling)
        return replace(bundle, patterns=self.head.to_bytes() if self.head else None)


def train_on(
    data: DataSet,
    plan: ModelPlan,
    hyperparameters: Hyperparameters,
    seeds: Sequence[int],
    report: StepReport | None,
) -> tuple[Classifier, FeatureScaling]:
    """A network trained on the tracks that have a role, and the statistics it needs."""
    used = data.part(data.roles != IGNORED)
    scaling = fit_scaling(used.mels, hyperparameters.segment_frames)
    sampler = BatchSampler(used.tracks, used.mels, plan, hyperparameters, scaling, seeds)
    seed = int(np.random.SeedSequence(seeds).generate_state(1)[0])
    return train_classifier(plan, hyperparameters, sampler, seed=seed, report=report), scaling


def train_both(
    data: DataSet,
    plan: ModelPlan,
    hyperparameters: Hyperparameters,
    seeds: Sequence[int],
    report: StepReport | None,
) -> Trained:
    """A network and, where there are patterns, a head, trained on the tracks that have a role."""
    classifier, scaling = train_on(data, plan, hyperparameters, seeds, report)
    return Trained(classifier, scaling, train_head(data, plan, hyperparameters))


def train_head(
    data: DataSet, plan: ModelPlan, hyperparameters: Hyperparameters
) -> PatternHead | None:
    """The head on patterns, taught on the tracks that have a role."""
    used = data.part(data.roles != IGNORED)
    if used.patterns is None:
        return None
    weights = track_weights(used.tracks, plan, hyperparameters)
    return fit_pattern_head(used.patterns, used.roles, weights, len(plan.genres) + 1)


def _save_arrays(arrays: dict[str, Any], stream: BinaryIO) -> None:
    np.savez(stream, **arrays)


def cross_validate(
    data: DataSet,
    plan: ModelPlan,
    hyperparameters: Hyperparameters,
    n_folds: int,
    report: RunReport,
    work: Path | None = None,
) -> OutOfFold:
    """Train ``n_folds`` networks and let each judge the artists it did not learn from.

    Parameters
    ----------
    work : Path, optional
        Folder that keeps the scores of each fold, so that a run which is cut off goes on.

    Raises
    ------
    FstMuseError
        If there are fewer artists than folds.
    """
    folds = artist_folds(data.tracks, n_folds, seed=hyperparameters.seed)
    n = len(data.tracks)
    logits, novelty = np.zeros((n, len(plan.genres))), np.zeros(n)
    svm, taught = np.full(n, IGNORED, dtype=np.int64), np.zeros(n, dtype=np.bool_)
    network = svm.copy()
    statistics = mfcc_statistics(data.mels)
    known = (data.roles >= 0) & (data.roles < len(plan.genres))
    for fold in range(n_folds):
        test = folds == fold
        kept = work / f"{plan.name}-{hyperparameters.seed}-{n_folds}-{fold}.npz" if work else None
        if kept and kept.is_file():
            with np.load(kept, allow_pickle=False) as arrays:
                network[test], logits[test] = arrays["network"], arrays["logits"]
                novelty[test] = arrays["novelty"]
        else:
            seeds = (hyperparameters.seed, fold + 1)
            trained = train_both(
                data.part(~test), plan, hyperparameters, seeds, report(f"fold {fold + 1}")
            )
            bundle, mels = trained.bundle(plan, hyperparameters), data.part(test).mels
            alone = score_clips(replace(bundle, patterns=None), mels)
            scores = score_clips(bundle, mels) if trained.head else alone
            network[test] = alone.logits.argmax(axis=1)
            logits[test], novelty[test] = scores.logits, scores.novelty
        if kept and not kept.is_file():
            arrays = {"network": network[test], "logits": logits[test], "novelty": novelty[test]}
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(kept, partial(_save_arrays, arrays))
        taught[test] = np.isin(data.roles[test], data.roles[~test])
        train = known & ~test
        svm[test] = svm_predictions(statistics[train], data.roles[train], statistics[test])
    return OutOfFold(folds, ClipScores(logits, novelty), network, svm, taught)
