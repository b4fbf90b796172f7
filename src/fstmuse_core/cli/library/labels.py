"""Where the genres come from that a model is held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fstmuse_core.cli.kinds import SomePath
from fstmuse_core.cli.progress import ProgressBar

if TYPE_CHECKING:
    from fstmuse_core.library.rows import LibraryRow
    from fstmuse_core.library.truth import Label

_Command = TypeVar("_Command", bound=Callable[..., Any])


def label_options(function: _Command) -> _Command:
    """The options that :func:`chosen_labels` takes."""
    for option in (
        click.option(
            "--music-folder",
            type=SomePath(path_type=Path, file_okay=False),
            metavar="PATH",
            help='What "directory" is for beets; found out if it is not given.',
        ),
        click.option("--reviews", is_flag=True, help="Against what you accepted or corrected."),
        click.option(
            "--beets",
            type=SomePath(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Against the library.db of beets, which is only read.",
        ),
    ):
        function = option(function)
    return function


def chosen_labels(
    rows: Sequence[LibraryRow], beets: Path | None, reviews: bool, music_folder: Path | None
) -> list[Label]:
    """Labels from where the user wants them; by default from the files' own tags."""
    from fstmuse_core.library.truth import beets_labels, review_labels, tag_labels

    if beets is not None and reviews:
        raise click.UsageError("--beets and --reviews are two sources; give one")
    if beets is not None:
        return beets_labels(beets, [row.path for row in rows], music_folder=music_folder)
    if reviews:
        return review_labels(rows)
    with ProgressBar(len(rows)) as bar:
        return tag_labels(rows, progress=lambda done, _: bar.update(done, "tags"))
