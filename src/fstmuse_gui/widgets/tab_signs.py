"""Small pictures beside the titles of tabs: a ring that fills, done, trouble."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QImage, QPainter, QPen, QPixmap

from fstmuse_gui.icons import icon
from fstmuse_gui.tabs import SignKind, TabSign
from fstmuse_gui.theme import current_colours

_FULL_CIRCLE = 360 * 16


def sign_icon(sign: TabSign | None) -> QIcon:
    """The picture of a sign; an empty one for none."""
    if sign is None:
        return QIcon()
    if sign.kind is SignKind.BUSY:
        return QIcon(_Ring(sign.share))
    done = sign.kind is SignKind.DONE
    return icon("done" if done else "warning", "accent" if done else "warning")


class _Ring(QIconEngine):
    """Filled clockwise from the top; in the theme's colours at the time of painting."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = min(1.0, max(0.0, share))

    def clone(self) -> QIconEngine:
        return _Ring(self._share)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        colours = current_colours()
        width = rect.width() / 7
        circle = QRectF(rect).adjusted(width, width, -width, -width)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, share in ((colours.border_strong, 1.0), (colours.accent, self._share)):
            pen = QPen(QColor(colour), width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawArc(circle, _FULL_CIRCLE // 4, -round(share * _FULL_CIRCLE))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return QPixmap.fromImage(image)
