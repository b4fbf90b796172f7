"""``fstmuse library scan``, ``forget`` and ``classify``."""

from __future__ import annotations

import os
import queue
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from fstmuse_core.cli.classify import DEFAULT_MODEL
from fstmuse_core.cli.common.console import SOME_FAILED, print_safe, say
from fstmuse_core.cli.common.param_types import ModelName, SomePath, tag_encoding_option
from fstmuse_core.cli.common.progress import ProgressBar
from fstmuse_core.cli.library.options import opened_library
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from fstmuse_core.library.database import Library
    from fstmuse_core.library.work import WorkCancelled, WorkDone, WorkEvent, WorkFailed


@click.command(short_help="Add folders, and look what is in them.")
@click.argument("folders", nargs=-1, type=SomePath(), metavar="[FOLDER...]")
@tag_encoding_option("It is remembered. ")
def scan(folders: tuple[str, ...], tag_encoding: str | None) -> int:
    """Add each FOLDER to the library and find its sound files; without one, look again.

    Nothing is heard yet; the tags of new files are read. Files that were heard before are known
    again by their sound, wherever they lie now. A folder that cannot be read is said, and makes
    the exit code 1.
    """
    from fstmuse_core.library.scan import scan_library
    from fstmuse_core.library.tagging import read_again, read_new_tags
    from fstmuse_core.tags.text_encoding import encoding_of

    encoding = None if tag_encoding is None else encoding_of(tag_encoding)
    with opened_library() as library:
        added, refused = _added(library, folders)
        if refused and not added:
            return SOME_FAILED
        if not library.folders():
            raise FstMuseError("Your library", "it has no folder yet", "name one with music")
        report = scan_library(library, folder_ids=added or None, progress=_progress)
        if encoding is not None:
            read_again(library, encoding)
        read_new_tags(library, progress=_tags_progress)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    for problem in report.problems:
        say(f"fstmuse: {problem}")
    parts = {
        "new": report.n_new,
        "added": report.n_added,
        "changed": report.n_changed,
        "moved": report.n_moved,
        "gone": report.n_gone,
    }
    told = ", ".join(f"{count:,} {what}" for what, count in parts.items() if count)
    print_safe(f"{report.n_found:,} sound files found; " + (told or "nothing is new"))
    return SOME_FAILED if report.problems or refused else 0


def _added(library: Library, folders: Sequence[str]) -> tuple[list[int], int]:
    """Numbers of the folders in the library, and how many could not be added, which is said."""
    added = []
    for folder in folders:
        try:
            added.append(library.add_folder(folder).folder_id)
        except FstMuseError as error:
            say(f"fstmuse: {error}")
    return added, len(folders) - len(added)


def _progress(found: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{found:,} sound files", end="", file=sys.stderr, flush=True)


def _tags_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\rtags of {done:,} of {total:,} files", end="", file=sys.stderr, flush=True)


@click.command(short_help="Take folders out of the library.")
@click.argument("folders", nargs=-1, required=True, type=SomePath(), metavar="FOLDER...")
def forget(folders: tuple[str, ...]) -> int:
    """Take each FOLDER out of the library; its files stay where and as they are.

    What was heard and what you said of them is kept, should they come back. A folder that the
    library does not have is said, and makes the exit code 1; the others are taken out.
    """
    with opened_library() as library:
        known = {folder.path: folder for folder in library.folders()}
        names = ", ".join(map(one_line, known)) or "none"
        unknown = 0
        for path in dict.fromkeys(map(os.path.abspath, folders)):
            if path not in known:
                unknown += 1
                say(f"fstmuse: {one_line(path)}: the library has no such folder; it has {names}")
                continue
            library.remove_folder(known[path].folder_id)
            print_safe(
                f"{one_line(path)}: {known[path].n_files:,} files are in the library no more"
            )
    return SOME_FAILED if unknown else 0


@click.command(short_help="Hear all that waits.")
@click.option("--model", type=ModelName(), default=DEFAULT_MODEL, show_default=True, metavar="NAME")
@click.option("--retry", is_flag=True, help="Try files again that failed or were skipped.")
def classify(model: str, retry: bool) -> int:
    """Let a model hear every file of the library that it has not heard yet, on all cores.

    Songs that were heard before FstMuse kept what they sound like are heard once more, so that
    similar ones can be found. Tempo, key, loudness and energy are measured along the way, also of
    songs that were heard before.

    It may be stopped at any moment, with Ctrl-C or otherwise: what was heard is kept, and the
    next time it goes on from there. If files fail, the exit code is 1; see fstmuse library list.
    """
    from fstmuse_core.bundle.bundle import find_bundle
    from fstmuse_core.library.rows import State
    from fstmuse_core.library.work import WorkFailed

    bundle = find_bundle(model)
    sha256, tagger = bundle.sha256, bundle.manifest.tagger
    with opened_library() as library:
        if not library.folders():
            raise FstMuseError(
                "Your library", "it has no folder yet", "add one: fstmuse library scan FOLDER"
            )
        if retry:
            again = (State.FAILED, State.SKIPPED)
            library.requeue([row.file_id for row in library.rows(sha256) if row.state in again])
        lacking = library.count_lacking(tagger) if tagger else 0
        unmeasured = library.count_unmeasured() - lacking
    if unmeasured > 0:
        say(f"{counted(unmeasured, 'song')} heard before, to measure: tempo, key, loudness")
    if lacking:
        say(f"{counted(lacking, 'song')} heard before, again: what it sounds like is not kept yet")
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
    from fstmuse_core.library.work import LibraryWork, WorkProgress

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
