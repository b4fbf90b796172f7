"""Contenders: each learns from some tracks and scores others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from benchmarks.how_good.pretraining import Pretrained, fine_tuned, pretrain, probed
from benchmarks.how_good.report_design import report_chances
from benchmarks.how_good.tagger import SHARES, by_experts
from benchmarks.how_good.tasks import Task
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.pattern_head import PatternHead, PatternSession
from fstmuse_core.training.export import unwritten_bundle
from fstmuse_core.training.mels import MelArray, segment_starts
from fstmuse_core.training.metrics import ClipScores, score_clips
from fstmuse_core.training.plan import Hyperparameters
from fstmuse_core.training.starter.cross_validation import (
    DataSet,
    mfcc_statistics,
    svm_predictions,
    train_head,
    train_on,
)

Bools = npt.NDArray[np.bool_]
Contender = Callable[[Task, DataSet, Bools, Bools, "Cell"], ClipScores]


@dataclass(frozen=True, eq=False)
class Cell:
    """One training of one contender: which part, from which seed.

    ``music`` gives all that there is, of whatever genre, for those who learn without labels too.
    ``work`` is the folder for what is kept.
    """

    seed: int
    fold: int
    music: Callable[[], DataSet]
    work: Path

    @property
    def seeds(self) -> tuple[int, int]:
        """Of everything random in it."""
        return self.seed, self.fold + 1


def network(task: Task, data: DataSet, train: Bools, test: Bools, cell: Cell) -> ClipScores:
    """Our network by the hyperparameters of the starter models."""
    return _network(task, data.part(train), data.part(test), cell.seed, cell.seeds)


def second(task: Task, data: DataSet, train: Bools, test: Bools, cell: Cell) -> ClipScores:
    """The same from other random numbers, to be asked together with the first."""
    return _network(task, data.part(train), data.part(test), cell.seed, (*cell.seeds, 1))


def coarse(task: Task, data: DataSet, train: Bools, test: Bools, cell: Cell) -> ClipScores:
    """Our network at half the resolution in time, so that it hears twice as long at once."""
    learn, judge = (
        replace(part, mels=[_half_as_many_frames(mel) for mel in part.mels])
        for part in (data.part(train), data.part(test))
    )
    return _network(task, learn, judge, cell.seed, (*cell.seeds, 2))


def _network(
    task: Task, learn: DataSet, judge: DataSet, seed: int, seeds: tuple[int, ...]
) -> ClipScores:
    hyperparameters = Hyperparameters(steps=task.plan.steps, seed=seed)
    classifier, scaling = train_on(learn, task.plan, hyperparameters, seeds, None)
    return score_clips(
        unwritten_bundle(classifier, task.plan, hyperparameters, scaling), judge.mels
    )


def _half_as_many_frames(mel: MelArray) -> MelArray:
    pairs = mel[: len(mel) // 2 * 2].reshape(-1, 2, mel.shape[1])
    return np.asarray(pairs.mean(axis=1, dtype=np.float32).astype(np.float16))


def head(task: Task, data: DataSet, train: Bools, test: Bools, cell: Cell) -> ClipScores:
    """The linear head on pattern statistics, by itself."""
    taught = train_head(data.part(train), task.plan, Hyperparameters(seed=cell.seed))
    if taught is None:
        raise ValueError("the data set has no patterns")
    return _scores_of(taught, data.part(test))


def _scores_of(taught: PatternHead, data: DataSet) -> ClipScores:
    rows = np.stack([_mean_evidence(taught, np.asarray(m, np.float32)) for m in data.mels])
    known = rows[:, :-1].astype(np.float64)
    return ClipScores(known, rows[:, -1] - logsumexp(known, axis=1))


def _mean_evidence(taught: PatternHead, mel: FloatArray) -> FloatArray:
    session = PatternSession(taught)
    session.push(mel)
    hyperparameters = Hyperparameters()
    starts = segment_starts(
        len(mel), hyperparameters.segment_frames, hyperparameters.segment_hop_frames
    )
    return np.asarray(session.evidence(starts).mean(axis=0))


# The rows that start from one pre-training share it.
_pretrained: dict[tuple[str, int, int, bool], Pretrained] = {}


def _start(task: Task, data: DataSet, test: Bools, cell: Cell, by_artist: bool) -> Pretrained:
    key = task.name, *cell.seeds, by_artist
    if key not in _pretrained:
        judged = {track.artist for track in data.part(test).tracks}
        music = cell.music()
        is_taught = np.array([track.artist not in judged for track in music.tracks])
        _pretrained[key] = pretrain(task, music.part(is_taught), cell.seeds, by_artist=by_artist)
    return _pretrained[key]


def _fine_tuned(by_artist: bool) -> Contender:
    def row(task: Task, data: DataSet, train: Bools, test: Bools, cell: Cell) -> ClipScores:
        start = _start(task, data, test, cell, by_artist)
        return fine_tuned(task, data.part(train), start, data.part(test), cell.seeds)

    return row


def _probed(by_artist: bool) -> Contender:
    def row(task: Task, data: DataSet, train: Bools, test: Bools, cell: Cell) -> ClipScores:
        start = _start(task, data, test, cell, by_artist)
        return probed(task, data.part(train), start, data.part(test))

    return row


def svm(task: Task, data: DataSet, train: Bools, test: Bools, cell: Cell) -> ClipScores:
    """A support vector machine on MFCC statistics of whole clips."""
    learn, judge = _known(task, data, train), data.part(test)
    return _as_scores(
        task,
        svm_predictions(mfcc_statistics(learn.mels), learn.roles, mfcc_statistics(judge.mels)),
    )


def trees(task: Task, data: DataSet, train: Bools, test: Bools, cell: Cell) -> ClipScores:
    """Gradient-boosted trees on the same statistics."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    learn, judge = _known(task, data, train), data.part(test)
    machine = HistGradientBoostingClassifier(class_weight="balanced", random_state=cell.seed)
    machine.fit(mfcc_statistics(learn.mels), learn.roles)
    return _as_scores(task, machine.predict(mfcc_statistics(judge.mels)))


