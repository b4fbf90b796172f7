"""``fstmuse library similar`` and ``journey``, and the songs that they are told of."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click
import numpy as np

from fstmuse_core.cli.common.console import ProgressBar, print_safe, say
from fstmuse_core.cli.common.output import check_writable, open_text
from fstmuse_core.cli.common.param_types import ModelName, SomePath, Whole
from fstmuse_core.cli.library.options import StaleFiles, chosen_model, left_out, opened_library
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.isolated import isolated
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from fstmuse_core.audio.spectrogram import FloatArray
    from fstmuse_core.library.database import Library
    from fstmuse_core.library.rows import LibraryRow
    from fstmuse_core.library.similar import SongFinder


def opened_finder(
    library: Library, model: str | None, stale: StaleFiles
) -> tuple[SongFinder, list[LibraryRow]]:
    """Embeddings by the tagger of a model, or by the one that has listened to most songs.

    With them come all files of the library, heard or not.

    Says how many songs are left out, which were heard before embeddings were kept, or on another
    tagger.
    """
    from fstmuse_core.library.copies import read_prints
    from fstmuse_core.library.similar import SongFinder, load_index

    rows = library.rows(chosen_model(library, model).sha256)
    index = load_index(library, None if model is None else _tagger_of(model))
    lacking = library.count_lacking(index.tagger_sha256)
    if lacking:
        say(
            f"fstmuse: {counted(lacking, 'song')} left out, whose sound is not kept by the tagger "
            "in use; let it listen: fstmuse library classify"
        )
    return SongFinder(index, rows, stale.is_current, partial(read_prints, library)), rows


def _tagger_of(model: str) -> str:
    from fstmuse_core.bundle.bundle import find_bundle

    tagger = find_bundle(model).manifest.tagger
    if not tagger:
        raise FstMuseError(
            model, "it stands on no tagger, so nothing is kept of how songs sound", "name another"
        )
    return tagger


def find_song(rows: Sequence[LibraryRow], name: str, stale: StaleFiles) -> LibraryRow | None:
    """The file of the library with this path, file name, title, or artist and title.

    Of several files with the same sound it is the first that is as it was scanned.

    Raises
    ------
    FstMuseError
        If several are.
    """
    path = os.path.normcase(os.path.abspath(name))
    for row in rows:
        if os.path.normcase(row.path) == path:
            return row
    if os.path.lexists(name) and not os.path.isdir(name):
        return None
    wanted = name.casefold()
    found = [row for row in rows if wanted in _names(row)]
    if len({row.content or row.path for row in found}) > 1:
        paths = ", ".join(one_line(row.path) for row in found[:3])
        raise FstMuseError(name, f"{len(found)} songs are called so ({paths})", "name a path")
    return next(filter(stale.is_current, found), found[0]) if found else None


def _names(row: LibraryRow) -> set[str]:
    file = os.path.basename(row.path).casefold()
    stem = os.path.splitext(file)[0]
    title = row.title.casefold() or stem
    return {file, stem, title, f"{row.artist.casefold()} - {title}"}


def embedding_of(
    finder: SongFinder, row: LibraryRow | None, name: str, stale: StaleFiles
) -> FloatArray:
    """Embedding of a file of the library; of another file it is made, which takes a moment.

    Raises
    ------
    FstMuseError
        If there is no such file, it has changed since it was scanned, or it can't be listened
        to.
    """
    place = None if row is None else finder.place_of(row)
    if row is not None and place is not None:
        stale.require(row)
        return np.asarray(finder.index.units[place])
    path = name if row is None else row.path
    if not os.path.lexists(path):
        raise FstMuseError(
            name, "the library has no such song, and there is no such file", "check the name"
        )
    from fstmuse_core.classify.tagger_session import EmbeddingTask

    with ProgressBar(1) as bar:
        bar.update(0, os.path.basename(path))
        return isolated(EmbeddingTask(finder.index.tagger_sha256), path)


def library_song(rows: Sequence[LibraryRow], name: str, stale: StaleFiles) -> LibraryRow:
    """The song of the library that is called so.

    Raises
    ------
    FstMuseError
        If there is none, or it has changed since it was scanned.
    """
    row = find_song(rows, name, stale)
    if row is None:
        raise FstMuseError(
            name, "the library has no such song", "add its folder: fstmuse library scan"
        )
    stale.require(row)
    return row


_Command = TypeVar("_Command", bound=Callable[..., Any])
_LAYOUTS = ("table", "json", "csv")
_FIELDS = ("nearness", "title", "artist", "album", "genre", "seconds", "path")


def _list_options(function: _Command) -> _Command:
    """The options of commands that give a list of songs."""
    for option in (
        click.option("--absolute", is_flag=True, help="In a playlist, name files by whole paths."),
        click.option(
            "--output",
            "-o",
            type=SomePath(path_type=Path),
            metavar="FILE",
            help="Write a playlist (.m3u8), or a table (.csv, .json).",
        ),
        click.option("--format", "layout", type=click.Choice(_LAYOUTS), help="Of what is printed."),
        click.option(
            "--model",
            type=ModelName(),
            metavar="NAME",
            help="By the tagger that this model stands on. By default the one that has listened "
            "to most songs.",
        ),
    ):
        function = option(function)
    return function


@click.command(short_help="Songs that sound like others.")
@click.argument("songs", nargs=-1, required=True, metavar="SONG...")
@click.option("-n", "count", type=Whole(min=1), default=20, show_default=True, metavar="N")
@_list_options
def similar(
    songs: tuple[str, ...],
    count: int,
    model: str | None,
    layout: str | None,
    output: Path | None,
    absolute: bool,
) -> int:
    """List the N songs of the library that sound most like SONG, the nearest first.

    A SONG is a path, a file's name, a title, or "artist - title" of the library, or any sound
    file, which is then listened to. Of several, the songs are listed that sound like all of them
    together. 100 is the same sound; a good neighbour has 70 or more, any two songs about 25.

    Of files that hold the same recording one is listed, and copies of SONG are not.

    Files that are gone or have changed since they were scanned are left out and named.
    """
    kind = _kind(output, layout, songs)
    with opened_library(to_read=True) as library, left_out(library) as stale:
        finder, rows = opened_finder(library, model, stale)
        found = [find_song(rows, name, stale) for name in songs]
        wanted = [
            embedding_of(finder, row, name, stale) for row, name in zip(found, songs, strict=True)
        ]
        own = [row for row in found if row is not None]
        near = finder.near(wanted, count, without=own)
    listed = [(one.row, one.nearness) for one in near]
    n_copies = sum(one.n_copies for one in near)
    if n_copies:
        noun = "copy" if n_copies == 1 else "copies"
        say(f"fstmuse: {n_copies:,} {noun} of these left out; see: fstmuse library copies")
    if kind == "playlist":
        # What it is made from is played first.
        listed = [(row, 1.0) for row in own] + listed
    title = f"Like {', '.join(_name(row, name) for row, name in zip(found, songs, strict=True))}"
    return _write(listed, kind, output, title, absolute)


@click.command(short_help="A playlist that leads from one song to another.")
@click.argument("start", metavar="A")
@click.argument("end", metavar="B")
@click.option(
    "--songs",
    "count",
    type=Whole(min=2),
    default=12,
    show_default=True,
    metavar="N",
    help="How many songs, A and B among them.",
)
@_list_options
def journey(
    start: str,
    end: str,
    count: int,
    model: str | None,
    layout: str | None,
    output: Path | None,
    absolute: bool,
) -> int:
    """Choose songs of the library that lead from A to B, each one near the last.

    Both are paths or titles of the library. No artist comes twice in a row where that can be.
    The number is how near each song is to the one before. Files that are gone or have changed
    since they were scanned are left out and named.
    """
    from fstmuse_core.library.similar import journey as travelled

    kind = _kind(output, layout, (start, end))
    with opened_library(to_read=True) as library, left_out(library) as stale:
        finder, rows = opened_finder(library, model, stale)
        first, last = (library_song(rows, name, stale) for name in (start, end))
        steps = travelled(finder, first, last, count)
    if len(steps) < count:
        say(f"fstmuse: {len(steps)} songs, not {count}: no more of the library lie on the way")
    listed = [(step.row, step.nearness) for step in steps]
    return _write(listed, kind, output, f"{_name(first, start)} to {_name(last, end)}", absolute)


def _kind(output: Path | None, layout: str | None, songs: Sequence[str]) -> str:
    """Form of what is written: a playlist or one of the layouts; refuses what cannot be."""
    if output is None:
        return layout or "table"
    check_writable(output, *songs)
    suffix = output.suffix.lower()
    if layout is None and suffix == ".m3u8":
        return "playlist"
    if layout is not None or suffix in (".csv", ".json"):
        return layout or suffix.removeprefix(".")
    raise FstMuseError(
        output, "its name does not say what is to be written", "let it end in .m3u8, .csv or .json"
    )


def _name(row: LibraryRow | None, name: str) -> str:
    return row.title if row is not None and row.title else Path(name).stem


def _write(
    listed: Sequence[tuple[LibraryRow, float]],
    kind: str,
    output: Path | None,
    title: str,
    absolute: bool,
) -> int:
    if kind == "playlist" and output is not None:
        from fstmuse_core.library.playlists import write_playlist

        written = write_playlist([row for row, _ in listed], output, title, absolute=absolute)
        say(f"{counted(written.n_files, 'song')} in {one_line(str(output))}")
        return 0
    if output is None:
        _print(listed, kind)
        return 0
    with open_text(output) as stream:
        _write_table(listed, kind, stream)
    say(f"{counted(len(listed), 'song')} in {one_line(str(output))}")
    return 0


def _print(listed: Sequence[tuple[LibraryRow, float]], kind: str) -> None:
    text = io.StringIO()
    if kind == "table":
        _write_table(listed, kind, text)
        print_safe(text.getvalue().rstrip("\n"))
    else:
        _write_table(listed, kind, sys.stdout)


def _write_table(listed: Sequence[tuple[LibraryRow, float]], kind: str, stream: TextIO) -> None:
    records = [_record(row, nearness) for row, nearness in listed]
    if kind == "json":
        stream.write(json.dumps(records, indent=1) + "\n")
    elif kind == "csv":
        from fstmuse_core.system.tables import csv_rows

        write = csv_rows(stream)
        write(_FIELDS)
        for record in records:
            write(record[name] for name in _FIELDS)
    else:
        for row, nearness in listed:
            genre = one_line(_said(row) or "-")
            stream.write(f"{100 * max(0.0, nearness):>4.0f}  {genre:<12}  {one_line(row.path)}\n")


def _record(row: LibraryRow, nearness: float) -> dict[str, Any]:
    return {
        "nearness": round(nearness, 4),
        "title": row.title,
        "artist": row.artist,
        "album": row.album,
        "genre": _said(row),
        "seconds": round(row.seconds, 1),
        "path": row.path,
    }


def _said(row: LibraryRow) -> str | None:
    from fstmuse_core.library.rows import said_genre

    return said_genre(row)
