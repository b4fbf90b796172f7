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