def report(task: Task, data: DataSet, train: Bools, test: Bools, cell: Cell) -> ClipScores:
    """The 2023 report's design, which knows no "none of these"."""
    judge = data.part(test)
    chances = report_chances(task, _known(task, data, train), judge, cell.seeds)
    logits = np.log(np.maximum(chances, 1e-12)).astype(np.float64)
    return ClipScores(logits, np.full(len(logits), np.nan))


def _known(task: Task, data: DataSet, train: Bools) -> DataSet:
    return data.part(train & (data.roles >= 0) & (data.roles < len(task.plan.genres)))


def _as_scores(task: Task, predicted: npt.NDArray[np.int64]) -> ClipScores:
    """Answers of those who give no chances."""
    n = len(predicted)
    return ClipScores(np.eye(len(task.plan.genres))[predicted], np.full(n, np.nan))


def _on_tagger(name: str) -> Contender:
    scored = by_experts(SHARES[name])

    def row(task: Task, data: DataSet, train: Bools, test: Bools, cell: Cell) -> ClipScores:
        return scored(task, data, train, test, cell.work)

    return row


def together(said: Sequence[tuple[float, ClipScores]]) -> ClipScores:
    """Weighted sums of what several say, as a bundle adds its network and its head."""
    return ClipScores(
        np.sum([weight * one.logits for weight, one in said], axis=0),
        np.sum([weight * one.novelty for weight, one in said], axis=0),
    )


CONTENDERS: dict[str, Contender] = {
    "svm": svm,
    "trees": trees,
    "head": head,
    "network": network,
    "second": second,
    "coarse": coarse,
    "songs-then-genres": _fine_tuned(by_artist=False),
    "songs-probe": _probed(by_artist=False),
    "artists-then-genres": _fine_tuned(by_artist=True),
    "artists-probe": _probed(by_artist=True),
    "report": report,
    **{name: _on_tagger(name) for name in SHARES},
}
# The report's row takes most of a day for all tasks and seeds, a pre-training six minutes a fold.
ONLY_IF_ASKED = frozenset(CONTENDERS) - {"svm", "trees", "head", "network", *SHARES}
# Rows that are others together, with their weights.
_HEAD = {"head": 1.0}
_TWO, _RESOLUTIONS = {"network": 0.5, "second": 0.5}, {"network": 0.5, "coarse": 0.5}
TOGETHER: dict[str, dict[str, float]] = {
    "both": {"network": 1.0, **_HEAD},
    "songs-both": {"songs-then-genres": 1.0, **_HEAD},
    "artists-both": {"artists-then-genres": 1.0, **_HEAD},
    "two": _TWO,
    "two-both": {**_TWO, **_HEAD},
    "resolutions": _RESOLUTIONS,
    "resolutions-both": {**_RESOLUTIONS, **_HEAD},
}
