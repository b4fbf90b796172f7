"""``fstmuse library import``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from fstmuse_core.cli.common.console import SOME_FAILED, print_safe, say
from fstmuse_core.cli.common.param_types import SomePath
from fstmuse_core.cli.common.progress import ProgressBar
from fstmuse_core.cli.library.options import opened_library
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from fstmuse_core.library.database import Library
    from fstmuse_core.library.file_task import ClassifiedFile, FailedFile
    from fstmuse_core.library.importing import Fate, ResultLine, ResultReader, UnusableLineError

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
