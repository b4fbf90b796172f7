"""Journal of every batch, written before its changes are made, so that they can be undone."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import platformdirs

from fstmuse_core.system.atomic_write import locked
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.regular_files import open_regular
from fstmuse_core.system.strict_json import parse_json, typed
from fstmuse_core.tags.file_access import sync_folder

_SUFFIX = ".jsonl"
_LOCK = "lock"
_PATIENCE_S = 1.0
# Lines with the differences are long, and begin so that a listing can pass them over.
_DELTA = b"~"
_ENDED = b'{"open": false}\n'


def journal_folder() -> Path:
    """Folder of the batches; may not exist yet."""
    return Path(platformdirs.user_data_dir("fstmuse", appauthor=False)) / "tags"


@dataclass(slots=True)
class Entry:
    """A file that a batch has changed, or was about to change when it was killed.

    ``old_sha256`` and ``new_sha256`` are of the whole file. ``delta_at`` is where the journal
    has the difference. ``was`` and ``becomes`` are device and inode of the old and the new
    file, by which its other names are known; ``mtime_ns`` is when the old one was changed last.
    All three are empty in journals of older versions.
    """

    index: int
    path: Path
    old: tuple[str, ...]
    new: tuple[str, ...]
    old_sha256: str
    new_sha256: str
    links: tuple[Path, ...]
    delta_at: int = 0
    was: tuple[int, ...] = ()
    becomes: tuple[int, ...] = ()
    mtime_ns: int = 0
    is_done: bool = False
    is_undone: bool = False


@dataclass(slots=True)
class BatchRecord:
    """A batch as its journal has it; ``targets`` are all files that it meant to change."""

    id: str
    file: Path
    at: str
    targets: tuple[Path, ...] = ()
    entries: list[Entry] = field(default_factory=list)
    is_open: bool = True

    def delta(self, entry: Entry) -> bytes:
        """Read the delta that puts the old file together from the new one.

        Raises ``OSError``, and ``ValueError`` if the journal is damaged.
        """
        with open_regular(self.file) as stream:
            stream.seek(entry.delta_at)
            return base64.b64decode(stream.readline()[len(_DELTA) : -1], validate=True)


@dataclass(frozen=True)
class _Head:
    """The first line."""

    at: str
    targets: tuple[Path, ...]


class Journal:
    """The open journal of one batch; what is appended with ``sync`` outlasts a power cut."""

    def __init__(self, stream: BinaryIO, identity: str) -> None:
        self.id = identity
        self._stream = stream

    @classmethod
    def begin(cls, folder: Path, targets: Sequence[Path]) -> Journal:
        """A new batch; raises ``OSError``."""
        now = datetime.now(UTC)
        stamp, count = f"{now.astimezone():%Y%m%d-%H%M%S}", 1
        while True:
            identity = stamp if count == 1 else f"{stamp}-{count}"
            try:
                stream = (folder / f"{identity}{_SUFFIX}").open("xb", buffering=0)
                break
            except FileExistsError:
                count += 1
        journal = cls(stream, identity)
        head = {"version": 1, "at": now.isoformat(timespec="seconds")}
        try:
            journal.append(head | {"targets": [str(path) for path in targets]}, sync=True)
        except OSError:
            journal.close()
            (folder / f"{identity}{_SUFFIX}").unlink()
            raise
        sync_folder(folder)
        return journal

    @classmethod
    def reopen(cls, batch: BatchRecord) -> Journal:
        """The journal of an old batch, to append to it; raises ``OSError``."""
        stream = batch.file.open("r+b", buffering=0)
        # A kill may have cut the last line off.
        if stream.seek(0, os.SEEK_END):
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":
                stream.write(b"\n")
        return cls(stream, batch.id)

    def append(self, values: dict[str, Any], delta: bytes = b"", *, sync: bool = False) -> None:
        """Add a line; raises ``OSError``."""
        line = json.dumps(values).encode() + b"\n"
        if delta:
            line = _DELTA + base64.b64encode(delta) + b"\n" + line
        view = memoryview(line)
        while view:
            view = view[self._stream.write(view) :]
        if sync:
            os.fsync(self._stream.fileno())

    def about_to(self, entry: Entry, delta: bytes) -> None:
        """Say which file comes next; safe on the disk on return. Raises ``OSError``."""
        values = {
            "file": entry.index,
            "path": str(entry.path),
            "old": entry.old,
            "new": entry.new,
            "old_sha256": entry.old_sha256,
            "new_sha256": entry.new_sha256,
            "links": [str(path) for path in entry.links],
            "was": entry.was,
            "becomes": entry.becomes,
            "mtime_ns": entry.mtime_ns,
        }
        self.append(values, delta, sync=True)

    def close(self) -> None:
        """Close the file; the batch stays open in it unless its end was appended."""
        self._stream.close()


def read_batch(file: Path) -> BatchRecord:
    """A batch from its journal; lines that are damaged are passed over.

    Raises
    ------
    OSError
        If the journal cannot be read.
    FstMuseError
        If it is none, is damaged, or is from a newer version.
    """
    batch = BatchRecord(file.stem, file, "")
    entries: dict[int, Entry] = {}
    delta_at = at = 0
    with open_regular(file) as stream:
        for line in stream:
            if line.startswith(_DELTA):
                delta_at = at
            else:
                try:
                    _take(batch, entries, _values(line), delta_at)
                except (ValueError, TypeError) as error:
                    raise FstMuseError(
                        file, "it is damaged", "its files stay as they are"
                    ) from error
            at += len(line)
    if not batch.at:
        raise FstMuseError(
            file, "this record of tags written cannot be read", "use the version that wrote it"
        )
    batch.entries = list(entries.values())
    return batch


def _take(
    batch: BatchRecord, entries: dict[int, Entry], values: dict[str, Any], delta_at: int
) -> None:
    if values.get("version") == 1:
        head = typed(values, _Head)
        batch.at, batch.targets = head.at, head.targets
    elif "file" in values:
        known = {"index": values["file"], "delta_at": delta_at, "is_done": False}
        entry = typed({**values, **known, "is_undone": False}, Entry)
        entries[entry.index] = entry
    elif "done" in values and values["done"] in entries:
        entries[values["done"]].is_done = True
    elif "undone" in values and values["undone"] in entries:
        entries[values["undone"]].is_undone = True
    elif "open" in values:
        batch.is_open = bool(values["open"])


def _values(line: bytes) -> dict[str, Any]:
    try:
        values = parse_json(line)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def batch_files(folder: Path) -> list[Path]:
    """The journals there are, the oldest first."""
    return sorted(folder.glob(f"*{_SUFFIX}"), key=lambda file: file.stem)


def was_begun(file: Path) -> bool:
    """Return true if the journal's first line is whole; raises ``OSError``."""
    with open_regular(file) as stream:
        return stream.readline().endswith(b"\n")


