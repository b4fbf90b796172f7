"""Network inputs: level-free, log-compressed, normalised mel segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray

# A segment quieter than this mean mel magnitude is amplified no further, so that silence
# stays silence instead of becoming loud noise. About -110 dB below a full-scale sine.
_MIN_LEVEL = 1e-3


@dataclass(frozen=True, eq=False)
class FeatureScaling:
    """Turns mel magnitudes into network input; the statistics come from training data only.

    ``y = (log(mel / level + offset) - mean) / std`` where ``level`` is the mean magnitude of
    the segment. Dividing by it makes the input independent of how loud the clip is played:
    a microphone take 30 dB down gives the same answer.

    Attributes
    ----------
    mean, std : ndarray of float32, shape ``(n_mels,)``
        Statistics per band of ``log(mel / level + offset)``.
    offset : float
        Keeps the logarithm finite; in units of the segment's mean magnitude.
    """

    mean: FloatArray
    std: FloatArray
    offset: float = 1e-3

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.mean.shape != self.std.shape:
            raise ValueError(
                f"mean {self.mean.shape} and std {self.std.shape} must be one vector each"
            )
        if not (np.isfinite(self.mean).all() and np.isfinite(self.std).all()):
            raise ValueError("the scaling statistics hold NaN or infinity")
        if not (self.std > 0).all() or not self.offset > 0:
            raise ValueError("std and offset must be above zero")

    def apply(self, mel: FloatArray) -> FloatArray:
        """Network input for mel segments, shape ``(..., frames, n_mels)`` in and out, float32."""
        return np.asarray((level_log_mel(mel, self.offset) - self.mean) / self.std)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"offset": self.offset, "mean": self.mean.tolist(), "std": self.std.tolist()}


def level_log_mel(mel: FloatArray, offset: float = 1e-3) -> FloatArray:
    """``log(mel / level + offset)`` of segments of shape ``(..., frames, n_mels)``."""
    level = np.maximum(mel.mean(axis=(-2, -1), keepdims=True, dtype=np.float32), _MIN_LEVEL)
    return np.asarray(np.log(mel / level + np.float32(offset)), dtype=np.float32)
