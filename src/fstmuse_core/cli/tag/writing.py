"""``fstmuse tag write``."""

from __future__ import annotations

from typing import Any

import click

from fstmuse_core.cli.console import print_safe, say
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.cli.tag.planning import plan_options, planned, told
from fstmuse_core.datasets.wording import counted


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
    from fstmuse_core.cli.tag.outcomes import Ledger, stop_asked
    from fstmuse_core.tags.batch import apply
    from fstmuse_core.tags.outcome import Fate

    changes = planned(**choices)
    wanted = [change for change in changes if not change.skipped]
    if not wanted:
        say(f"fstmuse: {told(changes)}")
        return 0
    with Ledger(len(wanted)) as ledger, stop_asked() as cancelled:
        batch = apply(wanted, keep_time=keep_time, on_outcome=ledger.take, cancelled=cancelled)
    left = len(changes) - batch.count(Fate.WRITTEN) - batch.count(Fate.FAILED)
    parts = [f"{counted(batch.count(Fate.WRITTEN), 'file')} written"]
    parts += [f"{left:,} left as they are"] if left else []
    parts += [f"{batch.count(Fate.FAILED):,} failed"] if batch.count(Fate.FAILED) else []
    print_safe(", ".join(parts))
    if batch.count(Fate.WRITTEN):
        print_safe(f"to take it back: fstmuse tag undo {batch.id}")
    return SOME_FAILED if ledger.trouble(batch) else 0
