"""``fstmuse library list``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fstmuse_core.cli.console import print_safe, say
from fstmuse_core.cli.library.choosing import (
    Choice,
    choice_options,
    chosen_model,
    layout_option,
    model_option,
    opened_library,
)
from fstmuse_core.errors import one_line

if TYPE_CHECKING:
    from fstmuse_core.library.database import Library
    from fstmuse_core.library.rows import HeardModel, LibraryRow


@click.command("list", short_help="The files, and what was heard in them.")
@model_option
@choice_options
@layout_option
def list_files(
    model: str | None,
    folder: str | None,
    genre: str | None,
    state: str | None,
    unsure: bool,
    layout: str,
) -> int:
    """The files of the library by their paths: the likeliest genre, how likely, and the verdict.

    A genre in brackets is a guess of which the model is not sure; one with an asterisk is what
    you said.
    """
    with opened_library() as library:
        heard = chosen_model(library, model)
        rows = Choice(folder, genre, state, unsure).rows(library, heard)
        if layout == "json":
            import sys

            from fstmuse_core.library.export import Layout, write_library

            write_library(library, heard, sys.stdout, Layout.JSON, rows=rows)
            return 0
        _print_table(rows)
        say(_summary(library, heard))
    return 0


def _print_table(rows: list[LibraryRow]) -> None:
    width = max((len(_genre(row)) for row in rows), default=0)
    for row in rows:
        why = f": {one_line(row.error)}" if row.error else ""
        print_safe(f"{_likely(row):>5}  {_genre(row):<{width}}  {one_line(row.path)}{why}")


def _genre(row: LibraryRow) -> str:
    if row.review_genre is not None:
        return f"{one_line(row.review_genre)} *"
    if row.state != "done":
        return row.state.value
    if row.genre is None:
        return "-"
    return one_line(row.genre) if row.is_sure else f"({one_line(row.genre)})"


def _likely(row: LibraryRow) -> str:
    if row.state != "done" or row.genre is None:
        return "-"
    return ">99 %" if row.confidence >= 0.995 else f"{100 * row.confidence:.0f} %"


def _summary(library: Library, model: HeardModel) -> str:
    counts = library.counts(model.sha256)
    if not library.folders():
        return "fstmuse: the library is empty; add a folder with: fstmuse library scan FOLDER"
    parts = {
        "not sure": counts.unsure,
        "failed": counts.failed,
        "waiting": counts.waiting,
        "skipped": counts.skipped,
        "gone": counts.gone,
        "reviewed by you": counts.reviewed,
    }
    told = [f"{count:,} {what}" for what, count in parts.items() if count]
    return f"{model.name}: " + ", ".join([f"{counts.done:,} files heard", *told])
