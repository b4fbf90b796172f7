"""A run's folder followed while it is trained: its events as they come, and what it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from fstmuse_core.runs.events import EVENTS_FILE, Ended, TrainEvent, is_progress, parse_event
from fstmuse_core.runs.store import request_end

_MOST_BYTES = 1 << 20
# Told at once: what came before is of a time when nobody looked.
_MOST_PROGRESS = 50


class LineFile:
    """Reads whole lines of a file that another process writes, from byte ``at`` on."""

    def __init__(self, path: Path, at: int = 0) -> None:
        self._path = path
        self._at = at
        self._rest = b""

    def read(self) -> list[str]:
        """Return what has come since the last call, at most a mebibyte."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._at)
                data = stream.read(_MOST_BYTES)
        except OSError:
            return []
        self._at += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines]


class RunFollower:
    """Follows a run: reads its events, and asks whoever trains it to end.

    Parameters
    ----------
    folder : Path
        The run's.
    after : int
        Bytes of its events that are of earlier starts and not to be told.
    """

    def __init__(self, folder: Path, after: int = 0) -> None:
        self.folder = folder
        self._lines = LineFile(folder / EVENTS_FILE, after)
        self._is_first = True
        self._asked = ""

    def read(self) -> list[TrainEvent]:
        """Return the events that have come since the last call.

        Of the first, which may be hours, progress is thinned, and ends are left out that a later
        start went on from.
        """
        lines = self._lines.read()
        if self._is_first and lines:
            self._is_first = False
            lines = without_earlier_ends(thinned([*lines, *self._rest()]))
        return [event for event in map(parse_event, lines) if event is not None]

    def _rest(self) -> list[str]:
        """All that has been said so far: which end is the last word is known only then."""
        found: list[str] = []
        while lines := self._lines.read():
            found += lines
        return found

    def ask(self, word: str) -> None:
        """Ask once for :data:`~fstmuse_core.runs.store.STOP` or ``CANCEL``.

        To be called again and again: where the disk was full, it is asked as soon as it is not.
        """
        if word != self._asked:
            with suppress(OSError):
                request_end(self.folder, word)
                self._asked = word


def told_bytes(folder: Path) -> int:
    """Return how many bytes of events there are of earlier starts; 0 of a run that is new."""
    try:
        return (folder / EVENTS_FILE).stat().st_size
    except OSError:
        return 0


def thinned(lines: Sequence[str]) -> list[str]:
    """The same with so few lines of progress that a window keeps up; the last is among them."""
    places = [place for place, line in enumerate(lines) if is_progress(line)]
    step = -(-len(places) // _MOST_PROGRESS)
    kept = set(places[::-step]) if step else set()
    return [line for place, line in enumerate(lines) if place in kept or not is_progress(line)]


def without_earlier_ends(lines: Sequence[str]) -> list[str]:
    """The same without the ends of trainings that have been resumed since.

    One that is resumed prepares for minutes before it says that it has started.
    """
    earlier = [line for line in lines[:-1] if not isinstance(parse_event(line), Ended)]
    return [*earlier, *lines[-1:]]
