"""``fstmuse models``: which there are, what is known of one, and what is to become of it."""

from __future__ import annotations

import click

from fstmuse_core.cli.models.changing import delete, rename, restore
from fstmuse_core.cli.models.listing import list_models, show
from fstmuse_core.cli.models.moving import export, import_


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """List, show, rename, delete, restore, export and import models.

    Models come with the program and stay as they are; your own lie in the folder that fstmuse
    doctor names.
    """


for _command in (list_models, show, rename, delete, restore, export, import_):
    command.add_command(_command)
