"""``fstmuse evaluate``: how good a model is on labelled music."""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fstmuse_core.cli.common.console import ProgressBar, print_safe, say
from fstmuse_core.cli.common.param_types import (
    ModelName,
    SomePath,
    kind_option,
    tag_encoding_option,
)
from fstmuse_core.system.child_process import require_tensorflow
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.wording import certainty, counted, counted_share, guessing, recorded_share

if TYPE_CHECKING:
    from fstmuse_core.bundle.bundle import Bundle
    from fstmuse_core.bundle.model_list import ModelDetails
    from fstmuse_core.datasets.duplicates import Print
    from fstmuse_core.datasets.track import Track


_MANY = 3

data_option = click.option(
    "--data",
    multiple=True,
    required=True,
    type=SomePath(),
    metavar="PATH",
    help="Labelled music; may be given repeatedly.",
)
format_option = click.option(
    "--format",
    "layout",
    type=click.Choice(("table", "json")),
    default="table",
    show_default=True,
)


def training_module(name: str) -> Any:
    """A module of the training, by its name: the rest of the command line loads no TensorFlow."""
    return importlib.import_module(f"fstmuse_core.training.{name}")


def read_music(
    data: Sequence[str], kinds: Sequence[str] = (), tag_encoding: str | None = None
) -> tuple[list[Track], dict[Path, Print]]:
    """The tracks of all data sets, each recording once, and fingerprints of their files.

    Files that cannot be used, and copies, are said.
    """
    from fstmuse_core.datasets.detect import data_path, how_chosen, kinds_of, load_tracks
    from fstmuse_core.datasets.duplicates import pairs_sentence, without_copies, without_near_copies
    from fstmuse_core.datasets.track import merged
    from fstmuse_core.tags.text_encoding import AUTO, encoding_of

    wanted = kinds_of(data, kinds)
    encoding = encoding_of(tag_encoding or AUTO)
    found = [
        load_tracks(data_path(path), kind, tag_encoding=encoding)
        for path, kind in zip(data, wanted, strict=True)
    ]
    for collection, kind in zip(found, wanted, strict=True):
        if kind is None and (line := how_chosen(collection)):
            say(line)
    whole = merged(found)
    for note in whole.notes:
        say(f"note: {note}")
    tracks, copies = without_copies(whole.tracks)
    say_files([f"{f.path.name}: {f.reason}" for f in (*whole.set_aside, *copies)])
    prints = _prints(tracks)
    tracks, pairs = without_near_copies(tracks, prints)
    if sentence := pairs_sentence(pairs):
        say(f"note: {sentence}")
    return tracks, prints


def _prints(tracks: Sequence[Track]) -> dict[Path, Print]:
    """Fingerprints of all files that can be read; none where there is no room for features."""
    from fstmuse_core.datasets.cache import FeatureCache

    paths = [track.path for track in tracks]
    try:
        with FeatureCache() as cache, ProgressBar(len(paths)) as bar:
            cache.fill(paths, progress=lambda done, total: bar.update(done, "fingerprints"))
            return cache.prints(paths)
    except FstMuseError as error:
        say(f"note: copies are not looked for: {error}")
        return {}


def ask(name: str, tracks: Sequence[Track]) -> tuple[Any, Any]:
    """A model's bundle and its answers; files that cannot be read are said."""
    from fstmuse_core.classify.classifier import GenreClassifier

    classifier = GenreClassifier.load(name)
    with ProgressBar(len(tracks)) as bar:
        answers = training_module("measure").ask(
            classifier, tracks, lambda done, total: bar.update(done, name)
        )
    say_files(list(answers.set_aside))
    return classifier.bundle, answers


def claim_of(details: ModelDetails) -> str:
    """Return what an imported model's maker says of it, as a sentence; empty where nobody does."""
    share = details.figures.share
    if not details.claim or share is None:
        return ""
    return f"its maker says {share.said()} on {counted(share.of, 'song')} elsewhere"


def claimed_accuracy(details: ModelDetails) -> float | None:
    """Return the accuracy that an imported model's maker says it has."""
    return details.figures.accuracy if details.claim else None


def say_files(sentences: list[str]) -> None:
    """Say which files are set aside: a few, and how many more."""
    for sentence in sentences[:_MANY]:
        say(f"set aside: {sentence}")
    if len(sentences) > _MANY:
        say(f"and {len(sentences) - _MANY} more files were set aside")


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
                "songs_of_which_nothing_tells": known_music.unnamed,
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
    require_tensorflow("measuring a generator")
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
