"""``fstmuse library``: what the music library holds, and what can be made of it."""

from __future__ import annotations

import click

from fstmuse_core.cli.library.compare import compare, truth
from fstmuse_core.cli.library.copies import copies
from fstmuse_core.cli.library.export import albums, export, list_files, playlists, report
from fstmuse_core.cli.library.scan import classify, forget, import_results, scan
from fstmuse_core.cli.library.similar import journey, similar
from fstmuse_core.cli.library.watch import watch


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Add folders of music, and see, export and compare what was heard in them.

    It is the library of the window's Library tab. What a model says of a sound is kept also when
    its file is moved or tagged.
    """


for _command in (
    *(scan, watch, forget, classify, import_results, list_files, export, playlists, report, truth),
    *(compare, similar, journey, copies, albums),
):
    command.add_command(_command)
