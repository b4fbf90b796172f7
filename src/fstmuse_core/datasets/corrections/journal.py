"""One correction, its recording, and the file of all that was said: a line of JSON a step."""

from __future__ import annotations

import io
import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.atomic_write import open_atomic
from fstmuse_core.system.regular_files import open_regular
from fstmuse_core.system.strict_json import parse_json, typed

_SOUND = re.compile(r"[0-9a-f]{32}")
# Where recordings are kept that are no files of the user's, in the folder of the data set.
TAKES_FOLDER = "takes"


@dataclass(frozen=True, slots=True)
class Correction:
    """The user's word on one sound.

    Attributes
    ----------
    sound : str
        Hash of the decoded samples, see :attr:`fstmuse_core.datasets.examine.Examination.sound`;
        stays the same when a file is moved or its tags are written.
    path : Path
        The file, absolute.
    is_kept : bool
        True if the file is a recording that lies in the data set's own folder.
    size, mtime_ns : int
        Of the file when it was corrected; while they stay, so does its sound.
    sha256 : str
        Of the file's bytes.
    seconds : float
        Duration, above 0.
    genre : str
        Genre that the user gives; any name.
    heard : str
        The genre the model thought likeliest.
    probability : float
        Of ``heard``, 0 to 1.
    was_sure : bool
        True if the model's verdict named ``heard`` or was "not sure".
    model, model_sha256 : str
        Name and hash of the model.
    artist, title, album : str
        From the file's tags; empty where they say nothing.
    date : str
        Time of the correction, ISO 8601 in UTC.
    """

    sound: str
    path: Path
    is_kept: bool
    size: int
    mtime_ns: int
    sha256: str
    seconds: float
    genre: str
    heard: str
    probability: float
    was_sure: bool
    model: str
    model_sha256: str
    artist: str
    title: str
    album: str
    date: str

    def at_place_of(self, other: Correction) -> Correction:
        """The same word on the same sound, of the file that it lies in by now."""
        return replace(
            self,
            path=other.path,
            is_kept=other.is_kept,
            size=other.size,
            mtime_ns=other.mtime_ns,
            sha256=other.sha256,
            artist=other.artist,
            title=other.title,
            album=other.album,
        )

    @property
    def is_confirmation(self) -> bool:
        """True if the user agrees with the model's verdict."""
        return self.was_sure and self.genre == self.heard

    def to_dict(self, folder: Path) -> dict[str, Any]:
        """Plain values for JSON; the path of a kept recording is given from ``folder`` on."""
        path = self.path.relative_to(folder).as_posix() if self.is_kept else str(self.path)
        return {**asdict(self), "path": path}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], folder: Path) -> Correction:
        """Return what ``to_dict`` was given; raises ``ValueError`` if it makes no sense."""
        found = typed(values, cls)
        if len(values) != len(fields(cls)):
            raise ValueError("its fields are others")
        if found.is_kept:
            found = replace(found, path=folder / TAKES_FOLDER / found.path.name)
        found._check()
        return found

    def _check(self) -> None:
        if not _SOUND.fullmatch(self.sound):
            raise ValueError(f"sound is {self.sound!r}")
        if not self.path.is_absolute():
            raise ValueError(f"path is {str(self.path)!r}")
        if not self.genre.strip() or not self.genre.isprintable():
            raise ValueError(f"genre is {self.genre!r}")
        if not 0.0 < self.seconds < math.inf or not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"{self.seconds} s, probability {self.probability}")


JOURNAL_FILE = "corrections.jsonl"
VERSION = 1
_HEADER = "fstmuse_corrections"
# Enough to hold a part of the last step that no other file has in the same place.
_TAIL_BYTES = 512


@dataclass(frozen=True, slots=True)
class Said:
    """The user said the genre of a sound."""

    record: Correction


@dataclass(frozen=True, slots=True)
class Removed:
    """Step by which the correction of a sound is forgotten."""

    sound: str


@dataclass(frozen=True, slots=True)
class Undone:
    """The last step that concerns a sound has not been taken."""

    sound: str


@dataclass(frozen=True, slots=True)
class Followed:
    """The file of a sound was moved, or its tags were written; nothing else was said."""

    record: Correction


Step = Said | Removed | Undone | Followed


@dataclass
class Journal:
    """State that a file of steps comes to.

    Attributes
    ----------
    records : dict of str to Correction
        Corrections that hold now, by sound, the oldest first.
    history : list of (str, Correction or None)
        The sound of each step that can be undone, with what held before it.
    n_damaged : int
        Lines that could not be read.
    is_newer : bool
        True if a newer FstMuse wrote the file, so that nothing of it was read.
    size : int
        Bytes up to the end of the last whole line.
    tail : bytes
        The last of them.
    """

    records: dict[str, Correction] = field(default_factory=dict)
    history: list[tuple[str, Correction | None]] = field(default_factory=list)
    n_damaged: int = 0
    is_newer: bool = False
    size: int = 0
    tail: bytes = b""

    def copy(self) -> Journal:
        """Another that can take steps."""
        return replace(self, records=dict(self.records), history=list(self.history))

    @property
    def is_sound(self) -> bool:
        """True if lines may be added to the file as it is."""
        return self.size > 0 and not self.n_damaged and not self.is_newer

    def take(self, step: Step) -> None:
        """Let one more step count."""
        match step:
            case Said(record):
                self.history.append((record.sound, self.records.pop(record.sound, None)))
                self.records[record.sound] = record
            case Removed(sound):
                self.history.append((sound, self.records.pop(sound, None)))
            case Undone(sound):
                self._undo(sound)
            case Followed(record):
                if record.sound in self.records:
                    self.records[record.sound] = record

    def _undo(self, sound: str) -> None:
        for place in range(len(self.history) - 1, -1, -1):
            if self.history[place][0] == sound:
                _, before = self.history.pop(place)
                self.records.pop(sound, None)
                if before is not None:
                    self.records[sound] = before
                return


