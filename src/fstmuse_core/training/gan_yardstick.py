"""What made-up music is held against: real music, other real music, and noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fstmuse_core.features import FeatureScaling
from fstmuse_core.networks.toy_gan import CROP_FRAMES, N_MELS
from fstmuse_core.spectrogram import FloatArray
from fstmuse_core.training.gan_crops import RealCrops, cut
from fstmuse_core.training.gan_judges import Judge
from fstmuse_core.training.gan_metrics import Figures, coarse, figures
from fstmuse_core.training.mels import MelArray
from fstmuse_core.training.metrics import Ints

WINDOWS_A_GENRE = 96
_LEARNED_HOP = 64
_MOST_LEARNED = 16_000

# Scaled log-mel of windows of the genres asked for, shape ``(n, 256, 128)``.
Maker = Callable[[Ints], FloatArray]


class Yardstick:
    """Measures windows of music against real ones, always the same.

    Parameters
    ----------
    judge : Judge
    scaling : FeatureScaling
        Of the windows.
    learned : RealCrops
        The music that was learned from: what the made-up is to be like.
    mels : sequence
        Of the music that was learned from.
    n_genres : int
    seed : int
    """

    def __init__(
        self,
        judge: Judge,
        scaling: FeatureScaling,
        learned: RealCrops,
        mels: Sequence[MelArray],
        n_genres: int,
        seed: int,
        *,
        count: int = WINDOWS_A_GENRE,
    ) -> None:
        self._judge, self._scaling = judge, scaling
        self.labels = np.repeat(np.arange(n_genres), count)
        rng = np.random.default_rng([seed, 303])
        self._real = judge.see(learned.draw(self.labels, rng), self.labels, scaling)
        self._other = learned.draw(self.labels, rng)
        shape = (self.labels.size, CROP_FRAMES, N_MELS)
        self._noise = rng.standard_normal(shape, dtype=np.float32)
        self._learned = _learned(mels, scaling, rng)

    def measure(self, mels: FloatArray) -> tuple[Figures, Ints]:
        """Figures of windows whose genres are :attr:`labels`, and what they are taken for."""
        found = self._judge.see(mels, self.labels, self._scaling)
        return figures(found, self._real, self._learned), found.named

    def of_real(self) -> Figures:
        """Figures of other crops of the same music: as good as can be, but for ``nearest``."""
        return self.measure(self._other)[0]

    def of_noise(self) -> Figures:
        """Figures of white noise in the same bands: as bad as can be."""
        return self.measure(self._noise)[0]


def _learned(
    mels: Sequence[MelArray], scaling: FeatureScaling, rng: np.random.Generator
) -> FloatArray:
    """Crops all through the music that was learned from, coarsely."""
    found = []
    for mel in mels:
        starts = range(0, max(1, len(mel) - CROP_FRAMES + 1), _LEARNED_HOP)
        crops = [cut(mel[s : s + CROP_FRAMES], rng) for s in starts]
        found.append(coarse(scaling.apply(np.stack(crops))))
    every = np.concatenate(found)
    return every[rng.permutation(len(every))[:_MOST_LEARNED]]
