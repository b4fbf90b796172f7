"""The list of takes; each can be dragged out of the window as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDrag,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from fstmuse_gui.theme import current_colours
from fstmuse_gui.widgets.file_list import FileList

_INSET = 6


class TakeList(FileList):
    """Rows to choose from, and to drag to a folder or another program."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Takes")
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

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.rows:
            super().paintEvent(event)
            return
        painter = QPainter(self.viewport())
        painter.setPen(QColor(current_colours().muted))
        box = self.viewport().rect().adjusted(0, _INSET, 0, 0)
        flags = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(box, flags, "What you generate appears here.")
        painter.end()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        key = self.current_key
        if key is None:
            return
        menu = QMenu(self)
        menu.addAction("Make it again", lambda: self.retry_requested.emit(key))
        menu.addAction("Remove from the list", lambda: self.remove_requested.emit(key))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        where = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            where = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        menu.popup(where)
