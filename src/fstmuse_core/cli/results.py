"""Results of many files as JSON, JSON lines, CSV or a table, each as soon as it is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, TextIO

from fstmuse_core.bundle import Bundle
from fstmuse_core.classification import Classification


@dataclass(frozen=True, eq=False)
class FileResult:
    """What became of one file: a classification, or the sentence that says why there is none."""

    path: str
    classification: Classification | None = None
    error: str | None = None


@dataclass(frozen=True)
class Choice:
    """What to show of each result: how many genres (``None``: all), and the segments or not."""

    top: int | None = None
    timeline: bool = False


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


class _JsonText:
    def __init__(self, stream: TextIO) -> None:
        # Only UTF-8 can hold every name; elsewhere JSON's own escapes do.
        self._ascii = (stream.encoding or "").lower().replace("-", "") != "utf8"

    def __call__(self, record: dict[str, Any]) -> str:
        return json.dumps(record, ensure_ascii=self._ascii, allow_nan=False)


class JsonWriter:
    """One JSON array, one object a line; what was done stays valid JSON also when cut short."""

    def __init__(self, stream: TextIO, bundle: Bundle, choice: Choice) -> None:
        self._stream, self._bundle, self._choice = stream, bundle, choice
        self._text = _JsonText(stream)
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
    """One JSON object a line, flushed as each is done."""

    def __init__(self, stream: TextIO, bundle: Bundle, choice: Choice) -> None:
        self._stream, self._bundle, self._choice = stream, bundle, choice
        self._text = _JsonText(stream)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.flush()

    def add(self, result: FileResult) -> None:
        """Write one result."""
        record = as_record(result, self._bundle, self._choice)
        self._stream.write(self._text(record) + "\n")
        self._stream.flush()


class CsvWriter:
    """A header, then a row for each file, or with the timeline for each segment."""

    _BEFORE = ("path", "model", "model_sha256", "duration_s", "verdict", "genre")
    _AFTER = ("warnings", "error")

    def __init__(self, stream: TextIO, bundle: Bundle, choice: Choice) -> None:
        import csv

        self._stream, self._bundle, self._choice = stream, bundle, choice
        times = ("start_s", "end_s") if choice.timeline else ()
        self._genres = bundle.manifest.genres
        columns = (*self._BEFORE, *times, *self._genres, *self._AFTER)
        self._rows = csv.DictWriter(
            stream, columns, lineterminator="\n", restval="", extrasaction="ignore"
        )

    def __enter__(self) -> Self:
        self._rows.writeheader()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not BrokenPipeError:
            self._stream.flush()

    def add(self, result: FileResult) -> None:
        """Write one result."""
        record = as_record(result, self._bundle, self._choice)
        record["warnings"] = "; ".join(record.get("warnings", ()))
        # A clip without a single segment still gets its row.
        for part in record.get("segments") or [record]:
            self._rows.writerow({**record, **part, **part.get("probabilities", {})})
        self._stream.flush()
