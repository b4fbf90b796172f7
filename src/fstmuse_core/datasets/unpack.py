"""Unpacking a zip archive, all or nothing, and nowhere but where it belongs."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from fstmuse_core.datasets.download import Cancel, check_room
from fstmuse_core.datasets.files import cannot_write
from fstmuse_core.errors import FstMuseError

_CHUNK = 2**20
# Music is hardly packed at all, and tables to a tenth.
_MOST_PACKED = 100
_SMALL_BYTES = 2**20


def unpack(
    archive: Path,
    folder: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Unpack an archive whose one top folder is called as ``folder`` is.

    Files go to a temporary folder beside it that takes its name at the end: ``folder`` is either
    whole or as it was. Files that are in it already are kept, in ``<folder>.old``.

    Parameters
    ----------
    archive, folder : Path
    progress : callable, optional
        Called with bytes unpacked and bytes in all.
    cancelled : callable, optional
        Asked several times a second.

    Raises
    ------
    FstMuseError
        If the archive is damaged, holds paths that lead elsewhere, or there is no room.
    Cancel
        If ``cancelled`` said so.
    """
    staging = folder.with_name(f".{folder.name}.unpacking")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [info for info in opened.infolist() if not info.is_dir()]
            for info in entries:
                _check(archive, info, folder.name)
            _check_packing(archive, entries)
            total = sum(info.file_size for info in entries)
            check_room(folder, total)
            done = 0
            for info in entries:
                done += _unpack_one(opened, info, staging, cancelled)
                if progress:
                    progress(done, total)
        _flush_disk()
        _make_way(folder)
        os.replace(staging / folder.name, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise FstMuseError(
            archive, f"the archive is damaged ({error})", "remove it and fetch it again"
        ) from error
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _flush_disk() -> None:
    """Once for all files: thousands of them would take minutes one by one."""
    if hasattr(os, "sync"):
        os.sync()


def _make_way(folder: Path) -> None:
    """Free the name for a folder that comes; what the user has put there is not ours to remove."""
    if not os.path.lexists(folder):
        return
    is_folder = folder.is_dir() and not folder.is_symlink()
    if is_folder and not any(files for _, _, files in os.walk(folder)):
        shutil.rmtree(folder)
        return
    names = (folder.with_name(f"{folder.name}.old{n or ''}") for n in itertools.count())
    os.replace(folder, next(name for name in names if not os.path.lexists(name)))


def _check(archive: Path, info: zipfile.ZipInfo, top: str) -> None:
    path = PurePosixPath(info.filename)
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    leads_out = path.is_absolute() or ".." in path.parts or set(info.filename) & set("\\:")
    if leads_out or is_link or len(path.parts) < 2 or path.parts[0] != top:
        raise FstMuseError(
            archive,
            f"it holds {info.filename!r}, which does not belong into the folder {top}",
            "it is not the archive that was promised: remove it",
        )


def _check_packing(archive: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse what would fill the disk: files that lie over one another, or grow beyond measure."""
    packed = sum(info.compress_size for info in entries)
    bombs = [
        info.filename
        for info in entries
        if info.file_size > max(_SMALL_BYTES, _MOST_PACKED * info.compress_size)
    ]
    if bombs or packed > archive.stat().st_size:
        what = f"{bombs[0][:80]!r} would grow far too much" if bombs else "its files overlap"
        raise FstMuseError(archive, what, "it is not the archive that was promised: remove it")


def _unpack_one(
    opened: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    staging: Path,
    cancelled: Callable[[], bool] | None,
) -> int:
    target = staging / info.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(info) as source, target.open("wb") as stream:
        while chunk := source.read(_CHUNK):
            if cancelled and cancelled():
                raise Cancel
            stream.write(chunk)
    return info.file_size
