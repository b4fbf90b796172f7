"""Figures from scores: mean and deviation over seeds, each seed all folds together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.how_good.tasks import Task
from fstmuse_core.datasets.groups import count_artists
from fstmuse_core.training import metrics
from fstmuse_core.training.metrics import ClipScores, Ints, fit_novelty_threshold
from fstmuse_core.training.starter.cross_validation import DataSet


@dataclass(frozen=True)
class Result:
    """One contender in one task.

    ``accuracy``, ``macro_f1``, ``merged`` (some genres counted as one) and ``auc`` (music of
    other genres against known, by novelty) hold a value per seed; ``recall`` and
    ``turned_away`` a mean over seeds for each genre, the latter at 95 % of known music kept.
    """

    seeds: tuple[int, ...]
    accuracy: tuple[float, ...]
    macro_f1: tuple[float, ...]
    merged: tuple[float, ...]
    auc: tuple[float, ...]
    recall: Mapping[str, float]
    turned_away: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {key: getattr(self, key) for key in self.__dataclass_fields__}


def result_of(
    task: Task, data: DataSet, taught: Mapping[int, Any], scores: Mapping[int, ClipScores]
) -> Result:
    """Figures from out-of-fold scores of all tracks, by seed.

    ``taught[seed]`` says for which tracks the fold had the genre to learn from.
    """
    seeds = tuple(sorted(scores))
    one = [_one(task, data, taught[seed], scores[seed]) for seed in seeds]
    return Result(
        seeds,
        tuple(v["accuracy"] for v in one),
        tuple(v["macro_f1"] for v in one),
        tuple(v["merged"] for v in one if v["merged"] is not None),
        tuple(v["auc"] for v in one if v["auc"] is not None),
        _means([v["recall"] for v in one]),
        _means([v["turned_away"] for v in one]),
    )


def _one(task: Task, data: DataSet, taught: Any, scores: ClipScores) -> dict[str, Any]:
    genres = task.plan.genres
    known = (data.roles >= 0) & (data.roles < len(genres)) & taught
    labels, predicted = data.roles[known], scores.logits[known].argmax(axis=1)
    confusion = metrics.confusion_matrix(labels, predicted, len(genres))
    values: dict[str, Any] = {
        "accuracy": float(np.mean(predicted == labels)),
        "macro_f1": metrics.macro_f1(confusion),
        "merged": None,
        "auc": None,
        "recall": dict(zip(genres, metrics.recalls(confusion).tolist(), strict=True)),
        "turned_away": {},
    }
    if task.merged:
        values["merged"] = float(
            np.mean(_merged(predicted, genres, task.merged) == _merged(labels, genres, task.merged))
        )
    other = data.roles == len(genres)
    if other.any() and np.isfinite(scores.novelty).all():
        values["auc"] = metrics.area_under_roc(scores.novelty[known], scores.novelty[other])
        threshold = fit_novelty_threshold(scores.novelty[known])
        values["turned_away"] = {
            genre: float(np.mean(scores.novelty[_of_genre(data, genre) & other] > threshold))
            for genre in sorted({data.tracks[i].genre for i in np.flatnonzero(other).tolist()})
        }
    return values


def _of_genre(data: DataSet, genre: str) -> Any:
    return np.array([track.genre == genre for track in data.tracks])


def _merged(labels: Ints, genres: Sequence[str], merged: Mapping[str, str]) -> Ints:
    where = np.array([genres.index(merged.get(genre, genre)) for genre in genres], dtype=np.int64)
    return where[labels]


def _means(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([v[key] for v in values])) for key in values[0]}


def as_values(task: Task, data: DataSet, results: Mapping[str, Result]) -> dict[str, Any]:
    """A task's results for JSON, with the songs and artists behind each genre."""
    return {
        "songs": {
            genre: int((data.roles == role).sum()) for role, genre in enumerate(task.plan.genres)
        },
        "artists": _artists(task, data),
        "rows": {name: found.to_dict() for name, found in results.items()},
    }


def _artists(task: Task, data: DataSet) -> dict[str, int]:
    roles = list(zip(data.tracks, data.roles, strict=True))
    return {
        genre: count_artists(track for track, its in roles if its == role)
        for role, genre in enumerate(task.plan.genres)
    }


def as_table(task: Task, data: DataSet, results: Mapping[str, Result]) -> str:
    """A task's results in Markdown."""
    artists = _artists(task, data)
    heads = [f"{genre} ({artists[genre]})" for genre in task.plan.genres]
    lines = [
        f"## {task.title}",
        "",
        f"| | seeds | accuracy | macro-F1 | merged | AUC of others | {' | '.join(heads)} |",
        "|" + "---|" * (6 + len(heads)),
    ]
    for name, found in results.items():
        cells = [
            ", ".join(map(str, found.seeds)),
            *(_spread(v) for v in (found.accuracy, found.macro_f1, found.merged, found.auc)),
            *(f"{found.recall[genre]:.2f}" for genre in task.plan.genres),
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    away = {name: found.turned_away for name, found in results.items() if found.turned_away}
    if away:
        genres = list(next(iter(away.values())))
        lines += ["", "Turned away at 95 % of known music kept:", ""]
        lines += [f"| | {' | '.join(genres)} |", "|" + "---|" * (1 + len(genres))]
        lines += [
            f"| {name} | {' | '.join(f'{rates[g]:.2f}' for g in genres)} |"
            for name, rates in away.items()
        ]
    return "\n".join(lines) + "\n"


def _spread(values: Sequence[float]) -> str:
    if len(values) < 2:
        return "".join(f"{value:.3f}" for value in values)
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"
