"""Evaluation of the models that come along: what they share, and their figures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.manifest import Thresholds
from fstmuse_core.bundle.tagger import Tagger
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.datasets.track import Track
from fstmuse_core.system.tables import csv_rows
from fstmuse_core.system.wording import share_by_artist
from fstmuse_core.training import metrics
from fstmuse_core.training.measure import ask, measure, whose
from fstmuse_core.training.metrics import Floats, Ints
from fstmuse_core.training.plan import IGNORED, ModelPlan, is_disputed
from fstmuse_core.training.starter.cross_validation import (
    DataSet,
    OutOfFold,
    mfcc_statistics,
    svm_predictions,
)
from fstmuse_core.training.tagger_rows import tagger_rows


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def rows_of(tracks: Sequence[Track], tagger: Tagger, work: Path | None) -> FloatArray:
    """Rows of the tracks, shape ``(tracks, n)``; noise that was made up has no file, and none."""
    is_file = np.array([track.path.is_file() for track in tracks])
    paths = [track.path for track in tracks if track.path.is_file()]
    found = tagger_rows(paths, tagger, cache=work, progress=_say_tagging)
    rows = np.full((len(tracks), found.shape[1]), np.nan, dtype=np.float32)
    rows[is_file] = found
    return rows


def figures_elsewhere(bundle: Bundle, folder: Path) -> dict[str, Any]:
    """Figures of a finished model on a collection that it has nothing from; see :func:`measure`."""
    tracks = read_manifest(folder)
    return measure(ask(GenreClassifier(bundle), tracks, lambda done, total: None))


def track_list(tracks: Sequence[Track], plan: ModelPlan) -> str:
    """Contents of ``TRACKS.csv``: the tracks that a plan learns from."""
    stream = io.StringIO()
    write = csv_rows(stream)
    write(["taught_as", "genre", "artist", "title", "collection", "licence"])
    for track in tracks:
        role = plan.role(track)
        if role != IGNORED:
            taught_as = plan.genres[role] if role < len(plan.genres) else "none of these"
            about = (track.genre, track.artist, track.title, track.collection, track.licence)
            write([taught_as, *about])
    return stream.getvalue()


def _say_tagging(done: int, total: int) -> None:
    if done % 50 == 0 or done == total:
        say(f"tagger: {done} of {total}")


Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Disputed:
    """Clips labelled Pop whose own tags name other genres.

    Attributes
    ----------
    songs : int
    taken_for : dict of str to int
        Answers on them of networks that had not learned from their artists.
    pop_recall, rock_recall : float or None
        Recall of the floor if it is taught these clips as Pop, in the same folds, with these
        clips counted; ``None`` if the model does not name both genres.
    """

    songs: int
    taken_for: dict[str, int]
    pop_recall: float | None
    rock_recall: float | None


def study_disputed(data: DataSet, plan: ModelPlan, predictions: OutOfFold) -> Disputed | None:
    """Look at the disputed clips; ``None`` if there are none."""
    disputed = np.array([is_disputed(track) for track in data.tracks], dtype=np.bool_)
    if not disputed.any():
        return None
    answers = predictions.scores.logits[disputed].argmax(axis=1)
    counts = {genre: int((answers == i).sum()) for i, genre in enumerate(plan.genres)}
    pop, rock = (
        _recalls_if_taught(data, plan, predictions, disputed)
        if {"Pop", "Rock"} <= set(plan.genres)
        else (None, None)
    )
    return Disputed(int(disputed.sum()), {g: n for g, n in counts.items() if n}, pop, rock)


def _recalls_if_taught(
    data: DataSet, plan: ModelPlan, predictions: OutOfFold, disputed: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    pop, rock = plan.genres.index("Pop"), plan.genres.index("Rock")
    labels = np.where(disputed, pop, data.roles)
    known = (labels >= 0) & (labels < len(plan.genres))
    statistics = mfcc_statistics(data.mels)
    answers = np.full(len(labels), -1, dtype=np.int64)
    for fold in np.unique(predictions.folds):
        test = predictions.folds == fold
        train = known & ~test
        answers[test] = svm_predictions(statistics[train], labels[train], statistics[test])
    found = answers == labels
    return float(found[labels == pop].mean()), float(found[labels == rock].mean())


@dataclass(frozen=True)
class GenreResult:
    """One genre of the model's. ``recall`` and ``svm_recall`` are ``None`` if untestable."""

    genre: str
    songs: int
    artists: int
    recall: float | None
    svm_recall: float | None


@dataclass(frozen=True)
class Rejection:
    """Music of none of the model's genres, and the share called "unlike the training music"."""

    genre: str
    songs: int
    artists: int
    rejected: float


