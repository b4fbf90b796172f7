"""``fstmuse evaluate``: how good a model is on labelled music."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from fstmuse_core.cli.common.console import ProgressBar, print_safe
from fstmuse_core.cli.common.measuring import (
    ask,
    claim_of,
    claimed_accuracy,
    data_option,
    format_option,
    read_music,
    say_files,
    training_module,
)
from fstmuse_core.cli.common.param_types import ModelName, kind_option, tag_encoding_option
from fstmuse_core.system.errors import one_line
from fstmuse_core.system.wording import certainty, counted, counted_share, guessing, recorded_share

if TYPE_CHECKING:
    from fstmuse_core.bundle.bundle import Bundle
    from fstmuse_core.datasets.track import Track


@click.command(short_help="Measure a model on labelled music.")
@click.option(
    "--model",
    type=ModelName(),
    required=True,
    metavar="NAME",
    help="A model's name or its folder.",
)
@data_option
@kind_option
@tag_encoding_option()
@format_option
def command(
    model: str,
    data: tuple[str, ...],
    kinds: tuple[str, ...],
    tag_encoding: str | None,
    layout: str,
) -> int:
    """Measure a model on music whose genres are known, as fstmuse classify would hear it.

    What makes music is held against this music, against other windows of it, and against
    noise, by a judge that had no part in its training, and its clips are made sound and listened
    to: that takes minutes.

    What is right counts the likeliest genre, also where the verdict is "not sure"; the interval
    draws artists anew, not songs. It is said first if the model was trained on this music, as
    far as its record tells.
    """
    from fstmuse_core.bundle.bundle import find_bundle
    from fstmuse_core.bundle.manifest import GENERATOR
    from fstmuse_core.bundle.model_list import describe
    from fstmuse_core.datasets.overlap import overlap

    found = find_bundle(model)
    tracks, prints = read_music(data, kinds, tag_encoding)
    if found.manifest.kind == GENERATOR:
        return _measure_generator(found, tracks, layout)
    bundle, answers = ask(model, tracks)
    metrics = training_module("measure").measure(answers)
    known = [track for track in answers.tracks if track.genre in answers.genres]
    known_music = overlap(bundle, known, prints)
    details = describe(bundle)
    if layout == "json":
        values = {
            "model": bundle.name,
            "model_sha256": bundle.sha256,
            "claimed_by_its_maker": claimed_accuracy(details),
            "genres": list(answers.genres),
            "trained_on": {
                "songs": known_music.songs,
                "further_songs_of_artists": known_music.artists,
            },
            "note": known_music.sentence,
            **metrics,
        }
        print_safe(json.dumps(values, indent=1))
        return 0
    if known_music.sentence:
        print_safe(f"Mind: {known_music.sentence}.\n")
    _print_table(bundle.manifest.title, metrics)
    if claim := claim_of(details):
        print_safe(f"\n{claim[:1].upper()}{claim[1:]}; what stands above was measured here.")
    return 0


def _measure_generator(bundle: Bundle, tracks: list[Track], layout: str) -> int:
    with ProgressBar(len(tracks)) as bar:
        metrics = training_module("gan.evaluate").evaluate_generator(
            bundle, tracks, lambda done, total: bar.update(done, "music")
        )
    say_files(metrics["set_aside"])
    if layout == "json":
        values = {"model": bundle.name, "model_sha256": bundle.sha256, **metrics}
        print_safe(json.dumps(values, indent=1))
        return 0
    if metrics["note"]:
        print_safe(f"Mind: {metrics['note']}.\n")
    print_safe(f"{bundle.manifest.title}, {metrics['windows']} windows of six seconds\n")
    columns = list(metrics["figures"])
    print_safe(f"{'':<14} {' '.join(f'{column:>8}' for column in columns)}")
    for name in metrics["figures"]["made"]:
        row = " ".join(f"{metrics['figures'][column][name]:>8.2f}" for column in columns)
        print_safe(f"{name.replace('_', ' '):<14} {row}")
    print_safe("\nTaken for its genre:     made     real")
    for genre, share in metrics["consistency"].items():
        print_safe(f"{genre:<20} {share:>8.0%} {metrics['consistency_of_real'][genre]:>8.0%}")
    if (sound := metrics.get("through_sound")) is not None:
        print_safe("\nHeard by the tagger:     made     real")
        for genre, shares in sound["heard"].items():
            print_safe(f"{genre:<20} {shares['made']:>8.0%} {shares['real']:>8.0%}")
        print_safe(f"Through sound it is {sound['share']:.0%} of the way from noise to real music.")
    return 0


def _print_table(title: str, metrics: dict[str, Any]) -> None:
    songs = sum(metrics["songs"].values())
    share = recorded_share(metrics["accuracy"], songs, metrics["interval"])
    print_safe(f"{one_line(title)} on {counted(songs, 'song')}: {share.said()}", end="")
    print_safe("" if share.is_few else f", macro-F1 {metrics['macro_f1']:.3f}", end="")
    print_safe(f"; {guessing(metrics['songs'])}")
    print_safe(certainty(songs, metrics["ece"], metrics["confidence_gap"]))
    named = recorded_share(metrics["named"], songs)
    if metrics["named_accuracy"] is not None:
        right = recorded_share(metrics["named_accuracy"], named.right)
        print_safe(f"A genre is named for {named.number}; of these names {right.said()}.")
    print_safe(f"\n{'genre':<20} {'found':>9} {'songs':>7} {'artists':>8}")
    for number, genre in enumerate(metrics["recall"]):
        tested, players = metrics["songs"][genre], metrics["artists"][genre]
        found = counted_share(metrics["confusion"][number][number], tested)
        counts = f"{tested:>7} {players or ('unknown' if tested else 0):>8}"
        print_safe(f"{one_line(genre):<20} {found.number if tested else '-':>9} {counts}")
    if metrics["others"]:
        print_safe(f"\n{'other music':<20} {'not sure':>9} {'songs':>7} {'artists':>8}")
        for genre, row in metrics["others"].items():
            turned = recorded_share(row["turned_away"], row["songs"])
            counts = f"{row['songs']:>7} {row['artists'] or 'unknown':>8}"
            print_safe(f"{one_line(genre):<20} {turned.number:>9} {counts}")
