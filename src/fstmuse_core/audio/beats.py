"""Beats of a mel spectrogram, where they are steady, and a spectrogram on a grid of beats.

A spectrogram on the beat grid has :data:`CELLS_A_BEAT` cells a beat whatever the tempo, so that a
network finds every beat at the same place. Attacks fall on the edges of cells: the spectrogram's
frames begin, and are not centred, at their time, so an attack first shows in the frame that ends
with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.audio.tempo import OnsetStream, Tempo, tempo_of

CELLS_A_BEAT = 16
BEATS_A_BAR = 4
CELLS_A_BAR = CELLS_A_BEAT * BEATS_A_BAR
SLOWEST_BPM, FASTEST_BPM = 80.0, 160.0

# Beats are judged in windows of so many; a run of steady ones has no fewer.
WINDOW_BEATS = 16
_MOST_DEVIATION = 0.05
_LEAST_PERIODICITY = 0.35
_LEAST_ACCENT = 2.2
# Frames from where an attack first shows to where the rise is steepest (click tracks, Hann).
_RISE_FRAMES = 1.1
_BASS_BANDS = 16
_OFFSET = 1e-3
# How much an interval that is not the period costs.
_TIGHTNESS = 100.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BeatRun:
    """Steady beats, one after the other.

    Attributes
    ----------
    frames : ndarray of float64, shape ``(n_beats + 1,)``
        Begin of each beat, and end of the last one; the first begins a bar.
    """

    frames: Floats

    @property
    def n_beats(self) -> int:
        """Number of whole beats."""
        return len(self.frames) - 1

    def bpm(self, frames_per_second: float = DEFAULT_CONFIG.frames_per_second) -> float:
        """Mean tempo in beats a minute."""
        return 60.0 * frames_per_second * self.n_beats / float(self.frames[-1] - self.frames[0])


def onset_strength(mel: npt.NDArray[np.floating]) -> tuple[FloatArray, FloatArray]:
    """Rise of the log-mel from frame to frame: over all bands, and in the bass.

    Spectral flux; S. Böck and G. Widmer, "Maximum filter vibrato suppression for onset
    detection", DAFx 2013, section 2.

    Parameters
    ----------
    mel : ndarray, shape ``(frames, bands)``
        Magnitudes.

    Returns
    -------
    two ndarrays of float32, shape ``(frames,)``
    """
    magnitudes = np.asarray(mel, dtype=np.float32)
    logs = np.log(magnitudes / max(float(magnitudes.mean()), 1e-6) + 0.05)
    # A tone that wavers into the next band is no onset.
    before = np.maximum(logs[:-1], np.maximum(_shifted(logs[:-1], 1), _shifted(logs[:-1], -1)))
    rises = np.zeros_like(logs)
    np.maximum(logs[1:] - before, 0.0, out=rises[1:])
    return rises.mean(axis=1), rises[:, :_BASS_BANDS].mean(axis=1)


def _shifted(values: FloatArray, by: int) -> FloatArray:
    shifted = np.roll(values, by, axis=1)
    shifted[:, 0 if by > 0 else -1] = values[:, 0 if by > 0 else -1]
    return np.asarray(shifted)


def steady_beats(
    mel: npt.NDArray[np.floating], *, frames_per_second: float = DEFAULT_CONFIG.frames_per_second
) -> list[BeatRun]:
    """Runs of steady beats in a mel spectrogram, their tempo folded into 80 to 160.

    A tracker finds beats in noise too. So windows of sixteen beats are kept where the intervals
    deviate by less than 5 %, the onsets' autocorrelation at the beat is above 0.3, and onsets at
    the beat are 2.2 times as strong as the mean.

    Parameters
    ----------
    mel : ndarray, shape ``(frames, bands)``
        Magnitudes.
    frames_per_second : float

    Returns
    -------
    list of BeatRun
        In order; empty where no beat is steady.
    """
    if len(mel) < WINDOW_BEATS * frames_per_second * 60.0 / FASTEST_BPM:
        return []
    tempo = _tempo(mel)
    if tempo is None:
        return []
    onsets, bass = onset_strength(mel)
    peaks = _folded(_track(onsets, 60.0 * frames_per_second / tempo.bpm), frames_per_second)
    if len(peaks) <= WINDOW_BEATS:
        return []
    steady = _steady(peaks, onsets)
    found = []
    for first, last in _stretches(steady):
        beats = _smooth(peaks[first : last + 1])
        begin = _downbeat(beats, bass, mel)
        beats = beats[begin:] - _RISE_FRAMES
        beats = beats[(beats >= 0.0) & (beats <= len(mel) - 1.0)]
        if len(beats) > WINDOW_BEATS:
            found.append(BeatRun(beats))
    return found


def _tempo(mel: npt.NDArray[np.floating]) -> Tempo | None:
    stream = OnsetStream()
    stream.push(np.asarray(mel, dtype=np.float32))
    return tempo_of(stream.finish())


def _track(onsets: FloatArray, period: float) -> Floats:
    """Frames of the beats of a known period, between the frames too.

    By dynamic programming: D. P. W. Ellis, "Beat tracking by dynamic programming", Journal of New
    Music Research 36, 2007, equations 3 to 5. librosa has it too, but compiles it: two processes
    that do so for the first time at once leave code behind that crashes them and all others.
    """
    local = _local_score(onsets, period)
    lags = np.arange(max(1, round(period / 2)), round(2 * period) + 1)
    penalty = _TIGHTNESS * np.square(np.log(lags / period))
    score, before = np.zeros(len(local)), np.full(len(local), -1)
    for frame, value in enumerate(local):
        score[frame] = value
        reach = int(np.searchsorted(lags, frame, side="right"))
        if not reach:
            continue
        gains = score[frame - lags[:reach]] - penalty[:reach]
        best = int(gains.argmax())
        # Before the first sound there is no beat to go back to.
        if gains[best] > 0.0:
            score[frame] += gains[best]
            before[frame] = frame - lags[best]
    frames = [_last_beat(score)] if len(score) else []
    while frames and before[frames[-1]] >= 0:
        frames.append(int(before[frames[-1]]))
    return _refined(np.array(frames[::-1], dtype=np.int64), onsets)


def _local_score(onsets: FloatArray, period: float) -> Floats:
    """Onsets at unit deviation, smoothed over a thirtieth of a beat."""
    reach = round(period)
    window = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) * 32.0 / period))
    scaled = onsets / max(float(onsets.std()), 1e-9)
    return np.asarray(np.convolve(scaled, window, mode="same"), dtype=np.float64)


def _last_beat(score: Floats) -> int:
    """Last peak of the score that is worth half of the usual one."""
    peaks = np.flatnonzero((score[1:-1] >= score[:-2]) & (score[1:-1] > score[2:])) + 1
    if not peaks.size:
        return int(score.argmax())
    return int(peaks[score[peaks] >= 0.5 * np.median(score[peaks])][-1])


def _refined(frames: npt.NDArray[np.int64], onsets: FloatArray) -> Floats:
    """Peaks of a parabola through the onsets around each frame."""
    inside = np.clip(frames, 1, len(onsets) - 2)
    left, middle, right = (onsets[inside + shift].astype(np.float64) for shift in (-1, 0, 1))
    bend = left - 2.0 * middle + right
    peaked = (bend < -1e-9) & (middle >= left) & (middle >= right)
    shift = np.where(peaked, 0.5 * (left - right) / np.where(peaked, bend, 1.0), 0.0)
    return np.asarray(frames + shift)


def _folded(beats: Floats, frames_per_second: float) -> Floats:
    """Every other beat of a fast piece; beats between those of a slow one."""
    if len(beats) < 3:
        return beats
    bpm = 60.0 * frames_per_second / float(np.median(np.diff(beats)))
    while bpm > FASTEST_BPM:
        beats, bpm = beats[::2], bpm / 2.0
    while bpm < SLOWEST_BPM:
        between = (beats[:-1] + beats[1:]) / 2.0
        beats, bpm = np.sort(np.concatenate([beats, between])), bpm * 2.0
    return beats


def _steady(beats: Floats, onsets: FloatArray) -> npt.NDArray[np.bool_]:
    """True for each interval that lies in a window of beats to be kept."""
    kept = np.zeros(len(beats) - 1, dtype=np.bool_)
    mean = max(float(onsets.mean()), 1e-9)
    for first in range(0, len(beats) - WINDOW_BEATS, WINDOW_BEATS // 4):
        window = beats[first : first + WINDOW_BEATS + 1]
        intervals = np.diff(window)
        period = float(intervals.mean())
        if intervals.std() > _MOST_DEVIATION * period:
            continue
        begin, end = int(window[0]), min(len(onsets), int(window[-1]) + 2)
        inside = onsets[begin:end]
        accent = onsets[np.clip(np.round(window).astype(np.int64), 0, len(onsets) - 1)].mean()
        local = max(float(inside.mean()), 0.25 * mean)
        if accent > _LEAST_ACCENT * local and _periodicity(inside, period) > _LEAST_PERIODICITY:
            kept[first : first + WINDOW_BEATS] = True
    return kept


def _periodicity(onsets: FloatArray, period: float) -> float:
    """Autocorrelation of the onsets at the period, or at twice or four times it; at most 1."""
    centred = onsets.astype(np.float64) - onsets.mean()
    power = float(centred @ centred)
    best = 0.0
    for times in (1, 2, 4):
        for lag in {int(times * period), int(times * period) + 1}:
            n = len(centred) - lag
            if n > period:
                best = max(best, float(centred[lag:] @ centred[:n]) * len(centred) / n)
    return best / max(power, 1e-12)


def _stretches(kept: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last beat of each stretch of kept intervals."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], kept, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _smooth(beats: Floats) -> Floats:
    """Beats of a steady pulse between frames: straight lines through nine at a time."""
    from scipy.signal import savgol_filter

    window = min(9, len(beats) - 1 + len(beats) % 2)
    return np.asarray(savgol_filter(beats, window, 1))


def _downbeat(beats: Floats, bass: FloatArray, mel: npt.NDArray[np.floating]) -> int:
    """Number of the first beat of a bar among four: where bass sets in and harmony changes."""
    places = np.clip(np.round(beats).astype(np.int64), 0, len(mel) - 1)
    strength = np.maximum.reduce([bass[np.clip(places + s, 0, len(bass) - 1)] for s in (-1, 0, 1)])
    change = _spectral_change(places, mel)
    score = strength / max(float(strength.mean()), 1e-9) + change / max(float(change.mean()), 1e-9)
    return int(np.argmax([score[phase::BEATS_A_BAR].mean() for phase in range(BEATS_A_BAR)]))


def _spectral_change(places: npt.NDArray[np.int64], mel: npt.NDArray[np.floating]) -> Floats:
    """Distance between the mean spectra of the beat before each place and after it."""
    logs = np.log(np.asarray(mel, dtype=np.float32) + _OFFSET * max(float(mel.mean()), 1e-6))
    sums = np.concatenate([np.zeros((1, logs.shape[1])), np.cumsum(logs, axis=0, dtype=np.float64)])
    edges = np.concatenate([[0], places, [len(mel)]])
    lengths = np.maximum(np.diff(edges), 1)[:, None]
    means = np.diff(sums[edges], axis=0) / lengths
    return np.asarray(np.linalg.norm(np.diff(means, axis=0), axis=1))


def to_grid(mel: npt.NDArray[np.floating], run: BeatRun) -> npt.NDArray[np.float16]:
    """A stretch of a mel spectrogram on the beat grid.

    Interpolated along time, by cubic splines, in the log-mel: linear interpolation blurs.

    Parameters
    ----------
    mel : ndarray, shape ``(frames, bands)``
        Magnitudes.
    run : BeatRun
        Of this spectrogram.

    Returns
    -------
    ndarray of float16, shape ``(16 * n_beats, bands)``
        Magnitudes.
    """
    cells = np.arange(CELLS_A_BEAT * run.n_beats) / CELLS_A_BEAT
    at = np.interp(cells, np.arange(run.n_beats + 1), run.frames)
    first, last = max(0, int(at[0]) - 8), min(len(mel), int(at[-1]) + 9)
    part = np.asarray(mel[first:last], dtype=np.float32)
    offset = _OFFSET * max(float(part.mean()), 1e-6)
    logs = resample(np.log(part + np.float32(offset)), at - first)
    return np.maximum(np.exp(logs) - offset, 0.0).astype(np.float16)


def from_grid(log_mel: FloatArray, frames_a_beat: float, n_frames: int) -> FloatArray:
    """A log-mel spectrogram on the beat grid at a tempo; the inverse of :func:`to_grid`.

    Parameters
    ----------
    log_mel : ndarray, shape ``(cells, bands)``
        Logarithms, scaled or not.
    frames_a_beat : float
        Of the result.
    n_frames : int
        Wanted; the last cell is repeated where the grid ends before.
    """
    at = np.arange(n_frames) * (CELLS_A_BEAT / frames_a_beat)
    return resample(log_mel, np.minimum(at, len(log_mel) - 1.0))


def resample(logs: FloatArray, at: Sequence[float] | Floats) -> FloatArray:
    """Cubic interpolation along the first axis at any places, in its own units; float32."""
    from scipy.interpolate import CubicSpline

    return np.asarray(CubicSpline(np.arange(len(logs)), logs, axis=0)(at), dtype=np.float32)
