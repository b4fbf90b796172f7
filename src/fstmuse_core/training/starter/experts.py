"""The experts of a starter model: judged beside its network on artists and collections left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.manifest import Thresholds
from fstmuse_core.bundle.tagger_head import Joined, TaggerHead
from fstmuse_core.datasets.track import Track
from fstmuse_core.training import metrics
from fstmuse_core.training.metrics import Bools, ClipScores, Floats, Ints
from fstmuse_core.training.plan import IGNORED, ModelPlan
from fstmuse_core.training.starter.cross_validation import OutOfFold
from fstmuse_core.training.starter.evaluation import Rejection
from fstmuse_core.training.tagger_head import fit_tagger_head, without_network
from fstmuse_core.training.tagger_rows import outputs_of

# Of the linear head, the tags and the network. Mean recalls on folds and on both collections left
# out, the network taught without them too: their sum is 1.746 with these; 1.747 without a head,
# which is right less often; 1.708 with twice the head, 1.692 with the tags alone.
SHARES = (0.1, 0.8, 0.1)
# Known songs of a collection never heard that may be called unlike the training music.
_KNOWN_KEPT = 0.95


@dataclass(frozen=True, eq=False)
class TaggedData:
    """Clips with the tagger's rows.

    Attributes
    ----------
    tracks : sequence of Track
    roles : ndarray of int64, shape ``(clips,)``
        Those of :meth:`ModelPlan.roles`.
    rows : ndarray of float32, shape ``(clips, n_features + n_tags)``
        NaN where there is nothing to hear.
    tags : tuple of str
        Names of the tags.
    """

    tracks: Sequence[Track]
    roles: Ints
    rows: FloatArray
    tags: tuple[str, ...]

    @property
    def heard(self) -> Bools:
        """True for clips that have rows."""
        return np.asarray(np.isfinite(self.rows).all(axis=1))

    def collections(self) -> list[str]:
        """Names of the collections, in order."""
        return sorted({t.collection for t, h in zip(self.tracks, self.heard, strict=True) if h})

    def of_collection(self, name: str) -> Bools:
        """True for the clips of a collection."""
        return np.array([track.collection == name for track in self.tracks], dtype=np.bool_)


def fit_on(
    data: TaggedData, plan: ModelPlan, taught: Bools, shares: tuple[float, float, float] = SHARES
) -> TaggerHead:
    """Fit experts to the clips where ``taught`` is true; all rows say how common tags are."""
    heard = data.heard
    classes = np.where(taught, data.roles, IGNORED)[heard]
    artists = [t.artist for t, h in zip(data.tracks, heard, strict=True) if h]
    return fit_tagger_head(
        data.rows[heard],
        classes,
        artists,
        plan.genres,
        data.tags,
        shares,
        tag_offset=plan.tag_offset,
    )


def joined_scores(
    data: TaggedData, plan: ModelPlan, network: ClipScores, folds: Ints
) -> ClipScores:
    """Scores of network and experts together; nobody has heard the artists that they judge.

    Clips without rows keep the network's.
    """
    logits, novelty = network.logits.copy(), network.novelty.copy()
    for fold in np.unique(folds):
        head = fit_on(data, plan, folds != fold)
        here = (folds == fold) & data.heard
        joined = _join(head, data, here, network.logits[here], network.novelty[here])
        logits[here], novelty[here] = joined.logits, joined.novelty
    return ClipScores(logits, novelty)


def joined_alone(head: TaggerHead, data: TaggedData, here: Bools) -> Joined:
    """Scores of the clips where ``here`` is true by experts alone."""
    return _join(without_network(head), data, here)


def left_out_scores(
    data: TaggedData, plan: ModelPlan, shares: tuple[float, float, float] = SHARES
) -> tuple[Bools, ClipScores]:
    """Scores of experts that were taught by the other collections alone, without a network.

    Returns
    -------
    judged : ndarray of bool
        Clips of collections that hold genres of the plan, where there are two or more.
    scores : ClipScores
        Of all clips; zeros where nothing was judged.
    """
    n = len(data.tracks)
    judged = np.zeros(n, dtype=np.bool_)
    logits, novelty = np.zeros((n, len(plan.genres))), np.zeros(n)
    for name in data.collections():
        here = data.of_collection(name) & data.heard
        others = ~here & (data.roles != IGNORED) & data.heard
        if len(np.unique(data.roles[others])) < 2:
            continue
        joined = joined_alone(fit_on(data, plan, others, shares), data, here)
        logits[here], novelty[here] = joined.logits, joined.novelty
        judged |= here
    return judged, ClipScores(logits, novelty)


def _join(
    head: TaggerHead,
    data: TaggedData,
    here: Bools,
    logits: Floats | None = None,
    novelty: Floats | None = None,
) -> Joined:
    outputs = outputs_of(data.rows[here], len(data.tags))
    n, n_genres = int(here.sum()), len(head.bias) - 1
    if logits is None or novelty is None:
        logits, novelty = np.zeros((n, n_genres)), np.zeros(n)
    return head.join(outputs, logits.astype(np.float32), novelty.astype(np.float32))


@dataclass(frozen=True)
class LeftOut:
    """One collection judged by experts that were taught by the others.

    ``recall`` is the mean over its genres.
    """

    collection: str
    songs: int
    accuracy: float
    recall: float


def by_collection(
    data: TaggedData, plan: ModelPlan, judged: Bools, scores: ClipScores
) -> tuple[LeftOut, ...]:
    """Figures of each collection that was left out."""
    known = judged & (data.roles >= 0) & (data.roles < len(plan.genres))
    found = []
    for name in data.collections():
        here = known & data.of_collection(name)
        if here.any():
            labels, said = data.roles[here], scores.logits[here].argmax(axis=1)
            recalls = metrics.recalls(metrics.confusion_matrix(labels, said, len(plan.genres)))
            right = float((labels == said).mean())
            found.append(LeftOut(name, int(here.sum()), right, float(np.nanmean(recalls))))
    return tuple(found)


def thresholds_for(data: TaggedData, plan: ModelPlan, predictions: OutOfFold) -> Thresholds:
    """Thresholds that suit music of collections never heard, where there are two or more.

    Within one collection everything sounds familiar; what a user plays does not. A name for
    music of no genre counts as a wrong one.
    """
    judged, scores = left_out_scores(data, plan)
    if not (judged & (data.roles >= 0) & (data.roles < len(plan.genres))).any():
        judged, scores = np.ones(len(judged), dtype=np.bool_), predictions.scores
    return limits_for(data, plan, judged, scores)


def limits_for(data: TaggedData, plan: ModelPlan, judged: Bools, scores: ClipScores) -> Thresholds:
    """Thresholds by the scores of the clips where ``judged`` is true."""
    known = judged & (data.roles >= 0) & (data.roles < len(plan.genres))
    novelty = float(np.quantile(scores.novelty[known], _KNOWN_KEPT))
    other = judged & (data.roles == len(plan.genres))
    # As if there were as much other music as music of its genres, whatever was collected.
    weight = np.where(other, known.sum() / max(1, int(other.sum())), 1.0)
    asked = (known | other) & (scores.novelty <= novelty)
    chances = metrics.probabilities(scores.logits[asked], 1.0)
    gain = np.where(chances.argmax(axis=1) == data.roles[asked], 1.0, -weight[asked])
    return Thresholds(novelty, metrics.best_cut(chances.max(axis=1), gain))


def unknown_genres(data: TaggedData, plan: ModelPlan, folds: Ints) -> tuple[Rejection, ...]:
    """Share called unlike the training music of each genre that nobody was taught.

    Experts without a network, and a threshold that 95 % of the known songs of other artists
    stay below.
    """
    other = data.roles == len(plan.genres)
    known = (data.roles >= 0) & ~other & data.heard
    found = []
    for genre in sorted(
        {t.genre for t, o in zip(data.tracks, other & data.heard, strict=True) if o}
    ):
        hidden = np.array([track.genre == genre for track in data.tracks]) & data.heard
        artists = {track.artist for track, h in zip(data.tracks, hidden, strict=True) if h}
        apart = np.array([track.artist in artists for track in data.tracks])
        taught = (data.roles != IGNORED) & ~apart
        novelty = np.zeros(len(folds))
        for fold in np.unique(folds[known]):
            head = fit_on(data, plan, taught & (folds != fold))
            here = known & (folds == fold)
            novelty[here] = joined_alone(head, data, here).novelty
        head = fit_on(data, plan, taught)
        limit = metrics.fit_novelty_threshold(novelty[known])
        rejected = joined_alone(head, data, hidden).novelty > limit
        found.append(Rejection(genre, int(hidden.sum()), len(artists), float(rejected.mean())))
    return tuple(sorted(found, key=lambda row: (-row.songs, row.genre)))


@dataclass(frozen=True, eq=False)
class Experts:
    """Experts taught by all clips, with what was found out about their like."""

    head: TaggerHead
    left_out: tuple[LeftOut, ...]
    unknown: tuple[Rejection, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for ``model.json``."""
        trained, tags, network = (round(float(share), 3) for share in self.head.shares)
        return {
            "shares": {"head": trained, "tags": tags, "network": network},
            "left_out": [vars(row) for row in self.left_out],
            "never_taught": [vars(row) for row in self.unknown],
        }


def teach_experts(
    data: TaggedData, plan: ModelPlan, predictions: OutOfFold
) -> tuple[Experts, OutOfFold, Thresholds]:
    """Teach experts on all clips, and judge them on artists and collections left out.

    Returns
    -------
    experts : Experts
    joined : OutOfFold
        The predictions with the experts beside the networks.
    thresholds : Thresholds
    """
    scores = joined_scores(data, plan, predictions.scores, predictions.folds)
    judged, left_out = left_out_scores(data, plan)
    experts = Experts(
        fit_on(data, plan, data.roles != IGNORED),
        by_collection(data, plan, judged, left_out),
        unknown_genres(data, plan, predictions.folds),
    )
    return experts, replace(predictions, scores=scores), thresholds_for(data, plan, predictions)
