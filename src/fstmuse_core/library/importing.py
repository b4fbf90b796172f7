"""Results of other machines and of scripts, as lines of JSON, taken into the library."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from fstmuse_core.bundle.bundle import Bundle, load_bundle
from fstmuse_core.bundle.find_by_hash import folder_of
from fstmuse_core.bundle.manifest import CLASSIFIER
from fstmuse_core.classify.result import SETTINGS, Classification, Doubt, Timeline, Verdict
from fstmuse_core.classify.traits import Group, Trait
from fstmuse_core.library.database import Library
from fstmuse_core.library.file_task import ClassifiedFile, FailedFile
from fstmuse_core.library.queue import keep_answer, register, store_file
from fstmuse_core.library.rows import TAG_COLUMNS, State, StoredAnswer, stored
from fstmuse_core.library.scan import FoundFile
from fstmuse_core.system.errors import BundleError, one_line
from fstmuse_core.system.strict_json import parse_json

_SAME_SUM = 0.02


class Fate(StrEnum):
    """Fate of a line of results."""

    TAKEN = "taken"
    KNOWN = "known already"
    FAILED = "failed where they were made"
    NOT_HERE = "of files that are not here"
    CHANGED = "of files whose sound changed"
    UNUSABLE = "that cannot be used"


class UnusableLineError(Exception):
    """A line of results that no library can take; its text says why."""


class NoResultError(UnusableLineError):
    """A line that is no result at all."""


@dataclass(frozen=True, slots=True)
class ResultLine:
    """A line of results.

    Attributes
    ----------
    path : str
        Absolute, as the file would be called here.
    model_id : int
        The library's number of the model.
    answer : StoredAnswer or None
        ``None`` if the file failed.
    sound : str
        Hash of the sound that the answer is of; empty if the line does not say.
    size, mtime_ns : int
        Of the file when it was classified; -1 if the line does not say.
    """

    path: str
    model_id: int
    answer: StoredAnswer | None
    sound: str
    size: int
    mtime_ns: int

    def is_of(self, file: ClassifiedFile) -> bool:
        """True if the answer is of the sound that this file holds."""
        if self.sound:
            return self.sound == file.content
        return (self.size, self.mtime_ns) == (file.found.size, file.found.mtime_ns)


class ResultReader:
    """Lines of results in, :class:`ResultLine` out; their models become known to the library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._models: dict[str, tuple[int, Bundle]] = {}

    def read(self, line: bytes) -> ResultLine:
        """Read a line.

        Raises
        ------
        NoResultError
            If it is no result.
        UnusableLineError
            If it is one that cannot be held against other answers.
        """
        try:
            record = parse_json(line)
            path, sha256 = os.fspath(record["path"]), str(record["model_sha256"])
        except (ValueError, KeyError, TypeError):
            raise NoResultError("it is no result of fstmuse classify") from None
        try:
            return self._result(path, sha256, record)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnusableLineError(
                one_line(f"{path}: its result is damaged ({error}); classify it again")
            ) from None

    def _result(self, path: str, sha256: str, record: Mapping[str, Any]) -> ResultLine:
        number, bundle = self._model(path, sha256, record)
        sound, file = str(record.get("sound", "")), record.get("file", {})
        answer = None
        if "error" not in record:
            if not sound and not file:
                raise UnusableLineError(one_line(f"{path}: its result does not say of which sound"))
            if record.get("settings", SETTINGS if file else "") != SETTINGS:
                raise UnusableLineError(
                    one_line(f"{path}: another version of FstMuse answered; classify it again")
                )
            answer = stored(_classification(record, bundle))
        size, mtime_ns = int(file.get("size", -1)), int(file.get("mtime_ns", -1))
        return ResultLine(os.path.abspath(path), number, answer, sound, size, mtime_ns)

    def _model(self, path: str, sha256: str, record: Mapping[str, Any]) -> tuple[int, Bundle]:
        if sha256 not in self._models:
            folder = folder_of(sha256)
            try:
                if folder is None:
                    raise BundleError(path, "it is not installed")
                bundle = load_bundle(folder)
                bundle.require_kind(CLASSIFIER)
            except BundleError as error:
                name = f"{record.get('model', 'a model')} ({sha256[:8]})"
                raise UnusableLineError(
                    one_line(
                        f"{path}: {name} answered, and {error.reason}; import that model first"
                    )
                ) from None
            self._models[sha256] = register(self._library, bundle), bundle
        return self._models[sha256]


