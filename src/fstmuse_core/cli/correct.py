"""``fstmuse correct``: the user's word against, or for, a model's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fstmuse_core.cli.classify import DEFAULT_MODEL
from fstmuse_core.cli.common.console import SOME_FAILED, about, print_safe, say
from fstmuse_core.cli.common.param_types import ModelName, SomePath
from fstmuse_core.system.errors import AudioError, FstMuseError, one_line
from fstmuse_core.system.isolated import each_isolated, unexpected

if TYPE_CHECKING:
    from fstmuse_core.classify.result import Classification
    from fstmuse_core.classify.runner import ClassifierRunner
    from fstmuse_core.datasets.corrections.store import Change, CorrectionStore


@click.command(short_help="Say which genre sound files really are.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=SomePath())
@click.option("--genre", metavar="NAME", help="What they are: a known genre or one of your own.")
@click.option("--right", is_flag=True, help="They are what the model says, or leans to.")
@click.option(
    "--model",
    type=ModelName(),
    default=DEFAULT_MODEL,
    show_default=True,
    metavar="NAME",
    help="Whose verdict is corrected.",
)
def command(files: tuple[str, ...], genre: str | None, right: bool, model: str) -> int:
    """Say which genre each FILE really is, or that the model is right.

    The files stay where they are. What you say gathers in a data set of your own, which
    "fstmuse train --data corrections" and the Train tab learn from; "fstmuse data corrections"
    lists it and takes things back. The same sound again replaces what was said of it.

    Exit codes: 0 all done, 1 some file failed, 2 wrong use.
    """
    if (genre is None) != right:
        raise click.UsageError("Give either --genre NAME or --right.")

    from fstmuse_core.bundle.bundle import find_bundle
    from fstmuse_core.bundle.manifest import CLASSIFIER
    from fstmuse_core.classify.runner import ClassifierRunner
    from fstmuse_core.datasets.corrections.store import CorrectionStore
    from fstmuse_core.datasets.examine import examine

    bundle = find_bundle(model)
    bundle.require_kind(CLASSIFIER)
    store = CorrectionStore(listen=examine)  # each file is in another process as it is
    own = [*bundle.manifest.genres, *store.genres()]
    name = None if genre is None else _named(genre, own)
    correct = partial(_correct, store, ClassifierRunner(str(bundle.path), bundle.sha256), name)
    failed = 0
    for file, change in zip(files, each_isolated(correct, files, str), strict=True):
        if isinstance(change, AudioError | OSError):
            error = unexpected(file, change) if isinstance(change, OSError) else change
            failed += 1
            say(f"fstmuse: {about(file, error)}")
        elif isinstance(change, Exception):
            raise change
        else:
            for notice in change.notices:
                say(notice)
            print_safe(_told(file, change))
    if failed < len(files):
        from fstmuse_core.system.wording import counted

        n = counted(store.count(), "correction")
        say(f"{n}; train on them with: fstmuse train --data corrections")
    return SOME_FAILED if failed else 0


def _named(name: str, own: Sequence[str]) -> str:
    """The genre that is meant: a known one, one of ``own``, or a new one, which is said."""
    from fstmuse_core.tags.genres import (
        ALL_GENRES,
        canonical_genre,
        genre_key,
        genre_named,
        likely_genres,
    )

    try:
        genre = genre_named(name)
    except FstMuseError as error:
        raise click.BadParameter(str(error), param_hint="--genre") from error
    known = next((one for one in own if genre_key(one) == genre_key(genre)), None)
    if known is not None or genre in ALL_GENRES:
        return known or genre
    alike = canonical_genre(genre) or next(iter(likely_genres(genre)), "")
    hint = f"; if you mean {alike}, say --genre {alike}" if alike else ""
    say(f"{genre} is a genre of your own now{hint}")
    return genre


def _correct(
    store: CorrectionStore, runner: ClassifierRunner, genre: str | None, file: str
) -> Change:
    result = runner.classify(file)
    return store.correct_file(Path(file), genre or _verdict(file, result), result)


def _verdict(file: str, result: Classification) -> str:
    """The genre that the model names, or leans to where it is not sure."""
    if not result.probabilities.any():
        raise AudioError(
            file, "nothing was heard in it, so nothing can be confirmed", "name it with --genre"
        )
    return result.verdict.genre or result.ranked()[0][0]


def _told(file: str, change: Change) -> str:
    record = change.record
    assert record is not None
    heard = f"{record.heard} ({record.probability:.0%})"
    if record.is_confirmation:
        text = f"{record.genre}, as the model says"
    elif record.genre == record.heard:
        text = f"{record.genre}, to which the model leaned ({record.probability:.0%})"
    elif record.was_sure:
        text = f"{record.genre}, not {heard}"
    else:
        text = f"{record.genre}; the model was not sure, and leaned to {heard}"
    is_other = change.before is not None and change.before.genre != record.genre
    before = f"; until now you said {change.before.genre}" if change.before and is_other else ""
    return f"{one_line(os.fspath(file))}: {text}{before}"
