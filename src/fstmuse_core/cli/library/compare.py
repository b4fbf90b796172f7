"""``fstmuse library compare`` and ``truth``."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fstmuse_core.cli.common.console import SOME_FAILED, print_safe, say
from fstmuse_core.cli.common.param_types import ModelName, Whole
from fstmuse_core.cli.library.options import (
    chosen_labels,
    chosen_model,
    label_options,
    layout_option,
    model_option,
    opened_library,
)
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from fstmuse_core.library.disagreement import Agreement, LibraryComparison
    from fstmuse_core.library.rows import KnownModel
    from fstmuse_core.system.significance import Comparison


_show_option = partial(
    click.option, "--show", type=Whole(min=0), default=20, show_default=True, metavar="N"
)


@click.command(short_help="What would change with another model.")
@click.argument("first", metavar="A", type=ModelName())
@click.argument("second", metavar="B", type=ModelName())
@label_options
@_show_option(help="How many files to list that change.")
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
    from fstmuse_core.library.disagreement import compare_library
    from fstmuse_core.library.truth import known_before

    with opened_library(to_read=True) as library:
        a, b = chosen_model(library, first), chosen_model(library, second)
        if a.sha256 == b.sha256:
            raise FstMuseError(first, f"this and {second} are one model", "name two")
        rows_a, rows_b = library.rows(a.sha256), library.rows(b.sha256)
    labels = chosen_labels(rows_a, beets, reviews, music_folder)
    result = compare_library((a, rows_a), (b, rows_b), labels)
    titles = [one_line(model.title or model.name) for model in (a, b)]
    is_one = titles[0] == titles[1]
    names = [
        f"{title} ({model.sha256[:8]})" if is_one else title
        for title, model in zip(titles, (a, b), strict=True)
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


def _remedy(a: KnownModel, b: KnownModel) -> str:
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


@click.command(short_help="Hold the model against the genres that files have.")
@model_option
@label_options
@_show_option(help="How many files to list that the model calls otherwise.")
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
    from fstmuse_core.library.truth import known_before

    with opened_library(to_read=True) as library:
        classifier = chosen_model(library, model)
        rows = library.rows(classifier.sha256)
    labels = chosen_labels(rows, beets, reviews, music_folder)
    found = agreement(rows, classifier, labels)
    note = known_before(classifier, rows, labels)
    if layout == "json":
        values = {"model": classifier.name, "model_sha256": classifier.sha256, "note": note}
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
