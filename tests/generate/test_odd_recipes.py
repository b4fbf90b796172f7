"""Recipes that somebody wrote by hand: one clear line that names the file, and no forged ones."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np
import pytest

from fstmuse_core.audio.reading import write_audio
from fstmuse_core.cli.common.param_types import Number, Span, Whole
from fstmuse_core.generate.generator import ClipGenerator
from fstmuse_core.generate.groove import Groove, parse_renewed
from fstmuse_core.generate.recipe import Recipe
from fstmuse_core.system.errors import GenerateError

from .conftest import Run


def write(file: Path, values: dict[str, object]) -> Path:
    silent = np.zeros(2205, np.float32)
    write_audio(file, silent, 22_050, texts={"comment": json.dumps(values)})
    return file


def recipe_of(tiny: Path, **changes: object) -> dict[str, object]:
    made = ClipGenerator.load(str(tiny)).recipe("Rock", 2.0, 3, iterations=2)
    return {**made.to_dict(), **changes}


def test_a_version_cannot_forge_a_line(generate: Run, tiny: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "v.flac", recipe_of(tiny, version="9\nfstmuse: all fine"))
    outcome = generate("--recipe", file, "--model", tiny, "-o", tmp_path / "new.wav")
    assert outcome.code == 0
    assert len(outcome.err.splitlines()) == 1


def test_a_groove_that_cannot_be_names_the_file(
    generate: Run, tiny_grid: Path, tmp_path: Path
) -> None:
    groove = Groove(120.0, 1, "A").to_dict()
    values = recipe_of(tiny_grid, groove={**groove, "form": "XYZ"}, format_version=2)
    file = write(tmp_path / "g.flac", values)
    outcome = generate("--recipe", file, "--model", tiny_grid, "-o", tmp_path / "new.wav")
    assert outcome.code == 2
    assert "g.flac: its recipe cannot be made (the form: 'XYZ'" in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_bars_that_the_length_cannot_hold_are_refused() -> None:
    groove = Groove(120.0, 512, "A")
    with pytest.raises(GenerateError, match="the bars: 512 are more than 5 s hold"):
        Recipe("m", "0" * 64, "Rock", 1, 5.0, groove=groove)


def test_bars_that_end_before_the_length_are_refused() -> None:
    groove = Groove(120.0, 2, "A")
    words = "the bars: 2 bars at 120 beats a minute last 4 s, not 30 s; use 15 at least"
    with pytest.raises(GenerateError, match=words):
        Recipe("m", "0" * 64, "Rock", 1, 30.0, groove=groove)


Odd = tuple[tuple[dict[str, object], str], ...]

ODD_GROOVES: Odd = (
    ({"bars": 1}, "(the bars: 1 bar at 120 beats a minute last"),
    ({"bars": 9}, "(the bars: 9 are more than 4 s hold)"),
    ({"bars": 2.0}, "is damaged (Expected `int`, got `float`"),
    ({"bars": 10**30}, "(the bars: 1000000000000000000000000000000 cannot be made)"),
    ({"bpm": 1e300}, "(the tempo: 1e+300 beats a minute"),
    ({"bpm": None}, "is damaged (Expected `float`, got `null`"),
    ({"form": "aaba"}, "(the form: 'aaba' is not understood)"),
    ({"variation": -0.1}, "(the variation: -0.1 is out of range)"),
    ({"loop": "yes"}, "is damaged (Expected `bool`, got `str`"),
    ({"loop": True, "bars": 3}, "(the length: a loop of 3 bars at 120 beats a minute lasts 6 s"),
    ({"renewed": {"B": 5}}, "(a new section: B is no section of 2 bars of A)"),
    ({"renewed": {"A": -5}}, "(a new section: A:-5 is not understood)"),
    ({"renewed": {"A": 2**31}}, "(a new section: A:2147483648 is not understood)"),
    ({"renewed": ["A"]}, "is damaged (Expected `object`, got `array`"),
    ({"swing": 0.6}, "is damaged ('swing' is no entry of a recipe)"),
)
ODD_RECIPES: Odd = (
    ({"loop": True}, "is damaged ('loop' is no entry of a recipe)"),
    ({"groove": []}, "is damaged (Expected `object | null`, got `array`"),
    ({"groove": "A"}, "is damaged ("),
    ({"seconds": 0.5}, "(the length: 0.5 s cannot be made)"),
    ({"seed": -1}, "(the seed: -1 is out of range)"),
    ({"seed": 1.5}, "is damaged (Expected `int`, got `float`"),
    ({"iterations": 10**6}, "(the iterations: 1000000 is out of range)"),
    ({"blend": ["Rock", 0.5]}, "(the blend: Rock is the genre already)"),
    ({"blend": ["Jazz", 1.5]}, "(the blend: 1.5 of Jazz is no share)"),
    ({"blend": "Jazz:0.5"}, "is damaged (Expected `array`, got `str`"),
    ({"format_version": True}, "has format version True; this program reads versions 1 to 4"),
    ({"format_version": 2.0}, "has format version 2.0; this program"),
    ({"format_version": "9" * 999}, f"has format version {'9' * 40}; this program"),
    ({"x" * 999: 1}, f"is damaged ('{'x' * 40}' is no entry of a recipe)"),
)


@pytest.mark.parametrize(("change", "words"), [*ODD_GROOVES, *ODD_RECIPES])
def test_what_cannot_be_made_is_one_line_that_names_the_file(
    generate: Run, tiny_grid: Path, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    recipe = recipe_of(tiny_grid, seconds=4.0, format_version=2)
    recipe["groove"] = Groove(120.0, 2, "A").to_dict()
    if (change, words) in ODD_GROOVES:
        change = {"groove": {**Groove(120.0, 2, "A").to_dict(), **change}}
    file = write(tmp_path / "odd.flac", {**recipe, **change})
    outcome = generate("--recipe", file, "--model", tiny_grid, "-o", tmp_path / "new.wav")
    assert outcome.code == 2
    assert "odd.flac: its recipe " in outcome.err
    assert words in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert not (tmp_path / "new.wav").exists()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "9" * 5000])
def test_numbers_that_are_none_are_one_line(
    generate: Run, tiny_grid: Path, tmp_path: Path, number: str
) -> None:
    text = json.dumps(recipe_of(tiny_grid, seconds="?")).replace('"?"', number)
    write_audio(tmp_path / "n.flac", np.zeros(99), 22_050, texts={"comment": text})
    outcome = generate("--recipe", tmp_path / "n.flac", "--model", tiny_grid)
    assert (outcome.code, len(outcome.err.splitlines())) == (2, 1)
    assert len(outcome.err) < 400


def test_the_title_tells_renewed_sections_apart() -> None:
    groove = Groove(120.0, 8, "AB", renewed={"B": 9})
    assert Recipe("m", "0" * 64, "Rock", 1, 16.0, groove=groove).title == (
        "Rock, 120 bpm, B from seed 9, seed 1"
    )
    with pytest.raises(GenerateError, match="B is named twice"):
        parse_renewed(("B:5", "b:9"))
    with pytest.raises(GenerateError, match="C is no section of 1 bar of A"):
        Groove(120.0, 1, "A", renewed={"C": 1}).check()


@pytest.mark.parametrize("kind", [Number(), Whole()])
def test_help_names_no_range_where_there_is_none(kind: click.ParamType[float]) -> None:
    option = click.Option(["--size"], type=kind, show_default=True, default=3)
    context = click.Context(click.Command("it", params=[option]))
    assert "None" not in option.get_help_record(context)[1]  # type: ignore[index]


def test_a_range_may_have_blanks() -> None:
    assert Span().convert("118 - 124", None, None) == (118.0, 124.0)
    assert Span().convert("-12..-8", None, None) == (-12.0, -8.0)
    with pytest.raises(click.BadParameter, match=r"90-120 or -12\.\.-8"):
        Span().convert("foo", None, None)
