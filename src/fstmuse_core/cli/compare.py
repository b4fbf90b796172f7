"""``fstmuse compare``: two models side by side."""

from __future__ import annotations

import json
from typing import Any

import click

from fstmuse_core.cli.kinds import SomeName
from fstmuse_core.cli.measuring import ask, data_option, format_option, read_music, training_module


@click.command(short_help="Lay two models side by side.")
@click.argument("first", metavar="A", type=SomeName())
@click.argument("second", metavar="B", type=SomeName())
@data_option
@format_option
def command(first: str, second: str, data: tuple[str, ...], layout: str) -> int:
    """Measure the models A and B on the same music, and say whether one is clearly better.

    Only songs of genres that both name count. Two tests must agree: McNemar's over the songs
    that one alone got right, and an interval of the difference over artists drawn anew.
    """
    tracks = read_music(data)
    measure, overlap = training_module("measure").measure, training_module("overlap").overlap
    bundles, answers, metrics, notes = [], [], [], []
    for name in (first, second):
        bundle, given = ask(name, tracks)
        known = [track for track in given.tracks if track.genre in given.genres]
        bundles.append(bundle)
        answers.append(given)
        metrics.append(measure(given))
        notes.append(overlap(bundle, known).sentence)
    result = training_module("compare").compare(*answers)
    names = [_shown(bundle, other) for bundle, other in zip(bundles, bundles[::-1], strict=True)]
    if layout == "json":
        sides = [
            {"model": bundle.name, "model_sha256": bundle.sha256, "note": note, **values}
            for bundle, note, values in zip(bundles, notes, metrics, strict=True)
        ]
        sentence = result.sentence(*names)
        values = {"a": sides[0], "b": sides[1], "sentence": sentence, **result.to_dict()}
        print(json.dumps(values, indent=1))
        return 0
    _print_table(names, metrics)
    print(f"\nOn the {result.clips} songs {result.whose()} of genres that both name:")
    print(f"  right: {result.accuracy_a:.1%} and {result.accuracy_b:.1%}; ", end="")
    print(f"{result.only_a} by {names[0]} alone, {result.only_b} by {names[1]} alone")
    print(f"  {result.sentence(*names)}")
    for name, note in zip(names, notes, strict=True):
        if note:
            print(f"Mind: of {name}, {note}.")
    return 0


def _shown(bundle: Any, other: Any) -> str:
    """A model's name, with its hash where both have the same."""
    name: str = bundle.name
    return name if name != other.name else f"{name} ({bundle.sha256[:8]})"


def _print_table(names: list[str], metrics: list[dict[str, Any]]) -> None:
    width = max(10, *(len(name) for name in names)) + 2
    print(f"{'':<20}" + "".join(f"{name:>{width}}" for name in names))
    for label, key in (("accuracy", "accuracy"), ("macro-F1", "macro_f1"), ("ECE", "ece")):
        print(f"{label:<20}" + "".join(f"{values[key]:>{width}.3f}" for values in metrics))
    genres = dict.fromkeys(genre for values in metrics for genre in values["recall"])
    for genre in genres:
        recalls = [values["recall"].get(genre) for values in metrics]
        cells = ["-" if recall is None else f"{recall:.2f}" for recall in recalls]
        counts = next(v for v in metrics if genre in v["songs"])
        artists = counts["artists"][genre] or "unknown"
        behind = f"   {counts['songs'][genre]} songs, {artists} artists"
        print(f"{'recall ' + genre:<20}" + "".join(f"{c:>{width}}" for c in cells) + behind)
