"""``fstmuse tag write``."""

from __future__ import annotations

from typing import Any

import click

from fstmuse_core.cli.console import print_safe, say
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.cli.tag.planning import plan_options, planned, told
from fstmuse_core.datasets.wording import counted
from fstmuse_core.errors import one_line


@click.command(short_help="Write genre tags; they can be undone.")
@plan_options
@click.option(
    "--keep-time",
    is_flag=True,
    help="Leave the files' times of change; backups that look at size and time may then miss it.",
)
def write(keep_time: bool, **choices: Any) -> int:
    """Write the genres that "fstmuse tag preview" shows with the same options.

    Permissions of the files stay; undo gives back the time of change too. Ctrl-C ends it after
    the file it is at; a kill at any moment leaves each file old or new. A file that fails stays
    as it was, is named on standard error, and makes the exit code 1.
    """
    from fstmuse_core.cli.tag.making import versions
    from fstmuse_core.cli.tag.outcomes import Ledger, stop_asked
    from fstmuse_core.tags.batch import apply
    from fstmuse_core.tags.outcome import Fate

    changes = planned(**choices)
    wanted = [change for change in changes if not change.skipped]
    broken = [change for change in changes if change.is_broken]
    for change in broken:
        say(f"fstmuse: {one_line(str(change.path))}: {change.skipped}")
    if not wanted:
        say(f"fstmuse: {told(changes)}")
        return SOME_FAILED if broken else 0
    # Before the library and the journal are open: the copy of this process has neither.
    with versions(len(wanted)) as make, Ledger(len(wanted)) as ledger, stop_asked() as cancelled:
        batch = apply(
            wanted,
            keep_time=keep_time,
            make=make,
            on_outcome=ledger.take,
            cancelled=cancelled,
        )
    failed = len(broken) + batch.count(Fate.FAILED)
    left = len(changes) - batch.count(Fate.WRITTEN) - failed
    parts = [f"{counted(batch.count(Fate.WRITTEN), 'file')} written"]
    parts += [f"{left:,} left as they are"] if left else []
    parts += [f"{failed:,} failed"] if failed else []
    print_safe(", ".join(parts))
    if batch.count(Fate.WRITTEN):
        print_safe(f"to take it back: fstmuse tag undo {batch.id}")
    return SOME_FAILED if ledger.trouble(batch) or broken else 0
