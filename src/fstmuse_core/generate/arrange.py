"""From a plan of tempo, bars and form to the log-mel spectrogram of a piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np

from fstmuse_core.audio.beats import BEATS_A_BAR, CELLS_A_BAR, CELLS_A_BEAT, resample
from fstmuse_core.audio.levels import limit_side, set_loudness
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.bundle.bar_noise import (
    Arrangement,
    Grid,
    condition,
    draw_bar_noise,
    draw_form,
    draw_free_noise,
)
from fstmuse_core.bundle.noise import NoiseShape
from fstmuse_core.system.errors import GenerateError

# Runs a generator: condition, noise by name and cells wanted; scaled log-mel (cells, bands).
Run = Callable[[FloatArray, Mapping[str, FloatArray], int], FloatArray]

# Frames from the first to where the sound begins. An attack first shows in the frame that ends
# with it, which begins 2048 samples of 512 before; inversion lets it set in up to one too early.
LEAD_FRAMES = 3
# Frames around a loop when it becomes sound, and samples over which its end fades into it.
LOOP_EDGE = 16
_LOOP_FADE = 1024
_LOUDNESS_AROUND = 16_384
# A log-mel spectrogram above this is no music: e^12 times the mean magnitude.
_LARGEST_LOG = 12.0
# Magnitudes of music that is played as loudly as ours have about this mean.
_SHOWN_MEAN = 6.0
# Samples in which a piece that begins on its first beat sets in.
_BEGIN = 64

# Of stereo. How loud the side is beside the middle: chosen with the other two so that the
# channels are as different as can be while neither is further from the spectrogram than it is
# without (docs/clips.md).
_SIDE = 0.6
# Hertz below which all is in the middle, and above twice which the side is whole.
_MIDDLE_BELOW = 150.0
# The side changes its sign each so many equivalent rectangular bandwidths of hearing, which is
# narrow enough for no instrument to stand at one side and wide enough to ring for 5 ms only.
_SIDE_BANDWIDTHS = 2.0
_SIDE_EDGE = 2.5
_SIDE_REACH = 1024


@dataclass(frozen=True, eq=False)
class Plan:
    """A piece to be made by a generator that knows beats.

    Attributes
    ----------
    seed : int
    bpm : float or None
        Tempo in beats a minute; ``None`` for a piece without a beat.
    arrangement : Arrangement or None
        Bars of a piece with a beat.
    place : ndarray, shape ``(16,)``, or None
        Of a song that it is to be like.
    """

    seed: int
    bpm: float | None = None
    arrangement: Arrangement | None = None
    place: FloatArray | None = None


def plan_piece(
    grid: Grid, genre: str, seconds: float, seed: int, place: FloatArray | None = None
) -> Plan:
    """The plan of a piece that nothing was asked of but its length: tempo and form by its seed.

    ``place`` is told to a generator that knows songs.
    """
    if not grid.has_beat(genre):
        return Plan(seed, place=place)
    bpm = drawn_tempo(grid, genre, seed)
    return Plan(seed, bpm, Arrangement(bars_for(seconds, bpm), draw_form(seed)), place)


def drawn_tempo(grid: Grid, genre: str, seed: int) -> float:
    """The tempo of a genre's piece of this seed, in beats a minute."""
    return grid.draw_tempo(genre, np.random.default_rng([seed, 7]))


def bars_for(seconds: float, bpm: float) -> int:
    """Bars that last as long or up to a bar longer."""
    return max(1, ceil(seconds * bpm / 60.0 / BEATS_A_BAR - 1e-9))


def frames_a_beat(bpm: float) -> float:
    """Frames of the spectrogram that a beat lasts."""
    return 60.0 * DEFAULT_CONFIG.frames_per_second / bpm


def make_piece(
    run: Run, shape: NoiseShape, grid: Grid, weights: FloatArray, plan: Plan, frames: range
) -> FloatArray:
    """Scaled log-mel of a piece as it runs, shape ``(len(frames), bands)``.

    Parameters
    ----------
    run : callable
    shape : NoiseShape
    grid : Grid
    weights : ndarray, shape ``(K,)``
        Of the genres; sum to one.
    plan : Plan
    frames : range
        Frames wanted. Where the bars are over before, a piece that is no loop stays at its last
        frame, and a loop begins again; before frame 0 there is the loop's end.
    """
    told = condition(weights, plan.bpm, plan.place)
    if plan.bpm is None or plan.arrangement is None:
        noise = draw_free_noise(shape, shape.steps(frames.stop), plan.seed)
        return run(told, noise, frames.stop)[frames.start :]
    arrangement = plan.arrangement
    noise = draw_bar_noise(shape, grid, arrangement, plan.seed)
    n_cells = arrangement.bars * CELLS_A_BAR
    cells = run(told, noise, n_cells)
    at = np.asarray(frames, dtype=np.float64) * (CELLS_A_BEAT / frames_a_beat(plan.bpm))
    if not arrangement.loop:
        return resample(cells, np.minimum(at, n_cells - 1.0))
    # With its own beginning after its end, and its end before, no interval is cut.
    edge = CELLS_A_BEAT
    around = np.concatenate([cells[-edge:], cells, cells[:edge]])
    return resample(around, at % n_cells + edge)


