"""Rows of lists and tables: how they are painted, and a table without a grid."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QItemSelectionModel, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from fstmuse_gui.theme import RADIUS, current_colours

_MIDDLE = Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


def paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> QRectF:
    """Tell the row that is chosen and the one below the pointer from the others; the row's box."""
    colours = current_colours()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(option.rect).adjusted(2, 1, -2, -1)
    is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
    if is_chosen or option.state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.tint if is_chosen else colours.track))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
    return box


def draw_start(
    painter: QPainter, box: QRectF, text: str, font: QFont, colour: QColor | str
) -> None:
    """Draw at the left of a box, as much as fits."""
    painter.setFont(font)
    painter.setPen(QColor(colour))
    elided = Qt.TextElideMode.ElideMiddle
    shown = painter.fontMetrics().elidedText(text.replace("\n", " "), elided, int(box.width()))
    painter.drawText(box, _MIDDLE | Qt.AlignmentFlag.AlignLeft, shown)


def draw_end(
    painter: QPainter, box: QRectF, text: str, font: QFont, colour: QColor | str, gap: float
) -> float:
    """Draw at the right of a box; where that begins, less a gap."""
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(box, _MIDDLE | Qt.AlignmentFlag.AlignRight, text)
    return box.right() - painter.fontMetrics().horizontalAdvance(text) - gap


class PlainTable(QTableView):
    """Whole rows are chosen; the widths of columns are the table's own affair.

    Parameters
    ----------
    name : str
        For screen readers.
    model : QAbstractItemModel
    row_height : int
        In pixels, the same for all.
    """

    def __init__(
        self,
        name: str,
        model: QAbstractItemModel,
        row_height: int = 30,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setObjectName("library")
        self.setModel(model)
        self._nothing = ""
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        lines, header = self.verticalHeader(), self.horizontalHeader()
        lines.hide()
        lines.setAccessibleName("Lines")
        lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        lines.setMinimumSectionSize(row_height)
        lines.setDefaultSectionSize(row_height)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setDefaultAlignment(LEFT)
        header.setAccessibleName("Columns")
        # One of its own, in which nothing is ever chosen: else it asks of every row whether it
        # is, which takes seconds when very many are.
        header.setSelectionModel(QItemSelectionModel(model, header))

    def say_nothing_found(self, text: str) -> None:
        """Set the text that is shown while there are no rows."""
        self._nothing = text
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.model().rowCount() and self._nothing:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(current_colours().muted))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self._nothing)
            painter.end()
