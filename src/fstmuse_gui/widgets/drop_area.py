"""The empty state: an invitation."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from fstmuse_core.errors import one_line
from fstmuse_gui.icons import icon
from fstmuse_gui.theme import GRID, current_colours, scaled_font
from fstmuse_gui.widgets.artwork import SoundMark

_N_RECENT = 4
_RECENT_WIDTH = 320


class DropArea(QWidget):
    """Says what can be done when nothing has been done yet.

    Signals
    -------
    open_requested, record_requested
        A button was pressed.
    recent_chosen(str)
        A recent file was chosen.
    """

    open_requested = Signal()
    record_requested = Signal()
    recent_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Drop a song here")
        self._is_hot = False
        self._recent_box = QVBoxLayout()
        self._recent_box.setSpacing(0)
        self._build()

    def _build(self) -> None:
        self.mark = SoundMark(self)
        title = QLabel("Drop a song here")
        title.setFont(scaled_font(self.font(), 1.9, QFont.Weight.DemiBold))
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint = QLabel("or a folder of songs. Everything stays on this computer.")
        hint.setProperty("look", "muted")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open_button = QPushButton(
            icon("open", "on_accent"), " Open a song\N{HORIZONTAL ELLIPSIS}"
        )
        self.open_button.setProperty("look", "primary")
        self.open_button.setAccessibleName("Open songs")
        self.open_button.clicked.connect(self.open_requested)
        self.record_button = QPushButton(icon("microphone"), " Record 30 seconds")
        self.record_button.setAccessibleName("Record up to 30 seconds")
        self.record_button.clicked.connect(self.record_requested)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addStretch()
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.record_button)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setSpacing(0)
        column.addStretch(3)
        column.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(3 * GRID)
        column.addWidget(title)
        column.addSpacing(GRID)
        column.addWidget(hint)
        column.addSpacing(3 * GRID)
        column.addLayout(buttons)
        column.addSpacing(4 * GRID)
        column.addLayout(self._recent_box)
        column.addStretch(4)

    def set_recent(self, paths: list[str]) -> None:
        """Offer the files opened last."""
        while (item := self._recent_box.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        if not paths:
            return
        title = QLabel("Recent")
        title.setProperty("look", "small")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._recent_box.addWidget(title)
        for path in paths[:_N_RECENT]:
            name = one_line(path.replace("\\", "/").rsplit("/", 1)[-1])
            middle = Qt.TextElideMode.ElideMiddle
            button = QPushButton(self.fontMetrics().elidedText(name, middle, _RECENT_WIDTH))
            button.setProperty("look", "link")
            button.setAccessibleName(f"Open {name} again")
            button.setToolTip(one_line(path))
            button.clicked.connect(partial(self._choose_recent, path))
            self._recent_box.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)

    def _choose_recent(self, path: str, _checked: bool = False) -> None:
        self.recent_chosen.emit(path)

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
        edge = 1.0
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), 16, 16)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)