def magnitudes(log_mel: FloatArray, offset: float, model: str) -> FloatArray:
    """Mel magnitudes of a log-mel spectrogram, about as loud as they will be heard.

    Parameters
    ----------
    log_mel : ndarray, shape ``(frames, bands)``
        Natural logarithm of magnitudes that have mean one, plus ``offset``.
    offset : float
    model : str
        Name of what made it.

    Raises
    ------
    GenerateError
        If it is silence.
    """
    mel = np.exp(np.minimum(log_mel, np.float32(_LARGEST_LOG))) - np.float32(offset)
    np.maximum(mel, 0.0, out=mel)
    mean = float(mel.mean())
    if mean <= offset:
        raise GenerateError(model, "what it made is silence", "try another seed or genre")
    mel *= np.float32(_SHOWN_MEAN / mean)
    return np.asarray(mel)


def cut_out(samples: FloatArray, begin: int, n_samples: int, *, is_loop: bool) -> FloatArray:
    """Sound from sample ``begin`` on, as loud as it should be, without a click at its ends.

    Of a loop see :func:`closed_loop`.
    """
    if is_loop:
        return closed_loop(samples, begin, n_samples)
    part = samples[begin : begin + n_samples].copy()
    if begin:
        part[:_BEGIN] *= np.linspace(0.0, 1.0, _BEGIN, dtype=np.float32)[: len(part)]
    return set_loudness(part)


def closed_loop(samples: FloatArray, begin: int, n_samples: int) -> FloatArray:
    """The loop out of its sound with edges, from its first beat on; its end fades into it.

    Parameters
    ----------
    samples : ndarray, shape ``(n,)``
        Sound of the loop's frames with :data:`LOOP_EDGE` frames of its end before them, and
        :data:`LEAD_FRAMES` more of its beginning after.
    begin : int
        First sample of the loop.
    n_samples : int
        Of the loop.

    Returns
    -------
    ndarray of float32, shape ``(n_samples,)``
        As loud as it should be.
    """
    loop = samples[begin : begin + n_samples].copy()
    after = samples[begin + n_samples : begin + n_samples + min(_LOOP_FADE, n_samples)]
    # Without a kink, and of equal power: the phases on both sides are not related.
    share = np.linspace(0.0, 1.0, len(after), dtype=np.float32)
    share = share * share * (3.0 - 2.0 * share)
    angle = share * np.float32(np.pi / 2)
    loop[: len(after)] = loop[: len(after)] * np.sin(angle) + after * np.cos(angle)
    # Peaks are turned down with what is around them, which here is the other end; how much
    # differs a little with where hops begin, so that the end fades into the beginning once more.
    around = min(_LOUDNESS_AROUND, n_samples)
    loud = set_loudness(np.concatenate([loop[-around:], loop, loop[:around]]))
    loop, after = loud[around : around + n_samples], loud[around + n_samples :][: len(after)]
    loop[: len(after)] += (after - loop[: len(after)]) * (1.0 - share)
    return loop


def widen(samples: FloatArray, sample_rate: int, *, wraps: bool) -> FloatArray:
    """Stereo of a mono sound, whose mean is that sound.

    The side, which is added on the left and taken away on the right, is the sound a quarter of a
    wave later in every other band of hearing and a quarter earlier in those between. So the
    phases of the channels differ, and their magnitudes hardly do: another inversion of the same
    spectrogram as the side would be louder and softer from moment to moment.

    Parameters
    ----------
    samples : ndarray of float32, shape ``(n,)``
    sample_rate : int
        In hertz.
    wraps : bool
        True if the end leads into the beginning, and is to in both channels.

    Returns
    -------
    ndarray of float32, shape ``(n, 2)``
        Left and right, within the range of :func:`fstmuse_core.audio.levels.limit_peaks`.
    """
    from scipy.signal import oaconvolve

    padded = np.pad(samples, _SIDE_REACH, mode="wrap" if wraps else "constant")
    side = oaconvolve(padded, _side_filter(sample_rate), "valid").astype(np.float32)
    if not wraps:
        fade = np.linspace(0.0, 1.0, min(_BEGIN, len(side)), dtype=np.float32)
        side[: len(fade)] *= fade
        side[len(side) - len(fade) :] *= fade[::-1]
    side = limit_side(side, samples, wraps=wraps)
    return np.stack([samples + side, samples - side], axis=1)


@lru_cache(maxsize=1)
def _side_filter(sample_rate: int) -> FloatArray:
    """Impulse response from the middle to the side, of odd symmetry."""
    frequency = np.fft.rfftfreq(4 * _SIDE_REACH, 1.0 / sample_rate)
    # Glasberg and Moore, "Derivation of auditory filter shapes from notched-noise data" (1990).
    bandwidths = 21.4 * np.log10(1.0 + 0.00437 * frequency)
    sign = np.clip(_SIDE_EDGE * np.sin(np.pi * bandwidths / _SIDE_BANDWIDTHS), -1.0, 1.0)
    share = np.clip(frequency / _MIDDLE_BELOW - 1.0, 0.0, 1.0)
    sign *= share * share * (3.0 - 2.0 * share)
    whole = np.roll(np.fft.irfft(1j * _SIDE * sign), 2 * _SIDE_REACH)
    around = whole[_SIDE_REACH : 3 * _SIDE_REACH + 1] * np.hanning(2 * _SIDE_REACH + 1)
    return around.astype(np.float32)
