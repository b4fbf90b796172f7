"""``fstmuse library report``."""

from __future__ import annotations

from pathlib import Path

import click

from fstmuse_core.cli.console import say
from fstmuse_core.cli.kinds import SomePath
from fstmuse_core.cli.library.choosing import (
    Choice,
    chosen_model,
    model_option,
    opened_library,
)
from fstmuse_core.cli.library.labels import chosen_labels
from fstmuse_core.cli.output import check_writable
from fstmuse_core.errors import one_line


@click.command(short_help="Write a page that shows what the library holds.")
@click.argument("file", type=SomePath(path_type=Path), metavar="FILE.html")
@model_option
@click.option("--folder", type=SomePath(), metavar="PATH", help="Only what lies in it.")
@click.option("--tags", is_flag=True, help="Also where the model and the files' tags differ.")
def report(file: Path, model: str | None, folder: str | None, tags: bool) -> int:
    """Write one HTML file: the share of each genre, how sure the model is, what failed.

    It holds all that it needs, and opens in any browser.
    """
    from fstmuse_core.library.disagreement import agreement
    from fstmuse_core.library.known_music import known_before
    from fstmuse_core.library.report import write_report

    check_writable(file)
    with opened_library() as library:
        heard = chosen_model(library, model)
        rows = Choice(folder, None, None, False).rows(library, heard)
    if tags:
        labels = chosen_labels(rows, None, False, None)
        truth, note = agreement(rows, heard, labels), known_before(heard, rows, labels)
        write_report(file, rows, heard, truth=truth, note=note)
    else:
        write_report(file, rows, heard)
    say(f"the report is in {one_line(str(file))}")
    return 0
