"""``fstmuse data``: get data sets, check them, keep their features."""

from __future__ import annotations

import click

from fstmuse_core.cli.data.cache import cache
from fstmuse_core.cli.data.check import check
from fstmuse_core.cli.data.corrections import corrections
from fstmuse_core.cli.data.fetch import fetch


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Get data sets, check them, and look after the features kept of them.

    A data set is FMA as its authors ship it, folders named after genres, any folder of tagged
    music, a manifest.csv, or the word "corrections" for your own corrections.
    """


command.add_command(fetch)
command.add_command(check)
command.add_command(corrections)
command.add_command(cache)
