"""The base of pages that stand where there is nothing yet, and of others with a centred text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from fstmuse_gui.plain import PlainLabel
from fstmuse_gui.theme import GRID, current_colours, scaled_font
from fstmuse_gui.widgets.artwork import SoundMark
from fstmuse_gui.widgets.paragraph import Paragraph

_TEXT_WIDTH = 460
_MIDDLE = Qt.AlignmentFlag.AlignHCenter


class Invitation(QWidget):
    """A mark, a title, a hint and buttons in a dashed frame that lights up.

    Parameters
    ----------
    title, hint : str
    buttons : list of QPushButton
        Shown side by side.
    below : QVBoxLayout, optional
        What stands under the buttons.
    """

    def __init__(
        self,
        title: str,
        hint: str,
        buttons: list[QPushButton],
        below: QVBoxLayout | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self._is_hot = False
        self.mark = SoundMark(self)
        heading = PlainLabel(title)
        heading.setFont(scaled_font(self.font(), 1.9, QFont.Weight.DemiBold))
        heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        heading.setWordWrap(True)
        words = Paragraph(hint, _TEXT_WIDTH)
        words.setProperty("look", "muted")
        column = QVBoxLayout(self)
        column.setSpacing(0)
        column.addStretch(3)
        column.addWidget(self.mark, 0, _MIDDLE)
        column.addSpacing(3 * GRID)
        column.addWidget(heading)
        column.addSpacing(GRID)
        column.addWidget(words, 0, _MIDDLE)
        column.addSpacing(3 * GRID)
        column.addLayout(side_by_side(buttons))
        if below is not None:
            column.addSpacing(4 * GRID)
            column.addLayout(below)
        column.addStretch(4)

    def set_hot(self, is_hot: bool) -> None:
        """Light up while something hangs above the window."""
        self._is_hot = is_hot
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colours.accent if self._is_hot else colours.border_strong), 1.5)
        pen.setDashPattern([5, 5])
        painter.setPen(pen)
        painter.setBrush(QColor(colours.tint) if self._is_hot else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 16, 16)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)


def side_by_side(buttons: Sequence[QWidget]) -> QHBoxLayout:
    """A centred row of buttons."""
    row = QHBoxLayout()
    row.setSpacing(GRID)
    row.addStretch()
    for button in buttons:
        row.addWidget(button)
    row.addStretch()
    return row
