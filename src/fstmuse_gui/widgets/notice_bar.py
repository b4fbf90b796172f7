"""A calm line above the content that says what happened and goes away."""

from __future__ import annotations

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from fstmuse_gui.icons import icon
from fstmuse_gui.plain import PlainLabel
from fstmuse_gui.theme import GRID

_SHOWN_MS = 12_000
_SIGN = 16


class NoticeBar(QFrame):
    """Hidden until there is something to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAccessibleName("Notice")
        self._sign = PlainLabel()
        self._text = PlainLabel()
        self._text.setWordWrap(True)
        self.close_button = QToolButton()
        self.close_button.setIcon(icon("close", "muted"))
        self.close_button.setIconSize(QSize(_SIGN, _SIGN))
        self.close_button.setAccessibleName("Close the notice")
        self.close_button.setToolTip("Close")
        self.close_button.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, 2, GRID, 2)
        row.setSpacing(GRID)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        row.addWidget(self.close_button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        self._is_of_item = False
        self.hide()

    @property
    def text(self) -> str:
        """What is said, or was said last."""
        return self._text.text()

    def say(self, text: str) -> None:
        """Show a sentence for a while; an empty one hides the bar."""
        self._text.setText(text)
        self._sign.setPixmap(icon("information", "accent").pixmap(_SIGN, _SIGN))
        self.setAccessibleDescription(text)
        self.setVisible(bool(text))
        self._is_of_item = False
        self._timer.start()

    def say_of_item(self, text: str) -> None:
        """Show a sentence about the item that is shown, until another one is."""
        self.say(text)
        self._is_of_item = True

    def leave_item(self) -> None:
        """Another item is shown: hide what was said of the one before."""
        if self._is_of_item:
            self.say("")
