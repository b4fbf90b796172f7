"""Loudness of a made sound, and a limiter that keeps it below full scale."""

from __future__ import annotations

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray

CEILING = 0.97
# About as loud as streaming services play music, -18 dB of full scale.
TARGET_RMS = 0.126
# Hops with less than this share of the mean power are pauses, and not counted: 10 dB, as in
# ITU-R BS.1770.
_GATE = 0.1
_HOP = 512
# Hops ahead of a peak and after it in which the limiter comes and goes: 0.1 s each.
_REACH = 4


def set_loudness(samples: FloatArray, rms: float = TARGET_RMS) -> FloatArray:
    """The sound at a root mean square of ``rms`` where it plays; peaks are limited, not clipped.

    Silence stays silence.
    """
    power = np.square(_hops(samples), dtype=np.float64).mean(axis=1)
    playing = power[power > _GATE * power.mean()] if power.size else power
    if not playing.size:
        return samples
    return limit_peaks(samples * np.float32(rms / np.sqrt(playing.mean())))


def limit_peaks(samples: FloatArray, ceiling: float = CEILING) -> FloatArray:
    """The sound with no sample beyond ``ceiling``: turned down around each that would be.

    The gain changes gently and is down before a peak comes, so that no wave is cut off.
    """
    if not samples.size or max(samples.max(), -samples.min()) <= ceiling:
        return samples
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    hops = _hops(samples)
    peaks = np.maximum(np.abs(hops).max(axis=1), ceiling)
    # Between hops: low enough for both neighbours, and after the mean over as many still so.
    wanted = np.concatenate([[1.0], ceiling / peaks, [1.0]])
    edges = np.minimum(wanted[:-1], wanted[1:])
    width = 2 * _REACH + 1
    gain = uniform_filter1d(minimum_filter1d(edges, width), width)
    at = np.arange(hops.size) / _HOP
    limited = hops.reshape(-1) * np.interp(at, np.arange(gain.size), gain).astype(np.float32)
    return np.asarray(np.clip(limited[: samples.size], -ceiling, ceiling), dtype=np.float32)


def _hops(samples: FloatArray) -> FloatArray:
    padded = np.zeros(-(-samples.size // _HOP) * _HOP, dtype=np.float32)
    padded[: samples.size] = samples
    return padded.reshape(-1, _HOP)
