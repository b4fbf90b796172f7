"""``fstmuse library watch``."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING

import click

from fstmuse_core.cli.classify import DEFAULT_MODEL
from fstmuse_core.cli.common.console import SOME_FAILED, print_safe, say
from fstmuse_core.cli.common.param_types import ModelName, SomePath
from fstmuse_core.cli.library.options import opened_library
from fstmuse_core.cli.library.scan import add_folders, words_for, work_on
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from fstmuse_core.library.database import Library

# Between two looks whether something has changed or the machine is idle.
_LOOK_S = 1.0


@click.command(short_help="Keep folders up to date, and hear what is new.")
@click.argument("folders", nargs=-1, type=SomePath(), metavar="[FOLDER...]")
@click.option("--model", type=ModelName(), default=DEFAULT_MODEL, show_default=True, metavar="NAME")
@click.option("--no-hearing", is_flag=True, help="Only look what is in them.")
def watch(folders: tuple[str, ...], model: str, no_hearing: bool) -> int:
    """Add each FOLDER to the library and keep it up to date until Ctrl-C; without one, all.

    Files that come, change or go are noticed at once where the system tells, and looked for every
    15 minutes where it does not, as on network drives. What is new is heard when the machine is
    idle. A folder that is gone is said, and watched again once it is back.
    """
    from fstmuse_core.library.watch import FolderWatch

    with opened_library() as library:
        added, refused = add_folders(library, folders)
        if refused and not added:
            return SOME_FAILED
        known = [f.path for f in library.folders() if not added or f.folder_id in added]
        if not known:
            raise FstMuseError("Your library", "it has no folder yet", "name one with music")
        changed = threading.Event()
        changed.set()
        watching = FolderWatch(known, changed.set, lambda words: say(f"fstmuse: {words}"))
        watching.start()
        print_safe(f"watching {', '.join(map(one_line, known))}; Ctrl-C ends it")
        try:
            _keep_up(library, added or None, changed, "" if no_hearing else model)
        except KeyboardInterrupt:
            print_safe("no longer watching; what was heard is kept")
        finally:
            watching.stop()
    return SOME_FAILED if refused else 0


def _keep_up(
    library: Library, folder_ids: list[int] | None, changed: threading.Event, model: str
) -> None:
    """Look through the folders whenever something has changed, and hear what is new; endless."""
    from fstmuse_core.bundle.bundle import find_bundle
    from fstmuse_core.library.queue import know_again
    from fstmuse_core.library.scan import scan_library
    from fstmuse_core.library.tagging import read_new_tags
    from fstmuse_core.library.watch import is_idle
    from fstmuse_core.library.work import WorkFailed

    sha256 = find_bundle(model).sha256 if model else ""
    is_open = False
    while True:
        if changed.wait(_LOOK_S):
            changed.clear()
            report = scan_library(library, folder_ids=folder_ids)
            know_again(library)
            read_new_tags(library)
            for problem in report.problems:
                say(f"fstmuse: {problem}")
            if told := words_for(report):
                print_safe(f"{datetime.now():%H:%M}  {told}")
            is_open = bool(model) and library.counts(sha256).waiting > 0
            if is_open and not is_idle():
                print_safe(f"{datetime.now():%H:%M}  what is new is heard once the machine is idle")
        if is_open and is_idle():
            ended = work_on(model)
            if isinstance(ended, WorkFailed):
                say(f"fstmuse: {ended.error}")
            elif ended.done + ended.failed:
                failed = f", {ended.failed:,} failed" if ended.failed else ""
                print_safe(f"{datetime.now():%H:%M}  {counted(ended.done, 'file')} heard{failed}")
            is_open = False
