"""Contributions to each genre's score over a whole clip, from those of its segments."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray, hz_to_mel, mel_to_hz
from fstmuse_core.bundle.litert import LiteRtNetwork
from fstmuse_core.bundle.manifest import BundleManifest
from fstmuse_core.classify.result import ActivationMap

# Columns of an activation map: half an hour at its finest; longer clips are averaged.
_MAX_COLUMNS = 10_000


class MapBuilder:
    """Lays the segments' activation maps over one another; where they overlap, their mean.

    Parameters
    ----------
    network : LiteRtNetwork
    manifest : BundleManifest
    share : float
        Weight of the network in the answer, from 0 to 1.
    """

    def __init__(self, network: LiteRtNetwork, manifest: BundleManifest, share: float) -> None:
        self._n_genres = len(manifest.genres)
        self._columns, self._rows = network.map_columns, network.map_rows
        self._frames_per_column = manifest.segment_frames / self._columns
        self._seconds_per_column = self._frames_per_column / manifest.spectrogram.frames_per_second
        edges = hz_to_mel([manifest.spectrogram.fmin, manifest.spectrogram.fmax])
        self._row_edges_hz = mel_to_hz(np.linspace(edges[0], edges[1], self._rows + 1))
        self._share = share
        self._parts: list[tuple[int, npt.NDArray[np.float16]]] = []

    def add(self, starts: list[int], activation: FloatArray) -> None:
        """Add segments: the frames at which they begin, and their maps."""
        for start, part in zip(starts, activation.astype(np.float16), strict=True):
            self._parts.append((round(start / self._frames_per_column), part))

    def build(self) -> ActivationMap:
        """The map of the whole clip."""
        width = max((column + self._columns for column, _ in self._parts), default=0)
        factor = max(1, -(-width // _MAX_COLUMNS))
        shape = (-(-width // factor), self._rows, self._n_genres)
        total, count = np.zeros(shape, np.float32), np.zeros((shape[0], 1, 1), np.float32)
        for column, part in self._parts:
            where = (column + np.arange(self._columns)) // factor
            np.add.at(total, where, part)
            np.add.at(count, where, 1.0)
        values = np.moveaxis(total / np.maximum(count, 1.0), -1, 0).astype(np.float16)
        seconds = self._seconds_per_column * factor
        return ActivationMap(values, seconds, self._row_edges_hz, self._share)
