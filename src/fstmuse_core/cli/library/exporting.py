"""``fstmuse library export``."""

from __future__ import annotations

from pathlib import Path

import click

from fstmuse_core.cli.console import say
from fstmuse_core.cli.kinds import SomePath
from fstmuse_core.cli.library.choosing import (
    Choice,
    choice_options,
    chosen_model,
    model_option,
    opened_library,
)
from fstmuse_core.cli.output import check_writable
from fstmuse_core.datasets.wording import counted
from fstmuse_core.errors import one_line


@click.command(short_help="Write the library as CSV, JSON or JSON lines.")
@click.argument("file", type=SomePath(path_type=Path, allow_dash=True), metavar="FILE")
@model_option
@choice_options
@click.option(
    "--format",
    "layout",
    type=click.Choice(("csv", "json", "jsonl")),
    help="By default what FILE ends in; csv for -.",
)
def export(
    file: Path,
    model: str | None,
    folder: str | None,
    genre: str | None,
    state: str | None,
    unsure: bool,
    layout: str | None,
) -> int:
    """Write what is known of each file into FILE, or to standard output for -.

    In CSV a text that a spreadsheet would run as a formula gets a ' before it; JSON holds
    every text as it is.
    """
    import sys

    from fstmuse_core.library.export import Layout, export_library, layout_of, write_library

    to_screen = str(file) == "-"
    if not to_screen:
        check_writable(file)
    chosen = Layout(layout) if layout else (Layout.CSV if to_screen else layout_of(file))
    with opened_library() as library:
        heard = chosen_model(library, model)
        rows = Choice(folder, genre, state, unsure).rows(library, heard)
        if to_screen:
            write_library(library, heard, sys.stdout, chosen, rows=rows)
        else:
            written = export_library(library, heard, file, layout=chosen, rows=rows)
            say(f"{counted(written, 'file')} in {one_line(str(file))}")
    return 0
