"""``fstmuse library list``, ``export``, ``playlists``, ``report`` and ``albums``."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fstmuse_core.cli.common.console import SOME_FAILED, print_safe, say
from fstmuse_core.cli.common.output import check_writable
from fstmuse_core.cli.common.param_types import Percent, SomePath, Whole
from fstmuse_core.cli.library.options import (
    Choice,
    choice_options,
    chosen_labels,
    chosen_model,
    layout_option,
    model_option,
    opened_library,
)
from fstmuse_core.library.rows import State, key_words, tempo_words
from fstmuse_core.system.errors import one_line
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from fstmuse_core.library.rows import KnownModel, LibraryRow
    from fstmuse_core.library.tagging import Album

_TOLD = (State.FAILED, State.WAITING, State.SKIPPED, State.GONE)


@click.command("list", short_help="The files, and what was heard in them.")
@model_option
@choice_options
@layout_option
@click.option("--measures", is_flag=True, help="Also tempo, key, loudness, energy, mood, style.")
def list_files(
    model: str | None,
    folder: str | None,
    genre: str | None,
    state: str | None,
    unsure: bool,
    layout: str,
    measures: bool,
    **wanted: Any,
) -> int:
    """The files of the library by their paths: the likeliest genre, how likely, and the verdict.

    A genre in brackets is a guess of which the model is not sure; one with an asterisk is what
    you said. A question mark stands behind a tempo that half of the song does not keep, and a
    key that fits little better than the next.
    """
    with opened_library(to_read=True) as library:
        classifier = chosen_model(library, model)
        rows = Choice(folder, genre, state, unsure, **wanted).rows(library, classifier)
        if layout == "json":
            import sys

            from fstmuse_core.library.export import Layout, write_library

            write_library(library, classifier, sys.stdout, Layout.JSON, rows=rows)
            return 0
        _print_table(rows, measures)
        n_all = sum(library.counts(classifier.sha256)[:5])
        has_folders = bool(library.folders())
    if not has_folders:
        say("fstmuse: the library is empty; add a folder with: fstmuse library scan FOLDER")
    else:
        say(_summary(rows, classifier, n_all))
    return 0


def _print_table(rows: list[LibraryRow], measures: bool) -> None:
    width = max((len(_genre(row)) for row in rows), default=0)
    for row in rows:
        why = f": {one_line(row.error)}" if row.error else ""
        more = _measured(row) if measures else ""
        print_safe(f"{_likely(row):>5}  {_genre(row):<{width}}  {more}{one_line(row.path)}{why}")


def _measured(row: LibraryRow) -> str:
    bpm, key = tempo_words(row.bpm, row.steadiness), key_words(row.key, row.margin)
    loudness = "-" if row.loudness is None else f"{row.loudness:.1f} LUFS"
    energy = "-" if row.energy is None else f"{100 * row.energy:.0f}"
    words = f"{row.mood or '-':<20}  {row.style or '-':<24}"
    return f"{bpm:>8}  {key:<4}  {loudness:>10}  {energy:>3}  {words}  "


def _genre(row: LibraryRow) -> str:
    if row.review_genre is not None:
        return f"{one_line(row.review_genre)} *"
    if row.state != "done":
        return row.state.value
    if row.genre is None:
        return "-"
    return one_line(row.genre) if row.is_sure else f"({one_line(row.genre)})"


def _likely(row: LibraryRow) -> str:
    if row.state != "done" or row.genre is None:
        return "-"
    return ">99 %" if row.confidence >= 0.995 else f"{100 * row.confidence:.0f} %"


def _summary(rows: list[LibraryRow], model: KnownModel, n_all: int) -> str:
    """Sum up the files that are listed, of so many in all."""
    states = Counter(row.state for row in rows)
    there = [row for row in rows if row.state is not State.GONE]
    parts = {
        "not sure": sum(row.state is State.DONE and not row.is_sure for row in rows),
        **{state.value: states[state] for state in _TOLD},
        "reviewed by you": sum(row.review is not None for row in there),
    }
    told = [f"{count:,} {what}" for what, count in parts.items() if count]
    listed = f"{len(rows):,} of {n_all:,} files listed, " if len(rows) < n_all else ""
    heard = f"{states[State.DONE]:,}" + ("" if listed else " files")
    return f"{model.name}: {listed}" + ", ".join([f"{heard} heard", *told])


@click.command(short_help="Write the library as CSV, JSON or JSON lines.")
@click.argument("file", type=SomePath(path_type=Path, allow_dash=True), metavar="FILE")
@model_option
@choice_options
@click.option(
    "--format",
    "layout",
    type=click.Choice(("csv", "json", "jsonl")),
    help="By default what FILE ends in; csv for -.",
)
def export(
    file: Path,
    model: str | None,
    folder: str | None,
    genre: str | None,
    state: str | None,
    unsure: bool,
    layout: str | None,
    **wanted: Any,
) -> int:
    """Write what is known of each file into FILE, or to standard output for -.

    In CSV a text that a spreadsheet would run as a formula gets a ' before it; JSON holds
    every text as it is.
    """
    import sys

    from fstmuse_core.library.export import Layout, export_library, layout_of, write_library

    to_screen = str(file) == "-"
    if not to_screen:
        check_writable(file)
    chosen = Layout(layout) if layout else (Layout.CSV if to_screen else layout_of(file))
    with opened_library(to_read=True) as library:
        classifier = chosen_model(library, model)
        rows = Choice(folder, genre, state, unsure, **wanted).rows(library, classifier)
        if to_screen:
            write_library(library, classifier, sys.stdout, chosen, rows=rows)
        else:
            written = export_library(library, classifier, file, layout=chosen, rows=rows)
            say(f"{counted(written, 'file')} in {one_line(str(file))}")
    return 0


@click.command(short_help="Write a playlist for each genre.")
@click.argument("output", type=SomePath(path_type=Path, file_okay=False), metavar="FOLDER")
@model_option
@click.option("--from", "source", type=SomePath(), metavar="PATH", help="Only what lies in it.")
@click.option("--genre", metavar="NAME", help="Only this genre.")
@click.option(
    "--least",
    type=Percent(),
    default=0,
    metavar="PERCENT",
    help="How likely a genre must be at least; what you said always counts.",
)
@click.option(
    "--min-files",
    type=Whole(min=1),
    default=1,
    metavar="N",
    help="No playlist for a genre with fewer files.",
)
@click.option("--absolute", is_flag=True, help="Name files by their whole paths.")
@click.option("--with-unsure", is_flag=True, help="Also one of what is in no other.")
def playlists(
    output: Path,
    model: str | None,
    source: str | None,
    genre: str | None,
    least: float,
    min_files: int,
    absolute: bool,
    with_unsure: bool,
) -> int:
    """Write a playlist (M3U8) for each genre into FOLDER.

    Files are named from FOLDER on, so that both can be moved together. Playlists that FstMuse
    did not make are never replaced.
    """
    from fstmuse_core.library.playlists import write_playlists

    with opened_library(to_read=True) as library:
        classifier = chosen_model(library, model)
        rows = Choice(source, genre, None, False).rows(library, classifier)
    written = write_playlists(
        rows,
        output,
        min_confidence=least / 100,
        min_files=min_files,
        absolute=absolute,
        with_unsure=with_unsure,
    )
    for playlist in written:
        print_safe(f"{one_line(str(playlist.path))}: {counted(playlist.n_files, 'file')}")
    if not written:
        say("fstmuse: no genre has enough files for a playlist; see: fstmuse library list")
    return 0 if written else SOME_FAILED


@click.command(short_help="Write a page that shows what the library holds.")
@click.argument("file", type=SomePath(path_type=Path), metavar="FILE.html")
@model_option
@click.option("--folder", type=SomePath(), metavar="PATH", help="Only what lies in it.")
@click.option("--tags", is_flag=True, help="Also where the model and the files' tags differ.")
def report(file: Path, model: str | None, folder: str | None, tags: bool) -> int:
    """Write one HTML file: the share of each genre, how sure the model is, what failed.

    It holds all that it needs, and opens in any browser.
    """
    from fstmuse_core.library.disagreement import agreement
    from fstmuse_core.library.report import write_report
    from fstmuse_core.library.truth import known_before

    check_writable(file)
    with opened_library(to_read=True) as library:
        classifier = chosen_model(library, model)
        rows = Choice(folder, None, None, False).rows(library, classifier)
    if tags:
        labels = chosen_labels(rows, None, False, None)
        truth, note = agreement(rows, classifier, labels), known_before(classifier, rows, labels)
        write_report(file, rows, classifier, truth=truth, note=note)
    else:
        write_report(file, rows, classifier)
    say(f"the report is in {one_line(str(file))}")
    return 0


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
    from fstmuse_core.library.tagging import find_albums

    with opened_library(to_read=True) as library:
        classifier = chosen_model(library, model)
        rows = Choice(folder, None, None, False).rows(library, classifier)
        found = find_albums(library, classifier, rows)
    found = [album for album in found if album.others or not disagreeing]
    if layout == "json":
        print_safe(json.dumps([_record(album) for album in found], indent=1))
        return 0
    width = max((len(_album_genre(album)) for album in found), default=0)
    for album in found:
        print_safe(_line(album, width))
    n_split = sum(bool(album.others) for album in found)
    say(f"fstmuse: {counted(len(found), 'album')}, in {n_split:,} of them songs disagree")
    return 0


def _album_genre(album: Album) -> str:
    return one_line(album.genre or f"({album.likeliest})")


def _line(album: Album, width: int) -> str:
    name = " - ".join(one_line(part) for part in (album.artist, album.title) if part)
    agree = f"{album.n_agreeing} of {len(album.rows)} songs"
    also = ", ".join(f"{one_line(genre)} {n}" for genre, n in album.others.items())
    mean = f"{100 * album.scores[album.likeliest]:.0f} %"
    return f"{mean:>5}  {_album_genre(album):<{width}}  {agree:<14}  {name}" + (
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
