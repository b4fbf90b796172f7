"""The list of takes; each can be dragged out of the window as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QDrag,
    QMouseEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from fstmuse_gui.widgets.file_list import FileList


class TakeList(FileList):
    """Rows to choose from, and to drag to a folder or another program."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            parent,
            name="Takes",
            empty="What you generate appears here.",
            again="Make it again",
        )
        self.file_of: Callable[[int], Path | None] = lambda _key: None
        self._pressed_at: QPointF | None = None

    def mime_of(self, key: int | None) -> QMimeData | None:
        """What is dragged of a take: its file, once it has one."""
        path = None if key is None else self.file_of(key)
        if path is None:
            return None
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        return data

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        is_left = event.button() == Qt.MouseButton.LeftButton
        on_row = self.indexAt(event.position().toPoint()).isValid()
        self._pressed_at = event.position() if is_left and on_row else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        start = self._pressed_at
        if start is None or not event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
            return
        moved = (event.position() - start).manhattanLength()
        if moved >= QApplication.startDragDistance():
            self._pressed_at = None
            self._drag()

    def _drag(self) -> None:
        data = self.mime_of(self.current_key)
        if data is None:
            return
        drag = QDrag(self)
        drag.setMimeData(data)
        row = self.visualRect(self.currentIndex())
        drag.setPixmap(self.viewport().grab(row))
        drag.setHotSpot(QPoint(24, row.height() // 2))
        drag.exec(Qt.DropAction.CopyAction)
