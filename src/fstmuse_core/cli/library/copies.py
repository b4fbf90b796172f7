"""``fstmuse library copies``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from fstmuse_core.cli.common.console import SOME_FAILED, ProgressBar, print_safe, say
from fstmuse_core.cli.common.output import check_writable, open_text
from fstmuse_core.cli.common.param_types import SomePath
from fstmuse_core.cli.library.options import StaleFiles, chosen_model, model_option, opened_library
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.isolated import FileWork
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from fstmuse_core.datasets.duplicates import Print
    from fstmuse_core.library.copies import Copies, Copy, FileHeader
    from fstmuse_core.library.database import Library
    from fstmuse_core.library.rows import LibraryRow

_FIELDS = ("group", "keep", "why", "alike", "format", "bit_rate", "seconds", "title", "path")
# Kept in the library after so many.
_AT_ONCE = 50


@click.command(short_help="Files that hold the same recording, and which to keep.")
@model_option
@click.option("--format", "layout", type=click.Choice(("table", "json", "csv")))
@click.option(
    "--output",
    "-o",
    type=SomePath(path_type=Path),
    metavar="FILE",
    help="Write there (.csv or .json, else a table).",
)
def copies(model: str | None, layout: str | None, output: Path | None) -> int:
    """List files of the library that sound the same, also in other formats, levels and bit rates.

    Of each group one is to be kept: a lossless file before others, then more samples or a higher
    bit rate, then the longer one, then one with a title. Other performances of a piece are no
    copies, nor is a file that holds only a part. Nothing is deleted.

    Files that are gone or have changed since they were scanned, and those that cannot be read,
    are named and left out; then the exit code is 1.
    """
    from fstmuse_core.library.copies import read_prints

    if output is not None:
        check_writable(output)
    kind = layout or ("" if output is None else output.suffix.lower().removeprefix("."))
    with opened_library(to_read=True) as library:
        rows = library.rows(chosen_model(library, model).sha256)
        if not rows:
            raise FstMuseError("Your library", "it is empty", "add a folder: fstmuse library scan")
        stale = StaleFiles(library)
        current = [row for row in rows if not _is_listed(row) or stale.is_current(row)]
        made, failed = _fingerprinted(library, current)
        readable = [row for row in current if row.file_id not in failed]
        found, n_unread = _found(readable, read_prints(library) | made, stale)
    n_stale = stale.tell()
    with open_text(output) as stream:
        _write(found, kind, stream)
    n_extra = sum(len(group) - 1 for one in found for group in one.groups)
    n_groups = sum(len(one.groups) for one in found)
    if not n_groups:
        say("no two files of the library hold the same recording")
    else:
        noun = "copy" if n_extra == 1 else "copies"
        say(f"{n_extra:,} {noun} of {counted(n_groups, 'recording')}")
    return SOME_FAILED if failed or n_unread or n_stale else 0


def _is_listed(row: LibraryRow) -> bool:
    """True if the file can be in a group: it was heard, and no scan has missed it."""
    from fstmuse_core.library.rows import State

    return row.content is not None and row.state is not State.GONE


def _fingerprinted(
    library: Library, rows: Sequence[LibraryRow]
) -> tuple[dict[str, Print], set[int]]:
    """Make the fingerprints that are missing, and keep them where the library can be written.

    Returns
    -------
    tuple of (dict, set)
        Those that were made, and ids of files that cannot be read, which is said.
    """
    from fstmuse_core.cli.common.many_files import in_order
    from fstmuse_core.library.copies import fingerprint, keep_prints, missing_prints
    from fstmuse_core.library.sounds import unpacked_print

    unheard = sum(row.content is None for row in rows)
    if unheard:
        say(
            f"fstmuse: {counted(unheard, 'file')} left out, not heard yet; let a model listen: "
            "fstmuse library classify"
        )
    lacking = missing_prints(library, rows)
    found: dict[str, bytes] = {}
    failed: set[int] = set()
    paths = [row.path for row in lacking]
    results: Iterator[bytes | FstMuseError] = in_order(
        paths, FileWork(fingerprint), lambda _, result: result
    )
    with ProgressBar(len(lacking)) as bar:
        for row, result in zip(lacking, results, strict=True):
            bar.update(len(found) + len(failed), one_line(row.path))
            if isinstance(result, FstMuseError):
                failed.add(row.file_id)
                bar.clear()
                say(f"fstmuse: {one_line(row.path)}: {result.reason}")
            elif row.content is not None:
                found[row.content] = result
                if not len(found) % _AT_ONCE and not library.is_read_only:
                    keep_prints(library, found)
    if found and not library.is_read_only:
        keep_prints(library, found)
    return {content: unpacked_print(words) for content, words in found.items()}, failed


def _found(
    rows: Sequence[LibraryRow], prints: Mapping[str, Print], stale: StaleFiles
) -> tuple[list[Copies], int]:
    """Copies among files, and how many of them could not be read, which is said."""
    from fstmuse_core.library.copies import candidate_groups, facts_of, judged

    groups, alike = candidate_groups(rows, prints)
    likely = [row for group in groups for row in group]
    headers = _headers(likely)
    # They may have changed while fingerprints were made.
    facts = {
        row.file_id: facts_of(row, header)
        for row, header in zip(likely, headers, strict=True)
        if header is not None and stale.is_current(row)
    }
    seen = [[row for row in group if row.file_id in facts] for group in groups]
    found = [judged(group, facts, alike) for group in seen]
    shown = sorted((one for one in found if one.groups or one.parts), key=_first_path)
    return shown, headers.count(None)


def _first_path(found: Copies) -> str:
    kept = [group[0] for group in found.groups] + [longer for longer, _ in found.parts]
    return kept[0].row.path


def _headers(rows: Sequence[LibraryRow]) -> list[FileHeader | None]:
    """Header of each file; ``None`` where it cannot be read, which is said."""
    from fstmuse_core.cli.common.many_files import in_order
    from fstmuse_core.library.copies import read_header

    def kept(index: int, result: FileHeader | FstMuseError) -> list[FileHeader | None]:
        if isinstance(result, FstMuseError):
            say(f"fstmuse: {one_line(rows[index].path)}: {result.reason}")
            return [None]
        return [result]

    work = FileWork(read_header)
    return [header for (header,) in in_order([row.path for row in rows], work, kept)]


def _write(found: Sequence[Copies], kind: str, stream: TextIO) -> None:
    if kind == "json":
        groups = [
            [_record(number, group[0], copy) for copy in group] for number, group in _groups(found)
        ]
        parts = [
            {"longer": longer.row.path, "shorter": shorter.row.path, "alike": _share(shorter)}
            for one in found
            for longer, shorter in one.parts
        ]
        stream.write(json.dumps({"groups": groups, "parts": parts}, indent=1) + "\n")
    elif kind == "csv":
        from fstmuse_core.system.tables import csv_rows

        write = csv_rows(stream)
        write(_FIELDS)
        for number, group in _groups(found):
            for copy in group:
                record = _record(number, group[0], copy)
                write(record[name] for name in _FIELDS)
    else:
        for line in _lines(found):
            if stream is sys.stdout:
                print_safe(line)
            else:
                stream.write(line + "\n")


def _groups(found: Sequence[Copies]) -> Iterator[tuple[int, tuple[Copy, ...]]]:
    yield from enumerate((group for one in found for group in one.groups), 1)


def _share(copy: Copy) -> float:
    return round(copy.alike, 3)


def _record(number: int, kept: Copy, copy: Copy) -> dict[str, Any]:
    return {
        "group": number,
        "keep": copy is kept,
        "why": copy.why,
        "alike": _share(copy),
        "format": copy.facts.format,
        "bit_rate": round(copy.facts.bit_rate),
        "seconds": round(copy.facts.seconds, 1),
        "title": copy.row.title,
        "path": copy.row.path,
    }


def _lines(found: Sequence[Copies]) -> Iterator[str]:
    for _, group in _groups(found):
        for copy in group:
            verb = "keep" if copy is group[0] else "copy"
            yield f"{verb}  {one_line(copy.row.path)}"
            yield f"      {copy.facts}: {one_line(copy.why)}"
        yield ""
    for one in found:
        for longer, shorter in one.parts:
            yield f"part  {one_line(shorter.row.path)}"
            yield f"      {shorter.facts}: held by {one_line(longer.row.path)}; no copy"
