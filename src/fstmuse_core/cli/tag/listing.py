"""``fstmuse tag list``."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import click

from fstmuse_core.cli.console import print_safe, say
from fstmuse_core.cli.library.choosing import layout_option
from fstmuse_core.datasets.wording import counted


@click.command("list", short_help="Show the batches that were written.")
@layout_option
def list_written(layout: str) -> int:
    """Show every batch, the newest first: when, how many files, how many were taken back.

    It also clears up after a batch that was killed.
    """
    from fstmuse_core.tags.batch import list_batches, recover

    recover()
    found = list_batches()
    if layout == "json":
        print_safe(json.dumps([asdict(summary) for summary in found], indent=1))
        return 0
    for summary in found:
        at = f"{datetime.fromisoformat(summary.at).astimezone():%Y-%m-%d %H:%M}"
        undone = f", {summary.n_undone:,} taken back" if summary.n_undone else ""
        open_still = "  (being written, or its disk is not there)" if summary.was_cut_off else ""
        width = max(len(other.id) for other in found)
        files = counted(summary.n_written, "file")
        print_safe(f"{summary.id:<{width}}  {at}  {files}{undone}{open_still}")
    if not found:
        say("fstmuse: no tags were written yet; see: fstmuse tag preview --help")
    return 0
