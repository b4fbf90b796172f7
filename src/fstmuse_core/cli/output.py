"""Where results go: standard output, or a file that is replaced only once it is complete."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from fstmuse_core.whole_files import is_special, open_whole


def check_writable(path: Path | None) -> None:
    """Raise ``click.BadParameter`` if nothing could be written to ``path``, before any work."""
    if path is None:
        return
    folder = path.parent
    if os.path.isdir(path):
        raise click.BadParameter(f"{path} is a folder; name a file")
    if not os.path.isdir(folder):
        raise click.BadParameter(f"there is no folder {folder}; make it first")
    target = path if is_special(path) else folder
    if not os.access(target, os.W_OK):
        raise click.BadParameter(f"{target} may not be written to; choose another place")


def check_sound_file(path: Path) -> None:
    """Raise ``click.BadParameter`` if no sound could be written to ``path``, before any work."""
    from fstmuse_core.audio import WRITTEN_SUFFIXES

    if path.suffix.lower() not in WRITTEN_SUFFIXES:
        raise click.BadParameter(f"{path} ends in none of {', '.join(WRITTEN_SUFFIXES)}")
    check_writable(path)


@contextmanager
def open_text(path: Path | None, *, line_by_line: bool = False) -> Iterator[TextIO]:
    """A text stream for results: standard output for ``None``, else the file as UTF-8.

    With ``line_by_line`` the file grows as lines come; otherwise the old file stays until
    the ``with`` block has ended without an exception.
    """
    if path is None:
        yield sys.stdout
    elif line_by_line:
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            yield stream
    else:
        with open_whole(path) as binary:
            text = io.TextIOWrapper(
                binary, encoding="utf-8", errors="backslashreplace", newline="", write_through=True
            )
            yield text
            text.flush()
            text.detach()
