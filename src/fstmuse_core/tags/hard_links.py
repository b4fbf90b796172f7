"""The other names (hard links) of a file that is replaced: kept together, and mended by undo.

A file that takes another's place is a new one, so that names of the old one still show the old
contents. Those that were given are made names of the new one. Those that nobody gave stay; the
old file is then kept under a name in the journal's folder, which costs no room, and undo puts
it back, so that all names are one file again.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.tags.file_access import Stamp, why_not
from fstmuse_core.tags.journal import Entry
from fstmuse_core.tags.replacement import file_digest, link_in_place

_SUFFIX = ".old"


def keep_old(folder: Path, batch: str, entry: Entry) -> None:
    """Keep the file at ``entry.path`` under another name, where the disk allows it."""
    for kept in _places(folder, batch, entry):
        with suppress(OSError):
            kept.unlink(missing_ok=True)
            os.link(entry.path, kept)
            return


def old_file(folder: Path, batch: str, entry: Entry) -> Path | None:
    """Path of the old file; ``None`` if it is not there, or was written to since."""
    for kept in _places(folder, batch, entry):
        with suppress(OSError):
            if not kept.is_symlink() and file_digest(kept) == entry.old_sha256:
                return kept
    return None


def forget_old(folder: Path, batch: str, entry: Entry) -> None:
    """Remove the name under which the old file is kept."""
    for kept in _places(folder, batch, entry):
        with suppress(OSError):
            kept.unlink(missing_ok=True)


def forget_lonely(folder: Path) -> None:
    """Remove names under which files are kept that have no other any more."""
    for kept in folder.glob(f"*{_SUFFIX}"):
        with suppress(OSError):
            if kept.lstat().st_nlink == 1:
                kept.unlink()


def join_names(entry: Entry, copy: Path, replaced: tuple[int, int] | None = None) -> None:
    """Let the other names that were given be names of what is at ``entry.path`` now.

    Only names that still are of the old or the new file are changed, by way of ``copy``; so are
    those of the file of identity ``replaced``, since music that was copied to another disk has
    other identities than the journal knows.

    Raises
    ------
    FstMuseError
        If one cannot be; the others are done.
    """
    trouble: FstMuseError | None = None
    for other in entry.links:
        try:
            if _belongs(entry, other, replaced):
                link_in_place(entry.path, copy, other)
        except FileNotFoundError:
            continue  # somebody has removed it
        except OSError as error:
            trouble = FstMuseError(
                entry.path,
                f"it was done, but {one_line(str(other))} is no longer the same file "
                f"({why_not(error)})",
            )
    if trouble is not None:
        raise trouble


def _belongs(entry: Entry, other: Path, replaced: tuple[int, int] | None) -> bool:
    if Stamp.of(other).identity == Stamp.of(entry.path).identity:
        return False
    if not entry.was:  # a journal of an older version knows no more
        return False
    is_one = Stamp.of(other).identity in (tuple(entry.was), tuple(entry.becomes), replaced)
    return is_one and file_digest(other) in (entry.old_sha256, entry.new_sha256)


def _places(folder: Path, batch: str, entry: Entry) -> tuple[Path, Path]:
    name = f"{batch}-{entry.index}{_SUFFIX}"
    return folder / name, entry.path.with_name(f".fstmuse-{name}")
