"""Tasks of the benchmark: which genres, of which songs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.datasets.track import Track
from fstmuse_core.networks.fst_muse import build_fst_muse
from fstmuse_core.training.mels import load_mels
from fstmuse_core.training.non_music import made_up_noise
from fstmuse_core.training.pattern_head import pattern_rows
from fstmuse_core.training.plan import IGNORED, PLANS, ModelPlan
from fstmuse_core.training.starter.cross_validation import DataSet


@dataclass(frozen=True)
class AsLabelled(ModelPlan):
    """A plan that believes every label, those its tags dispute as well."""

    def role(self, track: Track) -> int:
        """Index of the track's genre, or ``IGNORED``."""
        return self.genres.index(track.genre) if track.genre in self.genres else IGNORED


@dataclass(frozen=True)
class Task:
    """Genres to tell apart, and the music.

    Attributes
    ----------
    name, title : str
    plan : ModelPlan
    collections : tuple of str
        Of the manifest; empty for all.
    teach_others : bool
        True if music of other genres, and noise, is taught as "none of these".
    merged : mapping of str to str
        Genres that are counted as one in a second figure.
    """

    name: str
    title: str
    plan: ModelPlan
    collections: tuple[str, ...] = ()
    teach_others: bool = True
    merged: Mapping[str, str] = field(default_factory=dict)


_EMOTIFY = ("Classical", "Electronic", "Pop", "Rock")

TASKS = {
    task.name: task
    for task in (
        Task(
            "emotify-4",
            f"Emotify: {', '.join(_EMOTIFY)}",
            AsLabelled("fst-muse", "FstMuse", _EMOTIFY, build_fst_muse, 0.5),
            ("emotify",),
            teach_others=False,
            merged={"Pop": "Rock"},
        ),
        Task("seven", "FstMuse's seven genres", PLANS["fst-muse"]),
        Task("three", "ToyModel's three genres", PLANS["toy-model"]),
    )
}


def load_data(task: Task, music: Path, cache: Path) -> DataSet:
    """The task's music with all that its rows need; noise is made with seed 0."""
    tracks: Sequence[Track] = [
        track
        for track in read_manifest(music)
        if not task.collections or track.collection in task.collections
    ]
    mels = load_mels(tracks, cache=cache)
    if task.teach_others:
        noise, noise_mels = made_up_noise(0)
        tracks, mels = [*tracks, *noise], [*mels, *noise_mels]
    return DataSet(tracks, mels, task.plan.roles(tracks), pattern_rows(mels))


def load_music(music: Path, cache: Path) -> DataSet:
    """All music without a role, for those who learn from more than labels."""
    tracks = read_manifest(music)
    roles = np.full(len(tracks), IGNORED, dtype=np.int64)
    return DataSet(tracks, load_mels(tracks, cache=cache), roles)
