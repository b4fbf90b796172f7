"""What the rows of lists are painted with."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from fstmuse_gui.theme import RADIUS, current_colours

_MIDDLE = Qt.AlignmentFlag.AlignVCenter


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
