"""Contenders that stand on the pre-trained tagger: its tags alone, a head on it, and both."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.how_good.tasks import Task
from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.bundle.manifest import TAGGER
from fstmuse_core.bundle.tagger import Tagger
from fstmuse_core.training.metrics import ClipScores
from fstmuse_core.training.plan import IGNORED
from fstmuse_core.training.starter.cross_validation import DataSet
from fstmuse_core.training.starter.experts import TaggedData, fit_on
from fstmuse_core.training.tagger_rows import outputs_of, tagger_rows

Bools = npt.NDArray[np.bool_]
Scored = Callable[[Task, DataSet, Bools, Bools, Path], ClipScores]

# Of the linear head, the tags and the network, which is not asked here.
SHARES = {
    "tagger-tags": (0.0, 1.0, 0.0),
    "tagger-head": (1.0, 0.0, 0.0),
    "tagger-experts": (0.11, 0.89, 0.0),
}


@cache
def _tagger() -> Tagger:
    return Tagger(find_bundle(TAGGER))


def by_experts(shares: tuple[float, float, float]) -> Scored:
    """Contender that mixes head and tags by these shares; clips without sound get zeros."""

    def row(task: Task, data: DataSet, train: Bools, test: Bools, work: Path) -> ClipScores:
        tagged = _tagged(data, work)
        taught = train & (data.roles != IGNORED)
        head = fit_on(tagged, task.plan, taught, shares)
        outputs = outputs_of(np.nan_to_num(tagged.rows[test]), len(tagged.tags))
        n = int(test.sum())
        joined = head.join(outputs, np.zeros((n, len(task.plan.genres)), np.float32), np.zeros(n))
        return ClipScores(joined.logits.astype(np.float64), joined.novelty.astype(np.float64))

    return row


def _tagged(data: DataSet, work: Path) -> TaggedData:
    """Rows of the clips that have a file; made-up noise has none, and is no one's answer here."""
    is_file = np.array([track.path.is_file() for track in data.tracks])
    paths = [track.path for track in data.tracks if track.path.is_file()]
    found = tagger_rows(paths, _tagger(), cache=work / "rows")
    rows = np.full((len(is_file), found.shape[1]), np.nan, dtype=np.float32)
    rows[is_file] = found
    return TaggedData(data.tracks, data.roles, rows, _tagger().tags)