def read_journal(folder: Path, known: Journal | None = None) -> Journal:
    """Read the corrections so far; none where there is no file.

    Of a file that has only grown since it was ``known``, no more than the new lines are read.
    Raises ``OSError``.
    """
    journal = Journal()
    try:
        with open_regular(folder / JOURNAL_FILE) as stream:
            if known is not None and known.is_sound:
                stream.seek(known.size - len(known.tail))
                if stream.read(len(known.tail)) == known.tail:
                    journal = known.copy()
                else:
                    stream.seek(0)
            raw = stream.read()
    except FileNotFoundError:
        return journal
    raw = raw[: raw.rfind(b"\n") + 1]
    for line in raw.splitlines():
        _take_line(journal, line, folder)
    journal.size += len(raw)
    journal.tail = (journal.tail + raw)[-_TAIL_BYTES:]
    return journal


def _take_line(journal: Journal, line: bytes, folder: Path) -> None:
    is_first = journal.size == 0 and not journal.history and not journal.n_damaged
    try:
        values = parse_json(line)
        if is_first and isinstance(values, dict) and _HEADER in values:
            journal.is_newer = int(values[_HEADER]) > VERSION
        elif not journal.is_newer:
            journal.take(_step(values, folder))
    except (ValueError, KeyError, TypeError):
        journal.n_damaged += 1


def _step(values: dict[str, Any], folder: Path) -> Step:
    match values["step"]:
        case "said":
            return Said(Correction.from_dict(values["record"], folder))
        case "followed":
            return Followed(Correction.from_dict(values["record"], folder))
        case "removed":
            return typed(values, Removed)
        case "undone":
            return typed(values, Undone)
        case other:
            raise ValueError(f"step {other!r}")


def append(folder: Path, journal: Journal, steps: Sequence[Step]) -> None:
    """Add steps to a sound file, on the disk when this returns. Raises ``OSError``."""
    rest = b"".join(_line(step, folder) for step in steps)
    # Without a buffer, which would be tried again where the disk is full.
    with (folder / JOURNAL_FILE).open("r+b", buffering=0) as stream:
        try:
            # What a kill has left of a line goes first.
            stream.truncate(journal.size)
            stream.seek(journal.size)
            while rest:
                rest = rest[stream.write(rest) :]
            os.fsync(stream.fileno())
        except OSError:
            with suppress(OSError):
                stream.truncate(journal.size)
            raise


def write_anew(folder: Path, journal: Journal, steps: Sequence[Step]) -> Path | None:
    """Put what holds, and ``steps``, into a new file; a bad one is kept aside.

    Returns
    -------
    Path or None
        Path of the old file, if there was one. Raises ``OSError``.
    """
    file = folder / JOURNAL_FILE
    aside = None
    old = file.read_bytes() if file.exists() else b""
    if old:
        aside = _free_name(folder, "newer" if journal.is_newer else "damaged")
        with open_atomic(aside) as stream:
            stream.write(old)
    kept = [Said(record) for record in journal.records.values()]
    with open_atomic(file) as stream:
        stream.write(json.dumps({_HEADER: VERSION}).encode() + b"\n")
        stream.write(b"".join(_line(step, folder) for step in (*kept, *steps)))
    return aside


def _free_name(folder: Path, why: str) -> Path:
    number = 1
    while (name := folder / f"corrections-{why}-{number}.jsonl").exists():
        number += 1
    return name


def _line(step: Step, folder: Path) -> bytes:
    values: dict[str, Any]
    match step:
        case Said(record):
            values = {"step": "said", "record": record.to_dict(folder)}
        case Followed(record):
            values = {"step": "followed", "record": record.to_dict(folder)}
        case Removed(sound):
            values = {"step": "removed", "sound": sound}
        case Undone(sound):
            values = {"step": "undone", "sound": sound}
    # In ASCII, which also holds file names that are no valid text.
    return json.dumps(values).encode("ascii") + b"\n"


def flac(samples: FloatArray, sample_rate: int) -> bytes:
    """A FLAC file of 16-bit samples, shape ``(n,)``, within [-1, 1]; the rate is in hertz."""
    import soundfile

    # The upper half of 32 bits, as libsndfile makes WAV but not FLAC files: a recording that
    # is saved as a WAV file later shall be the same sound.
    wide = np.clip(np.rint(samples.astype(np.float64) * 2.0**31), -(2.0**31), 2.0**31 - 1.0)
    pcm = np.floor(wide / 65536.0).astype(np.int16)
    stream = io.BytesIO()
    soundfile.write(stream, pcm, sample_rate, format="FLAC", subtype="PCM_16")
    return stream.getvalue()
