"""``fstmuse library compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fstmuse_core.cli.console import print_safe, say
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.cli.kinds import ModelName, Whole
from fstmuse_core.cli.library.choosing import chosen_model, layout_option, opened_library
from fstmuse_core.cli.library.labels import chosen_labels, label_options
from fstmuse_core.errors import FstMuseError, one_line

if TYPE_CHECKING:
    from fstmuse_core.library.comparison import LibraryComparison
    from fstmuse_core.library.rows import HeardModel
    from fstmuse_core.paired import Comparison


@click.command(short_help="What would change with another model.")
@click.argument("first", metavar="A", type=ModelName())
@click.argument("second", metavar="B", type=ModelName())
@label_options
@click.option(
    "--show",
    type=Whole(min=0),
    default=20,
    show_default=True,
    metavar="N",
    help="How many files to list that change.",
)
@layout_option
def compare(
    first: str,
    second: str,
    beets: Path | None,
    reviews: bool,
    music_folder: Path | None,
    show: int,
    layout: str,
) -> int:
    """Lay what the models A and B say of the library side by side: what changes, for which files.

    Both must have heard it. Where files have a genre, in their tags, in beets or by your own
    word, it is also said which model agrees with it oftener, and whether that may be chance.
    """
    from fstmuse_core.library.comparison import compare_library
    from fstmuse_core.library.known_music import known_before

    with opened_library() as library:
        a, b = chosen_model(library, first), chosen_model(library, second)
        if a.sha256 == b.sha256:
            raise FstMuseError(first, f"this and {second} are one model", "name two")
        rows_a, rows_b = library.rows(a.sha256), library.rows(b.sha256)
    labels = chosen_labels(rows_a, beets, reviews, music_folder)
    result = compare_library((a, rows_a), (b, rows_b), labels)
    names = [
        model.name if a.name != b.name else f"{model.name} ({model.sha256[:8]})" for model in (a, b)
    ]
    notes = [known_before(model, rows_a, labels) for model in (a, b)]
    if layout == "json":
        sides = [
            {"model": model.name, "model_sha256": model.sha256, "note": note}
            for model, note in zip((a, b), notes, strict=True)
        ]
        values = {"a": sides[0], "b": sides[1], "sentence": result.sentence(*names)}
        print_safe(json.dumps({**values, **result.to_dict()}, indent=1))
        return 0
    if not result.both:
        say(f"fstmuse: {result.sentence(*names)} {_remedy(a, b)}")
        return SOME_FAILED
    for note in filter(None, notes):
        print_safe(note)
    _print(result, names, show)
    if result.labelled is not None:
        _print_test(result.labelled, names)
    else:
        print_safe("\nNo file has a genre that both models name, so nothing tells which is right.")
    return 0


def _remedy(a: HeardModel, b: HeardModel) -> str:
    missing = next((model.name for model in (a, b) if not model.n_results), b.name)
    return f"Let it hear them: fstmuse library classify --model {missing}"


def _print(result: LibraryComparison, names: list[str], show: int) -> None:
    print_safe(result.sentence(*names))
    for count, name in ((result.only_a, names[0]), (result.only_b, names[1])):
        if count:
            print_safe(f"{count:,} more files only {name} has heard.")
    if result.pairs:
        print_safe(f"\n{'files':>7}  {names[0]} -> {names[1]}")
    for (before, after), count in list(result.pairs.items())[:10]:
        print_safe(f"{count:>7,}  {_said(before)} -> {_said(after)}")
    if result.changes[:show]:
        print_safe("\nThe files, the surest first:")
    for change in result.changes[:show]:
        print_safe(f"  {_said(change.before)} -> {_said(change.after)}: {one_line(change.path)}")
    if len(result.changes) > show > 0:
        print_safe(f"  and {len(result.changes) - show:,} more; --show or --format json tells")


def _print_test(test: Comparison, names: list[str]) -> None:
    print_safe(f"\nOn {test.clips:,} labelled songs {test.whose()}:")
    for name, share in zip(names, (test.share_a, test.share_b), strict=True):
        print_safe(f"  {name}: {share.said('as labelled')}")
    print_safe(f"  {test.sentence(*names)}")
    print_safe("  Labels are opinions too.")


def _said(genre: str | None) -> str:
    return "not sure" if genre is None else one_line(genre)
