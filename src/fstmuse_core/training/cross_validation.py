"""Cross-validation over artists, for trainings whose test has too few songs to say much."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.bundle.bundle import LITERT_NAME, Bundle
from fstmuse_core.bundle.pattern_head import PatternHead, PatternSession
from fstmuse_core.datasets.groups import connected_tracks, count_artists, count_unknown, group_folds
from fstmuse_core.datasets.overlap import known_to
from fstmuse_core.datasets.track import Track
from fstmuse_core.system.wording import share_by_artist
from fstmuse_core.training.data_split import Parts
from fstmuse_core.training.export import base_manifest, exported
from fstmuse_core.training.measure import whose
from fstmuse_core.training.mels import MelArray, segment_starts
from fstmuse_core.training.metrics import Floats, Ints, score_clips
from fstmuse_core.training.non_music import made_up_noise
from fstmuse_core.training.pattern_head import fit_pattern_head, pattern_rows
from fstmuse_core.training.plan import IGNORED, Hyperparameters, ModelPlan
from fstmuse_core.training.preparation import Mels, MelTable
from fstmuse_core.training.sampler import track_weights
from fstmuse_core.training.settings import TrainSettings
from fstmuse_core.training.trainer import ClassifierTrainer

FOLDS = 5
HEAD, NETWORK = "head", "network"

Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Folded:
    """All music of a training in folds without a common artist, record or sound.

    ``folds`` is -1 for what is only learned from: made-up noise, and what the model that the
    training starts from knows already.
    """

    plan: ModelPlan
    hyperparameters: Hyperparameters
    tracks: Sequence[Track]
    mels: Sequence[MelArray]
    roles: Ints
    folds: Ints

    def rounds(self) -> Iterator[tuple[list[int], list[int]]]:
        """Yield for each fold what is learned from, and the known songs that are tested.

        Songs of a genre that has no other artist to learn from are not tested.
        """
        for fold in range(int(self.folds.max()) + 1):
            train = np.flatnonzero(self.folds != fold)
            is_tested = (self.folds == fold) & (self.roles < len(self.plan.genres))
            is_tested &= np.isin(self.roles, self.roles[train])
            yield train.tolist(), np.flatnonzero(is_tested).tolist()


def fold(
    plan: ModelPlan,
    hyperparameters: Hyperparameters,
    parts: Parts,
    mels: MelTable,
    seed: int,
    n_folds: int,
    base: Bundle | None = None,
) -> Folded | None:
    """Put the music of a training into folds; ``None`` if there are no two artists."""
    music = [track for track in parts.tracks() if plan.role(track) != IGNORED]
    familiar = known_to(base, music, mels.prints) if base is not None else None
    kept = set(familiar.indices()) if familiar is not None else set()
    free = [index for index in range(len(music)) if index not in kept]
    chosen = [music[index] for index in free]
    sounds = mels.sounds(chosen)
    groups = len(connected_tracks(chosen, sounds))
    if groups < 2:
        return None
    noise, noise_mels = made_up_noise(seed)
    tracks = music + noise
    folds = np.full(len(tracks), -1, dtype=np.int64)
    folds[free] = group_folds(chosen, min(n_folds, groups), seed=seed, sounds=sounds)
    every = Mels(mels.of(music), noise_mels)
    return Folded(plan, hyperparameters, tracks, every, plan.roles(tracks), folds)


def cross_validate_head(data: Folded, tell: Tell) -> dict[str, Any] | None:
    """Test the linear head on patterns by itself; takes seconds.

    Returns
    -------
    dict or None
        Values of :func:`_summary`; ``None`` if there is nothing to test.
    """
    rows = pattern_rows(data.mels, tell)
    answers: dict[int, int] = {}
    for train, test in data.rounds():
        head = _fit(data, rows.of(train), train)
        answers |= {i: int(_evidence(head, data, i)[:-1].argmax()) for i in test}
    return _summary(data, HEAD, answers)


def cross_validate_network(
    data: Folded, settings: TrainSettings, base: Bundle | None, mels: MelTable, tell: Tell
) -> dict[str, Any] | None:
    """Test network and head, both retrained for each fold, to the last epoch.

    Parameters
    ----------
    data : Folded
    settings : TrainSettings
    base : Bundle, optional
        The model that each training starts from.
    mels : MelTable
    tell : callable
        Told steps done, of how many; may raise to give up.

    Returns
    -------
    dict or None
        Values of :func:`_summary`; ``None`` if there is nothing to test.
    """
    rows = pattern_rows(data.mels)
    answers: dict[int, int] = {}
    rounds = [(train, test) for train, test in data.rounds() if test]
    for number, (train, test) in enumerate(rounds):
        parts = Parts(
            data.plan.genres,
            tuple(data.tracks[i] for i in train if data.tracks[i].path in mels.usable),
            tuple(data.tracks[i] for i in test),
            (),
        )
        trainer = ClassifierTrainer(settings, data.plan, parts, mels, base)
        n_steps = trainer.hyperparameters.steps
        with closing(trainer.steps()) as steps:
            for step, _ in enumerate(steps, number * n_steps + 1):
                tell(step, len(rounds) * n_steps)
        files = exported(trainer.classifier, settings.model, len(data.plan.genres))
        manifest = base_manifest(data.plan, trainer.hyperparameters, trainer.scaling)
        head = _fit(data, rows.of(train), train)
        bundle = Bundle(Path("fold"), manifest, "", files[LITERT_NAME], head.to_bytes())
        scores = score_clips(bundle, [data.mels[i] for i in test])
        answers |= dict(zip(test, scores.logits.argmax(axis=1).tolist(), strict=True))
    return _summary(data, NETWORK, answers)


def _fit(data: Folded, rows: Any, train: Sequence[int]) -> PatternHead:
    tracks = [data.tracks[i] for i in train]
    weights = track_weights(tracks, data.plan, data.hyperparameters)
    return fit_pattern_head(rows, data.roles[list(train)], weights, len(data.plan.genres) + 1)


def _evidence(head: PatternHead, data: Folded, index: int) -> Floats:
    mel = np.asarray(data.mels[index], dtype=np.float32)
    session = PatternSession(head)
    session.push(mel)
    hyperparameters = data.hyperparameters
    starts = segment_starts(
        len(mel), hyperparameters.segment_frames, hyperparameters.segment_hop_frames
    )
    return np.asarray(session.evidence(starts).mean(axis=0), dtype=np.float64)


def _summary(data: Folded, what: str, answers: dict[int, int]) -> dict[str, Any] | None:
    """Plain values for JSON; each song was tested once, by what had not learned from its artist."""
    if not answers:
        return None
    tracks = [data.tracks[i] for i in answers]
    right = [answer == data.roles[i] for i, answer in answers.items()]
    share = share_by_artist(right, [whose(track) for track in tracks])
    return {
        "what": what,
        "folds": int(data.folds.max()) + 1,
        "songs": share.of,
        "artists": count_artists(tracks),
        "of_unknown_artists": count_unknown(tracks),
        "right": share.right,
        "interval": [share.low, share.high],
    }


def cross_validated(
    settings: TrainSettings,
    base: Bundle | None,
    data: Folded,
    mels: MelTable,
    tell: Tell,
) -> dict[str, Any] | None:
    """Cross-validate network and head where the settings ask for it, else the head alone."""
    if settings.cross_validate:
        return cross_validate_network(data, settings, base, mels, tell)
    return cross_validate_head(data, tell)
