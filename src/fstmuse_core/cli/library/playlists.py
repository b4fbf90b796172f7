"""``fstmuse library playlists``."""

from __future__ import annotations

from pathlib import Path

import click

from fstmuse_core.cli.console import print_safe, say
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.cli.kinds import Percent, SomePath, Whole
from fstmuse_core.cli.library.choosing import (
    Choice,
    chosen_model,
    model_option,
    opened_library,
)
from fstmuse_core.datasets.wording import counted
from fstmuse_core.errors import one_line


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

    with opened_library() as library:
        heard = chosen_model(library, model)
        rows = Choice(source, genre, None, False).rows(library, heard)
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
