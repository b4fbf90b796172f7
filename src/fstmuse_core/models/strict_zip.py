"""Reading a zip file that may have been made to do harm.

Nothing is unpacked to the disk: entries are read into memory, each and all of them within
limits that are checked before they are read.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

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
    """Why a zip file is refused, put for the user."""


@dataclass(frozen=True)
class ZipLimits:
    """What a zip file may hold.

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
