"""Write the man pages, one for each command, from the commands themselves.

Usage: python scripts/make_man_pages.py FOLDER
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from fstmuse_core import __version__
from fstmuse_core.cli.program import program


def commands(
    command: click.Command, names: tuple[str, ...] = ("fstmuse",)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield a command and all below it, each with the names by which it is called."""
    yield names, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=names[-1])
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from commands(inner, (*names, name))


def page(names: Sequence[str], command: click.Command) -> str:
    """The man page of a command, as troff."""
    context = _context(names, command)
    title = "-".join(names)
    lines = [
        f'.TH "{title.upper()}" "1" "" "FstMuse {__version__}" "FstMuse"',
        ".SH NAME",
        f"{escaped(title)} \\- {escaped(command.get_short_help_str(limit=200))}",
        ".SH SYNOPSIS",
        f".B {escaped(' '.join(names))}",
        escaped(" ".join(command.collect_usage_pieces(context))),
        ".SH DESCRIPTION",
        *_paragraphs(command.help or ""),
        *_options(command, context),
        *_below(names, command, context),
    ]
    return "\n".join(lines) + "\n"


def _context(names: Sequence[str], command: click.Command) -> click.Context:
    return click.Context(
        command, info_name=" ".join(names), help_option_names=["-h", "--help"], terminal_width=80
    )


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        yield ".PP"
        if paragraph.startswith("\b\n"):  # click leaves its lines as they are
            yield ".nf"
            yield from map(escaped, paragraph.splitlines()[1:])
            yield ".fi"
        else:
            yield escaped(" ".join(paragraph.split()))


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    records = [
        record
        for parameter in command.get_params(context)
        if (record := parameter.get_help_record(context)) is not None
    ]
    if records:
        yield ".SH OPTIONS"
    for option, meaning in records:
        yield ".TP"
        yield f".B {escaped(option)}"
        yield escaped(" ".join(meaning.split()))


def _below(names: Sequence[str], command: click.Command, context: click.Context) -> Iterator[str]:
    if not isinstance(command, click.Group):
        return
    yield ".SH COMMANDS"
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        yield ".TP"
        yield f".BR {escaped('-'.join((*names, name)))} (1)"
        yield escaped(inner.get_short_help_str(limit=200) if inner else "")


def escaped(text: str) -> str:
    """Text as troff prints it, on a line of its own.

    Examples
    --------
    >>> escaped("--top N"), escaped(".wav files")
    ('\\\\-\\\\-top N', '\\\\&.wav files')
    """
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


def main(arguments: Sequence[str]) -> int:
    """Write all pages into the folder that is named."""
    if len(arguments) != 1:
        sys.exit("name the folder for the pages: python scripts/make_man_pages.py FOLDER")
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for names, command in commands(program):
        file = folder / f"{'-'.join(names)}.1"
        file.write_text(page(names, command), encoding="utf-8", newline="\n")
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
