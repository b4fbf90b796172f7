"""Numbers on the command line: every command refuses at once what is none, or out of range."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from fstmuse_core.cli.common.param_types import Number, Whole
from fstmuse_core.cli.program import program

from .conftest import Run

_ABSURD = ("inf", "-inf", "nan", "1e400", "-1", "0", "1e18", str(10**18), "9" * 50, "", "٣", "1_0")
# Commands that look at how options go together before they look at the numbers.
_NEEDED: dict[tuple[str, ...], tuple[str, ...]] = {("generate",): ("--genre", "Rock")}
# Any whole number of these makes sense: so many, or as many as there are.
_UNBOUNDED = {"--top", "--show", "--genres", "--min-files"}


def _commands(
    command: click.Command, names: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield names, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from _commands(found, (*names, name))


def _options() -> Iterator[tuple[tuple[str, ...], click.Option]]:
    for names, command in _commands(program):
        for option in command.params:
            if isinstance(option, click.Option) and (
                isinstance(option.type, click.types.IntParamType | click.types.FloatParamType)
            ):
                yield names, option


OPTIONS = list(_options())


def test_every_number_has_a_kind_of_this_program() -> None:
    assert len(OPTIONS) >= 20
    for names, option in OPTIONS:
        assert isinstance(option.type, Whole | Number), (*names, option.opts)


def _makes_sense(option: click.Option, text: str) -> bool:
    kind, name = option.type, option.opts[0]
    assert isinstance(kind, Whole | Number)
    if isinstance(kind, Whole) and text == str(10**18):
        return name in _UNBOUNDED
    # Generating checks the range itself, as for a recipe.
    is_zero_fine = (kind.min == 0 and not kind.min_open) or option.name in ("seed", "variation")
    return text == "0" and is_zero_fine


REFUSED = [
    pytest.param(names, option, text, id=f"{' '.join((*names, option.opts[0]))}={text}")
    for names, option in OPTIONS
    for text in _ABSURD
    if not _makes_sense(option, text)
]


@pytest.mark.parametrize(("names", "option", "text"), REFUSED)
def test_absurd_numbers_are_refused_at_once(
    fstmuse: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    option: click.Option,
    text: str,
) -> None:
    monkeypatch.chdir(tmp_path)

    outcome = fstmuse(*names, f"{option.opts[0]}={text}", *_NEEDED.get(names, ()))

    assert (outcome.code, outcome.out) == (2, "")
    assert "Traceback" not in outcome.err
    # Below click's two lines on usage there is one that says what is wrong.
    (line,) = [x for x in outcome.complaints if x.startswith(("Error: ", "fstmuse: "))]
    assert line == outcome.complaints[-1]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("share", ["inf", "nan", "1e400", "-1", "1e18", "", "٣"])
def test_absurd_shares_of_a_blend(fstmuse: Run, share: str) -> None:
    outcome = fstmuse("generate", "--genre", "Rock", "--blend", f"Jazz:{share}")

    assert outcome.code == 2
    (line,) = outcome.complaints
    assert line.startswith("fstmuse: ")
