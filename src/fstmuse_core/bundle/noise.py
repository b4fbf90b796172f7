"""The noise that a generator turns into music: drawn from a seed, the same on any machine.

A generator is fully convolutional in time. It takes a noise for the whole piece, a noise for
its course (one vector a step), and a noise that repeats: a pattern of sixteenths, laid on a
beat grid of a tempo that is drawn too, so that rhythm need not be invented frame by frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.system.strict_json import typed

_CELLS_A_BAR = 16
_BEATS_A_BAR = 4
# How fast the pulses at the beginning of a bar, a beat and a sixteenth fade, in their lengths.
_FADING = 4.0
N_PULSES = 3


@dataclass(frozen=True)
class NoiseShape:
    """Shape of a generator's input; stands in its bundle under ``architecture``.

    Attributes
    ----------
    frames_per_step : int
        Frames that each step of the local noise becomes.
    margin_steps : int
        Steps more than wanted that the network needs at either end; it cuts them off itself.
    global_noise, local_noise : int
        Values for the piece, and values a step.
    beat_noise : int
        Values a frame: a pattern that repeats with each bar, and three pulses, at every bar,
        beat and sixteenth.
    slowest_bpm, fastest_bpm : float
        Between these the tempo is drawn, in beats a minute.
    """

    frames_per_step: int = 16
    margin_steps: int = 4
    global_noise: int = 128
    local_noise: int = 16
    beat_noise: int = 8
    slowest_bpm: float = 70.0
    fastest_bpm: float = 150.0

    def __post_init__(self) -> None:
        for name in ("frames_per_step", "global_noise", "local_noise"):
            if not 1 <= getattr(self, name) <= 4096:
                raise ValueError(f"{name} is {getattr(self, name)}; 1 to 4096 can be")
        if not 0 <= self.margin_steps <= 4096:
            raise ValueError(f"margin_steps is {self.margin_steps}; 0 to 4096 can be")
        if not N_PULSES < self.beat_noise <= 4096:
            raise ValueError(f"beat_noise is {self.beat_noise}; {N_PULSES + 1} to 4096 can be")
        if not 0.0 < self.slowest_bpm <= self.fastest_bpm <= 1000.0:
            raise ValueError(
                f"tempos from {self.slowest_bpm} to {self.fastest_bpm} beats a minute make no range"
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, architecture: Mapping[str, Any]) -> NoiseShape:
        """From a bundle's ``architecture``, which holds other entries too.

        Raises
        ------
        ValueError
            If an entry is missing, of another type or out of range.
        """
        return typed(architecture, cls, complete=True)

    def steps(self, n_frames: int) -> int:
        """Steps whose output holds ``n_frames`` or up to a step more."""
        return -(-n_frames // self.frames_per_step)


def draw_noise(
    shape: NoiseShape,
    n_steps: int,
    seed: int | np.random.Generator,
    *,
    frames_per_second: float = DEFAULT_CONFIG.frames_per_second,
) -> dict[str, FloatArray]:
    """The inputs of a generator, but for the genre.

    A longer piece of the same seed begins as the shorter one does.

    Parameters
    ----------
    shape : NoiseShape
    n_steps : int
        Steps that the output is to hold, each of ``shape.frames_per_step`` frames; 1 or more.
    seed : int or Generator
        Source of the random numbers; an int of 0 or more.
    frames_per_second : float
        Of the spectrogram.

    Returns
    -------
    dict of ndarray of float32
        ``global_noise (1, G)``, ``local_noise (1, M, L)`` and
        ``beat_noise (1, M * frames_per_step, B)`` with ``M = n_steps + 2 * margin_steps``.
    """
    rng = np.random.default_rng(seed)
    total = n_steps + 2 * shape.margin_steps
    whole = rng.standard_normal((1, shape.global_noise), dtype=np.float32)
    beat = _beat_noise(shape, total * shape.frames_per_step, frames_per_second, rng)
    local = rng.standard_normal((1, total, shape.local_noise), dtype=np.float32)
    return {"global_noise": whole, "local_noise": local, "beat_noise": beat[None]}


def _beat_noise(
    shape: NoiseShape, n_frames: int, frames_per_second: float, rng: np.random.Generator
) -> FloatArray:
    bounds = np.log([shape.slowest_bpm, shape.fastest_bpm])
    tempo = float(np.exp(rng.uniform(bounds[0], bounds[1])))
    bars_a_frame = tempo / 60.0 / _BEATS_A_BAR / frames_per_second
    bars = rng.uniform() + np.arange(n_frames, dtype=np.float64) * bars_a_frame
    pattern = rng.standard_normal((_CELLS_A_BAR, shape.beat_noise - N_PULSES))
    cells = np.floor(bars * _CELLS_A_BAR).astype(np.int64) % _CELLS_A_BAR
    return np.concatenate([pattern[cells], pulses(bars)], axis=1).astype(np.float32)


def pulses(bars: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Pulses at every bar, beat and sixteenth: 1 there, fading until the next.

    Parameters
    ----------
    bars : ndarray, shape ``(n,)``
        Time in bars.

    Returns
    -------
    ndarray, shape ``(n, 3)``
    """
    rates = np.array([1, _BEATS_A_BAR, _CELLS_A_BAR])
    return np.asarray(np.exp(-_FADING * (bars[:, None] * rates % 1.0)))


def whole_clip_inputs(
    noise: Mapping[str, FloatArray], n_frames: int, clip_frames: int
) -> list[dict[str, FloatArray]]:
    """Inputs of the report's generator, which makes whole clips, one after the other.

    Parameters
    ----------
    noise : mapping of str to ndarray
        As :func:`draw_noise` gives it. The first clip is made of the global noise, each after of
        as many values of the local noise.
    n_frames : int
        Wanted.
    clip_frames : int
        Of a whole clip; the last one is no longer than needed.

    Returns
    -------
    list of dict
        ``global_noise (1, G)``, and ``local_noise (1, m, L)`` of which only the length counts.
    """
    first, local = noise["global_noise"], noise["local_noise"]
    local_frames = NoiseShape.frames_per_step
    inputs = []
    for number, begin in enumerate(range(0, n_frames, clip_frames)):
        places = np.arange(first.size) + first.size * (number - 1)
        whole = np.take(local, places, mode="wrap")[None] if number else first
        steps = -(-min(clip_frames, n_frames - begin) // local_frames)
        inputs.append({"global_noise": whole, "local_noise": local[:, :steps]})
    return inputs
