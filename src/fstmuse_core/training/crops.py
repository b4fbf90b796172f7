"""Batches of crops for the epochs of a training: as varied as asked for, and resumable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fstmuse_core.datasets.track import Track
from fstmuse_core.features import FeatureScaling
from fstmuse_core.spectrogram import FloatArray
from fstmuse_core.training import augment
from fstmuse_core.training.mels import MelArray
from fstmuse_core.training.plan import ModelPlan, Recipe
from fstmuse_core.training.sampler import BatchSampler


class CropSampler(BatchSampler):
    """A :class:`BatchSampler` that can be less inventive, and whose state can be kept.

    Parameters
    ----------
    level : str
        One of :data:`fstmuse_core.training.settings.AUGMENTS`.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        mels: Sequence[MelArray],
        plan: ModelPlan,
        recipe: Recipe,
        scaling: FeatureScaling,
        seed: Sequence[int],
        *,
        level: str,
    ) -> None:
        super().__init__(tracks, mels, plan, recipe, scaling, seed)
        self._level = level

    def batch(self) -> tuple[FloatArray, FloatArray]:
        """Scaled crops ``(batch, frames, bands, 1)`` and targets ``(batch, K + 1)``."""
        if self._level == "full":
            return super().batch()
        rng, recipe = self._rng, self._recipe
        drawn = rng.choice(len(self._mels), size=recipe.batch, p=self._weights)
        crops = [self._crop(self._mels[i]) for i in drawn]
        targets = np.eye(self._n_outputs, dtype=np.float32)[self._roles[drawn]]
        return self._scaling.apply(np.stack(crops))[..., None], targets

    def _crop(self, mel: MelArray) -> FloatArray:
        frames = self._recipe.segment_frames
        if self._level == "light":
            return augment.recolour(augment.random_crop(mel, frames, self._rng), self._rng)
        start = int(self._rng.integers(0, len(mel) - frames + 1))
        return np.asarray(mel[start : start + frames], dtype=np.float32)

    def state(self) -> dict[str, Any]:
        """Of the random numbers; plain values for JSON."""
        return dict(self._rng.bit_generator.state)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on as if nothing had happened since :meth:`state`."""
        self._rng.bit_generator.state = dict(state)
