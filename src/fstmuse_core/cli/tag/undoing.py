"""``fstmuse tag undo``."""

from __future__ import annotations

import click

from fstmuse_core.cli.console import print_safe, say
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.datasets.wording import counted
from fstmuse_core.errors import FstMuseError


@click.command(short_help="Give files back as they were before a batch.")
@click.argument("batch", required=False, metavar="[BATCH]")
def undo(batch: str | None) -> int:
    """Give the files of BATCH back as they were, to the byte; by default of the last one.

    "fstmuse tag list" shows the batches. Files that were changed by anything else since are
    left as they are, named on standard error, and make the exit code 1.
    """
    from fstmuse_core.cli.tag.outcomes import Ledger, stop_asked
    from fstmuse_core.tags import batch as batches
    from fstmuse_core.tags.outcome import Fate

    identity, total = _chosen(batch)
    with Ledger(total) as ledger, stop_asked() as cancelled:
        done = batches.undo(identity, on_outcome=ledger.take, cancelled=cancelled)
    if not done.outcomes and not done.trouble:
        say(f"fstmuse: nothing of {identity} is left to take back")
        return 0
    failed = done.count(Fate.FAILED)
    left = f", {failed:,} left as they are" if failed else ""
    print_safe(f"{counted(done.count(Fate.UNDONE), 'file')} as before {identity}{left}")
    return SOME_FAILED if ledger.trouble(done) else 0


def _chosen(batch: str | None) -> tuple[str, int]:
    """The batch that is meant, and how many of its files can be taken back."""
    from fstmuse_core.tags.batch import list_batches, recover

    recover()
    found = {summary.id: summary.n_written - summary.n_undone for summary in list_batches()}
    if batch is not None:
        return batch, found.get(batch, 0)
    for identity, left in found.items():
        if left:
            return identity, left
    raise FstMuseError("Tags", "there is nothing to take back", "see: fstmuse tag list")
