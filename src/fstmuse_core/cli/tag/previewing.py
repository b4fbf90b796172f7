"""``fstmuse tag preview``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from fstmuse_core.cli.console import print_safe, say
from fstmuse_core.cli.library.choosing import layout_option
from fstmuse_core.cli.tag.planning import plan_options, planned, told
from fstmuse_core.errors import one_line

if TYPE_CHECKING:
    from fstmuse_core.tags.plan import Change


@click.command(short_help="Show what would be written; change nothing.")
@plan_options
@click.option("--all", "show_all", is_flag=True, help="Also files left as they are, with why.")
@layout_option
def preview(show_all: bool, layout: str, **choices: Any) -> int:
    """Show the genres of each file now and after writing; nothing is changed.

    RESULTS.jsonl is what "fstmuse classify FOLDER --output RESULTS.jsonl" has written; without
    it the library is meant. JSON holds all files, a table those to be written.
    """
    changes = planned(**choices)
    if layout == "json":
        print_safe(json.dumps([change.to_dict() for change in changes], indent=1))
    else:
        _print_table([change for change in changes if show_all or not change.skipped])
    more = layout == "table" and not show_all and any(change.skipped for change in changes)
    say(f"fstmuse: {told(changes)}" + ("; why: --all" if more else ""))
    return 0


def _print_table(changes: list[Change]) -> None:
    width = max((len(_genres(change)) for change in changes), default=0)
    for change in changes:
        more = change.skipped or change.remark
        print_safe(
            f"{_genres(change):<{width}}  {one_line(str(change.path))}{more and ': ' + more}"
        )


def _genres(change: Change) -> str:
    old = one_line("; ".join(change.old)) or "-"
    return f"{old} (kept)" if change.skipped else f"{old} > {one_line('; '.join(change.new))}"