def _classification(record: Mapping[str, Any], bundle: Bundle) -> Classification:
    """The answer of a line; its numbers are as they stand there, of five digits."""
    genres = bundle.manifest.genres
    genre, doubt = record["genre"], record["not_sure_because"]
    if genre is not None and genre not in genres:
        raise ValueError(f"the model knows no genre {genre!r}")
    return Classification(
        model=bundle.name,
        model_sha256=bundle.sha256,
        genres=genres,
        duration_s=float(record["duration_s"]),
        probabilities=_shares(record["probabilities"], genres),
        timeline=_timeline(record.get("segments", ()), genres),
        verdict=Verdict(genre, None if doubt is None else Doubt(doubt), str(record["verdict"])),
        warnings=tuple(map(str, record["warnings"])),
        traits=tuple(
            Trait(Group(group), str(word), 0.0)
            for group, words in record.get("traits", {}).items()
            for word in words
        ),
    )


def _shares(values: Mapping[str, float], genres: Sequence[str]) -> np.ndarray[Any, Any]:
    if set(values) != set(genres):
        raise ValueError("not every genre of the model has its probability, as with --top")
    shares = np.array([values[genre] for genre in genres], dtype=np.float32)
    total = float(shares.sum())
    if not ((shares >= 0).all() and (total == 0 or abs(total - 1) < _SAME_SUM)):
        raise ValueError("its probabilities do not sum to 1")
    return shares


def _timeline(segments: Sequence[Mapping[str, Any]], genres: Sequence[str]) -> Timeline:
    rows = [_shares(segment["probabilities"], genres) for segment in segments]
    return Timeline(
        start_s=np.array([segment["start_s"] for segment in segments], dtype=np.float64),
        end_s=np.array([segment["end_s"] for segment in segments], dtype=np.float64),
        probabilities=np.array(rows, dtype=np.float32).reshape(len(rows), len(genres)),
        silent=np.array([segment.get("silent", False) for segment in segments], dtype=np.bool_),
    )


class SoundTask:
    """Work for a pool: a path in, what the file holds out, without an answer.

    ``encoding`` is that of old tags' texts.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding

    def __call__(self, path: str) -> ClassifiedFile | FailedFile:
        from fstmuse_core.library.file_task import described_file

        return described_file(path, self._encoding)


def known_file(library: Library, path: str) -> ClassifiedFile | None:
    """Look up what the library knows of a file; ``None`` if the file has changed since."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    with library.reading() as connection:
        found = connection.execute(
            f"SELECT size, mtime_ns, device, inode, content, {', '.join(TAG_COLUMNS)} "
            "FROM files WHERE path = ? AND size = ? AND mtime_ns = ? AND content IS NOT NULL",
            (os.fsencode(path), status.st_size, status.st_mtime_ns),
        ).fetchone()
    if found is None:
        return None
    size, mtime_ns, device, inode, content, *values = found
    known = dict(zip(TAG_COLUMNS, values, strict=True))
    # Texts that no tag tells are null there.
    tags: dict[str, Any] = {n: "" if value is None else value for n, value in known.items()}
    file = FoundFile(path, size, mtime_ns, device, inode)
    return ClassifiedFile(file, content, **tags, answer=None)


def take(library: Library, line: ResultLine, file: ClassifiedFile | FailedFile) -> Fate:
    """Take the answer of a line into the library, if its sound is here.

    Parameters
    ----------
    file : ClassifiedFile or FailedFile
        Sound and texts of the file of the line's path, as it is here.

    Returns
    -------
    Fate
        ``NOT_HERE`` also where the file cannot be read. A file that lies elsewhere by now is
        found by its sound, where the library knows it.
    """
    if line.answer is None:
        return Fate.FAILED
    is_here = isinstance(file, ClassifiedFile) and line.is_of(file)
    with library.writing() as connection:
        content = file.content if is_here and isinstance(file, ClassifiedFile) else line.sound
        if not is_here and not _holds(connection, content):
            return Fate.CHANGED if isinstance(file, ClassifiedFile) else Fate.NOT_HERE
        if isinstance(file, ClassifiedFile):
            _keep_file(connection, file)
        if _is_known(connection, content, line.model_id):
            return Fate.KNOWN
        keep_answer(connection, content, line.model_id, line.answer)
    return Fate.TAKEN


def _holds(connection: sqlite3.Connection, content: str) -> bool:
    query = "SELECT 1 FROM files WHERE content = ? AND state <> ? LIMIT 1"
    return connection.execute(query, (content, State.GONE.value)).fetchone() is not None


def _is_known(connection: sqlite3.Connection, content: str, model_id: int) -> bool:
    query = "SELECT 1 FROM results WHERE content = ? AND model_id = ?"
    return connection.execute(query, (content, model_id)).fetchone() is not None


def _keep_file(connection: sqlite3.Connection, file: ClassifiedFile) -> None:
    query = "SELECT id FROM files WHERE path = ?"
    found = connection.execute(query, (os.fsencode(file.found.path),)).fetchone()
    if found is not None:
        store_file(connection, found[0], file)
