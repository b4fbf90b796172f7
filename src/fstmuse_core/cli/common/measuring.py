"""Parts that ``fstmuse evaluate`` and ``fstmuse compare`` share."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fstmuse_core.cli.common.console import ProgressBar, say
from fstmuse_core.cli.common.param_types import SomePath
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
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
