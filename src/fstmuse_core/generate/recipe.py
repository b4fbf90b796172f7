"""Recipe of a clip: enough to make it again, stored in its file and in JSON."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core import __version__
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.likeness import Likeness
from fstmuse_core.generate.arrange import Plan, bars_for
from fstmuse_core.generate.groove import MAX_SECONDS, MAX_SEED, MIN_SECONDS, Groove
from fstmuse_core.generate.like import Like
from fstmuse_core.inversion import ITERATIONS, MAX_ITERATIONS
from fstmuse_core.system.errors import GenerateError, one_line
from fstmuse_core.system.regular_files import open_regular
from fstmuse_core.system.strict_json import parse_json, typed
from fstmuse_core.system.wording import counted

FORMAT = "fstmuse-recipe"
# Of a clip without a beat, of one with, of one in stereo, and of one that is like a song: each the
# least that can make it, so that a program that knows only those before can tell.
FORMAT_VERSION, GROOVE_VERSION, STEREO_VERSION, LIKE_VERSION = 1, 2, 3, 4
_VERSIONS = range(FORMAT_VERSION, LIKE_VERSION + 1)
_MAX_TEXT = 64 * 2**10
_SHOWN = 40


@dataclass(frozen=True)
class Blend:
    """A second genre and its share, from 0 (none of it) to 1 (nothing else)."""

    genre: str
    share: float


@dataclass(frozen=True)
class Recipe:
    """Everything that a clip depends on.

    Attributes
    ----------
    model, model_sha256 : str
        The generator's name, and the hash that stands for its bundle.
    genre : str
        As the model calls it.
    blend : Blend or None
        A second genre.
    seed : int
        From 0 to ``MAX_SEED``.
    seconds : float
        From ``MIN_SECONDS`` to ``MAX_SECONDS``.
    iterations : int
        Of Griffin-Lim.
    groove : Groove or None
        Tempo, bars and form of a clip with a beat.
    stereo : bool
        True for two channels.
    like : Like or None
        A song that the clip is like.
    version : str
        FstMuse's, that made it.

    Raises
    ------
    GenerateError
        If a value is out of range.
    """

    model: str
    model_sha256: str
    genre: str
    seed: int
    seconds: float
    blend: Blend | None = None
    iterations: int = ITERATIONS
    groove: Groove | None = None
    stereo: bool = False
    like: Like | None = None
    version: str = __version__

    def __post_init__(self) -> None:
        if not MIN_SECONDS <= self.seconds <= MAX_SECONDS:
            raise GenerateError(
                "the length",
                f"{_number(self.seconds)} s cannot be made",
                f"{MIN_SECONDS:.0f} to {MAX_SECONDS:.0f} s can",
            )
        if not 0 <= self.seed <= MAX_SEED:
            raise GenerateError(
                "the seed", f"{self.seed} is out of range", f"use a number from 0 to {MAX_SEED}"
            )
        if not 1 <= self.iterations <= MAX_ITERATIONS:
            raise GenerateError(
                "the iterations",
                f"{self.iterations} is out of range",
                f"use a number from 1 to {MAX_ITERATIONS}",
            )
        if self.blend is not None:
            _check_blend(self.genre, self.blend)
        if self.groove is not None:
            _check_groove(self.groove, self.seconds)

    @property
    def title(self) -> str:
        """For people, such as "Rock with 30 % Jazz, seed 7"."""
        blend = "" if self.blend is None else f" with {_percent(self.blend)} {self.blend.genre}"
        beat = "" if self.groove is None else f", {self.groove.bpm:.4g} bpm"
        renewed = self.groove.renewed.items() if self.groove else ()
        new = "".join(f", {letter} from seed {seed}" for letter, seed in sorted(renewed))
        stereo = ", stereo" if self.stereo else ""
        like = "" if self.like is None else f" like {self.like.song}"
        return f"{self.genre}{blend}{like}{beat}{new}{stereo}, seed {self.seed}"

    def plan(self, genres: Sequence[str], likeness: Likeness | None) -> Plan:
        """The piece for a generator that knows beats, of these genres.

        One that was told of songs is told of one: that which the clip is to be like, or one of
        the genre's own, by the seed.
        """
        place = None
        if self.like is not None:
            place = np.array(self.like.place, np.float32)
        elif likeness is not None:
            place = likeness.draw(genres.index(self.genre), self.seed)
            if self.blend is not None:
                other = likeness.draw(genres.index(self.blend.genre), self.seed)
                place += np.float32(self.blend.share) * (other - place)
        groove = self.groove
        if groove is None:
            return Plan(self.seed, place=place)
        return Plan(self.seed, groove.bpm, groove.arrangement, place)

    def weights(self, genres: Sequence[str]) -> FloatArray:
        """Shares of a model's genres, which sum to one, shape ``(len(genres),)``."""
        weights = np.zeros(len(genres), dtype=np.float32)
        share = 0.0 if self.blend is None else self.blend.share
        weights[genres.index(self.genre)] = 1.0 - share
        if self.blend is not None:
            weights[genres.index(self.blend.genre)] = share
        return weights

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        blend = None if self.blend is None else [self.blend.genre, self.blend.share]
        groove = {} if self.groove is None else {"groove": self.groove.to_dict()}
        stereo = {"stereo": True} if self.stereo else {}
        like = {} if self.like is None else {"like": asdict(self.like)}
        least = STEREO_VERSION if stereo else GROOVE_VERSION if groove else FORMAT_VERSION
        return {
            "format": FORMAT,
            "format_version": LIKE_VERSION if like else least,
            "model": self.model,
            "model_sha256": self.model_sha256,
            "genre": self.genre,
            "blend": blend,
            "seed": self.seed,
            "seconds": self.seconds,
            "iterations": self.iterations,
            **groove,
            **stereo,
            **like,
            "version": self.version,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """Inverse of :meth:`to_dict`.

        Raises
        ------
        ValueError
            If an entry is missing, of another type or none that a recipe has.
        GenerateError
            If a value is out of range.
        """
        _check_entries(values)
        rarer = {"groove": None, "stereo": False, "like": None}
        recipe = typed({**rarer, **values, "blend": None}, cls, complete=True)
        blend = values.get("blend")
        if blend is None:
            return recipe
        return replace(recipe, blend=Blend(*typed(blend, tuple[str, float])))

    def to_text(self) -> str:
        """One line of ASCII, for a file's comment."""
        return json.dumps(self.to_dict())


def _check_entries(values: dict[str, Any]) -> None:
    """Refuse entries that nobody would heed: a recipe is all that a clip depends on."""
    groove = values.get("groove")
    for where, kind in ((values, Recipe), (groove if isinstance(groove, dict) else {}, Groove)):
        known = {one.name for one in fields(kind)} | {"format", "format_version"}
        for name in where:
            if name not in known:
                raise ValueError(f"{name[:_SHOWN]!r} is no entry of a recipe")


def _check_blend(genre: str, blend: Blend) -> None:
    if blend.genre == genre:
        raise GenerateError("the blend", f"{genre} is the genre already", "name another one")
    if not 0.0 <= blend.share <= 1.0:
        raise GenerateError(
            "the blend",
            f"{_number(blend.share)} of {blend.genre} is no share",
            "use a number from 0 to 1, such as 0.3",
        )


def _check_groove(groove: Groove, seconds: float) -> None:
    if groove.loop and abs(groove.seconds - seconds) > 1e-6:
        raise GenerateError(
            "the length",
            f"a loop of {counted(groove.bars, 'bar')} at {groove.bpm:g} beats a minute lasts "
            f"{groove.seconds:.6g} s, not {seconds:.6g} s",
            "leave the seconds out",
        )
    if groove.seconds < seconds - 1e-6:
        raise GenerateError(
            "the bars",
            f"{counted(groove.bars, 'bar')} at {groove.bpm:g} beats a minute last "
            f"{groove.seconds:.6g} s, not {seconds:.6g} s",
            f"use {bars_for(seconds, groove.bpm)} at least",
        )
    most = bars_for(seconds, groove.bpm) + 1
    if groove.bars > most:
        raise GenerateError(
            "the bars", f"{groove.bars} are more than {seconds:g} s hold", f"use {most} at most"
        )
    groove.check()


def _percent(blend: Blend) -> str:
    """The share as it is used: 0.125 is 12.5 %, not 12 %."""
    return f"{100 * blend.share:.10g} %"


def _number(value: float) -> str:
    return f"{value:g}" if math.isfinite(value) else str(value)


def parse_blend(text: str) -> Blend:
    """``Jazz:0.3`` as a :class:`Blend`; a genre alone is half of the clip.

    Raises
    ------
    GenerateError
        If the share is no number.

    Examples
    --------
    >>> parse_blend("Jazz:0.3"), parse_blend("Hip-Hop")
    (Blend(genre='Jazz', share=0.3), Blend(genre='Hip-Hop', share=0.5))
    """
    match = re.fullmatch(r"([^:]+)(?::([\x00-\x7f]*))?", text.strip())
    try:
        if match is not None:
            return Blend(match[1].strip(), 0.5 if match[2] is None else float(match[2]))
    except ValueError:
        pass
    raise GenerateError("the blend", f"{text!r} is not understood", "write it as in Jazz:0.3")


def read_recipe(path: str | os.PathLike[str]) -> Recipe:
    """The recipe that stands in the metadata of a clip's file.

    Raises
    ------
    GenerateError
        If the file cannot be read, or holds none that is sound.
    """
    import soundfile

    file = Path(path)
    try:
        with open_regular(file) as stream, soundfile.SoundFile(stream) as sound:
            comment = sound.comment
    except OSError as error:
        why = error.strerror or str(error)
        raise GenerateError(file, f"it cannot be read ({why})", "check the name") from error
    except soundfile.LibsndfileError as error:
        raise GenerateError(
            file, "it is no sound file that could hold a recipe", "name a clip that FstMuse made"
        ) from error
    try:
        values = parse_json(comment[:_MAX_TEXT])
        if not isinstance(values, dict) or values["format"] != FORMAT:
            raise KeyError("format")
    except (ValueError, KeyError):
        raise GenerateError(
            file, "there is no recipe in it", "name a clip that FstMuse made"
        ) from None
    version = values.get("format_version")
    if type(version) is not int or version not in _VERSIONS:
        raise GenerateError(
            file,
            f"its recipe has format version {one_line(str(version)[:_SHOWN])}; "
            f"this program reads versions {_VERSIONS[0]} to {_VERSIONS[-1]}",
            "update FstMuse",
        )
    try:
        return Recipe.from_dict(values)
    except GenerateError as error:
        reason = f"its recipe cannot be made ({one_line(f'{error.subject}: {error.reason}')})"
        raise GenerateError(file, reason, "name another clip") from error
    except ValueError as error:
        raise GenerateError(
            file, f"its recipe is damaged ({one_line(str(error))})", "get the file again"
        ) from error
