"""Mel frames to a picture of bounded size, as they come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray, SpectrogramConfig, mel_to_decibels

# Columns double in width when there are twice as many: six minutes are drawn at full resolution.
_MAX_COLUMNS = 8192


@dataclass(frozen=True, eq=False)
class SpectrogramImage:
    """A mel spectrogram to look at, small enough to send and draw.

    Attributes
    ----------
    levels : ndarray of uint8, shape ``(n_columns, n_mels)``
        Decibels relative to a full-scale sine, in steps of half a decibel:
        ``db = levels / 2 - 127.5``.
    seconds_per_column : float
        One hop, or a multiple of it for long files (columns then hold the loudest frame).
    """

    levels: npt.NDArray[np.uint8]
    seconds_per_column: float

    @property
    def decibels(self) -> FloatArray:
        """Levels in decibels, shape ``(n_columns, n_mels)``."""
        return self.levels.astype(np.float32) / 2.0 - 127.5


def to_levels(mel: FloatArray, config: SpectrogramConfig) -> npt.NDArray[np.uint8]:
    """Mel magnitudes ``(n, n_mels)`` as the half-decibel steps of :class:`SpectrogramImage`."""
    steps = (mel_to_decibels(mel, config) + 127.5) * 2.0
    return np.asarray(np.clip(np.rint(steps), 0, 255), dtype=np.uint8)


class ImageBuilder:
    """Collects mel frames; whenever they outgrow the limit, two columns become one."""

    def __init__(self, config: SpectrogramConfig, max_columns: int = _MAX_COLUMNS) -> None:
        self._config = config
        self._max = max_columns
        self._factor = 1
        self._columns = np.empty((0, config.n_mels), dtype=np.uint8)
        self._parts: list[npt.NDArray[np.uint8]] = []
        self._waiting = 0
        self._rest = np.empty((0, config.n_mels), dtype=np.uint8)

    def add(self, mel: FloatArray) -> None:
        """Take mel frames, shape ``(n, n_mels)``."""
        levels = np.concatenate([self._rest, to_levels(mel, self._config)])
        whole = len(levels) // self._factor * self._factor
        self._rest = levels[whole:]
        self._parts.append(_loudest(levels[:whole], self._factor))
        self._waiting += len(self._parts[-1])
        if len(self._columns) + self._waiting >= 2 * self._max:
            self._merge()

    def _merge(self) -> None:
        self._columns = np.concatenate([self._columns, *self._parts])
        self._parts, self._waiting = [], 0
        while len(self._columns) > self._max:
            even = len(self._columns) // 2 * 2
            # An odd last column is kept as frames that wait for their other half.
            self._rest = np.concatenate(
                [np.repeat(self._columns[even:], self._factor, 0), self._rest]
            )
            self._columns = _loudest(self._columns[:even], 2)
            self._factor *= 2

    def build(self) -> SpectrogramImage:
        """The picture of all frames so far."""
        self._merge()
        columns = self._columns
        if len(self._rest):
            columns = np.concatenate([columns, self._rest.max(axis=0, keepdims=True)])
        return SpectrogramImage(columns, self._factor / self._config.frames_per_second)


def _loudest(levels: npt.NDArray[np.uint8], factor: int) -> npt.NDArray[np.uint8]:
    if factor == 1:
        return levels
    return np.asarray(levels.reshape(-1, factor, levels.shape[1]).max(axis=1))
