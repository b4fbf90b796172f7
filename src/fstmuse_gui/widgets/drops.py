"""Files that are dropped: copied only, for a source that moves them deletes its own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDrag, QDropEvent, QPixmap
from PySide6.QtWidgets import QWidget

_COPY = Qt.DropAction.CopyAction


def accept_dropped_paths(event: QDropEvent) -> list[str]:
    """Accept a drag or a drop as a copy, and return the paths of its files and folders.

    Whatever names no file, and what its source would only move or link, is refused: then
    there are no paths.
    """
    is_own = event.source() is not None  # dragged out, and dropped where it came from
    may_copy = bool(event.possibleActions() & _COPY) and not is_own
    paths = mime_paths(event.mimeData()) if may_copy else []
    if paths:
        event.setDropAction(_COPY)
        event.accept()
    else:
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.ignore()
    return paths


def mime_paths(data: QMimeData) -> list[str]:
    """Files and folders in what was dropped or pasted: file URLs, or lines that are paths."""
    if data.hasUrls():
        return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
    if not data.hasText():
        return []
    paths = (_as_path(line) for line in data.text().splitlines())
    return [path for path in paths if path]


def _as_path(line: str) -> str:
    text = line.strip().strip("\"'")
    if text.startswith("file:"):
        text = QUrl(text).toLocalFile()
    try:
        return text if text and Path(text).exists() else ""
    except (OSError, ValueError):
        return ""


def drag_file(source: QWidget, path: Path, picture: QPixmap, hot_spot: QPoint) -> None:
    """Let the user drag a file out of a widget, to a folder or another program.

    Parameters
    ----------
    source : QWidget
    path : Path
        The file, which is copied.
    picture : QPixmap
        Shown under the pointer.
    hot_spot : QPoint
        Place of the pointer in it.
    """
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    drag = QDrag(source)
    drag.setMimeData(data)
    drag.setPixmap(picture)
    drag.setHotSpot(hot_spot)
    drag.exec(_COPY)


def ignore_drops(widget: QWidget) -> None:
    """Let drops on a field, and on the fields within it, reach the window.

    A field takes the name of a dropped file as text, by whichever action was proposed.
    """
    for part in (widget, *widget.findChildren(QWidget)):
        part.setAcceptDrops(False)