def was_ended(file: Path) -> bool:
    """Return true if the journal's last line says so; raises ``OSError``."""
    with open_regular(file) as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - len(_ENDED)))
        return stream.read() == _ENDED


def find_batch(folder: Path, identity: str) -> BatchRecord:
    """The batch of that name.

    Raises
    ------
    FstMuseError
        If there is none, or its journal cannot be read.
    """
    files = [file for file in batch_files(folder) if file.stem == identity]
    if not files:
        raise FstMuseError(
            f"{identity!r}", "no tags were written under that number", "see: fstmuse tag list"
        )
    try:
        return read_batch(files[0])
    except OSError as error:
        raise FstMuseError(
            files[0], f"it cannot be read ({error.strerror})", "check the disk"
        ) from error


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Keep every other process from writing tags; the folder is made if it is not there.

    Raises
    ------
    FstMuseError
        If another one does, or the folder cannot be used.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(folder / _LOCK, _PATIENCE_S))
        except TimeoutError as error:
            raise FstMuseError(
                "Tags", "another FstMuse is writing tags", "wait until it is done"
            ) from error
        except OSError as error:
            raise FstMuseError(
                "Tags",
                f"what is written cannot be noted down in {folder} ({error.strerror})",
                "without that nothing is written; check that folder and its disk",
            ) from error
        yield
