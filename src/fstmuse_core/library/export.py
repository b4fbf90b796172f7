"""The library as CSV, JSON or JSON lines, for spreadsheets and other programs."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from fstmuse_core.audio.measures import track_gain
from fstmuse_core.library.database import Library
from fstmuse_core.library.rows import KnownModel, LibraryRow, State, said_genre
from fstmuse_core.system.atomic_write import open_atomic
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.tables import csv_rows, json_text

_AT_ONCE = 1000
_BEFORE = (
    "path",
    "title",
    "artist",
    "album",
    "tag_genre",
    "state",
    "said",
    "review",
    "model",
    "model_sha256",
    "duration_s",
    "verdict",
    "genre",
    "not_sure_because",
    "likeliest",
    "confidence",
)
_AFTER = (
    "year",
    "format",
    "bit_rate",
    "added_at",
    "mood",
    "style",
    "bpm",
    "bpm_steadiness",
    "key",
    "key_margin",
    "loudness_lufs",
    "peak",
    "track_gain_db",
    "energy",
    "error",
)


class Layout(StrEnum):
    """Formats in which the library can be written."""

    CSV = "csv"
    JSON = "json"
    JSON_LINES = "jsonl"


def layout_of(path: Path) -> Layout:
    """The layout that a file's name asks for.

    Raises
    ------
    FstMuseError
        If it ends in none of them.
    """
    try:
        return Layout(path.suffix.lower().lstrip("."))
    except ValueError:
        raise FstMuseError(
            path, "its name does not say what is to be written", "let it end in .csv, .json, .jsonl"
        ) from None


def export_library(
    library: Library,
    model: KnownModel,
    path: Path,
    *,
    layout: Layout | None = None,
    rows: Sequence[LibraryRow] | None = None,
) -> int:
    """Write the library into a file, which is replaced once all is written.

    Parameters
    ----------
    model : KnownModel
        Model whose answers are written.
    layout : Layout, optional
        By default what the file's name asks for.
    rows : sequence of LibraryRow, optional
        Only these; by default all, sorted by their paths.

    Returns
    -------
    int
        Number of files written.

    Raises
    ------
    FstMuseError
        If the file cannot be written.
    """
    layout = layout or layout_of(path)
    # With this mark spreadsheets read UTF-8 as what it is.
    encoding = "utf-8-sig" if layout is Layout.CSV else "utf-8"
    try:
        with open_atomic(path) as binary:
            text = io.TextIOWrapper(
                binary, encoding=encoding, errors="backslashreplace", newline=""
            )
            written = write_library(library, model, text, layout, rows=rows)
            text.flush()
            text.detach()
    except OSError as error:
        why = error.strerror or str(error)
        raise FstMuseError(path, f"it cannot be written ({why})", "choose another place") from error
    return written


def write_library(
    library: Library,
    model: KnownModel,
    stream: TextIO,
    layout: Layout,
    *,
    rows: Sequence[LibraryRow] | None = None,
) -> int:
    """The same into an open text stream, which must take any character.

    A name that is no text holds its odd bytes as surrogates: in JSON they come as escapes,
    from which a Python program gets the name back.
    """
    if rows is None:
        rows = sorted(library.rows(model.sha256), key=lambda row: row.path)
    write = {Layout.CSV: _write_csv, Layout.JSON: _write_json, Layout.JSON_LINES: _write_lines}
    write[layout](records(library, model, rows), model, stream)
    return len(rows)


def records(
    library: Library, model: KnownModel, rows: Sequence[LibraryRow]
) -> Iterator[dict[str, Any]]:
    """Each file as plain values; what ``fstmuse classify`` also says is called as there."""
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        file_ids = [row.file_id for row in part if row.state is State.DONE]
        scores = {
            found.file_id: found.scores for found in library.scores(model.sha256, file_ids=file_ids)
        }
        for row in part:
            yield _record(row, model, scores.get(row.file_id, {}))


def _record(row: LibraryRow, model: KnownModel, scores: dict[str, float]) -> dict[str, Any]:
    is_done = row.state is State.DONE
    return {
        "path": row.path,
        "title": row.title,
        "artist": row.artist,
        "album": row.album,
        "tag_genre": row.tag_genre,
        "state": row.state.value,
        "said": said_genre(row),
        "review": None if row.review is None else row.review.value,
        "model": model.name,
        "model_sha256": model.sha256,
        "duration_s": round(row.seconds, 3) if is_done else None,
        "verdict": row.verdict or None,
        "genre": row.genre if is_done and row.is_sure else None,
        "not_sure_because": row.doubt,
        "likeliest": row.genre,
        "confidence": round(row.confidence, 5) if is_done else None,
        "probabilities": {genre: round(p, 5) for genre, p in scores.items()},
        **_facts(row),
        "error": row.error,
    }


def _facts(row: LibraryRow) -> dict[str, Any]:
    """Facts of the file and measures of its sound; ``None`` where there are none."""
    return {
        "year": row.year or None,
        "format": row.format or None,
        "bit_rate": row.bit_rate or None,
        "added_at": row.added_at or None,
        "mood": row.mood or None,
        "style": row.style or None,
        "bpm": row.bpm,
        "bpm_steadiness": row.steadiness,
        "key": row.key,
        "key_margin": row.margin,
        "loudness_lufs": row.loudness,
        "peak": row.peak,
        "track_gain_db": None if row.loudness is None else round(track_gain(row.loudness), 2),
        "energy": row.energy,
    }


def _write_json(found: Iterator[dict[str, Any]], model: KnownModel, stream: TextIO) -> None:
    text = json_text(stream)
    separator = "[\n"
    for record in found:
        stream.write(separator + text(record))
        separator = ",\n"
    stream.write("[]\n" if separator == "[\n" else "\n]\n")


def _write_lines(found: Iterator[dict[str, Any]], model: KnownModel, stream: TextIO) -> None:
    text = json_text(stream)
    for record in found:
        stream.write(text(record) + "\n")


def _write_csv(found: Iterator[dict[str, Any]], model: KnownModel, stream: TextIO) -> None:
    # A model's genre may be called as a column is; each therefore has its place, not its name.
    write = csv_rows(stream)
    write((*_BEFORE, *model.genres, *_AFTER))
    for record in found:
        values = (
            *(record[name] for name in _BEFORE),
            *(record["probabilities"].get(genre) for genre in model.genres),
            *(record[name] for name in _AFTER),
        )
        write(values)
