"""Classification of one file of the library; runs in the processes of a pool."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fstmuse_core.audio.measures import Measures, SongMeter, measure_file
from fstmuse_core.classify.runner import ClassifierRunner
from fstmuse_core.datasets.duplicates import MelPrint
from fstmuse_core.library.rows import StoredAnswer, stored
from fstmuse_core.library.scan import FoundFile, found_file
from fstmuse_core.library.sounds import StoredSound, has_measures, stored_sound
from fstmuse_core.system.errors import BundleError, FstMuseError, one_line
from fstmuse_core.system.process_limits import too_much_memory

_KNOWN = """
SELECT 1 FROM results WHERE content = :content AND model_id = :model AND (
    :tagger = 0
    OR EXISTS (SELECT 1 FROM embeddings WHERE tagger_id = :tagger AND content = :content)
)
"""
# A file that is being written to is tried once more; then it must wait for the next scan.
_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class ClassifiedFile:
    """Result of classifying a file.

    Attributes
    ----------
    found : FoundFile
        The file as it was when it was classified.
    content : str
        Hash of its sound.
    title, artist, album, tag_genre : str
        From its tags.
    year, length, format, bit_rate
        Likewise; 0 and empty where they do not tell.
    answer : StoredAnswer or None
        ``None`` if the library has one for this sound.
    sound : StoredSound or None
        Facts found out beside the answer.
    measures : Measures or None
        ``None`` if the library has those of this sound.
    """

    found: FoundFile
    content: str
    title: str
    artist: str
    album: str
    tag_genre: str
    answer: StoredAnswer | None
    sound: StoredSound | None = None
    measures: Measures | None = None
    year: int = 0
    length: float = 0.0
    format: str = ""
    bit_rate: int = 0


@dataclass(frozen=True, slots=True)
class FailedFile:
    """Reason there is no answer; ``is_gone`` if there is no such file any more."""

    reason: str
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Unusable:
    """The model cannot be used any more, so nothing can be classified."""

    reason: str


class LibraryTask:
    """Work for a pool: a path in, a :class:`ClassifiedFile` or the reason why not out.

    Parameters
    ----------
    runner : ClassifierRunner
    library : str
        The library's file, which is only read.
    model_id : int
        The library's number of the model.
    tagger_id : int
        The library's number of the tagger that the model stands on; 0 if on none.
    """

    def __init__(
        self, runner: ClassifierRunner, library: str, model_id: int, tagger_id: int = 0
    ) -> None:
        self.runner = runner
        self._library = library
        self._model_id = model_id
        self._tagger_id = tagger_id

    def __call__(self, path: str) -> ClassifiedFile | FailedFile | Unusable:
        try:
            return _steady(self._classify, path)
        except BundleError as error:
            return Unusable(str(error))

    def _classify(self, found: FoundFile) -> ClassifiedFile:
        from fstmuse_core.tags.spans import audio_digest

        content = audio_digest(found.path)
        is_known, is_measured, encoding = self._known(content)
        file = _described(found, content, encoding)
        if not is_known:
            return self._listen(file)
        return file if is_measured else replace(file, measures=measure_file(found.path))

    def _listen(self, file: ClassifiedFile) -> ClassifiedFile:
        words, meter = MelPrint(), SongMeter()
        answer = self.runner.classify(file.found.path, on_mel=words.push, meter=meter)
        sound = stored_sound(answer, words.finish())
        return replace(file, answer=stored(answer), sound=sound, measures=meter.finish())

    def _known(self, content: str) -> tuple[bool, bool, str]:
        """True for an answer and for measures of this sound; and the encoding of old tags."""
        from fstmuse_core.library import schema

        uri = f"{Path(self._library).as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(uri, uri=True)) as connection:
                values = {
                    "content": content,
                    "model": self._model_id,
                    "tagger": self._tagger_id,
                }
                found: Any = connection.execute(_KNOWN, values).fetchone()
                encoding = schema.read(connection, schema.TAG_ENCODING, "auto")
                return found is not None, has_measures(connection, content), encoding
        except sqlite3.Error:
            return False, False, "auto"  # classified once more, at worst


def as_found_here(became: ClassifiedFile) -> ClassifiedFile:
    """Put this machine's facts of the file, such as its inode, in place of another machine's."""
    try:
        here = found_file(became.found.path, os.stat(became.found.path))
    except OSError:
        return became
    there = became.found
    same = (here.size, here.mtime_ns) == (there.size, there.mtime_ns)
    return replace(became, found=here) if same else became


def described_file(path: str, encoding: str) -> ClassifiedFile | FailedFile:
    """Find out which sound a file holds and what its tags say; ``encoding`` is that of old tags."""
    from fstmuse_core.tags.spans import audio_digest

    return _steady(lambda found: _described(found, audio_digest(found.path), encoding), path)


def _steady(work: Callable[[FoundFile], ClassifiedFile], path: str) -> ClassifiedFile | FailedFile:
    """Result of work on a file that does not change meanwhile, or the reason why not.

    Raises ``BundleError`` as the work does.
    """
    try:
        for _ in range(_ATTEMPTS):
            before = found_file(path, os.stat(path))
            result = work(before)
            if found_file(path, os.stat(path)) == before:
                return result
    except BundleError:
        raise
    except FstMuseError as error:
        if not os.path.lexists(path):
            return _gone()
        return FailedFile(f"{error.reason}; {error.remedy}" if error.remedy else error.reason)
    except MemoryError:
        return FailedFile(too_much_memory())
    except FileNotFoundError:
        return _gone()
    except OSError as error:
        why = error.strerror or str(error)
        return FailedFile(f"it cannot be read ({why}); see to the file, then try it again")
    except Exception as error:
        what = one_line(f"{type(error).__name__}: {error}")
        return FailedFile(f"it could not be worked on ({what}); please report this")
    return FailedFile("it is being changed; try it again once it is whole")


def _described(found: FoundFile, content: str, encoding: str) -> ClassifiedFile:
    from fstmuse_core.library.tagging import described_tags

    return ClassifiedFile(found, content, **described_tags(found.path, encoding), answer=None)


def _gone() -> FailedFile:
    from fstmuse_core.library.scan import GONE

    return FailedFile(GONE, is_gone=True)
