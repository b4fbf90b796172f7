"""A line that says what was deleted, and takes it back."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QWidget

from fstmuse_gui.icons import icon
from fstmuse_gui.widgets.elided_label import ElidedLabel

_SIGN = 16


class UndoBar(QFrame):
    """Hidden until something was deleted; stays until it is closed or used.

    Signals
    -------
    undo_requested
        The button was pressed.
    """

    undo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAccessibleName("Deleted")
        self._text = ElidedLabel()
        self.undo_button = QPushButton(icon("undo"), " Undo")
        self.undo_button.setProperty("look", "quiet")
        self.undo_button.setToolTip("Bring the model back (Ctrl+Z)")
        self.undo_button.clicked.connect(self.undo_requested)
        self.close_button = QToolButton()
        self.close_button.setIcon(icon("close", "muted"))
        self.close_button.setIconSize(QSize(_SIGN, _SIGN))
        self.close_button.setAccessibleName("Close the line about the deleted model")
        self.close_button.setToolTip("Close")
        self.close_button.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 2, 2)
        row.setSpacing(2)
        row.addWidget(self._text, 1)
        row.addWidget(self.undo_button)
        row.addWidget(self.close_button)
        self.hide()

    @property
    def text(self) -> str:
        """What is said, or was said last."""
        return self._text.text()

    def say(self, text: str) -> None:
        """Show the line."""
        self._text.set_text(text)
        self.setAccessibleDescription(text)
        self.show()
