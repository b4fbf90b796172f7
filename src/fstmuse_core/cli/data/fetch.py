"""``fstmuse data fetch``: FMA from its authors."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import click

from fstmuse_core.cli.console import say
from fstmuse_core.cli.data.bar import StepBar
from fstmuse_core.cli.kinds import SomePath
from fstmuse_core.errors import FstMuseError, one_line

_MEBIBYTE = 2**20


@click.command(short_help="Download FMA, check and unpack it.")
@click.argument("name", type=click.Choice(("fma-small", "fma-medium")))
@click.option(
    "--to",
    "folder",
    type=SomePath(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where it goes; by default FMA in your music folder.",
)
@click.option("--yes", is_flag=True, help="Do not ask before the download.")
@click.option("--mirror", metavar="URL", help="Get it from here instead of its authors' server.")
def fetch(name: str, folder: Path | None, yes: bool, mirror: str | None) -> int:
    """Download the Free Music Archive data set with its metadata, check and unpack it.

    \b
    fma-small   8,000 clips of 30 s, 8 genres of 1,000 each (7.2 GiB)
    fma-medium  25,000 clips of 30 s, 16 genres of different sizes (22 GiB)

    After a cut, or Ctrl+C, the same command goes on where it was. While it is unpacked, twice
    the room is needed.
    """
    if mirror and not mirror.startswith(("http://", "https://")):
        raise click.BadParameter(f"{mirror} begins neither with http:// nor with https://")

    from fstmuse_core.datasets.download import NoRoomError
    from fstmuse_core.datasets.fetch import (
        FMA_URL,
        default_fma_folder,
        fetch_archives,
        missing_archives,
    )

    target = folder or default_fma_folder()
    archives = missing_archives(name, target)
    shown = one_line(str(target))
    if archives:
        size = sum(archive.gibibytes for archive in archives)
        _ask(f"Download {size:.1f} GiB to {shown}?", yes)
        with ExitStack() as stack:
            bars: dict[str, StepBar] = {}

            def show(step: str, done: int, total: int) -> None:
                if step not in bars:
                    stack.close()
                    bars[step] = stack.enter_context(StepBar(f"{step} (MiB)"))
                bars[step].update(done // _MEBIBYTE, total // _MEBIBYTE)

            try:
                fetch_archives(archives, target, base_url=mirror or FMA_URL, progress=show)
            except NoRoomError as error:
                remedy = f"{error.remedy} with --to"
                raise FstMuseError(error.subject, error.reason, remedy) from error
    say(f"{name} is in {shown}; see it with: fstmuse data check {shown}")
    return 0


def _ask(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Add --yes to say so.")
    click.confirm(question, abort=True, err=True)
