"""Noise of a piece that is made in bars: what returns, what varies, and where the beats are.

A generator on the beat grid has a step a beat and sixteen frames ("cells") a step, whatever the
tempo. Each bar has noise of its own; bars of the same place in sections of the same letter have
the same one, so that a section returns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from fstmuse_core.audio.beats import BEATS_A_BAR, CELLS_A_BAR, CELLS_A_BEAT
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.likeness import told_of
from fstmuse_core.bundle.noise import N_PULSES, NoiseShape, pulses
from fstmuse_core.system.strict_json import typed

BARS_A_SECTION = 4
FORMS = ("AABA", "ABAC", "AABB", "ABAB", "AAAB", "ABCB")
MAX_BARS = 512
MIN_BPM, MAX_BPM = 60.0, 200.0
_MOST_SECTIONS = 32
# Share of what is new in a section that returns, and of what another section has of its own.
_RETURN_VARIES = 0.35
_OWN_GROOVE = 0.6
# What the generator is told beside the genre: that there is a beat, and its tempo.
N_BEAT_VALUES = 2
# The generator is told the tempo in octaves from here.
_MIDDLE_BPM = 113.0
_STREAMS = {"piece": 1, "section": 2, "bar": 3, "again": 4, "course": 5, "form": 6}


@dataclass(frozen=True)
class Grid:
    """Knowledge of beats that a generator has; stands in its bundle under ``architecture``.

    Attributes
    ----------
    shared_pattern : int
        Values of a sixteenth that all bars of a section share; the others are the bar's own.
    tempos : mapping of str to list of float
        Of each genre with a beat, tempos at even ranks (10 % to 90 %) in beats a minute.
    beat : mapping of str to float
        Share of each genre's music that has a steady beat and was learned on the grid.
    """

    shared_pattern: int = 3
    tempos: dict[str, list[float]] = field(default_factory=dict)
    beat: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, architecture: Mapping[str, Any]) -> Grid | None:
        """From a bundle's ``architecture``; ``None`` if it was made without a beat grid.

        Raises
        ------
        ValueError
            If an entry is missing, of another type or out of range.
        """
        values = architecture.get("grid")
        if values is None:
            return None
        if not isinstance(values, Mapping):
            raise ValueError("the beat grid is no object")
        grid = typed(values, cls, complete=True)
        grid._check(NoiseShape.from_dict(architecture))
        return grid

    def _check(self, shape: NoiseShape) -> None:
        if shape.frames_per_step != CELLS_A_BEAT:
            raise ValueError(f"a step of the beat grid has {shape.frames_per_step} frames, not 16")
        if not 0 <= self.shared_pattern <= shape.beat_noise - N_PULSES:
            raise ValueError(f"shared_pattern {self.shared_pattern} of the beat grid is no share")
        tempos = [bpm for ranks in self.tempos.values() for bpm in ranks]
        if not all(MIN_BPM <= bpm <= MAX_BPM for bpm in tempos):
            raise ValueError("a tempo of the beat grid is out of range")

    def has_beat(self, genre: str) -> bool:
        """True if a genre's music mostly has a steady beat."""
        return self.beat.get(genre, 0.0) >= 0.5 and bool(self.tempos.get(genre))

    def draw_tempo(self, genre: str, rng: np.random.Generator) -> float:
        """A tempo of a genre, in whole beats a minute."""
        tempos = self.tempos[genre]
        ranks = np.linspace(0.0, 1.0, len(tempos))
        return float(round(np.interp(rng.uniform(), ranks, tempos)))


@dataclass(frozen=True)
class Arrangement:
    """Bars of a piece.

    Attributes
    ----------
    bars : int
    form : str
        A letter for each section of four bars; begins again after the last.
    variation : float
        Difference between the bars of a section: 0 a loop, 1 as music does.
    loop : bool
        True if the last bar leads into the first.
    renewed : mapping of str to int
        Sections by letter whose noise comes from another seed.
    """

    bars: int
    form: str = "A"
    variation: float = 1.0
    loop: bool = False
    renewed: Mapping[str, int] = field(default_factory=dict)

    def place(self, bar: int) -> tuple[str, int, int]:
        """Letter of a bar's section, its place in it, and how often the section came before."""
        period = self.bars if self.loop else len(self.form) * BARS_A_SECTION
        bar = bar % period
        section = bar // BARS_A_SECTION
        index = section % len(self.form)
        earlier = self.form[:index].count(self.form[index])
        return self.form[index], bar % BARS_A_SECTION, earlier


def is_form(text: str) -> bool:
    """True for a form such as AABA: one to 32 letters from A to H."""
    return re.fullmatch(rf"[A-H]{{1,{_MOST_SECTIONS}}}", text) is not None


def draw_form(seed: int) -> str:
    """The form of a piece of this seed, one of :data:`FORMS`."""
    return FORMS[int(_stream(seed, "form").integers(len(FORMS)))]


