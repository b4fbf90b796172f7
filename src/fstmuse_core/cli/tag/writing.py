"""``fstmuse tag preview``, ``write``, ``undo`` and ``list``."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING, Any, Self

import click

from fstmuse_core.cli.common.console import SOME_FAILED, ProgressBar, print_safe, say
from fstmuse_core.cli.library.options import layout_option
from fstmuse_core.cli.tag.planning import plan_options, planned, told
from fstmuse_core.library.database import library_file, open_library
from fstmuse_core.library.tagging import note_tags
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.wording import counted
from fstmuse_core.tags.outcome import Batch, Fate, Outcome

if TYPE_CHECKING:
    from fstmuse_core.tags.plan import Change


class Ledger:
    """Takes outcomes in a ``with`` statement; tells of failures at once."""

    def __init__(self, total: int) -> None:
        self._bar = ProgressBar(total)
        self._count = 0
        self._failed = False
        # A library that nobody has made is not begun for the sake of tags.
        self._library = open_library() if library_file().is_file() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.clear()
        if self._library is not None:
            self._library.close()

    def take(self, outcome: Outcome) -> None:
        """Take note of one file."""
        self._count += 1
        if outcome.fate is Fate.FAILED:
            self._failed = True
            self._bar.clear()
            say(f"fstmuse: {one_line(str(outcome.path))}: {outcome.why}")
        elif self._library is not None:
            note_tags(self._library, outcome)
        self._bar.update(self._count, outcome.path.name)

    def trouble(self, batch: Batch) -> bool:
        """Return true if anything failed; says so if the batch as a whole did."""
        if batch.trouble:
            say(f"fstmuse: {batch.trouble}")
        return self._failed or bool(batch.trouble)


@contextmanager
def stop_asked() -> Iterator[Callable[[], bool]]:
    """Watch for Ctrl-C: the file that is being written is then still finished."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    try:
        before = signal.signal(signal.SIGINT, ask)
    except ValueError:  # not in the main thread, which alone hears Ctrl-C
        yield lambda: asked
        return
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


# Previewing ---------------------------------------------------------------------------------


@click.command(short_help="Show what would be written; change nothing.")
@plan_options
@click.option("--all", "show_all", is_flag=True, help="Also files left as they are, with why.")
@layout_option
def preview(show_all: bool, layout: str, **choices: Any) -> int:
    """Show the genres of each file, and what else is asked for, now and after writing.

    Nothing is changed.

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
    if change.skipped:
        return f"{old} (kept)"
    also = change.extras_words()
    if change.keeps_genres:
        return also
    return f"{old} > {one_line('; '.join(change.new))}" + (f"; {also}" if also else "")


# Writing ------------------------------------------------------------------------------------


@click.command(short_help="Write tags: genre, tempo, key, mood, gain; they can be undone.")
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
    from fstmuse_core.tags.batch import apply
    from fstmuse_core.tags.isolated import isolated_versions
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
    with (
        isolated_versions(spawn=len(wanted) > 1) as make,
        Ledger(len(wanted)) as ledger,
        stop_asked() as cancelled,
    ):
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


# Undoing ------------------------------------------------------------------------------------


@click.command(short_help="Give files back as they were before a batch.")
@click.argument("batch", required=False, metavar="[BATCH]")
def undo(batch: str | None) -> int:
    """Give the files of BATCH back as they were, to the byte; by default of the last one.

    "fstmuse tag list" shows the batches. Files that were changed by anything else since are
    left as they are, named on standard error, and make the exit code 1.
    """
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


# Listing ------------------------------------------------------------------------------------


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
