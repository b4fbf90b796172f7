"""Training batches: balanced over genres and artists, cropped and varied at random."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fstmuse_core.datasets.track import Track
from fstmuse_core.features import FeatureScaling
from fstmuse_core.spectrogram import FloatArray
from fstmuse_core.training import augment
from fstmuse_core.training.mels import MelArray
from fstmuse_core.training.plan import IGNORED, ModelPlan, Recipe

_OTHER_BALANCE = 0.5


def track_weights(
    tracks: Sequence[Track], plan: ModelPlan, recipe: Recipe
) -> npt.NDArray[np.float64]:
    """Chance of each track to be drawn; sums to 1.

    Genres are drawn by their number of artists to the power ``plan.balance``, then an artist
    of the genre, all alike, then one of the artist's tracks. Music of no genre of the model's
    gets ``recipe.other_share`` in all, its genres by the root of their number of artists.
    """
    songs: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    roles = plan.roles(tracks)
    for index, track in enumerate(tracks):
        if roles[index] != IGNORED:
            songs[track.genre][track.artist].append(index)
    weights = np.zeros(len(tracks))
    for genre, artists in songs.items():
        balance = plan.balance if genre in plan.genres else _OTHER_BALANCE
        share = len(artists) ** balance / len(artists)
        for indices in artists.values():
            weights[indices] = share / len(indices)
    other = roles == len(plan.genres)
    if other.any() and (roles >= 0).sum() > other.sum():
        weights[other] *= recipe.other_share / weights[other].sum()
        weights[~other] *= (1.0 - recipe.other_share) / weights[~other].sum()
    return np.asarray(weights / weights.sum())


class BatchSampler:
    """Draws batches without end; the same seed gives the same batches.

    Parameters
    ----------
    tracks, mels : sequences of the same length
    scaling : FeatureScaling
        From the same tracks.
    seed : sequence of int
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        mels: Sequence[MelArray],
        plan: ModelPlan,
        recipe: Recipe,
        scaling: FeatureScaling,
        seed: Sequence[int],
    ) -> None:
        self._mels = mels
        self._recipe = recipe
        self._scaling = scaling
        self._roles = plan.roles(tracks)
        self._n_outputs = len(plan.genres) + 1
        self._weights = track_weights(tracks, plan, recipe)
        self._rng = np.random.default_rng(seed)

    def batch(self) -> tuple[FloatArray, FloatArray]:
        """Scaled crops ``(batch, frames, bands, 1)`` and targets ``(batch, K + 1)``."""
        rng, recipe = self._rng, self._recipe
        drawn = rng.choice(len(self._mels), size=recipe.batch, p=self._weights)
        crops = [
            augment.recolour(augment.random_crop(self._mels[i], recipe.segment_frames, rng), rng)
            for i in drawn
        ]
        segments = self._scaling.apply(np.stack(crops))
        targets = np.eye(self._n_outputs, dtype=np.float32)[self._roles[drawn]]
        if recipe.mixup > 0.0:
            segments, targets = augment.mixup(segments, targets, recipe.mixup, rng)
        augment.mask(segments, rng)
        return segments[..., None], targets
