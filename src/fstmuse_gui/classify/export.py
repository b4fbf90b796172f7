"""Results as JSON or CSV text, like the command line's, and files written whole or not at all."""

from __future__ import annotations

import io
import json
from typing import Any

from PySide6.QtCore import QIODevice, QSaveFile
from PySide6.QtGui import QImage

from fstmuse_core.classification import Classification
from fstmuse_core.errors import FstMuseError
from fstmuse_core.text_output import csv_rows

_BEFORE = ("path", "model", "model_sha256", "duration_s", "verdict", "genre", "start_s", "end_s")


class SaveError(FstMuseError):
    """A file that cannot be written."""


def record_of(path: str, result: Classification) -> dict[str, Any]:
    """The plain values of one result, with its timeline."""
    return {"path": path, **result.to_dict(timeline=True)}


def as_json(path: str, result: Classification) -> str:
    """One JSON object."""
    return json.dumps(record_of(path, result), ensure_ascii=False, indent=1) + "\n"


def as_csv(path: str, result: Classification) -> str:
    """A header and a row for each segment; one row for a clip without segments."""
    record = record_of(path, result)
    record["warnings"] = "; ".join(result.warnings)
    text = io.StringIO()
    columns = (*_BEFORE, *result.genres, "warnings")
    write = csv_rows(text)
    write(columns)
    for part in record["segments"] or [record]:
        values = {**record, **part, **part["probabilities"]}
        write(values.get(column, "") for column in columns)
    return text.getvalue()


def write_text(path: str, text: str) -> None:
    """Put ``text`` in the file as UTF-8; raises SaveError."""
    with _SafeFile(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def write_picture(path: str, picture: QImage) -> None:
    """Put ``picture`` in the file as PNG; raises SaveError."""
    with _SafeFile(path) as file:
        # QImage.save takes PySide's str for the format where its stubs say bytes.
        if not picture.save(file, "PNG"):  # type: ignore[call-overload]
            raise SaveError(path, "the picture could not be written", "try another folder")


class _SafeFile:
    """The old file stays until the new one is complete and on the disk."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = QSaveFile(path)

    def __enter__(self) -> QSaveFile:
        if not self._file.open(QIODevice.OpenModeFlag.WriteOnly):
            raise self._trouble()
        return self._file

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is not None:
            self._file.cancelWriting()
        elif not self._file.commit():
            raise self._trouble()

    def _trouble(self) -> SaveError:
        reason = f"it cannot be written ({self._file.errorString()})"
        return SaveError(self._path, reason, "choose another folder")
