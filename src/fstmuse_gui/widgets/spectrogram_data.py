"""Levels behind the spectrogram: whole clips in several sizes, and a live take that grows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fstmuse_core.jobs.images import to_levels
from fstmuse_core.jobs.messages import SpectrogramImage
from fstmuse_core.spectrogram import DEFAULT_CONFIG, FloatArray

Levels = npt.NDArray[np.uint8]

_DARKEST_TOP_DB = -60.0
_LOUDEST_SHARE = 0.0005


def loudest_db(levels: Levels) -> float:
    """The level that only a two-thousandth of the picture is above, in decibels."""
    if not levels.size:
        return _DARKEST_TOP_DB
    sample = levels[:: max(1, levels.shape[0] // 4096)]
    counts = np.bincount(sample.ravel(), minlength=256)
    above = np.cumsum(counts[::-1])
    level = 255 - int(np.searchsorted(above, sample.size * _LOUDEST_SHARE))
    return max(_DARKEST_TOP_DB, level / 2.0 - 127.5)


class ClipLevels:
    """A clip's levels at full width, half, a quarter and so on, made when first needed.

    Drawing from the width that fits the screen keeps a long clip smooth instead of leaving
    out most of its columns.
    """

    def __init__(self, image: SpectrogramImage) -> None:
        self.image = image
        self.seconds_per_column = image.seconds_per_column
        self.top_db = loudest_db(image.levels)
        self._sizes = [image.levels]

    @property
    def full(self) -> Levels:
        """All columns."""
        return self._sizes[0]

    @property
    def duration_s(self) -> float:
        """Seconds that the columns span."""
        return self.full.shape[0] * self.seconds_per_column

    def fitting(self, columns_per_pixel: float) -> Levels:
        """The narrowest size with one column or more for each pixel."""
        wanted = max(0, int(np.log2(max(1.0, columns_per_pixel))))
        while len(self._sizes) <= wanted and self._sizes[-1].shape[0] > 1:
            self._sizes.append(_halved(self._sizes[-1]))
        return self._sizes[min(wanted, len(self._sizes) - 1)]


def _halved(levels: Levels) -> Levels:
    if levels.shape[0] % 2:
        levels = np.concatenate([levels, levels[-1:]])
    return ((levels[::2].astype(np.uint16) + levels[1::2]) >> 1).astype(np.uint8)


class LiveLevels:
    """A take's levels while it is recorded, in one array that is written in place."""

    seconds_per_column = DEFAULT_CONFIG.hop_length / DEFAULT_CONFIG.sample_rate

    def __init__(self, capacity: int = 2048) -> None:
        self._levels = np.zeros((capacity, DEFAULT_CONFIG.n_mels), dtype=np.uint8)
        self._n = 0
        self.top_db = _DARKEST_TOP_DB

    def __len__(self) -> int:
        return self._n

    @property
    def duration_s(self) -> float:
        """Seconds so far."""
        return self._n * self.seconds_per_column

    def append(self, mel: FloatArray) -> None:
        """Add mel frames, shape ``(n, n_mels)``."""
        end = self._n + mel.shape[0]
        if end > self._levels.shape[0]:
            room = np.zeros((max(end, 2 * self._levels.shape[0]), mel.shape[1]), dtype=np.uint8)
            room[: self._n] = self._levels[: self._n]
            self._levels = room
        new = to_levels(mel, DEFAULT_CONFIG)
        self._levels[self._n : end] = new
        self._n = end
        if new.size:
            self.top_db = max(self.top_db, float(new.max()) / 2.0 - 127.5)

    def last(self, n_columns: int) -> Levels:
        """The newest ``n_columns``, or as many as there are; a view, not a copy."""
        return self._levels[max(0, self._n - n_columns) : self._n]
