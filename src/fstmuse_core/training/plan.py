"""Plans of the two classifiers, and the role that each track plays for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fstmuse_core.datasets.track import Track
from fstmuse_core.tags.genres import FST_MUSE_GENRES, TOY_MODEL_GENRES, known_genres

if TYPE_CHECKING:
    from fstmuse_core.networks.blocks import Classifier

IGNORED = -1
# Some tags are said of everything. Between 0.75 and 1 mean recall on folds and on collections left
# out hardly differs with seven genres or fourteen.
TAG_OFFSET = 0.85
_WORD = re.compile(r"\w+")


def is_disputed(track: Track) -> bool:
    """True if a recording labelled Pop calls itself another genre in its tags, and not Pop too.

    Such clips (all of Emotify's "Pop", mostly tagged as alternative rock) cannot be told from
    Rock across artists; taught as Pop they cost Rock a third of its recall, see the card.
    """
    # By whole tags, parts of lists and words: "Electro Rock" is a kind of rock, "K-Pop" of pop.
    called = known_genres([track.tag_genre, *_WORD.findall(track.tag_genre)])
    return track.genre == "Pop" and bool(called) and "Pop" not in called


@dataclass(frozen=True)
class ModelPlan:
    """A classifier to train.

    Attributes
    ----------
    name, title : str
        Names that ``--model`` takes and that people read.
    genres : tuple of str
        Genres that it can name.
    build : callable
        Takes the number of genres, gives the network.
    balance : float
        A genre of its own is drawn in proportion to its number of artists to this power (1:
        as they come, 0: all alike). Measured: with three genres evening out doubles the
        recall of Hip-Hop, with seven it only costs.
    undecidable : frozenset of str
        Genres too close to one of its own to teach "none of these": they are left out of
        training, and only looked at.
    steps : int
        Of a starter model's training; three genres need fewer.
    tag_offset : float
        Share of a tag's mean over all music that is taken off a starter model's tags, see
        :func:`fstmuse_core.training.tagger_head.fit_tagger_head`.
    """

    name: str
    title: str
    genres: tuple[str, ...]
    build: Callable[[int], Classifier]
    balance: float
    undecidable: frozenset[str] = frozenset()
    steps: int = 1800
    tag_offset: float = TAG_OFFSET

    def role(self, track: Track) -> int:
        """Index of the track's genre, ``len(genres)`` for other music, or ``IGNORED``."""
        if track.genre in self.undecidable or is_disputed(track):
            return IGNORED
        if track.genre in self.genres:
            return self.genres.index(track.genre)
        return len(self.genres)

    def roles(self, tracks: Sequence[Track]) -> npt.NDArray[np.int64]:
        """:meth:`role` of each track."""
        return np.array([self.role(track) for track in tracks], dtype=np.int64)


# Keras is loaded by who builds a network, and by nobody else: a quick training does without.


def _build_toy_model(n_genres: int) -> Classifier:
    from fstmuse_core.networks.toy_model import build_toy_model

    return build_toy_model(n_genres)


def _build_fst_muse(n_genres: int) -> Classifier:
    from fstmuse_core.networks.fst_muse import build_fst_muse

    return build_fst_muse(n_genres)


PLANS = {
    plan.name: plan
    for plan in (
        # Punk and metal are kinds of rock, and much pop is close to it.
        ModelPlan(
            "toy-model",
            "ToyModel",
            TOY_MODEL_GENRES,
            _build_toy_model,
            0.2,
            frozenset({"Pop", "Punk", "Metal"}),
            steps=700,
            # Mean recalls on folds and on both collections left out, without a network: their
            # sum is 2.33 with this, 2.28 with 0.75 and 2.16 with 0.85.
            tag_offset=0.65,
        ),
        ModelPlan("fst-muse", "FstMuse", FST_MUSE_GENRES, _build_fst_muse, 0.5),
    )
}


@dataclass(frozen=True)
class Hyperparameters:
    """Hyperparameters of a training.

    ``steps`` optimiser steps of ``batch`` crops each, the learning rate rising over the
    first ``warm_up`` share of them to ``learning_rate`` and falling as a cosine after.
    ``other_share`` of the crops is music of other genres.
    """

    steps: int = 1800
    batch: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 2e-2
    warm_up: float = 0.1
    other_share: float = 0.3
    mixup: float = 0.3
    label_smoothing: float = 0.05
    segment_frames: int = 128
    segment_hop_frames: int = 64
    seed: int = 0
