"""Levels of a sound: silence, noise and clipping in what is read, loudness of what is made."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray

# Below this root mean square, -84 dB of full scale, there is nothing but a converter's noise.
_NOTHING_RMS = 6.3e-5
# Below this one, -60 dB, there may be hum and hiss alone, which do not move.
SILENCE_RMS = 1e-3
# Spread of the levels of some 90 ms each, in dB: noise and hum stay below 0.3, and of 40 songs
# no stretch of 3 s was below 0.86.
_STEADY_DB = 0.4
_LEVELLED_HOPS = 4
# Hops in which the mean, a DC offset, is taken away: 0.7 s.
_WINDOW_HOPS = 32
# A wave that was made in steps, as chips do, is not clipped if its peak is below this.
_FULL_SCALE = 0.84
_LOW_CREST_DB = 7.0
_SEGMENT_HOPS = 130


class HopLevels:
    """One root mean square per hop of ``hop_length`` samples, without a DC offset."""

    def __init__(self, hop_length: int) -> None:
        self._hop = hop_length
        self._rest: FloatArray = np.empty(0, dtype=np.float32)
        self._powers: list[FloatArray] = []
        self.peak = 0.0

    def push(self, samples: FloatArray) -> None:
        """Take any number of mono samples."""
        if samples.size:
            self.peak = max(self.peak, float(samples.max()), -float(samples.min()))
        data = np.concatenate([self._rest, samples]) if self._rest.size else samples
        window = self._hop * _WINDOW_HOPS
        whole = data.size // window * window
        if whole:
            windows = data[:whole].reshape(-1, window)
            windows = windows - windows.mean(axis=1, keepdims=True, dtype=np.float32)
            self._powers.append(self._power(windows))
            self._take(windows)
        self._rest = data[whole:].copy()

    def _take(self, windows: FloatArray) -> None:
        """Look at windows without a DC offset, shape ``(n, window)``."""

    def _power(self, data: FloatArray) -> FloatArray:
        hops = data.reshape(-1, self._hop)
        return np.asarray(np.einsum("ij,ij->i", hops, hops) / np.float32(self._hop))

    def rms(self) -> FloatArray:
        """Root mean square of each whole hop so far, shape ``(n,)``."""
        if len(self._powers) > 1:
            self._powers = [np.concatenate(self._powers)]
        whole = self._rest.size // self._hop * self._hop
        rest = self._rest[:whole]
        last = self._power(rest - rest.mean(dtype=np.float32)) if whole else self._rest[:0]
        return np.asarray(np.sqrt(np.concatenate([*self._powers, last])))

    def is_silent(self) -> bool:
        """True if all that was pushed is silence."""
        rms = self.rms()
        starts = np.arange(0, max(1, rms.size - _SEGMENT_HOPS // 2), _SEGMENT_HOPS)
        return bool(silent_segments(rms, starts, _SEGMENT_HOPS).all())


def silent_segments(rms: FloatArray, starts: npt.ArrayLike, length: int) -> npt.NDArray[np.bool_]:
    """True for each segment of ``length`` hops that holds silence.

    That is no sound at all, or less than 60 dB below full scale a level that does not move:
    hum, hiss and dither. Music moves, however quiet it is.

    Parameters
    ----------
    rms : ndarray, shape ``(n_hops,)``
        As :meth:`HopLevels.rms` gives it.
    starts : array of int
        First hops of the segments.
    """
    power = np.square(rms, dtype=np.float64)
    silent = []
    for start in np.asarray(starts, dtype=np.intp):
        part = power[start : start + length]
        level = np.sqrt(part.mean()) if part.size else 0.0
        silent.append(level < _NOTHING_RMS or (level < SILENCE_RMS and _is_steady(part)))
    return np.asarray(silent, dtype=np.bool_)


def loudest_rms(rms: FloatArray, starts: npt.NDArray[np.intp], length: int) -> float:
    """Root mean square of the loudest of segments of ``length`` hops."""
    means = [float(np.mean(np.square(rms[start : start + length]))) for start in starts]
    return float(np.sqrt(max(means, default=0.0)))


def _is_steady(power: npt.NDArray[np.float64]) -> bool:
    whole = power.size // _LEVELLED_HOPS * _LEVELLED_HOPS
    if not whole:
        return True
    levels = 10.0 * np.log10(np.maximum(power[:whole].reshape(-1, _LEVELLED_HOPS).mean(1), 1e-20))
    return bool(levels.std() < _STEADY_DB)


class LevelMonitor(HopLevels):
    """Also a histogram of magnitudes, in bounded memory."""

    _DB_LOW, _DB_HIGH, _BINS = -100.0, 20.0, 480
    _EVERY = 4  # samples looked at for the histogram: one in four is as good, and cheaper

    def __init__(self, hop_length: int) -> None:
        super().__init__(hop_length)
        self._histogram = np.zeros(self._BINS + 2, dtype=np.int64)
        self._n_low, self._n_stepped = 0, 0

    def _take(self, windows: FloatArray) -> None:
        self._histogram += self._counts(windows)
        square = np.sqrt(np.einsum("ij,ij->i", windows, windows) / windows.shape[1])
        peaks = np.maximum(windows.max(axis=1), -windows.min(axis=1))
        low = (square > _NOTHING_RMS) & (peaks < square * 10.0 ** (_LOW_CREST_DB / 20.0))
        for window, peak in zip(windows[low], peaks[low], strict=True):
            self._n_low += 1
            self._n_stepped += is_stepped(window, float(peak))

    def _counts(self, windows: FloatArray) -> npt.NDArray[np.int64]:
        magnitude = np.abs(windows.reshape(-1)[:: self._EVERY])
        db = 20.0 * np.log10(np.maximum(magnitude, np.float32(1e-9)))
        index = (db - self._DB_LOW) * (self._BINS / (self._DB_HIGH - self._DB_LOW)) + 1.0
        return np.bincount(
            np.clip(index, 0, self._BINS + 1).astype(np.intp), minlength=self._BINS + 2
        )

    def crest_db(self) -> float:
        """99.9th percentile of the magnitude over the RMS, in decibels.

        Infinite in silence, and for a wave that was made in steps and does not reach full
        scale: it is at its peak by nature.
        """
        rest = self._rest - self._rest.mean(dtype=np.float32) if self._rest.size else self._rest
        counts = np.cumsum(self._histogram + self._counts(rest))
        rms = self.rms()
        power = float(np.mean(np.square(rms))) if rms.size else 0.0
        if counts[-1] == 0 or power < _NOTHING_RMS**2:
            return float("inf")
        if self.peak < _FULL_SCALE and self._n_stepped > self._n_low / 2:
            return float("inf")
        bin_index = int(np.searchsorted(counts, 0.999 * counts[-1]))
        width = (self._DB_HIGH - self._DB_LOW) / self._BINS
        return self._DB_LOW + (bin_index - 0.5) * width - 10.0 * float(np.log10(power))


def is_stepped(samples: FloatArray, peak: float) -> bool:
    """True for a wave of few levels with jumps between them: square waves of chips.

    Clipped music goes from one extreme to the other by slopes of every steepness and at no
    regular times.

    Parameters
    ----------
    samples : ndarray, shape ``(n,)``
        Without a DC offset.
    peak : float
        Their largest magnitude.
    """
    is_inner = np.abs(samples) < 0.7 * peak
    inner = is_inner[1:] & is_inner[:-1]
    share = float(inner.mean())
    steps = np.abs(np.diff(samples))[inner]
    typical = float(np.median(steps)) if steps.size else 0.0
    jumpy = typical / max(float(steps.mean()) if steps.size else 0.0, 1e-12)
    if share >= 0.2 and jumpy <= 0.35:
        return True
    intervals = np.diff(np.flatnonzero(np.diff(np.signbit(samples).astype(np.int8))))
    if intervals.size < 8:
        return share < 0.02
    same = np.abs(intervals[2:] - intervals[:-2]) <= np.maximum(1, 0.05 * intervals[2:])
    is_regular = float(same.mean()) >= 0.75
    return is_regular and (share < 0.2 or jumpy <= 0.6)


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


def limit_side(
    side: FloatArray, middle: FloatArray, ceiling: float = CEILING, *, wraps: bool = False
) -> FloatArray:
    """``side`` turned down around each place where ``middle`` with it or without is too loud.

    Parameters
    ----------
    side, middle : ndarray of float32, shape ``(n,)``
        Neither sum nor difference is to go beyond ``ceiling``; ``middle`` does not.
    wraps : bool
        True if their ends lead into their beginnings, and so will the gain.
    """
    room = np.maximum(np.float32(ceiling) - np.abs(middle), np.float32(0.0))
    loud = np.abs(side)
    if not (loud > room).any():
        return side
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    edges = np.linspace(0, side.size, max(1, round(side.size / _HOP)) + 1).astype(np.intp)
    share = np.divide(room, loud, out=np.ones_like(room), where=loud > room)
    least = np.minimum.reduceat(share, edges[:-1])
    # At an edge low enough for the hops on both sides.
    if wraps:
        wanted, mode = np.minimum(least, np.roll(least, 1)), "wrap"
    else:
        wanted, mode = np.minimum(np.append(least, 1.0), np.append(1.0, least)), "nearest"
    width = 2 * _REACH + 1
    gain = uniform_filter1d(minimum_filter1d(wanted, width, mode=mode), width, mode=mode)
    gain = np.append(gain, gain[0]) if wraps else gain
    return np.asarray(side * np.interp(np.arange(side.size), edges, gain), dtype=np.float32)


def _hops(samples: FloatArray) -> FloatArray:
    padded = np.zeros(-(-samples.size // _HOP) * _HOP, dtype=np.float32)
    padded[: samples.size] = samples
    return padded.reshape(-1, _HOP)
