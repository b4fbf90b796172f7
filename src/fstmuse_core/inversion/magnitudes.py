"""Linear magnitudes that would give a mel spectrogram, by multiplicative updates."""

from __future__ import annotations

import numpy as np

from fstmuse_core.spectrogram import FloatArray, SpectrogramConfig, mel_filterbank

# Far below what 16 bits can hold; keeps divisions finite where there is silence.
_TINY = np.float32(1e-7)


class MelSolver:
    """Non-negative linear magnitudes whose mel bands are given ones.

    The update is that of Lee and Seung, "Algorithms for non-negative matrix factorization"
    (2001), for the Kullback-Leibler divergence: each magnitude is multiplied by the mean ratio
    of wanted to present mel bands, weighted as the bands weigh it. A bin lies in two bands at
    most, so with sparse products a step costs a thousandth of a dense solver's.

    Magnitudes have one row a bin here and one column a frame, which is how sparse products
    are fast.

    Attributes
    ----------
    n_bins : int
        Bins that any band uses; those above the highest band are unseen and stay zero.
    """

    def __init__(self, config: SpectrogramConfig) -> None:
        from scipy.sparse import csr_matrix

        weights = mel_filterbank(config)
        self.n_bins = int(np.flatnonzero(weights.any(axis=1)).max()) + 1
        used = weights[: self.n_bins]
        self._to_bins = csr_matrix(used)
        self._to_bands = csr_matrix(used.T)
        self._shares = np.maximum(used.sum(axis=1, keepdims=True), _TINY)
        self._widths = np.maximum(used.sum(axis=0)[:, None], _TINY)

    def solve(self, mel: FloatArray, steps: int) -> FloatArray:
        """Magnitudes, shape ``(n_bins, n)``, of mel bands of shape ``(n_mels, n)``."""
        magnitude = np.asarray(self._to_bins @ (mel / self._widths), dtype=np.float32)
        for _ in range(steps):
            magnitude = self.step(magnitude, mel)
        return magnitude

    def step(self, magnitude: FloatArray, mel: FloatArray) -> FloatArray:
        """``magnitude`` once updated towards ``mel``; shapes as in :meth:`solve`."""
        ratio = mel / (self._to_bands @ magnitude + _TINY)
        return np.asarray(magnitude * ((self._to_bins @ ratio) / self._shares))
