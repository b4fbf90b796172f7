"""Single files of data sets looked at in another process: a crash there costs that file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fstmuse_core.audio import sound_files
from fstmuse_core.audio.reading import probe
from fstmuse_core.datasets.examine import Examination, examine
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.shared_work import SharedWork

Cancelled = Callable[[], bool]


def _duration(path: str) -> float:
    return probe(path).duration_s or 0.0


def _examine(path: str) -> Examination:
    return examine(Path(path))


_DURATIONS = SharedWork(_duration)
_EXAMINATIONS = SharedWork(_examine)


@contextmanager
def one_process() -> Iterator[None]:
    """Look at all files until the end of the ``with`` statement in the same process."""
    with sound_files.one_process(), _DURATIONS.kept(), _EXAMINATIONS.kept():
        yield


def duration_of(path: Path, cancelled: Cancelled | None = None) -> float | str:
    """Seconds of sound, as the file's header says, or why they are not known.

    ``cancelled`` is asked several times a second.
    """
    found = _DURATIONS.result(path, cancelled)
    if isinstance(found, FstMuseError):
        return found.reason
    return found or "its length is not known, so it may be damaged"


def examined(path: Path, cancelled: Cancelled | None = None) -> Examination:
    """Examine a file; one that crashes or hangs a decoder is unreadable."""
    found = _EXAMINATIONS.result(path, cancelled)
    if isinstance(found, FstMuseError):
        return Examination(path, fault="unreadable", reason=found.reason)
    return found
