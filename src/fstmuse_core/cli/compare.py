"""``fstmuse compare``: two models side by side."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from fstmuse_core.cli.common.console import print_safe
from fstmuse_core.cli.common.param_types import ModelName, kind_option, tag_encoding_option
from fstmuse_core.cli.evaluate import (
    ask,
    claim_of,
    claimed_accuracy,
    data_option,
    format_option,
    read_music,
    training_module,
)
from fstmuse_core.system.errors import one_line
from fstmuse_core.system.wording import counted, recorded_share

if TYPE_CHECKING:
    from fstmuse_core.bundle.model_list import ModelDetails


@click.command(short_help="Lay two models side by side.")
@click.argument("first", metavar="A", type=ModelName())
@click.argument("second", metavar="B", type=ModelName())
@data_option
@kind_option
@tag_encoding_option()
@format_option
def command(
    first: str,
    second: str,
    data: tuple[str, ...],
    kinds: tuple[str, ...],
    tag_encoding: str | None,
    layout: str,
) -> int:
    """Measure the models A and B on the same music, and say whether one is clearly better.

    Only songs of genres that both name count. Two tests must agree: McNemar's over the songs
    that one alone got right, and an interval of the difference over artists drawn anew. What
    each model was trained on is said first, and last what the maker of an imported one says of
    it; all other figures are measured here.
    """
    tracks, prints = read_music(data, kinds, tag_encoding)
    from fstmuse_core.bundle.model_list import describe
    from fstmuse_core.datasets.overlap import overlap

    measure = training_module("measure").measure
    bundles, answers, metrics, notes = [], [], [], []
    for name in (first, second):
        bundle, given = ask(name, tracks)
        known = [track for track in given.tracks if track.genre in given.genres]
        bundles.append(bundle)
        answers.append(given)
        metrics.append(measure(given))
        notes.append(overlap(bundle, known, prints).sentence)
    result = training_module("measure").compare(*answers)
    details = [describe(bundle) for bundle in bundles]
    names = [_shown(bundle, other) for bundle, other in zip(bundles, bundles[::-1], strict=True)]
    if layout == "json":
        sides = [
            {
                "model": bundle.name,
                "model_sha256": bundle.sha256,
                "claimed_by_its_maker": claimed_accuracy(record),
                "note": note,
                **values,
            }
            for bundle, record, note, values in zip(bundles, details, notes, metrics, strict=True)
        ]
        sentence = result.sentence(*names)
        values = {"a": sides[0], "b": sides[1], "sentence": sentence, **result.to_dict()}
        print_safe(json.dumps(values, indent=1))
        return 0
    for name, note, record in zip(names, notes, details, strict=True):
        print_safe(f"Mind: of {name}, {note}." if note else f"Of {name}: {_unknown_to(record)}.")
    print_safe()
    _print_table(names, metrics)
    print_safe(f"\nOn the {result.clips} songs {result.whose()} of genres that both name:")
    for name, share, only in zip(
        names,
        (result.share_a, result.share_b),
        (result.only_a, result.only_b),
        strict=True,
    ):
        print_safe(f"  {name}: {share.said()}, {only} of them alone")
    print_safe(f"  {result.sentence(*names)}")
    for name, record in zip(names, details, strict=True):
        if claim := claim_of(record):
            print_safe(f"\nOf {name}: {claim}; what stands above was measured here.")
    return 0


def _unknown_to(details: ModelDetails) -> str:
    source = "its maker says" if details.claim else "its record tells"
    return f"as far as {source}, it was not trained on these songs or their artists"


def _shown(bundle: Any, other: Any) -> str:
    """A model's title, with its hash where both have the same."""
    title = one_line(bundle.manifest.title)
    return title if title != one_line(other.manifest.title) else f"{title} ({bundle.sha256[:8]})"


def _print_table(names: list[str], metrics: list[dict[str, Any]]) -> None:
    width = max(10, *(len(name) for name in names)) + 2
    print_safe(f"{'':<20}" + "".join(f"{name:>{width}}" for name in names))
    shares = [recorded_share(v["accuracy"], sum(v["songs"].values())) for v in metrics]
    print_safe(f"{'right':<20}" + "".join(f"{share.number:>{width}}" for share in shares))
    if not any(share.is_few for share in shares):
        for label, key in (("macro-F1", "macro_f1"), ("calibration error", "ece")):
            print_safe(f"{label:<20}" + "".join(f"{values[key]:>{width}.3f}" for values in metrics))
    genres = dict.fromkeys(genre for values in metrics for genre in values["recall"])
    for genre in genres:
        cells = [_found(values, genre) for values in metrics]
        counts = next(v for v in metrics if genre in v["songs"])
        songs, artists = counts["songs"][genre], counts["artists"][genre]
        players = counted(artists, "artist") if artists else "artists unknown"
        behind = f"   {counted(songs, 'song')}, {players}" if songs else "   no songs"
        label = f"found of {one_line(genre)}"
        print_safe(f"{label:<20}" + "".join(f"{c:>{width}}" for c in cells) + behind)


def _found(values: dict[str, Any], genre: str) -> str:
    recall = values["recall"].get(genre)
    return "-" if recall is None else recorded_share(recall, values["songs"][genre]).number
