"""``fstmuse library truth``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fstmuse_core.cli.console import print_safe, say
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.cli.kinds import Whole
from fstmuse_core.cli.library.choosing import (
    chosen_model,
    layout_option,
    model_option,
    opened_library,
)
from fstmuse_core.cli.library.labels import chosen_labels, label_options
from fstmuse_core.datasets.wording import counted
from fstmuse_core.errors import one_line

if TYPE_CHECKING:
    from fstmuse_core.library.disagreement import Agreement


@click.command(short_help="Hold the model against the genres that files have.")
@model_option
@label_options
@click.option(
    "--show",
    type=Whole(min=0),
    default=20,
    show_default=True,
    metavar="N",
    help="How many files to list that the model calls otherwise.",
)
@layout_option
def truth(
    model: str | None,
    beets: Path | None,
    reviews: bool,
    music_folder: Path | None,
    show: int,
    layout: str,
) -> int:
    """Compare what the model says with genres that are there: in tags, in beets, or your own.

    Files are left out whose genre FstMuse itself has written. Tags are opinions too: where tag
    and model differ, either may be wrong.
    """
    from fstmuse_core.library.disagreement import CAVEAT, agreement
    from fstmuse_core.library.known_music import known_before

    with opened_library() as library:
        heard = chosen_model(library, model)
        rows = library.rows(heard.sha256)
    labels = chosen_labels(rows, beets, reviews, music_folder)
    found = agreement(rows, heard, labels)
    note = known_before(heard, rows, labels)
    if layout == "json":
        values = {"model": heard.name, "model_sha256": heard.sha256, "note": note}
        print_safe(json.dumps({**values, **found.to_dict()}, indent=1))
        return 0
    if not labels:
        say("fstmuse: no file of the library has a genre there")
        return SOME_FAILED
    if note:
        print_safe(note)
    print_safe(found.sentence)
    _print_genres(found)
    _print_confusion(found)
    _print_files(found, show)
    for line in _left_out(found):
        print_safe(line)
    print_safe("", CAVEAT, sep="\n")
    return 0


def _print_genres(found: Agreement) -> None:
    rows = [one for one in found.genres if one.labelled or one.named]
    if not rows:
        return
    width = max(5, *(len(one.genre) for one in rows))
    print_safe(f"\n{'genre':<{width}}  labelled    same   other  not sure")
    for one in rows:
        print_safe(
            f"{one_line(one.genre):<{width}}  {one.labelled:>8,}  {one.agreed:>6,}  "
            f"{one.differed:>6,}  {one.unsure:>8,}"
        )


def _print_confusion(found: Agreement) -> None:
    mixed = [
        (count, label, named)
        for (label, named), count in found.confusion.items()
        if named is not None and named != label
    ]
    if mixed:
        print_safe("\nMost often mixed up:")
    for count, label, named in sorted(mixed, key=lambda one: (-one[0], one[1:]))[:5]:
        print_safe(f"  {count:>6,}  labelled {one_line(label)}, heard as {one_line(named)}")


def _print_files(found: Agreement, show: int) -> None:
    shown = found.disagreements[:show]
    if shown:
        print_safe("\nWhere they differ, the surest first:")
    for one in shown:
        label = one_line("; ".join(one.labelled))
        print_safe(f"  {100 * one.confidence:3.0f} % {one_line(one.named)}, not {label}: ", end="")
        print_safe(one_line(one.path))
    if shown and len(found.disagreements) > show:
        print_safe(f"  and {len(found.disagreements) - show:,} more; --show or --format json tells")


def _left_out(found: Agreement) -> list[str]:
    lines = []
    if found.other:
        total = sum(count for count, _ in found.other.values())
        unsure = sum(unsure for _, unsure in found.other.values())
        names = ", ".join(map(one_line, sorted(found.other)))
        lines.append(
            f"{counted(total, 'file')} of genres that this model does not know ({names}); "
            f"it is rightly not sure of {unsure:,}."
        )
    if found.unknown:
        total = sum(found.unknown.values())
        names = ", ".join(one_line(name) for name in list(found.unknown)[:5])
        lines.append(f"{counted(total, 'file')} with a genre that FstMuse does not know: {names}.")
    if found.not_heard:
        lines.append(f"{counted(found.not_heard, 'labelled file')} not heard yet, or failed.")
    return ["", *lines] if lines else []
