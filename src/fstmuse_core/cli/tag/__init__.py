"""``fstmuse tag``: genre tags, looked at first, written, and taken back."""

from __future__ import annotations

import click

from fstmuse_core.cli.tag.writing import list_written, preview, undo, write


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Write what was heard into the files' genre tags: mp3, flac, ogg, opus, m4a, wav, aiff.

    "preview" changes nothing. "write" makes each file anew beside itself, proves that its sound
    and all other tags are the same, and only then puts it in its place; "undo" gives the files
    of a batch back to the byte, also weeks later.
    """


for _command in (preview, write, undo, list_written):
    command.add_command(_command)