def draw_bar_noise(
    shape: NoiseShape, grid: Grid, arrangement: Arrangement, seed: int
) -> dict[str, FloatArray]:
    """The inputs of a generator on the beat grid, but for the condition.

    Parameters
    ----------
    shape : NoiseShape
    grid : Grid
    arrangement : Arrangement
    seed : int
        Source of the random numbers, 0 or more.

    Returns
    -------
    dict of ndarray of float32
        As :func:`fstmuse_core.bundle.noise.draw_noise` gives it, for ``4 * bars`` steps.
    """
    margin = -(-shape.margin_steps // BEATS_A_BAR)
    bars = [
        _bar(shape, grid, arrangement, seed, bar)
        for bar in range(-margin, arrangement.bars + margin)
    ]
    patterns = np.concatenate(
        [np.repeat(pattern, CELLS_A_BEAT // 4, axis=0) for pattern, _ in bars]
    )
    cells = np.arange(len(patterns), dtype=np.float64) / CELLS_A_BAR
    beat = np.concatenate([patterns, pulses(cells)], axis=1)
    local = np.repeat(np.stack([course for _, course in bars]), BEATS_A_BAR, axis=0)
    extra = margin * BEATS_A_BAR - shape.margin_steps
    inside = slice(extra, len(local) - extra)
    whole = _stream(seed, "piece").standard_normal(shape.global_noise)
    return {
        "global_noise": whole[None].astype(np.float32),
        "local_noise": local[None, inside].astype(np.float32),
        "beat_noise": beat[None, inside.start * CELLS_A_BEAT : inside.stop * CELLS_A_BEAT].astype(
            np.float32
        ),
    }


def draw_free_noise(shape: NoiseShape, n_steps: int, seed: int) -> dict[str, FloatArray]:
    """The inputs of a generator that knows the beat grid, for a piece without a beat.

    Pattern and pulses are zero; every step has noise of its own.
    """
    total = n_steps + 2 * shape.margin_steps
    whole = _stream(seed, "piece").standard_normal((1, shape.global_noise))
    local = _stream(seed, "course").standard_normal((1, total, shape.local_noise))
    silent = np.zeros((1, total * shape.frames_per_step, shape.beat_noise), np.float32)
    return {
        "global_noise": whole.astype(np.float32),
        "local_noise": local.astype(np.float32),
        "beat_noise": silent,
    }


def condition(genre: FloatArray, bpm: float | None, place: FloatArray | None = None) -> FloatArray:
    """Genre weights with what the generator is told of the beat: there is one, and its tempo.

    Parameters
    ----------
    genre : ndarray, shape ``(K,)``
    bpm : float or None
        Beats a minute; ``None`` without a beat.
    place : ndarray, shape ``(16,)``, optional
        Of a song that it is to be like, see :class:`fstmuse_core.bundle.likeness.Likeness`.

    Returns
    -------
    ndarray of float32, shape ``(K + 2,)``, or ``(K + 19,)`` with a song
    """
    told = [0.0, 0.0] if bpm is None else [1.0, 2.0 * np.log2(bpm / _MIDDLE_BPM)]
    song = [] if place is None else [told_of(place)]
    return np.concatenate([genre, np.clip(told, -1.2, 1.2), *song]).astype(np.float32)


def filled(told: FloatArray, count: int) -> FloatArray:
    """Conditions of so many values; what nothing is said of is zero.

    Parameters
    ----------
    told : ndarray, shape ``(..., k)``
        With ``k`` up to ``count``.
    """
    missing = [(0, 0)] * (told.ndim - 1) + [(0, count - told.shape[-1])]
    return np.pad(told, missing)


def _bar(
    shape: NoiseShape, grid: Grid, arrangement: Arrangement, seed: int, bar: int
) -> tuple[FloatArray, FloatArray]:
    """Pattern ``(16, P)`` of a bar, and its course ``(L,)``."""
    letter, place, earlier = arrangement.place(bar)
    number = ord(letter) - ord("A")
    source = arrangement.renewed.get(letter, seed)
    n_pattern = shape.beat_noise - N_PULSES
    own = n_pattern - grid.shared_pattern
    size = 16 * own + shape.local_noise

    shared = _mixed(
        _stream(seed, "piece", 1).standard_normal((16, grid.shared_pattern)),
        _stream(source, "section", number).standard_normal((16, grid.shared_pattern)),
        _OWN_GROOVE,
    )
    base = _stream(source, "section", number, 1).standard_normal(size)
    mine = _stream(source, "bar", number, place).standard_normal(size)
    if earlier:
        again = _stream(source, "again", number, place, earlier).standard_normal(size)
        mine = _mixed(mine, again, _RETURN_VARIES)
    noise = _mixed(base, mine, arrangement.variation)
    pattern = np.concatenate([shared, noise[: 16 * own].reshape(16, own)], axis=1)
    return pattern, noise[16 * own :]


def _mixed(one: Any, other: Any, share: float) -> Any:
    """Two noises as one of the same variance."""
    return np.sqrt(1.0 - share * share) * one + share * other


def _stream(seed: int, name: str, *numbers: int) -> np.random.Generator:
    return np.random.default_rng([seed, _STREAMS[name], *numbers])
