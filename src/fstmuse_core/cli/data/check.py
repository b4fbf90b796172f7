"""``fstmuse data check``: the doctor's report."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fstmuse_core.cli.console import say
from fstmuse_core.cli.data.bar import StepBar
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.cli.kinds import SomePath, Whole, kind_option, tag_encoding_option
from fstmuse_core.cli.output import check_writable, open_text


@click.command(short_help="Listen to all files of a data set and report.")
@click.argument("path", type=SomePath())
@click.option(
    "--format",
    "layout",
    type=click.Choice(("table", "json", "markdown")),
    default="table",
    show_default=True,
)
@click.option(
    "--output",
    "-o",
    type=SomePath(path_type=Path),
    help="A file for the report, instead of standard output.",
)
@kind_option
@tag_encoding_option()
@click.option(
    "--processes",
    type=Whole(1, 64),
    help="How many listen at once; one for each core by default.",
)
def check(
    path: str,
    layout: str,
    output: Path | None,
    kinds: tuple[str, ...],
    tag_encoding: str | None,
    processes: int | None,
) -> int:
    """Listen to all files of the data set PATH, and report what it is worth.

    The report has clips and artists per genre; files that are unreadable, silent, too short or
    clipped; the same sound more than once; artists and duplicates that a split at random would
    put on both sides; and what a test on each genre can say.

    The exit code is 1 if files were set aside or nothing can be trained on the data set.
    """
    check_writable(output, path)

    from fstmuse_core.datasets.detect import data_path, how_chosen, kinds_of, load_tracks
    from fstmuse_core.datasets.doctor import check_collection
    from fstmuse_core.datasets.report_text import as_markdown, as_text
    from fstmuse_core.file_tags.text_encoding import AUTO, encoding_of

    (kind,) = kinds_of([path], kinds)
    encoding = encoding_of(tag_encoding or AUTO)
    with StepBar("reading tags") as bar:
        collection = load_tracks(data_path(path), kind, tag_encoding=encoding, progress=bar.update)
    if kind is None and (line := how_chosen(collection)):
        say(line)
    with StepBar("listening") as bar:
        report = check_collection(collection, processes=processes, progress=bar.update)
    with open_text(output) as stream:
        if layout == "json":
            json.dump(report.to_dict(), stream, indent=1, ensure_ascii=False)
            stream.write("\n")
        else:
            stream.write(as_text(report) if layout == "table" else as_markdown(report))
    return SOME_FAILED if report.problem or report.set_aside else 0
