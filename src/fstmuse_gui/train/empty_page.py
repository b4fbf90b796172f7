"""Nothing chosen yet: an invitation."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from fstmuse_gui.icons import icon
from fstmuse_gui.theme import GRID, current_colours, scaled_font
from fstmuse_gui.widgets.artwork import SoundMark

_TEXT_WIDTH = 460


class EmptyPage(QWidget):
    """Says what can be done.

    Signals
    -------
    browse_requested, fetch_requested
        A button was pressed.
    """

    browse_requested = Signal()
    fetch_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Train on your own music")
        self._is_hot = False
        title = QLabel("Train on your own music")
        title.setFont(scaled_font(self.font(), 1.9, QFont.Weight.DemiBold))
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint = QLabel(
            "Drop a folder here: one whose folders are named after genres, a library with "
            "genre tags, or FMA as it ships. Nothing leaves this computer."
        )
        hint.setProperty("look", "muted")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint.setWordWrap(True)
        hint.setFixedWidth(_TEXT_WIDTH)
        # A column asks for the height at its own width, which is more than the label's.
        hint.setMinimumHeight(hint.heightForWidth(_TEXT_WIDTH))
        self.browse_button = QPushButton(
            icon("open", "on_accent"), " Choose a folder\N{HORIZONTAL ELLIPSIS}"
        )
        self.browse_button.setProperty("look", "primary")
        self.browse_button.clicked.connect(self.browse_requested)
        self.fetch_button = QPushButton(icon("save"), " Get FMA\N{HORIZONTAL ELLIPSIS}")
        self.fetch_button.setAccessibleName("Get the Free Music Archive data set")
        self.fetch_button.setToolTip("Download thousands of labelled clips from their authors")
        self.fetch_button.clicked.connect(self.fetch_requested)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addStretch()
        buttons.addWidget(self.browse_button)
        buttons.addWidget(self.fetch_button)
        buttons.addStretch()
        middle = Qt.AlignmentFlag.AlignHCenter
        column = QVBoxLayout(self)
        column.setSpacing(0)
        column.addStretch(3)
        column.addWidget(SoundMark(self), 0, middle)
        column.addSpacing(3 * GRID)
        column.addWidget(title)
        column.addSpacing(GRID)
        column.addWidget(hint, 0, middle)
        column.addSpacing(3 * GRID)
        column.addLayout(buttons)
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
