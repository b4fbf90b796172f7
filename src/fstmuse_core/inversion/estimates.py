"""First estimates for the inversion: magnitudes of the mel bands, and phases."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray, SpectrogramConfig, mel_filterbank

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


# Below this frequency, in hertz, mel bands are narrow enough to tell partials apart.
_PARTIALS_BELOW = 2000.0

Phases = npt.NDArray[np.float64]


def initial_phases(
    magnitude: FloatArray,
    config: SpectrogramConfig,
    rng: np.random.Generator,
    before: Phases | None = None,
) -> FloatArray:
    """Phases for Griffin-Lim to start from, in radians.

    Where partials can be told apart each peak of the spectrum is taken for one, and its phase
    goes on from the frame before at the peak's frequency, as in Beauregard, Harish and Wyse,
    "Single pass spectrogram inversion" (2015). The rest is random: tracked noise would sound
    metallic, and it is at random phases that drums stay sharp.

    Parameters
    ----------
    magnitude : ndarray of float32, shape ``(n, n_bins)``
    before : ndarray, shape ``(n_bins,)``, optional
        Phases of the frame before the first.

    Returns
    -------
    ndarray of float32, shape ``(n, n_bins)``
    """
    n_frames, n_bins = magnitude.shape
    phases = rng.random((n_frames, n_bins), dtype=np.float32) * np.float32(2.0 * np.pi)
    tracked = min(n_bins, round(_PARTIALS_BELOW * config.n_fft / config.sample_rate))
    owner, advance = _advances(magnitude[:, :tracked], config)
    phase = rng.random(tracked) * 2.0 * np.pi if before is None else before[:tracked]
    for frame in range(n_frames):
        phase = phase[owner[frame]] + advance[frame]
        phases[frame, :tracked] = phase
    return phases


def _advances(
    magnitude: FloatArray, config: SpectrogramConfig
) -> tuple[npt.NDArray[np.intp], Phases]:
    """For each bin, the peak whose phase it follows, and by how much its phase is then ahead."""
    bins = np.arange(magnitude.shape[1])
    left, centre, right = magnitude[:, :-2], magnitude[:, 1:-1], magnitude[:, 2:]
    is_peak = np.zeros(magnitude.shape, dtype=bool)
    is_peak[:, 1:-1] = (centre > left) & (centre >= right)
    # The vertex of the parabola through a peak and its neighbours, in bins from the peak.
    vertex = np.zeros(magnitude.shape, dtype=np.float32)
    bend = np.maximum(2.0 * centre - left - right, np.float32(1e-12))
    vertex[:, 1:-1] = np.where(is_peak[:, 1:-1], 0.5 * (right - left) / bend, 0.0)

    owner = _nearest(is_peak)
    frequency = owner + np.take_along_axis(vertex, owner, axis=1)
    a_bin = 2.0 * np.pi * config.hop_length / config.n_fft
    advance: Phases = np.asarray(a_bin * frequency, dtype=np.float64)
    # A partial in the middle of the window: the phase falls by as much from bin to bin.
    advance -= np.pi * config.win_length / config.n_fft * (bins - owner)
    return owner, advance


def _nearest(marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Column of the nearest mark in the same row; its own where a row has none."""
    columns = np.arange(marked.shape[1])
    far = 2 * marked.shape[1]
    before = np.maximum.accumulate(np.where(marked, columns, -far), axis=1)
    after = np.minimum.accumulate(np.where(marked, columns, far)[:, ::-1], axis=1)[:, ::-1]
    nearest = np.where(columns - before <= after - columns, before, after)
    return np.asarray(np.where(marked.any(axis=1, keepdims=True), nearest, columns), dtype=np.intp)
