"""Where results go: standard output, or a file that is replaced only once it is complete."""

from __future__ import annotations

import io
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

import click


def check_writable(path: Path | None) -> None:
    """Raise ``click.BadParameter`` if nothing could be written to ``path``, before any work."""
    if path is None:
        return
    folder = path.parent
    if os.path.isdir(path):
        raise click.BadParameter(f"{path} is a folder; name a file")
    if not os.path.isdir(folder):
        raise click.BadParameter(f"there is no folder {folder}; make it first")
    target = path if _is_special(path) else folder
    if not os.access(target, os.W_OK):
        raise click.BadParameter(f"{target} may not be written to; choose another place")


def _is_special(path: Path) -> bool:
    return os.path.exists(path) and not os.path.isfile(path)


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


@contextmanager
def open_whole(path: Path) -> Iterator[BinaryIO]:
    """A binary file that takes the place of ``path`` once it is complete and on the disk."""
    if _is_special(path):  # a device or a pipe can't be replaced
        with path.open("wb") as stream:
            yield stream
        return
    target = Path(os.path.realpath(path))  # a link stays a link
    with tempfile.NamedTemporaryFile(
        dir=target.parent, prefix=f".{target.name[:40]}-", delete=False
    ) as temporary:
        staging = Path(temporary.name)
        try:
            yield temporary.file  # type: ignore[misc]
            temporary.flush()
            os.fsync(temporary.fileno())
        except BaseException:
            temporary.close()
            staging.unlink(missing_ok=True)
            raise
    staging.chmod(_permissions(target))
    staging.replace(target)


def _permissions(path: Path) -> int:
    """Those of the file that is there, else what the user gives to new files."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
