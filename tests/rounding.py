"""Tolerances that follow from the arithmetic, for sums in single and half precision."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, SpectrogramConfig, mel_filterbank

# The largest relative error of one rounding to single precision.
_ROUNDING = float(np.finfo(np.float32).eps) / 2


def sum_tolerance(n_terms: int) -> float:
    """Largest difference between two sums of the same products in another order.

    Relative to the sum of the products' magnitudes: each sum is off by a rounding for each
    product and each addition at most (Higham, "Accuracy and Stability of Numerical
    Algorithms", section 3.1).
    """
    return 2 * (n_terms + 1) * _ROUNDING


def mel_tolerance(
    mel: npt.NDArray[np.float32], config: SpectrogramConfig = DEFAULT_CONFIG
) -> float:
    """Largest difference between two ways to compute the same mel frames in single precision.

    Relative to the largest magnitude, as a transform spreads its errors over all bins. A value
    of a Fourier transform has been through some four roundings in each of ``log2(n_fft)``
    steps; then come the window, the magnitude and the sum of a band's bins.

    The frames are the same to the bit in any block where a compiler leaves products and sums
    apart, as for x86 processors: frames are transformed side by side by the same operations.
    Where it fuses them, it may do so in some of a block's frames and not in others.
    """
    n_bins = int((mel_filterbank(config) > 0).sum(axis=0).max())
    roundings = 4 * np.log2(config.n_fft) + 4
    return float((2 * roundings * _ROUNDING + sum_tolerance(n_bins)) * mel.max(initial=0.0))
