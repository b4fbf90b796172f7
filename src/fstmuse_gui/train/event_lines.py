"""The lines that a training writes, as far as a window that follows it needs them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fstmuse_gui.train.events import Ended, is_progress, parse_event

_MOST_BYTES = 1 << 20
# Told at once: what came before is of a time when nobody looked.
_MOST_PROGRESS = 50


class LineFile:
    """Whole lines of a file that another process writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._rest = b""

    def read(self) -> list[str]:
        """What has come since the last call, at most a mebibyte."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._at)
                data = stream.read(_MOST_BYTES)
        except OSError:
            return []
        self._at += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines]


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
