"""Whether "unlike the training music" also holds for kinds of music never taught as such."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fstmuse_core.datasets.groups import connected_tracks, group_folds
from fstmuse_core.datasets.track import Track
from fstmuse_core.training.calibration import fit_novelty_threshold
from fstmuse_core.training.metrics import score_clips
from fstmuse_core.training.plan import ModelPlan, Recipe
from fstmuse_core.training.starter.cross_validation import DataSet, RunReport, train_both
from fstmuse_core.training.starter.evaluation import Rejection, rejections

_FOLDS = 5

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class UnseenProbe:
    """A network taught "none of these" without the genres of ``outside``, then tested on them.

    ``known_rejected`` is the share of held-out clips of known genres above the threshold that
    clips of other artists among them suggest.
    """

    outside: tuple[Rejection, ...]
    known_rejected: float


def n_probes(data: DataSet, plan: ModelPlan) -> int:
    """How many networks :func:`probe_unseen` trains."""
    return len(_hidden_groups(data, plan))


def probe_unseen(
    data: DataSet,
    plan: ModelPlan,
    recipe: Recipe,
    folds: npt.NDArray[np.int64],
    report: RunReport,
) -> tuple[UnseenProbe, ...]:
    """Hide the largest outside genre, then all the others, and look whether they are rejected.

    Fold 0 is held out for the threshold, and no artist of the hidden music is trained on.
    """
    held = folds == 0
    probes = []
    for number, hidden in enumerate(_hidden_groups(data, plan), 1):
        hidden_artists = {track.artist for track in data.part(hidden).tracks}
        train = ~held & np.array([t.artist not in hidden_artists for t in data.tracks])
        trained = train_both(
            data.part(train), plan, recipe, (recipe.seed, 100 + number), report(f"unseen {number}")
        )
        bundle = trained.bundle(plan, recipe)
        known = held & (data.roles >= 0) & (data.roles < len(plan.genres))
        known_novelty = score_clips(bundle, data.part(known).mels).novelty
        threshold = fit_novelty_threshold(known_novelty)
        judged = data.part(hidden)
        rejected = score_clips(bundle, judged.mels).novelty > threshold
        probes.append(
            UnseenProbe(
                rejections(judged, rejected, np.ones(len(rejected), dtype=np.bool_)),
                _known_rejected(data.part(known).tracks, known_novelty),
            )
        )
    return tuple(probes)


def _known_rejected(tracks: Sequence[Track], novelty: npt.NDArray[np.float64]) -> float:
    groups = len(connected_tracks(tracks))
    if groups < 2:
        return float((novelty > fit_novelty_threshold(novelty)).mean())
    folds = group_folds(tracks, min(_FOLDS, groups))
    above = [
        novelty[folds == fold] > fit_novelty_threshold(novelty[folds != fold])
        for fold in np.unique(folds)
    ]
    return float(np.concatenate(above).mean())


def _hidden_groups(data: DataSet, plan: ModelPlan) -> list[Bools]:
    other = data.roles == len(plan.genres)
    genres = Counter(track.genre for track in data.part(other).tracks)
    if len(genres) < 2:
        return []
    largest = genres.most_common(1)[0][0]
    is_largest = np.array([t.genre == largest for t in data.tracks])
    return [other & is_largest, other & ~is_largest]
