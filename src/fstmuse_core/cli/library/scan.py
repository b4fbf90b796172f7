"""``fstmuse library scan``, ``forget``, ``classify`` and ``import``: all that fills a library."""

from __future__ import annotations

import os
import queue
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from fstmuse_core.cli.classify import DEFAULT_MODEL
from fstmuse_core.cli.common.console import SOME_FAILED, ProgressBar, print_safe, say
from fstmuse_core.cli.common.param_types import (
    ModelName,
    SomePath,
    cluster_option,
    tag_encoding_option,
)
from fstmuse_core.cli.library.options import opened_library
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from fstmuse_core.library.database import Library
    from fstmuse_core.library.file_task import ClassifiedFile, FailedFile
    from fstmuse_core.library.importing import Fate, ResultLine, ResultReader, UnusableLineError
    from fstmuse_core.library.scan import ScanReport
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
    from fstmuse_core.library.queue import know_again
    from fstmuse_core.library.scan import scan_library
    from fstmuse_core.library.tagging import read_again, read_new_tags
    from fstmuse_core.tags.text_encoding import encoding_of

    encoding = None if tag_encoding is None else encoding_of(tag_encoding)
    with opened_library() as library:
        added, refused = add_folders(library, folders)
        if refused and not added:
            return SOME_FAILED
        if not library.folders():
            raise FstMuseError("Your library", "it has no folder yet", "name one with music")
        report = scan_library(library, folder_ids=added or None, progress=_progress)
        if encoding is not None:
            read_again(library, encoding)
        know_again(library)
        read_new_tags(library, progress=_tags_progress)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    for problem in report.problems:
        say(f"fstmuse: {problem}")
    told = words_for(report) or "nothing is new"
    print_safe(f"{report.n_found:,} sound files found; {told}")
    return SOME_FAILED if report.problems or refused else 0


def words_for(report: ScanReport) -> str:
    """Sum up what a scan found; empty if nothing is new."""
    parts = {
        "new": report.n_new,
        "added": report.n_added,
        "changed": report.n_changed,
        "moved": report.n_moved,
        "gone": report.n_gone,
    }
    return ", ".join(f"{count:,} {what}" for what, count in parts.items() if count)


def add_folders(library: Library, folders: Sequence[str]) -> tuple[list[int], int]:
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


@click.command(short_help="Take folders, and files that are gone, out of the library.")
@click.argument("paths", nargs=-1, type=SomePath(), metavar="[PATH...]")
@click.option("--gone", is_flag=True, help="Forget all files that the last scan missed.")
def forget(paths: tuple[str, ...], gone: bool) -> int:
    """Take each PATH out of the library: one of its folders, or a file that is no longer there.

    Of a folder within one of the library's, the files that are no longer there. Nothing on the
    disk is touched. What was heard and what you said is kept, should the files come back. A PATH
    that the library does not have, or a file that is still there, is said, and makes the exit
    code 1; the others are taken out.
    """
    if not paths and not gone:
        raise click.UsageError("name a folder or a file to forget, or --gone for all that are gone")
    with opened_library() as library:
        folders = {folder.path: folder for folder in library.folders()}
        refused = 0
        for path in dict.fromkeys(map(os.path.abspath, paths)):
            if path in folders:
                library.remove_folder(folders[path].folder_id)
                count = folders[path].n_files
                print_safe(f"{one_line(path)}: {count:,} files are in the library no more")
            elif told := _forget_files(library, path):
                print_safe(f"{one_line(path)}: {told}")
            else:
                refused += 1
        if gone:
            print_safe(f"{counted(library.forget_gone(), 'file')} forgotten")
    return SOME_FAILED if refused else 0


