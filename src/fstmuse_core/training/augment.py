"""Changes to training crops that leave the genre as it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fstmuse_core.spectrogram import FloatArray
from fstmuse_core.training.mels import MelArray

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
