"""Batches for the training of a generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.networks.toy_gan import SHAPE
from fstmuse_core.training.gan.crops import draw_disguise
from fstmuse_core.training.gan.grid_music import GridMusic, conditions, draw_noises
from fstmuse_core.training.gan.likeness import told_of_songs
from fstmuse_core.training.gan.model import GanBatch


class GanSampler:
    """Draws batches without end; the same seed gives the same ones, and the state can be kept.

    With ``places`` of the songs, shape ``(songs, 16)``, the networks are told of them.
    """

    def __init__(
        self,
        music: GridMusic,
        n_genres: int,
        batch_size: int,
        seed: Sequence[int],
        places: FloatArray | None = None,
    ) -> None:
        self._music = music
        self._places = places
        self._n_genres = n_genres
        self._size = batch_size
        self._rng = np.random.default_rng(seed)

    def batch(self) -> GanBatch:
        """Inputs of a step."""
        rng, size = self._rng, self._size
        # As even as can be, so that no genre waits for long.
        labels = (rng.permutation(size) + rng.integers(self._n_genres)) % self._n_genres
        real = self._music.draw(labels, rng)
        return GanBatch(
            real=real.mels,
            condition=np.concatenate(
                [
                    conditions(labels, real.bpm, self._n_genres),
                    told_of_songs(self._places, real.songs, rng),
                ],
                axis=1,
            ),
            noise=[draw_noises(SHAPE, self._music.grid, real.bpm, rng) for _ in range(2)],
            disguises=[draw_disguise(size, rng) for _ in range(3)],
        )

    def state(self) -> dict[str, Any]:
        """RNG state, JSON-serialisable."""
        return dict(self._rng.bit_generator.state)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on as if nothing had happened since :meth:`state`."""
        self._rng.bit_generator.state = dict(state)