def _forget_files(library: Library, path: str) -> str:
    """Forget the files of a path that are gone, and sum that up; empty where it was refused."""
    below = os.path.join(path, "")
    ids = [
        row.file_id for row in library.rows("") if row.path == path or row.path.startswith(below)
    ]
    if not ids:
        names = ", ".join(one_line(folder.path) for folder in library.folders()) or "none"
        say(
            f"fstmuse: {one_line(path)}: the library has no such folder or file; "
            f"its folders: {names}"
        )
        return ""
    count = library.forget_gone(ids)
    if not count:
        say(
            f"fstmuse: {one_line(path)}: it is still there, and the next scan would find it "
            "again; move it out of the library's folders first"
        )
        return ""
    return f"{counted(count, 'file')} forgotten"


@click.command(short_help="Hear all that waits.")
@click.option("--model", type=ModelName(), default=DEFAULT_MODEL, show_default=True, metavar="NAME")
@click.option("--retry", is_flag=True, help="Try files again that failed or were skipped.")
@cluster_option("Hear them")
def classify(model: str, retry: bool, cluster: str | None) -> int:
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
    ended = work_on(model, cluster or "")
    if isinstance(ended, WorkFailed):
        say(f"fstmuse: {ended.error}")
        return SOME_FAILED
    if not ended.done + ended.failed:
        print_safe(f"nothing waits to be heard by {model}")
        return 0
    failed = f", {ended.failed:,} failed" if ended.failed else ""
    print_safe(f"{counted(ended.done, 'file')} heard{failed}")
    return SOME_FAILED if ended.failed else 0


def work_on(model: str, cluster: str = "") -> WorkDone | WorkCancelled | WorkFailed:
    from fstmuse_core.library.work import LibraryWork, WorkProgress

    events: queue.SimpleQueue[WorkEvent] = queue.SimpleQueue()
    work = LibraryWork(events.put, model=model, cluster=cluster)
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


# Lines in memory, and files that are looked into before the next lines are read.
_AT_ONCE = 4096
_LONGEST_LINE = 2**26
# Unusable lines of a file that are named one by one.
_NAMED = 5


@click.command("import", short_help="Take results of other machines and scripts.")
@click.argument(
    "results", nargs=-1, required=True, type=SomePath(path_type=Path), metavar="FILE..."
)
def import_results(results: tuple[Path, ...]) -> int:
    """Take the results in each FILE, JSON lines as fstmuse classify writes them, into the library.

    A result is of a sound and a model: it counts for every file that holds this sound here,
    wherever it lies; the file it names is looked into, and others that the library knows. What
    the library has is kept. Results of files that are not here, or whose sound is another by
    now, are named and left out, and the exit code is 1. So it is where a FILE cannot be read;
    the others are still taken.

    What songs sound like to the tagger is in no result: fstmuse library similar finds those that
    were heard here.
    """
    from fstmuse_core.library.importing import Fate

    fates: Counter[Fate] = Counter()
    n_unread = 0
    with opened_library() as library:
        for path in results:
            try:
                fates += _taken(library, path)
            except OSError as error:
                n_unread += 1
                why = error.strerror or str(error)
                say(f"fstmuse: {one_line(str(path))}: it cannot be read ({why}); name another")
    if n_unread == len(results):
        return SOME_FAILED
    _tell(fates)
    left_out = fates[Fate.NOT_HERE] + fates[Fate.CHANGED] + fates[Fate.UNUSABLE]
    return SOME_FAILED if left_out or n_unread else 0


def _tell(fates: Counter[Fate]) -> None:
    from fstmuse_core.library.importing import Fate

    known = f", {fates[Fate.KNOWN]:,} {Fate.KNOWN}" if fates[Fate.KNOWN] else ""
    print_safe(f"{counted(fates[Fate.TAKEN], 'result')} {Fate.TAKEN}{known}")
    for fate in (Fate.FAILED, Fate.NOT_HERE, Fate.CHANGED, Fate.UNUSABLE):
        if fates[fate]:
            print_safe(f"left out: {fates[fate]:,} {fate}")


