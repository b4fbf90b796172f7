"""A label whose text gives way in the middle instead of widening the window."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent

from fstmuse_gui.plain import PlainLabel, set_tip


class ElidedLabel(PlainLabel):
    """Shows as much of a plain text as fits; the whole is its tool tip."""

    def set_text(self, text: str) -> None:
        """Show ``text``."""
        self.setText(text.replace("\n", " "))
        set_tip(self, text)

    def minimumSizeHint(self) -> QSize:
        return QSize(48, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideMiddle, self.width()
        )
        painter.drawText(QRectF(self.rect()), self.alignment(), text)
        painter.end()
