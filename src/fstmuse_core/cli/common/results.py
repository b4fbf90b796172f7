"""Results of many files as JSON, JSON lines, CSV or a table, each as soon as it is there."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self, TextIO

from fstmuse_core.cli.common.console import clock
from fstmuse_core.system.errors import one_line, visible

if TYPE_CHECKING:
    from fstmuse_core.bundle.bundle import Bundle
    from fstmuse_core.classify.result import Classification

_DEFAULT_TOP = 3
_LONGEST_NAME = 44
_MEASURES = ("bpm", "steadiness", "key", "margin", "loudness", "peak", "energy")


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
        if self._choice.traits and record.get("traits"):
            self._line(_fitted("", self._name_width), "", _in_words(record["traits"]))
        if self._choice.measures:
            self._line(_fitted("", self._name_width), "", _measured(record["measures"]))

    def _line(self, name: str, length: str, rest: str) -> None:
        self._stream.write(visible(f"{name}  {length:>7}  {rest}".rstrip()) + "\n")
        self._stream.flush()

    def _scores(self, probabilities: dict[str, float]) -> str:
        return "  ".join(
            f"{genre:<{self._genre_width}} {_hundredths(p):>3} %"
            for genre, p in best(probabilities, self._top).items()
        )


def _in_words(traits: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(word for words in traits.values() for word in words)


def _measured(measures: Mapping[str, Any]) -> str:
    units = {"bpm": "{:.0f} BPM", "key": "{}", "loudness": "{:.1f} LUFS", "energy": "energy {:.2f}"}
    return ", ".join(
        unit.format(measures[name]) for name, unit in units.items() if name in measures
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


@dataclass(frozen=True, eq=False)
class FileResult:
    """Result for one file: a classification, or the sentence that says why there is none."""

    path: str
    classification: Classification | None = None
    error: str | None = None


@dataclass(frozen=True)
class Choice:
    """Choice of what to show: number of genres (``None``: all), segments, traits, measures."""

    top: int | None = None
    timeline: bool = False
    traits: bool = False
    measures: bool = False


class ResultWriter(Protocol):
    """Takes results in order; use it in a ``with`` statement."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None: ...

    def add(self, result: FileResult) -> None:
        """Write one result."""


def as_record(result: FileResult, bundle: Bundle, choice: Choice) -> dict[str, Any]:
    """One result as plain values for JSON."""
    if result.classification is None:
        return {
            "path": result.path,
            "model": bundle.name,
            "model_sha256": bundle.sha256,
            "error": result.error,
        }
    values = result.classification.to_dict(timeline=choice.timeline)
    if choice.top is not None:
        for scored in (values, *values.get("segments", ())):
            scored["probabilities"] = best(scored["probabilities"], choice.top)
    return {"path": result.path, **values}


def best(probabilities: Mapping[str, float], count: int | None) -> dict[str, float]:
    """The ``count`` most likely genres, most likely first."""
    ranked = sorted(probabilities.items(), key=lambda item: -item[1])
    return dict(ranked[:count])


class JsonWriter:
    """One JSON array, one object a line; what was done stays valid JSON also when cut short."""

    def __init__(self, stream: TextIO, bundle: Bundle, choice: Choice) -> None:
        from fstmuse_core.system.tables import json_text

        self._stream, self._bundle, self._choice = stream, bundle, choice
        self._text = json_text(stream)
        self._separator = "[\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not BrokenPipeError:
            self._stream.write("[]\n" if self._separator == "[\n" else "\n]\n")

    def add(self, result: FileResult) -> None:
        """Write one result."""
        record = as_record(result, self._bundle, self._choice)
        self._stream.write(self._separator + self._text(record))
        self._stream.flush()
        self._separator = ",\n"


class JsonLinesWriter:
    """One JSON object a line, flushed as each is done.

    ``files`` tells what the system said of each file before it was read, by its path; it is
    kept with the answer, see ``--resume``.
    """

    def __init__(
        self,
        stream: TextIO,
        bundle: Bundle,
        choice: Choice,
        files: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        from fstmuse_core.system.tables import json_text

        self._files = files or {}
        self._stream, self._bundle, self._choice = stream, bundle, choice
        self._text = json_text(stream)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.flush()

    def add(self, result: FileResult) -> None:
        """Write one result."""
        record = as_record(result, self._bundle, self._choice)
        if result.path in self._files and result.error is None:
            record["file"] = dict(self._files[result.path])
        self._stream.write(self._text(record) + "\n")
        self._stream.flush()


class CsvWriter:
    """A header, then a row for each file, or with the timeline for each segment."""

    _BEFORE = ("path", "model", "model_sha256", "duration_s", "verdict", "genre")
    _AFTER = ("warnings", "error")

    def __init__(self, stream: TextIO, bundle: Bundle, choice: Choice) -> None:
        from fstmuse_core.system.tables import csv_rows

        self._stream, self._bundle, self._choice = stream, bundle, choice
        times = ("start_s", "end_s") if choice.timeline else ()
        self._genres = bundle.manifest.genres
        self._before = (*self._BEFORE, *times)
        more = (*(("traits",) if choice.traits else ()), *(_MEASURES if choice.measures else ()))
        self._after = (*more, *self._AFTER)
        self._row = csv_rows(stream)

    def __enter__(self) -> Self:
        self._row((*self._before, *self._genres, *self._after))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not BrokenPipeError:
            self._stream.flush()

    def add(self, result: FileResult) -> None:
        """Write one result."""
        record = as_record(result, self._bundle, self._choice)
        record["warnings"] = "; ".join(record.get("warnings", ()))
        record["traits"] = _in_words(record.get("traits", {}))
        record |= record.get("measures", {})
        # A clip without a single segment still gets its row.
        for part in record.get("segments") or [record]:
            values = {**record, **part}
            shares = part.get("probabilities", {})
            self._row(
                (
                    *(values.get(name, "") for name in self._before),
                    *(shares.get(genre, "") for genre in self._genres),
                    *(values.get(name, "") for name in self._after),
                )
            )
        self._stream.flush()
