"""Beat of a clip: its tempo, its bars and how they return."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fstmuse_core.audio.beats import BEATS_A_BAR
from fstmuse_core.bundle.bar_noise import (
    MAX_BARS,
    MAX_BPM,
    MIN_BPM,
    Arrangement,
    Grid,
    draw_form,
    is_form,
)
from fstmuse_core.generate.arrange import bars_for, drawn_tempo
from fstmuse_core.system.errors import GenerateError
from fstmuse_core.system.wording import counted

MIN_SECONDS, MAX_SECONDS = 1.0, 600.0
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class BeatWish:
    """Wishes about a clip's beat; what is ``None`` is drawn from the seed.

    Attributes
    ----------
    bpm : float, optional
        Tempo in beats a minute.
    bars : int, optional
        Instead of a length in seconds.
    form : str, optional
        A letter for each section of four bars, as in ``AABA``.
    variation : float
        Difference between the bars of a section: 0 a loop, 1 as music does.
    loop : bool
        True for a clip that leads into its own beginning, of whole bars.
    renewed : mapping of str to int
        Sections by letter that are made from another seed.

    Raises
    ------
    GenerateError
        If a value is out of range.

    Examples
    --------
    >>> BeatWish(bpm=124.0, bars=16, form="AABA", loop=True).is_anything
    True
    """

    bpm: float | None = None
    bars: int | None = None
    form: str | None = None
    variation: float = 1.0
    loop: bool = False
    renewed: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.bpm is not None:
            _check_bpm(self.bpm)
        if self.bars is not None:
            _check_bars(self.bars)
        if self.form is not None:
            _check_form(self.form)
        _check_variation(self.variation)
        _check_renewed(self.renewed)

    @property
    def is_anything(self) -> bool:
        """True if anything is asked.

        Examples
        --------
        >>> BeatWish().is_anything
        False
        """
        return self != BeatWish()


@dataclass(frozen=True)
class Groove:
    """Beat of a clip that is made; part of its recipe.

    Attributes
    ----------
    bpm : float
        Tempo in beats a minute.
    bars : int
    form : str
        A letter for each section of four bars.
    variation : float
        Difference between the bars of a section, 0 to 1.
    loop : bool
        True for a clip that leads into its own beginning.
    renewed : dict of str to int
        Sections by letter that are made from another seed.

    Raises
    ------
    GenerateError
        If a value is out of range.
    """

    bpm: float
    bars: int
    form: str
    variation: float = 1.0
    loop: bool = False
    renewed: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_bpm(self.bpm)
        _check_bars(self.bars)
        _check_form(self.form)
        _check_variation(self.variation)
        _check_renewed(self.renewed)

    @property
    def seconds(self) -> float:
        """Length of all bars."""
        return self.bars * BEATS_A_BAR * 60.0 / self.bpm

    @property
    def arrangement(self) -> Arrangement:
        """Arrangement for the generator's noise."""
        return Arrangement(self.bars, self.form, self.variation, self.loop, self.renewed)

    @property
    def letters(self) -> str:
        """Letters of the sections that the bars reach, each once."""
        return "".join(dict.fromkeys(letter for letter, _, _ in self.sections()))

    def check(self) -> None:
        """Refuse a section to be renewed that the piece does not have.

        Raises
        ------
        GenerateError
        """
        for letter in self.renewed:
            if letter not in self.letters:
                raise GenerateError(
                    "a new section",
                    f"{letter} is no section of {counted(self.bars, 'bar')} of {self.form}",
                    f"name one of {', '.join(self.letters)}",
                )

    def sections(self) -> list[tuple[str, float, float]]:
        """Letter, begin and end in seconds of each section; the last may be shorter."""
        section_s = 4.0 * BEATS_A_BAR * 60.0 / self.bpm
        count = math.ceil(self.bars / 4)
        return [
            (
                self.form[i % len(self.form)],
                i * section_s,
                min(self.seconds, (i + 1) * section_s),
            )
            for i in range(count)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def groove_for(
    wish: BeatWish, grid: Grid | None, genre: str, seconds: float, seed: int, model: str
) -> Groove | None:
    """The beat of a clip of a genre as it is wished; ``None`` without one.

    Raises
    ------
    GenerateError
        If the model knows no beat, or none of this genre, and one is asked for; if the bars are
        shorter or longer than a clip can be, or a section is renewed that there is not.
    """
    if grid is None:
        if wish.is_anything:
            raise GenerateError(
                f"the model {model}",
                "it was trained without a beat, so no tempo, bars or form can be asked of it",
                "leave them out, or use another model",
            )
        return None
    if not grid.tempos.get(genre):
        if wish.is_anything:
            raise GenerateError(
                f"{genre} of {model}",
                "its music had no steady beat, so no tempo, bars or form can be asked of it",
                "leave them out, or name another genre",
            )
        return None
    if not grid.has_beat(genre) and not wish.is_anything:
        return None
    bpm = wish.bpm or drawn_tempo(grid, genre, seed)
    groove = Groove(
        bpm,
        wish.bars or (_nearest_bars if wish.loop else bars_for)(seconds, bpm),
        wish.form or draw_form(seed),
        wish.variation,
        wish.loop,
        dict(wish.renewed),
    )
    groove.check()
    if wish.bars and groove.seconds > MAX_SECONDS:
        raise GenerateError(
            "the bars",
            f"{wish.bars} of them last {groove.seconds:.4g} s at {bpm:g} beats a minute",
            f"a clip can last {MAX_SECONDS:.0f} s",
        )
    return groove


def _nearest_bars(seconds: float, bpm: float) -> int:
    """Bars of a loop of about this length that is no longer than a clip can be."""
    a_bar = BEATS_A_BAR * 60.0 / bpm
    return max(1, min(round(seconds / a_bar), math.floor(MAX_SECONDS / a_bar + 1e-9)))


def _check_bpm(bpm: float) -> None:
    if not MIN_BPM <= bpm <= MAX_BPM:
        raise GenerateError(
            "the tempo",
            f"{_number(bpm)} beats a minute cannot be made",
            f"{MIN_BPM:.0f} to {MAX_BPM:.0f} can",
        )


def _check_bars(bars: int) -> None:
    if not 1 <= bars <= MAX_BARS:
        raise GenerateError("the bars", f"{bars} cannot be made", f"1 to {MAX_BARS} can")


def _check_form(form: str) -> None:
    if not is_form(form):
        raise GenerateError(
            "the form",
            f"{form!r} is not understood",
            "use letters from A to H, one for each four bars, as in AABA",
        )


def _check_variation(variation: float) -> None:
    if not 0.0 <= variation <= 1.0:
        raise GenerateError(
            "the variation", f"{_number(variation)} is out of range", "use a number from 0 to 1"
        )


def _check_renewed(renewed: Mapping[str, int]) -> None:
    for letter, seed in renewed.items():
        if not is_form(letter) or len(letter) != 1 or not 0 <= seed <= MAX_SEED:
            raise GenerateError(
                "a new section",
                f"{letter}:{seed} is not understood",
                "name a section and a seed, as in B:7",
            )


def _number(value: float) -> str:
    return f"{value:g}" if math.isfinite(value) else str(value)


def parse_renewed(texts: tuple[str, ...]) -> dict[str, int]:
    """``("B:7",)`` as ``{"B": 7}``.

    Raises
    ------
    GenerateError
        If one is no letter with a seed.
    """
    found = {}
    for text in texts:
        letter, _, seed = text.strip().partition(":")
        if not seed.isascii() or not seed.isdigit() or len(seed) > 10:
            raise GenerateError(
                "a new section", f"{text!r} is not understood", "write it as in B:7"
            )
        if letter.upper() in found:
            raise GenerateError("a new section", f"{letter.upper()} is named twice", "name it once")
        found[letter.upper()] = int(seed)
    _check_renewed(found)
    return found
