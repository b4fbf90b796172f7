"""Input of the music tagger: log-mel patches at 16 kHz, from samples at 22,050 Hz.

Its numbers are those that musicnn was trained on (Pons and Serra, "musicnn: pre-trained
convolutional neural networks for music audio tagging", 2019): ``log10(10000 x + 1)`` of a power
spectrogram under a periodic Hann window, on Slaney's mel scale with Slaney's area norm, frames
centred. In single precision: the half precision of its own code overflows on loud songs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray, SpectrogramConfig

SAMPLE_RATE = 16_000
N_FFT, HOP_LENGTH, N_MELS = 512, 256, 96
# Of one patch, 2.992 s.
PATCH_FRAMES = 187
PATCH_S = PATCH_FRAMES * HOP_LENGTH / SAMPLE_RATE

# Said with a bundle: what its patches are cut from. The scale and the norm are Slaney's all the
# same.
TAGGER_SPECTROGRAM = SpectrogramConfig(
    SAMPLE_RATE, N_FFT, N_FFT, HOP_LENGTH, N_MELS, 0.0, SAMPLE_RATE / 2
)

# 441 samples at 22,050 Hz are 320 at 16,000 Hz: what is cut there is resampled to a whole number.
_GRID, _GRID_16K = 441, 320
_OWN_RATE = DEFAULT_CONFIG.sample_rate
# Sound on either side that the resampler's filter sees, in steps of the grid (20 ms each).
_MARGIN = 3
# Root mean square of common recordings, and one below which there is nothing to bring up.
_LEVEL, _LEAST_LEVEL = 0.15, 1e-5
_COMPRESSION = np.float32(10_000.0)
# Slaney's scale: straight up to 1 kHz, logarithmic above (Auditory Toolbox, 1998).
_STRAIGHT_HZ, _BREAK_HZ, _LOG_STEP = 200.0 / 3.0, 1000.0, np.log(6.4) / 27.0


def n_patches(n_samples: int) -> int:
    """Whole patches in ``n_samples`` at 22,050 Hz."""
    return n_samples * _GRID_16K // (_GRID * PATCH_FRAMES * HOP_LENGTH)


def first_sample(patch: int) -> int:
    """Sample at 22,050 Hz at which a patch begins."""
    return round(patch * PATCH_S * _OWN_RATE)


def tagger_patch(samples: FloatArray, patch: int) -> FloatArray:
    """Log-mel of one patch, brought to the level of common recordings.

    How loud a clip is played must not matter; the tagger's logarithm knows no level of its own.

    Parameters
    ----------
    samples : ndarray of float32, shape ``(n,)``
        Mono sound at 22,050 Hz from the clip's beginning, usually within [-1, 1].
    patch : int
        Its number, from 0 to ``n_patches(n) - 1``.

    Returns
    -------
    ndarray of float32, shape ``(187, 96)``, 0 or more
    """
    begin = patch * PATCH_FRAMES * HOP_LENGTH - N_FFT // 2
    end = begin + (PATCH_FRAMES - 1) * HOP_LENGTH + N_FFT
    sound = _at_16k(samples, begin, end)
    frames = np.lib.stride_tricks.sliding_window_view(sound, N_FFT)[::HOP_LENGTH]
    import scipy.fft  # takes 0.3 s to import

    kernel = _kernel()
    level = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    frames = frames * np.float32(_LEVEL / max(level, _LEAST_LEVEL))
    power = np.square(np.abs(scipy.fft.rfft(frames * kernel.window, axis=-1)))
    # Each band's bins side by side: sums of runs, which need no BLAS.
    mel = np.add.reduceat(power[:, kernel.bins] * kernel.weights, kernel.starts, axis=1)
    return np.asarray(np.log10(_COMPRESSION * mel + 1.0), dtype=np.float32)


def _at_16k(samples: FloatArray, begin: int, end: int) -> FloatArray:
    """Samples ``begin`` to ``end`` at 16 kHz; there is silence around the clip."""
    import soxr

    first = begin // _GRID_16K - _MARGIN
    last = -(-end // _GRID_16K) + _MARGIN
    low, high = max(0, first * _GRID), min(len(samples), last * _GRID)
    part = np.zeros((last - first) * _GRID, dtype=np.float32)
    part[low - first * _GRID : high - first * _GRID] = samples[low:high]
    resampled = soxr.resample(part, _OWN_RATE, SAMPLE_RATE)
    start = begin - first * _GRID_16K
    return np.ascontiguousarray(resampled[start : start + end - begin], dtype=np.float32)


def slaney_filterbank() -> FloatArray:
    """Weights of the 96 bands in the 257 bins, shape ``(257, 96)``: triangles of equal area."""
    edges_hz = _slaney_to_hz(np.linspace(0.0, _hz_to_slaney(SAMPLE_RATE / 2), N_MELS + 2))
    bins = np.linspace(0.0, SAMPLE_RATE / 2, N_FFT // 2 + 1)[:, None]
    lower, centre, upper = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rising = (bins - lower) / (centre - lower)
    falling = (upper - bins) / (upper - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles * (2.0 / (upper - lower)), dtype=np.float32)


def _hz_to_slaney(hertz: float) -> float:
    straight = min(hertz, _BREAK_HZ) / _STRAIGHT_HZ
    return float(straight + np.log(max(hertz, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP)


def _slaney_to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    break_mel = _BREAK_HZ / _STRAIGHT_HZ
    logarithmic = _BREAK_HZ * np.exp(_LOG_STEP * (mel - break_mel))
    return np.where(mel < break_mel, mel * _STRAIGHT_HZ, logarithmic)


@dataclass(frozen=True, eq=False)
class _Kernel:
    """Window, and the filterbank's weights band by band with their bins."""

    window: FloatArray
    bins: npt.NDArray[np.intp]
    weights: FloatArray
    starts: npt.NDArray[np.intp]


@lru_cache(maxsize=1)
def _kernel() -> _Kernel:
    window = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(N_FFT) / N_FFT)).astype(np.float32)
    filterbank = slaney_filterbank()
    bands, bins = np.nonzero(filterbank.T)
    starts = np.searchsorted(bands, np.arange(N_MELS))
    return _Kernel(window, bins, filterbank[bins, bands], starts)
