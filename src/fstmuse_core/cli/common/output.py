"""Destination of results: standard output, or a file that is replaced only once complete."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, TextIO

import click

from fstmuse_core.system.atomic_write import is_special, open_atomic
from fstmuse_core.system.errors import FstMuseError, one_line


def check_writable(path: Path | None, *inputs: str | Path | None) -> None:
    """Raise ``click.BadParameter`` if no text or picture should go to ``path``, before any work.

    That is so if nothing could be written there, and where music would be lost: under the name
    of a sound file, and in the place of one of ``inputs``, which are what is read.
    """
    if path is None:
        return
    from fstmuse_core.audio.sound_files import AUDIO_SUFFIXES, VIDEO_SUFFIXES

    _check_place(path)
    # A link stays a link: what it leads to is replaced.
    for name in (path, Path(os.path.realpath(path))):
        if name.suffix.lower() in AUDIO_SUFFIXES | VIDEO_SUFFIXES:
            raise click.BadParameter(
                f"{_shown(name)} is a sound file's name, and this is no sound; choose another"
            )
    _refuse_inputs(path, inputs)


def check_sound_file(path: Path, *inputs: str | Path | None) -> None:
    """The same for what is a sound."""
    from fstmuse_core.audio.reading import WRITTEN_SUFFIXES

    if path.suffix.lower() not in WRITTEN_SUFFIXES:
        raise click.BadParameter(f"{path} ends in none of {', '.join(WRITTEN_SUFFIXES)}")
    _check_place(path)
    _refuse_inputs(path, inputs)


def _check_place(path: Path) -> None:
    folder = path.parent
    if os.path.isdir(path):
        raise click.BadParameter(f"{path} is a folder; name a file")
    if not os.path.isdir(folder):
        raise click.BadParameter(f"there is no folder {folder}; make it first")
    target = path if is_special(path) else folder
    if not os.access(target, os.W_OK):
        raise click.BadParameter(f"{target} may not be written to; choose another place")


def _refuse_inputs(path: Path, inputs: tuple[str | Path | None, ...]) -> None:
    for read in inputs:
        with suppress(OSError, ValueError):  # one of them is not there
            if read is not None and os.path.samefile(path, read):
                raise click.BadParameter(
                    f"{_shown(path)} is what is read, and would be lost; choose another name"
                )


def _shown(path: Path) -> str:
    return one_line(str(path))


def identity(path: str) -> dict[str, int]:
    """Everything by which a file tells that it was replaced; empty if it is not there."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return {}
    return {
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "ctime_ns": status.st_ctime_ns,
        "inode": status.st_ino,
    }


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say of what goes wrong in the ``with`` block that ``path`` cannot be written."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read has enough: no fault
    except OSError as error:
        why = error.strerror or str(error)
        raise FstMuseError(
            str(path), f"it cannot be written ({why})", "choose another place"
        ) from error


@contextmanager
def open_text(path: Path | None, *, line_by_line: bool = False) -> Iterator[TextIO]:
    """A text stream for results: standard output for ``None``, else the file as UTF-8.

    With ``line_by_line`` the file grows as lines come; otherwise the old file stays until
    the ``with`` block has ended without an exception. Raises ``FstMuseError`` if the file
    cannot be written.
    """
    if path is None:
        yield sys.stdout
    elif line_by_line:
        with open_lines(path, "w") as stream:
            yield stream
    else:
        with writing(path), open_atomic(path) as binary:
            text = io.TextIOWrapper(
                binary, encoding="utf-8", errors="backslashreplace", newline="", write_through=True
            )
            yield text
            text.flush()
            text.detach()


@contextmanager
def open_lines(path: Path, mode: Literal["w", "a"]) -> Iterator[TextIO]:
    """A file as UTF-8 that grows as lines come; if none can be written, no empty one is left."""
    with writing(path):
        try:
            with path.open(mode, encoding="utf-8", errors="backslashreplace", newline="") as stream:
                yield stream
        except OSError:
            with suppress(OSError):
                if path.is_file() and not path.is_symlink() and not path.stat().st_size:
                    path.unlink()
            raise
