"""A line of small text in the form, and buttons behind it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from fstmuse_gui.plain import PlainLabel, caption
from fstmuse_gui.theme import GRID


class LineBox(QWidget):
    """The line takes the room that the buttons leave."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = PlainLabel()
        self._line.setProperty("look", "small")
        self._line.setWordWrap(True)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GRID)
        self._row.addWidget(self._line, 1)

    @property
    def text(self) -> str:
        """What the line says."""
        return self._line.text()

    def _add_button(self, words: str, name: str) -> QPushButton:
        """One more button; ``name`` is what a screen reader calls it."""
        button = QPushButton(caption(words))
        button.setAccessibleName(name)
        self._row.addWidget(button)
        return button
