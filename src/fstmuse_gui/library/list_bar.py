"""The bar that says which songs the table shows, if not all that pass the filter."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from fstmuse_gui.library.words import MORE
from fstmuse_gui.theme import GRID, icon
from fstmuse_gui.widgets.page_parts import ElidedLabel


class SongListBar(QFrame):
    """Name of the list, a way to keep it, and a way back.

    Signals
    -------
    save_requested, back_requested
        A button was pressed.
    """

    save_requested = Signal()
    back_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName("List of songs")
        self._title = ElidedLabel()
        self.save_button = QPushButton(icon("export"), f" Save{MORE}")
        self.save_button.setAccessibleName("Save as a playlist")
        self.save_button.setToolTip("Write a playlist of the songs in the table, in their order")
        self.save_button.clicked.connect(self.save_requested)
        self.back_button = QPushButton(icon("close"), " All files")
        self.back_button.setToolTip("Show all files again (Ctrl+Shift+F)")
        self.back_button.clicked.connect(self.back_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, GRID // 2, GRID, GRID // 2)
        row.setSpacing(GRID)
        row.addWidget(self._title, 1)
        row.addWidget(self.save_button)
        row.addWidget(self.back_button)
        self.hide()

    @property
    def text(self) -> str:
        """Text of the bar."""
        return self._title.text()

    def show_list(self, title: str) -> None:
        """Say what is shown; hide for an empty text."""
        self._title.set_text(title)
        self.setAccessibleDescription(title)
        self.setVisible(bool(title))