@dataclass(frozen=True)
class Evaluation:
    """Figures of a cross-validated classifier.

    ``interval`` is the 95 % interval of ``accuracy`` over artists.
    ``accuracy`` and ``macro_f1`` (of the model, of its network without the pattern head, of the
    floor) are forced choices over all testable clips of known genres. ``named`` is the share of
    these clips for which the two thresholds let the program name a genre, ``named_accuracy`` how
    many of those names are right. ``temperature`` and ``thresholds`` are the model's own; all
    figures that depend on any use those that were fitted on the other folds. ``novelty_auc`` is
    the chance that a clip of other music scores above one of a known genre.
    """

    temperature: float
    thresholds: Thresholds
    accuracy: float
    interval: tuple[float, float]
    macro_f1: float
    network_accuracy: float
    network_macro_f1: float
    svm_accuracy: float
    svm_macro_f1: float
    calibration_error: float
    calibration_error_raw: float
    named: float
    named_accuracy: float
    known_rejected: float
    novelty_auc: float
    genres: tuple[GenreResult, ...]
    confusion: tuple[tuple[int, ...], ...]
    outside: tuple[Rejection, ...]
    disputed: Disputed | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def evaluate(
    data: DataSet,
    plan: ModelPlan,
    predictions: OutOfFold,
    fixed: tuple[float, Thresholds] | None = None,
) -> Evaluation:
    """Measure with calibration and thresholds that were fitted on the other folds.

    Those that the model gets are fitted on all out-of-fold clips; unless they are ``fixed``,
    as those of a model with a tagger are, whose chances need no temperature.
    """
    known = predictions.known(data.roles, len(plan.genres))
    labels = data.roles[known]
    logits = predictions.scores.logits[known]
    novelty = predictions.scores.novelty
    predicted = logits.argmax(axis=1)
    right = predicted == labels
    if fixed:
        temperature, thresholds = fixed
        best = metrics.probabilities(logits, temperature).max(axis=1)
        limits = np.tile((thresholds.novelty, thresholds.confidence), (len(data.roles), 1))
    else:
        temperature, thresholds = metrics.fit_calibration(logits, novelty[known], labels)
        best, limits = _cross_fitted(predictions, known, labels)
    rejected = novelty > limits[:, 0]
    players = [whose(track) for track in data.part(known).tracks]
    share = share_by_artist(right.tolist(), players)
    named = ~rejected[known] & (best >= limits[known, 1])
    confusion = metrics.confusion_matrix(labels, predicted, len(plan.genres))
    svm = metrics.confusion_matrix(labels, predictions.svm[known], len(plan.genres))
    network = metrics.confusion_matrix(labels, predictions.network[known], len(plan.genres))
    raw = metrics.probabilities(logits, 1.0).max(axis=1)
    return Evaluation(
        temperature=temperature,
        thresholds=thresholds,
        accuracy=float(right.mean()),
        interval=(share.low, share.high),
        macro_f1=metrics.macro_f1(confusion),
        network_accuracy=float(np.trace(network) / network.sum()),
        network_macro_f1=metrics.macro_f1(network),
        svm_accuracy=float(np.trace(svm) / svm.sum()),
        svm_macro_f1=metrics.macro_f1(svm),
        calibration_error=metrics.expected_calibration_error(best, right),
        calibration_error_raw=metrics.expected_calibration_error(raw, right),
        named=float(named.mean()),
        named_accuracy=float(right[named].mean()) if named.any() else 0.0,
        known_rejected=float(rejected[known].mean()),
        novelty_auc=metrics.area_under_roc(novelty[known], novelty[data.roles == len(plan.genres)]),
        genres=_genre_results(data, plan, metrics.recalls(confusion), metrics.recalls(svm)),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
        outside=rejections(data, rejected, _outside(data, plan)),
        disputed=study_disputed(data, plan, predictions),
    )


def _cross_fitted(predictions: OutOfFold, known: Bools, labels: Ints) -> tuple[Floats, Floats]:
    """Confidences and thresholds, fitted on the folds that a clip is not in.

    Returns
    -------
    best : ndarray, shape ``(known clips,)``
        Their highest probabilities.
    limits : ndarray, shape ``(clips, 2)``
        Of every clip the thresholds of novelty and confidence.
    """
    scores, folds = predictions.scores, predictions.folds
    best, limits = np.empty(int(known.sum())), np.empty((len(folds), 2))
    for fold in np.unique(folds):
        here, others = folds == fold, known & (folds != fold)
        taught = others if others.any() else known  # a single fold has all of them
        fitted, thresholds = metrics.fit_calibration(
            scores.logits[taught], scores.novelty[taught], labels[taught[known]]
        )
        mine = here & known
        best[here[known]] = metrics.probabilities(scores.logits[mine], fitted).max(axis=1)
        limits[here] = thresholds.novelty, thresholds.confidence
    return best, limits


def rejections(data: DataSet, rejected: Bools, chosen: Bools) -> tuple[Rejection, ...]:
    """Share rejected of each genre among the chosen tracks, most songs first."""
    rows = []
    for genre in {track.genre for track in data.part(chosen).tracks}:
        where = chosen & np.array([track.genre == genre for track in data.tracks])
        artists = {track.artist for track in data.part(where).tracks}
        rows.append(Rejection(genre, int(where.sum()), len(artists), float(rejected[where].mean())))
    return tuple(sorted(rows, key=lambda row: (-row.songs, row.genre)))


def _outside(data: DataSet, plan: ModelPlan) -> Bools:
    return np.array(
        [t.genre not in plan.genres and not is_disputed(t) for t in data.tracks], dtype=np.bool_
    )


def _genre_results(
    data: DataSet,
    plan: ModelPlan,
    recalls: npt.NDArray[np.float64],
    svm: npt.NDArray[np.float64],
) -> tuple[GenreResult, ...]:
    rows = []
    for index, genre in enumerate(plan.genres):
        mine = [t for t, role in zip(data.tracks, data.roles, strict=True) if role == index]
        rows.append(
            GenreResult(
                genre,
                len(mine),
                len({t.artist for t in mine}),
                None if np.isnan(recalls[index]) else float(recalls[index]),
                None if np.isnan(svm[index]) else float(svm[index]),
            )
        )
    return tuple(rows)
