"""``fstmuse data corrections``: what the user has said so far."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fstmuse_core.cli.console import print_safe, say
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.cli.kinds import SomePath
from fstmuse_core.cli.output import check_writable
from fstmuse_core.errors import FstMuseError, one_line

if TYPE_CHECKING:
    from fstmuse_core.datasets.corrections.record import Correction
    from fstmuse_core.datasets.corrections.store import CorrectionStore

_ID_LENGTH = 8


@click.group(invoke_without_command=True, short_help="List, take back or export your corrections.")
@click.pass_context
def corrections(context: click.Context) -> None:
    """List, take back or export what you said with "fstmuse correct" or in the Classify tab."""
    if context.invoked_subcommand is None:
        context.invoke(listing)


@corrections.command(name="list", short_help="Show all corrections, the newest last.")
@click.option(
    "--format",
    "layout",
    type=click.Choice(("table", "json")),
    default="table",
    show_default=True,
)
def listing(layout: str = "table") -> int:
    """Show all corrections: what you said, what the model said, and of which file."""
    store = _store()
    records = store.records()
    if layout == "json":
        print_safe(json.dumps([record.to_dict(store.folder) for record in records], indent=1))
        return 0
    for record in records:
        print_safe(_row(record))
    if not records:
        say("fstmuse: nothing has been corrected yet; fstmuse correct --help says how")
    return 0


def _row(record: Correction) -> str:
    model = f"{record.heard} {record.probability:.0%}" if record.was_sure else "not sure"
    said = "as it says" if record.is_confirmation else f"you say {record.genre}"
    where = record.title if record.is_kept else str(record.path)
    gone = "" if record.path.is_file() else "  (moved or removed)"
    short = record.sound[:_ID_LENGTH]
    return f"{short}  {record.date[:10]}  {model:<18} {said:<28} {one_line(where)}{gone}"


@corrections.command(short_help="Forget what was said of files.")
@click.argument("what", nargs=-1, required=True, metavar="FILE|ID...", type=SomePath())
def remove(what: tuple[str, ...]) -> int:
    """Forget what was said of files, named as files or by the beginning of their ID.

    Files stay; a recording that was kept with its correction is deleted.
    """
    store = _store()
    failed = False
    for name in what:
        try:
            record = _named(store, name)
            change = store.remove(record.sound)
        except FstMuseError as error:
            failed = True
            say(f"fstmuse: {error}")
            continue
        _say_all(change.notices)
        deleted = "; the recording was deleted" if record.is_kept else ""
        print_safe(f"{one_line(record.title)}: {record.genre} is forgotten{deleted}")
    return SOME_FAILED if failed else 0


@corrections.command(short_help="Take the last step back.")
def undo() -> int:
    """Take the last step back: a correction, or a removal."""
    change = _store().undo()
    _say_all(change.notices)
    if change.before is not None:
        now = f"{change.record.genre} again" if change.record else "not corrected any more"
        print_safe(f"{one_line(change.before.title)}: {now}")
    elif change.record is not None:
        print_safe(f"{one_line(change.record.title)}: {change.record.genre} again")
    return 0


@corrections.command(short_help="Write a manifest.csv.")
@click.argument("file", type=SomePath(path_type=Path), metavar="FILE.csv")
def export(file: Path) -> int:
    """Write the corrections into FILE.csv, a manifest that is a data set anywhere.

    The exit code is 1 if files had to be left out.
    """
    from fstmuse_core.datasets.corrections.tracks import export_manifest, read_corrections
    from fstmuse_core.datasets.wording import counted

    check_writable(file)
    collection = read_corrections(_store().folder)
    unfit = export_manifest(collection, file)
    for aside in (*collection.set_aside, *unfit):
        say(f"left out: {one_line(str(aside.path))}: {aside.reason}")
    written = counted(len(collection.tracks) - len(unfit), "track")
    print_safe(f"{one_line(str(file))}: {written}")
    return SOME_FAILED if unfit or collection.set_aside else 0


def _store() -> CorrectionStore:
    from fstmuse_core.datasets.corrections.store import CorrectionStore

    store = CorrectionStore()
    _say_all(store.notices())
    return store


def _say_all(notices: tuple[str, ...]) -> None:
    for notice in notices:
        say(f"fstmuse: {notice}")


def _named(store: CorrectionStore, name: str) -> Correction:
    path = Path(name).absolute()
    records = store.records()
    found = [record for record in records if record.path == path]
    found = found or [record for record in (store.find(path),) if record]
    if not found and len(name) >= 4:
        found = [record for record in records if record.sound.startswith(name)]
    if len(found) != 1:
        why = "several corrections begin so" if found else "it has not been corrected"
        raise FstMuseError(name, why, "see them with: fstmuse data corrections")
    return found[0]
