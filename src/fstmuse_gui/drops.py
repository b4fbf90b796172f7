"""Files that are dropped: copied only, for a source that moves them deletes its own."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

from fstmuse_gui.classify.gathering import paths_in

_COPY = Qt.DropAction.CopyAction


def copied_paths(event: QDropEvent) -> list[str]:
    """Accept a drag or a drop as a copy, and return the paths of its files and folders.

    Whatever names no file, and what its source would only move or link, is refused: then
    there are no paths.
    """
    paths = paths_in(event.mimeData()) if event.possibleActions() & _COPY else []
    if paths:
        event.setDropAction(_COPY)
        event.accept()
    else:
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.ignore()
    return paths


def leave_drops(widget: QWidget) -> None:
    """Let drops on a field, and on the fields within it, reach the window.

    A field takes the name of a dropped file as text, by whichever action was proposed.
    """
    for part in (widget, *widget.findChildren(QWidget)):
        part.setAcceptDrops(False)