def _taken(library: Library, path: Path) -> Counter[Fate]:
    """Number of a file's lines of each fate; raises ``OSError`` if it cannot be read."""
    from fstmuse_core.library.importing import Fate, ResultReader
    from fstmuse_core.system.regular_files import open_regular

    fates: Counter[Fate] = Counter()
    reader, unusable = ResultReader(library), _UnusableLines(path)
    with open_regular(path) as stream:
        total = sum(1 for _ in _lines(stream))
        stream.seek(0)
        numbered = enumerate(_lines(stream), 1)
        with ProgressBar(total) as bar:
            while batch := list(islice(numbered, _AT_ONCE)):
                bar.update(batch[0][0] - 1, path.name)
                lines = list(_usable(reader, batch, unusable))
                fates[Fate.UNUSABLE] += len(batch) - len(lines)
                fates.update(_fates(library, lines, bar))
    unusable.tell(total)
    return fates


class _UnusableLines:
    """Lines of a file that cannot be used: the first few are named, the others counted."""

    def __init__(self, path: Path) -> None:
        self._name = one_line(str(path))
        self._first: list[str] = []
        self._count = self._n_no_results = 0

    def add(self, number: int, error: UnusableLineError) -> None:
        from fstmuse_core.library.importing import NoResultError

        self._count += 1
        self._n_no_results += isinstance(error, NoResultError)
        if len(self._first) < _NAMED:
            self._first.append(f"line {number:,}: {error}")

    def tell(self, total: int) -> None:
        """Say it, of a file with so many lines in all."""
        if total > 1 and self._n_no_results == total:
            say(
                f"fstmuse: {self._name}: none of its lines is a result of fstmuse classify; "
                "name a file that fstmuse classify -o wrote"
            )
            return
        for line in self._first:
            say(f"fstmuse: {self._name}, {line}")
        if more := self._count - len(self._first):
            say(f"fstmuse: {self._name}: {counted(more, 'more line')} that cannot be used")


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: stream.readline(_LONGEST_LINE), b"")


def _usable(
    reader: ResultReader, batch: Sequence[tuple[int, bytes]], unusable: _UnusableLines
) -> Iterator[ResultLine]:
    from fstmuse_core.library.importing import UnusableLineError

    for number, line in batch:
        try:
            yield reader.read(line)
        except UnusableLineError as error:
            unusable.add(number, error)


def _fates(library: Library, lines: Sequence[ResultLine], bar: ProgressBar) -> Iterator[Fate]:
    """Take lines, and yield what became of each."""
    from fstmuse_core.cli.common.many_files import in_order
    from fstmuse_core.library.file_task import FailedFile
    from fstmuse_core.library.importing import SoundTask, known_file, take
    from fstmuse_core.library.scan import found_files, note_files

    paths = [line.path for line in lines]
    note_files(library, found_files(paths))

    def keep(
        index: int, result: ClassifiedFile | FailedFile | FstMuseError
    ) -> ClassifiedFile | FailedFile:
        return FailedFile(result.reason) if isinstance(result, FstMuseError) else result

    def known(index: int) -> ClassifiedFile | None:
        return known_file(library, paths[index])

    files = in_order(paths, SoundTask(library.tag_encoding()), keep, known)
    for line, file in zip(lines, files, strict=True):
        fate = take(library, line, file)
        why = _why_not(fate, file)
        if why:
            bar.clear()
            say(f"fstmuse: {one_line(line.path)}: {why}")
        yield fate


def _why_not(fate: Fate, file: ClassifiedFile | FailedFile) -> str:
    from fstmuse_core.library.file_task import FailedFile
    from fstmuse_core.library.importing import Fate

    if fate is Fate.CHANGED:
        return "its sound is another than the one that was heard; classify it again"
    if fate is Fate.NOT_HERE and isinstance(file, FailedFile):
        return "it is not here" if file.is_gone else file.reason
    return ""
