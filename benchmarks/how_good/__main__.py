"""Accuracy on artists never heard: five folds, three seeds, each contender on the same folds.

    python -m benchmarks.how_good --music MUSIC --work FOLDER [--tasks ...] [--rows ...]

What is done is kept in the work folder, so a run that is cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.how_good.contenders import CONTENDERS, ONLY_IF_ASKED, TOGETHER, Cell, together
from benchmarks.how_good.results import Result, as_table, as_values, result_of
from benchmarks.how_good.tasks import TASKS, Task, load_data, load_music
from fstmuse_core.datasets.groups import artist_folds
from fstmuse_core.training.metrics import ClipScores
from fstmuse_core.training.starter.cross_validation import DataSet

Ints = npt.NDArray[np.int64]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--music", type=Path, required=True, help="folder with a manifest.csv")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is done")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--rows", nargs="+", choices=CONTENDERS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args()
    rows = arguments.rows or [row for row in CONTENDERS if row not in ONLY_IF_ASKED]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    values = {}
    music = cache(partial(load_music, arguments.music, arguments.work / "mels"))
    for name in arguments.tasks:
        task = TASKS[name]
        data = load_data(task, arguments.music, arguments.work / "mels")
        for seed in arguments.seeds:
            folds = artist_folds(data.tracks, arguments.folds, seed=seed)
            for row in rows:
                _fill(task, data, folds, row, seed, arguments.work, music)
        found = _results(task, data, arguments.seeds, arguments.folds, arguments.work)
        print(as_table(task, data, found), flush=True)
        values[name] = as_values(task, data, found)
    if arguments.json:
        _write_merged(arguments.json, values)
    return 0


def _write_merged(file: Path, values: dict[str, Any]) -> None:
    """Write the figures; rows that the file holds and that were not asked for stay in it."""
    kept = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    for name, found in values.items():
        rows = {**kept.get(name, {}).get("rows", {}), **found["rows"]}
        kept[name] = {**found, "rows": rows}
    file.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _fill(
    task: Task,
    data: DataSet,
    folds: Ints,
    row: str,
    seed: int,
    work: Path,
    music: Callable[[], DataSet],
) -> None:
    for fold in range(int(folds.max()) + 1):
        target = _file(work, task, row, seed, fold)
        if target.is_file():
            continue
        begun, test = time.monotonic(), folds == fold
        scores = CONTENDERS[row](task, data, ~test, test, Cell(seed, fold, music, work))
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = target.with_name(f".{target.name}")
        with staging.open("wb") as stream:
            np.savez(stream, logits=scores.logits, novelty=scores.novelty)
        staging.replace(target)
        seconds, right = time.monotonic() - begun, _share_right(task, data.part(test), scores)
        print(f"{task.name} {row} {seed}.{fold}: {right:.3f} right, {seconds:.0f} s", flush=True)


def _share_right(task: Task, judged: DataSet, scores: ClipScores) -> float:
    known = (judged.roles >= 0) & (judged.roles < len(task.plan.genres))
    return float(np.mean(scores.logits[known].argmax(axis=1) == judged.roles[known]))


def _file(work: Path, task: Task, row: str, seed: int, fold: int) -> Path:
    return work / task.name / f"{row}-{seed}-{fold}.npz"


def _results(
    task: Task, data: DataSet, seeds: list[int], n_folds: int, work: Path
) -> dict[str, Result]:
    """Figures of every contender that has done all folds of a seed."""
    said: dict[str, dict[int, ClipScores]] = {row: {} for row in (*CONTENDERS, *TOGETHER)}
    taught = {}
    for seed in seeds:
        folds = artist_folds(data.tracks, n_folds, seed=seed)
        taught[seed] = np.zeros(len(folds), dtype=np.bool_)
        for fold in range(n_folds):
            test = folds == fold
            taught[seed][test] = np.isin(data.roles[test], data.roles[~test])
        for row in CONTENDERS:
            files = [_file(work, task, row, seed, fold) for fold in range(n_folds)]
            if all(file.is_file() for file in files):
                said[row][seed] = _gathered(files, folds, len(task.plan.genres))
        for row, weights in TOGETHER.items():
            if all(seed in said[one] for one in weights):
                said[row][seed] = together([(w, said[one][seed]) for one, w in weights.items()])
    return {row: result_of(task, data, taught, scores) for row, scores in said.items() if scores}


def _gathered(files: list[Path], folds: Ints, n_genres: int) -> ClipScores:
    logits, novelty = np.zeros((len(folds), n_genres)), np.zeros(len(folds))
    for fold, file in enumerate(files):
        with np.load(file, allow_pickle=False) as arrays:
            logits[folds == fold] = arrays["logits"]
            novelty[folds == fold] = arrays["novelty"]
    return ClipScores(logits, novelty)


if __name__ == "__main__":
    raise SystemExit(main())
