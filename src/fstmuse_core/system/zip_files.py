"""Zip archives: read with as little trust as possible, and unpacked all or nothing."""

from __future__ import annotations

import io
import itertools
import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fstmuse_core.system.atomic_write import cannot_write
from fstmuse_core.system.download import Cancel, check_room
from fstmuse_core.system.errors import FstMuseError

_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x07"
_END_SIZE = 22
_LONGEST_COMMENT = 65_535
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What a file's type may be where the zip says it: plain, or not said.
_PLAIN_TYPES = (0, stat.S_IFREG)
# Weights and tables of tracks are packed to a tenth at best; nothing but a bomb to a thousandth.
_MOST_PACKED = 50
_SMALL_BYTES = 2**20


class ZipTroubleError(Exception):
    """Reason a zip file is refused, put for the user."""


@dataclass(frozen=True)
class ZipLimits:
    """Limits of what a zip file may hold.

    ``entry_bytes`` gives the largest size of an entry by its name, and ``None`` for a name
    that has no business in it.
    """

    entries: int
    directory_bytes: int
    total_bytes: int
    entry_bytes: Callable[[str], int | None]


def read_zip(data: bytes, limits: ZipLimits) -> dict[str, bytes]:
    """Every entry of a zip file by its name.

    Parameters
    ----------
    data : bytes
        The whole file.
    limits : ZipLimits

    Raises
    ------
    ZipTroubleError
        If it is damaged, or anything about it is not as it should be.
    """
    _check_directory(data, limits)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries, limits, len(data))
            return {entry.filename: _contents(archive, entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error) as error:
        raise ZipTroubleError("it is damaged or has been cut") from error
    except (NotImplementedError, RuntimeError, ValueError) as error:
        raise ZipTroubleError(f"it is packed in a way that is not read here ({error})") from error


def _check_directory(data: bytes, limits: ZipLimits) -> None:
    """Before anything is parsed: a directory of millions of entries would fill the memory."""
    where = data.rfind(_END, max(0, len(data) - _END_SIZE - _LONGEST_COMMENT))
    if where < 0 or where + _END_SIZE > len(data):
        raise ZipTroubleError("it is damaged or has been cut")
    if data[max(0, where - 20) : where].startswith(_END_64):
        raise ZipTroubleError("it is a zip file for contents larger than any model")
    (directory_bytes,) = struct.unpack_from("<L", data, where + 12)
    if directory_bytes > limits.directory_bytes:
        raise ZipTroubleError("it lists far more files than any model has")


def _check_entries(entries: list[zipfile.ZipInfo], limits: ZipLimits, data_bytes: int) -> None:
    if len(entries) > limits.entries:
        raise ZipTroubleError(f"it holds {len(entries)} files; {limits.entries} at most belong in")
    seen: set[str] = set()
    total = packed = 0
    for entry in entries:
        name, shown = entry.filename, repr(entry.orig_filename[:80])
        most = limits.entry_bytes(name) if name == entry.orig_filename else None
        if most is None:
            raise ZipTroubleError(f"it holds {shown}, which does not belong in a model")
        if name in seen:
            raise ZipTroubleError(f"it holds {shown} twice")
        if entry.flag_bits & _ENCRYPTED:
            raise ZipTroubleError("it is encrypted")
        if stat.S_IFMT(entry.external_attr >> 16) not in _PLAIN_TYPES:
            raise ZipTroubleError(f"{shown} in it is a link or a device, not a file")
        if entry.compress_type not in _METHODS:
            raise ZipTroubleError(f"{shown} in it is packed in a way that is not read here")
        if entry.file_size > most:
            raise ZipTroubleError(f"{shown} in it is larger than any model's")
        if entry.file_size > max(_SMALL_BYTES, _MOST_PACKED * entry.compress_size):
            raise ZipTroubleError(f"{shown} in it would grow far more than any model's file")
        seen.add(name)
        total += entry.file_size
        packed += entry.compress_size
    if packed > data_bytes:
        raise ZipTroubleError("files in it lie over one another")
    if total > limits.total_bytes:
        raise ZipTroubleError("what it holds is larger than any model")


def _contents(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    # Reads no more than the size that was checked, and compares the checksum at its end.
    data = archive.read(entry)
    if len(data) != entry.file_size:
        raise ZipTroubleError("it is damaged or has been cut")
    return data


_CHUNK = 2**20
# Music is hardly packed at all, and tables to a tenth.
_MOST_UNPACKED = 100


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
        _free_name(folder)
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


def _free_name(folder: Path) -> None:
    """Make way for a folder that comes; what the user has put there is not ours to remove."""
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
        if info.file_size > max(_SMALL_BYTES, _MOST_UNPACKED * info.compress_size)
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
