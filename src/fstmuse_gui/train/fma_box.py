"""How far the download of FMA is, wherever else the tab is, and what to do with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from fstmuse_gui.theme import GRID


class FmaBox(QWidget):
    """A line and a button; hidden while there is nothing to say.

    Signals
    -------
    cancel_requested
        The download is to be given up.
    add_requested
        What was downloaded is to be learned from.
    """

    cancel_requested = Signal()
    add_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = QLabel()
        self._line.setProperty("look", "small")
        self._line.setTextFormat(Qt.TextFormat.PlainText)
        self._line.setWordWrap(True)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setAccessibleName("Cancel the download of FMA")
        self.cancel_button.setToolTip("What has come is kept for the next time")
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.add_button = QPushButton("Add")
        self.add_button.setAccessibleName("Add FMA to the data sets")
        self.add_button.setToolTip("Learn from FMA too")
        self.add_button.clicked.connect(self.add_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self._line, 1)
        row.addWidget(self.cancel_button)
        row.addWidget(self.add_button)
        self.hide()

    @property
    def text(self) -> str:
        """What the line says."""
        return self._line.text()

    def show_work(self, words: str, *, can_cancel: bool) -> None:
        """Say how far the download is."""
        self._show(f"Getting FMA. {words}")
        self.cancel_button.setVisible(can_cancel)
        self.add_button.hide()

    def show_offer(self, folder: str) -> None:
        """It is there, and can be added."""
        self._show("FMA has been downloaded.")
        self._line.setToolTip(folder)
        self.cancel_button.hide()
        self.add_button.show()

    def _show(self, text: str) -> None:
        self._line.setText(text)
        self._line.setToolTip("")
        for button in (self.cancel_button, self.add_button):
            button.setAccessibleDescription(text)
        self.show()
