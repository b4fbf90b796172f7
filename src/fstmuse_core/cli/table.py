"""Results as a table for people."""

from __future__ import annotations

import unicodedata
from typing import Self, TextIO

from fstmuse_core.bundle import Bundle
from fstmuse_core.cli.console import clock
from fstmuse_core.cli.results import Choice, FileResult, as_record, best
from fstmuse_core.errors import one_line, visible

_DEFAULT_TOP = 3
_LONGEST_NAME = 44


class TableWriter:
    """A row for each file: its length, its likeliest genres, and the verdict in words.

    Parameters
    ----------
    name_width : int
        Columns for the names; the longest name's width, see :func:`name_width`.
    """

    def __init__(self, stream: TextIO, bundle: Bundle, choice: Choice, name_width: int) -> None:
        self._stream, self._bundle, self._choice = stream, bundle, choice
        self._top = choice.top or _DEFAULT_TOP
        self._genre_width = max(map(len, bundle.manifest.genres))
        self._name_width = name_width

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not BrokenPipeError:
            self._stream.flush()

    def add(self, result: FileResult) -> None:
        """Write one result."""
        name = _fitted(shown_name(result.path), self._name_width)
        if result.classification is None:
            self._line(name, "-", "failed")
            return
        record = as_record(result, self._bundle, self._choice)
        scores = self._scores(record["probabilities"])
        self._line(name, clock(record["duration_s"]), f"{scores}  {record['verdict']}")
        for segment in record.get("segments", ()):
            self._line(
                _fitted("", self._name_width),
                clock(segment["start_s"]),
                self._scores(segment["probabilities"]),
            )

    def _line(self, name: str, length: str, rest: str) -> None:
        self._stream.write(visible(f"{name}  {length:>7}  {rest}".rstrip()) + "\n")
        self._stream.flush()

    def _scores(self, probabilities: dict[str, float]) -> str:
        return "  ".join(
            f"{genre:<{self._genre_width}} {_hundredths(p):>3} %"
            for genre, p in best(probabilities, self._top).items()
        )


def _hundredths(probability: float) -> str:
    return ">99" if probability >= 0.995 else f"{100 * probability:.0f}"


def shown_name(path: str) -> str:
    """A path as the table shows it: on one line, and if it is long only its end."""
    text = one_line(path)
    return text if len(text) <= _LONGEST_NAME else "…" + text[1 - _LONGEST_NAME :]


def width(text: str) -> int:
    """Columns that ``text`` takes on a terminal: wide characters take two, marks none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _fitted(text: str, columns: int) -> str:
    return text + " " * max(0, columns - width(text))
