"""``fstmuse classify``: genres of files and folders."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from fstmuse_core.cli.console import about, mute_libraries, say, unexpected
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.cli.output import check_writable, open_text
from fstmuse_core.cli.progress import ProgressBar
from fstmuse_core.errors import AudioError, FstMuseError

if TYPE_CHECKING:
    from fstmuse_core.bundle import Bundle
    from fstmuse_core.classify import GenreClassifier
    from fstmuse_core.cli.results import Choice, FileResult, ResultWriter

DEFAULT_MODEL = "fst-muse"
_FORMATS = ("table", "json", "jsonl", "csv")


@click.command(short_help="Say which genre sound files are.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option(
    "--model",
    default=DEFAULT_MODEL,
    show_default=True,
    metavar="NAME",
    help="A model's name (see: fstmuse models list) or its folder.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only the N likeliest genres (default: 3 in a table, elsewhere all).",
)
@click.option(
    "--timeline",
    is_flag=True,
    help="Also every segment: rows of a table or CSV, 'segments' in JSON.",
)
@click.option(
    "--format",
    "layout",
    type=click.Choice(_FORMATS),
    default="table",
    show_default=True,
    help="json is one array, jsonl one object a line.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Write there. The old file is replaced once all is done; jsonl grows line by line.",
)
def command(
    paths: tuple[str, ...],
    model: str,
    top: int | None,
    timeline: bool,
    layout: str,
    output: Path | None,
) -> int:
    """Say which genre each PATH is: sound files, videos, or folders of them.

    Results come in the order given; the contents of folders by name. A file that fails is
    named on standard error, the others are still done, and the exit code is 1.
    """
    target = None if output is None or str(output) == "-" else output
    check_writable(target)
    mute_libraries()

    from fstmuse_core.classify import GenreClassifier
    from fstmuse_core.cli.results import Choice

    classifier = GenreClassifier.load(model)
    found = list(_find(paths))
    with open_text(target, line_by_line=layout == "jsonl") as stream:
        writer = _writer(layout, stream, classifier.bundle, Choice(top, timeline), found)
        failed = _classify_all(classifier, found, writer, speak_warnings=layout == "table")
    return SOME_FAILED if failed else 0


_Found = tuple[str, AudioError | None]


def _find(paths: Sequence[str]) -> Iterator[_Found]:
    """Every file that is meant, and each folder that holds none or can't be read, with why."""
    from fstmuse_core.audio import find_audio_files

    for path in paths:
        if not os.path.isdir(path):
            yield path, None
            continue
        errors: list[AudioError] = []
        is_empty = True
        for file in find_audio_files([path], errors.append):
            is_empty = False
            yield str(file), None
        yield from ((str(error.subject), error) for error in errors)
        if is_empty and not errors:
            yield path, AudioError(path, "there are no sound files in this folder", "name another")


def _writer(
    layout: str, stream: TextIO, bundle: Bundle, choice: Choice, found: Sequence[_Found]
) -> ResultWriter:
    if layout == "table":
        from fstmuse_core.cli.table import TableWriter, shown_name, width

        return TableWriter(
            stream, bundle, choice, max((width(shown_name(path)) for path, _ in found), default=0)
        )
    from fstmuse_core.cli.results import CsvWriter, JsonLinesWriter, JsonWriter

    writers: dict[str, Callable[[TextIO, Bundle, Choice], ResultWriter]] = {
        "json": JsonWriter,
        "jsonl": JsonLinesWriter,
        "csv": CsvWriter,
    }
    return writers[layout](stream, bundle, choice)


def _classify_all(
    classifier: GenreClassifier,
    found: Sequence[_Found],
    writer: ResultWriter,
    *,
    speak_warnings: bool,
) -> int:
    """Write a result for each file, in order; the number of those that failed."""
    failed = 0
    with writer, ProgressBar(len(found)) as bar:
        for index, (path, error) in enumerate(found):
            result = _classify(classifier, path, error, bar, index)
            if result.error is not None or sys.stdout.isatty():
                bar.clear()
            writer.add(result)
            if result.error is not None:
                failed += 1
                say(f"fstmuse: {result.error}")
            elif speak_warnings and result.classification is not None:
                for warning in result.classification.warnings:
                    bar.clear()
                    say(about(path, FstMuseError(path, warning)))
    return failed


def _classify(
    classifier: GenreClassifier, path: str, error: AudioError | None, bar: ProgressBar, index: int
) -> FileResult:
    from fstmuse_core.cli.results import FileResult

    if error is None:
        name = os.path.basename(path)
        try:
            return FileResult(
                path,
                classifier.classify_file(
                    path, progress=lambda fraction: bar.update(index + fraction, name)
                ),
            )
        except AudioError as problem:
            error = problem
        except Exception as problem:  # one file's trouble must not end the others' work
            error = unexpected(path, problem)
    return FileResult(path, error=about(path, error))
