"""``fstmuse library albums``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from fstmuse_core.cli.common.console import print_safe, say
from fstmuse_core.cli.common.param_types import SomePath
from fstmuse_core.cli.library.options import (
    Choice,
    chosen_model,
    layout_option,
    model_option,
    opened_library,
)
from fstmuse_core.system.errors import one_line
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from fstmuse_core.library.albums import Album


@click.command(short_help="One genre for each album, and where its songs disagree.")
@model_option
@click.option("--folder", type=SomePath(), metavar="PATH", help="Only what lies in it.")
@click.option("--disagreeing", is_flag=True, help="Only albums whose songs do not all agree.")
@layout_option
def albums(model: str | None, folder: str | None, disagreeing: bool, layout: str) -> int:
    """List the albums of the library, each with the genre of all its songs together.

    It is the one with the highest mean probability; what you said of a song counts as certain.
    A genre in brackets is a guess: its mean is below 50 %, or less than half of the songs that
    have a genre each by itself have this one. "fstmuse tag write --by-album" writes them.
    """
    from fstmuse_core.library.albums import find_albums

    with opened_library(to_read=True) as library:
        classifier = chosen_model(library, model)
        rows = Choice(folder, None, None, False).rows(library, classifier)
        found = find_albums(library, classifier, rows)
    found = [album for album in found if album.others or not disagreeing]
    if layout == "json":
        print_safe(json.dumps([_record(album) for album in found], indent=1))
        return 0
    width = max((len(_genre(album)) for album in found), default=0)
    for album in found:
        print_safe(_line(album, width))
    n_split = sum(bool(album.others) for album in found)
    say(f"fstmuse: {counted(len(found), 'album')}, in {n_split:,} of them songs disagree")
    return 0


def _genre(album: Album) -> str:
    return one_line(album.genre or f"({album.likeliest})")


def _line(album: Album, width: int) -> str:
    name = " - ".join(one_line(part) for part in (album.artist, album.title) if part)
    agree = f"{album.n_agreeing} of {len(album.rows)} songs"
    also = ", ".join(f"{one_line(genre)} {n}" for genre, n in album.others.items())
    mean = f"{100 * album.scores[album.likeliest]:.0f} %"
    return f"{mean:>5}  {_genre(album):<{width}}  {agree:<14}  {name}" + (
        f"; others: {also}" if also else ""
    )


def _record(album: Album) -> dict[str, Any]:
    return {
        "artist": album.artist,
        "album": album.title,
        "genre": album.genre,
        "likeliest": album.likeliest,
        "mean": round(album.scores[album.likeliest], 5),
        "songs": len(album.rows),
        "songs_by_genre": dict(album.named),
        "paths": [row.path for row in album.rows],
    }
