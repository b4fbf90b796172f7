"""``fstmuse library classify``."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING

import click

from fstmuse_core.cli.classify import DEFAULT_MODEL
from fstmuse_core.cli.console import print_safe, say
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.cli.kinds import ModelName
from fstmuse_core.cli.library.choosing import opened_library
from fstmuse_core.cli.progress import ProgressBar
from fstmuse_core.datasets.wording import counted
from fstmuse_core.errors import FstMuseError

if TYPE_CHECKING:
    from fstmuse_core.library.events import WorkCancelled, WorkDone, WorkEvent, WorkFailed


@click.command(short_help="Hear all that waits.")
@click.option("--model", type=ModelName(), default=DEFAULT_MODEL, show_default=True, metavar="NAME")
@click.option("--retry", is_flag=True, help="Try files again that failed or were skipped.")
def classify(model: str, retry: bool) -> int:
    """Let a model hear every file of the library that it has not heard yet, on all cores.

    It may be stopped at any moment, with Ctrl-C or otherwise: what was heard is kept, and the
    next time it goes on from there. If files fail, the exit code is 1; see fstmuse library list.
    """
    from fstmuse_core.bundle import find_bundle
    from fstmuse_core.library.events import WorkFailed
    from fstmuse_core.library.rows import State

    sha256 = find_bundle(model).sha256
    with opened_library() as library:
        if not library.folders():
            raise FstMuseError(
                "Your library", "it has no folder yet", "add one: fstmuse library scan FOLDER"
            )
        if retry:
            again = (State.FAILED, State.SKIPPED)
            library.requeue([row.file_id for row in library.rows(sha256) if row.state in again])
    ended = _work(model)
    if isinstance(ended, WorkFailed):
        say(f"fstmuse: {ended.error}")
        return SOME_FAILED
    if not ended.done + ended.failed:
        print_safe(f"nothing waits to be heard by {model}")
        return 0
    failed = f", {ended.failed:,} failed" if ended.failed else ""
    print_safe(f"{counted(ended.done, 'file')} heard{failed}")
    return SOME_FAILED if ended.failed else 0


def _work(model: str) -> WorkDone | WorkCancelled | WorkFailed:
    from fstmuse_core.library.events import WorkProgress
    from fstmuse_core.library.work import LibraryWork

    events: queue.SimpleQueue[WorkEvent] = queue.SimpleQueue()
    work = LibraryWork(events.put, model=model)
    work.start()
    bar = None
    try:
        while isinstance(event := events.get(), WorkProgress):
            bar = bar or ProgressBar(event.total)
            bar.update(event.done + event.failed, model)
    finally:
        work.stop()
        if bar is not None:
            bar.clear()
    return event
