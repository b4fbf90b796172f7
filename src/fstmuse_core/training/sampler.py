"""Training batches: balanced over genres and artists, cropped, varied, epoch by epoch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.datasets.track import Track
from fstmuse_core.training.mels import MelArray
from fstmuse_core.training.plan import IGNORED, Hyperparameters, ModelPlan

_STRETCH = 1.15
_SHIFT_BANDS = 2.0
_EQ_POINTS = 6
_EQ_NEPER = 0.5
_MASK_FRAMES = 20
_MASK_BANDS = 16


def random_crop(mel: MelArray, frames: int, rng: np.random.Generator) -> FloatArray:
    """A crop of ``frames`` frames at a random place, tempo and pitch, shape ``(frames, bands)``."""
    stretch = _STRETCH ** rng.uniform(-1.0, 1.0)
    span = min(stretch * (frames - 1), mel.shape[0] - 1)
    start = rng.uniform(0.0, mel.shape[0] - 1 - span)
    rows = _interpolate(mel, start + np.linspace(0.0, span, frames))
    shift = rng.uniform(-_SHIFT_BANDS, _SHIFT_BANDS)
    bands = np.clip(np.arange(mel.shape[1]) + shift, 0, mel.shape[1] - 1)
    return np.ascontiguousarray(_interpolate(rows.T, bands).T)


def _interpolate(values: MelArray | FloatArray, at: npt.NDArray[np.float64]) -> FloatArray:
    """Rows of ``values`` at fractional indices, linearly between neighbours."""
    low = np.clip(at.astype(np.int64), 0, max(0, values.shape[0] - 2))
    high = np.minimum(low + 1, values.shape[0] - 1)
    part = (at - low).astype(np.float32)[:, None]
    return np.asarray(values[low].astype(np.float32) * (1.0 - part) + values[high] * part)


def recolour(mel: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Another room and another recorder: a smooth random equaliser and a noise floor."""
    points = rng.normal(0.0, _EQ_NEPER, _EQ_POINTS)
    n_bands = mel.shape[-1]
    curve = np.interp(np.linspace(0, _EQ_POINTS - 1, n_bands), np.arange(_EQ_POINTS), points)
    coloured = mel * np.exp(curve).astype(np.float32)
    floor = coloured.mean() * 10.0 ** rng.uniform(-4.0, -1.5)
    return coloured + np.float32(floor)


def mask(segments: FloatArray, rng: np.random.Generator) -> None:
    """Blank a stretch of time and a range of bands in place (SpecAugment); 0 is the mean."""
    for segment in segments:
        for axis, longest in ((0, _MASK_FRAMES), (1, _MASK_BANDS)):
            width = int(rng.integers(0, longest + 1))
            start = int(rng.integers(0, segment.shape[axis] - width + 1))
            if axis == 0:
                segment[start : start + width] = 0.0
            else:
                segment[:, start : start + width] = 0.0


def mixup(
    segments: FloatArray, targets: FloatArray, alpha: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Blend each example with another of the batch, and their targets alike."""
    share = rng.beta(alpha, alpha, size=len(segments)).astype(np.float32)
    share = np.maximum(share, 1.0 - share)
    other = rng.permutation(len(segments))
    wide = share[:, None, None]
    return (
        segments * wide + segments[other] * (1.0 - wide),
        targets * share[:, None] + targets[other] * (1.0 - share[:, None]),
    )


_OTHER_BALANCE = 0.5


def track_weights(
    tracks: Sequence[Track], plan: ModelPlan, hyperparameters: Hyperparameters
) -> npt.NDArray[np.float64]:
    """Chance of each track to be drawn; sums to 1.

    Genres are drawn by their number of artists to the power ``plan.balance``, then an artist
    of the genre, all alike, then one of the artist's tracks. Music of no genre of the model's
    gets ``hyperparameters.other_share`` in all, its genres by the root of their number of artists.
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
        weights[other] *= hyperparameters.other_share / weights[other].sum()
        weights[~other] *= (1.0 - hyperparameters.other_share) / weights[~other].sum()
    return np.asarray(weights / weights.sum())


class BatchSampler:
    """Draws batches without end; the same seed gives the same batches.

    Parameters
    ----------
    tracks, mels : sequences of the same length
    scaling : FeatureScaling
        From the same tracks.
    seed : sequence of int
    augment : str
        One of :data:`fstmuse_core.runs.spec.AUGMENT`.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        mels: Sequence[MelArray],
        plan: ModelPlan,
        hyperparameters: Hyperparameters,
        scaling: FeatureScaling,
        seed: Sequence[int],
        *,
        augment: str = "full",
    ) -> None:
        self._mels = mels
        self._hyperparameters = hyperparameters
        self._scaling = scaling
        self._augment = augment
        self._roles = plan.roles(tracks)
        self._n_outputs = len(plan.genres) + 1
        self._weights = track_weights(tracks, plan, hyperparameters)
        self._rng = np.random.default_rng(seed)

    def batch(self) -> tuple[FloatArray, FloatArray]:
        """Scaled crops ``(batch, frames, bands, 1)`` and targets ``(batch, K + 1)``."""
        rng, hyperparameters = self._rng, self._hyperparameters
        drawn = rng.choice(len(self._mels), size=hyperparameters.batch, p=self._weights)
        segments = self._scaling.apply(np.stack([self._crop(self._mels[i]) for i in drawn]))
        targets = np.eye(self._n_outputs, dtype=np.float32)[self._roles[drawn]]
        if self._augment == "full":
            if hyperparameters.mixup > 0.0:
                segments, targets = mixup(segments, targets, hyperparameters.mixup, rng)
            mask(segments, rng)
        return segments[..., None], targets

    def _crop(self, mel: MelArray) -> FloatArray:
        frames = self._hyperparameters.segment_frames
        if self._augment != "none":
            return recolour(random_crop(mel, frames, self._rng), self._rng)
        start = int(self._rng.integers(0, len(mel) - frames + 1))
        return np.asarray(mel[start : start + frames], dtype=np.float32)

    def state(self) -> dict[str, Any]:
        """RNG state, JSON-serialisable."""
        return dict(self._rng.bit_generator.state)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on as if nothing had happened since :meth:`state`."""
        self._rng.bit_generator.state = dict(state)
