"""``fstmuse models export`` and ``import``."""

from __future__ import annotations

from pathlib import Path

import click

from fstmuse_core.cli.console import say
from fstmuse_core.cli.kinds import SomeName, SomePath
from fstmuse_core.errors import one_line


@click.command(short_help="Write a model as one file.")
@click.argument("name", type=SomeName())
@click.option(
    "-o",
    "--output",
    type=SomePath(path_type=Path),
    metavar="FILE",
    help="Where it goes; by default NAME.fstmuse here.",
)
def export(name: str, output: Path | None) -> int:
    """Write the model NAME as one file, to keep it or to hand it on.

    The file holds its weights, its card and the list of what it learned from: no program, and
    no sound.
    """
    from fstmuse_core.cli.output import check_writable
    from fstmuse_core.models.archive import export_model

    if output is not None and not output.is_dir():
        check_writable(output)
    path = export_model(name, output)
    say(f"{name} is in {one_line(str(path))}")
    return 0


@click.command("import", short_help="Make a model of an exported file.")
@click.argument("file", type=SomePath(path_type=Path))
@click.option("--name", default="", metavar="NAME", help="What it is to be called.")
def import_(file: Path, name: str) -> int:
    """Make one of your models of FILE, which models export has written.

    Nothing in the file is run: its weights alone are taken, checked, and put into FstMuse's
    own network. Other programs' model files are refused, since loading them can run code.
    """
    from fstmuse_core.models.importing import import_model

    entry = import_model(file, name, tell=lambda step: say(f"{step} ..."))
    say(f"{one_line(str(file))} is now the model {entry.name}")
    return 0
