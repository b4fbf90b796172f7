"""A line that tells of what was done, above the foot of the window, and goes by itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QEnterEvent, QHideEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from fstmuse_gui.plain import PlainLabel
from fstmuse_gui.theme import GRID
from fstmuse_gui.widgets.controls import tool_button

_SHOWN_MS = 6000
_SIGN = 16
_WIDEST_SHARE = 0.7


class Toast(QFrame):
    """Floats over its parent: nothing makes room for it, so nothing moves.

    It stays while the pointer is on it. It never takes the focus; screen readers are told.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.setAccessibleName("Message")
        self._text = PlainLabel()
        self.close_button = tool_button("close", "Close the message", "Close", side=_SIGN)
        self.close_button.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, GRID // 2, GRID // 2, GRID // 2)
        row.setSpacing(GRID)
        row.addWidget(self._text, 1)
        row.addWidget(self.close_button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """The message that is seen; empty if none is."""
        return "" if self.isHidden() else self._text.text()

    def say(self, text: str) -> None:
        """Show a message for some seconds; an empty one hides it."""
        self._text.setText(text)
        self.setAccessibleDescription(text)
        if not text:
            self.hide()
            return
        self._place()
        self.show()
        self.raise_()
        self._timer.start()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None:
            return
        widest = round(_WIDEST_SHARE * parent.width())
        self._text.setWordWrap(False)
        self._text.setWordWrap(self.sizeHint().width() > widest)
        width = min(self.sizeHint().width(), widest)
        if self._text.wordWrap():
            width = widest
        height = max(self.minimumSizeHint().height(), self.heightForWidth(width))
        left = (parent.width() - width) // 2
        self.setGeometry(left, parent.height() - height - 2 * GRID, width, height)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if self.isVisible():
            self._timer.start()
        super().leaveEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._place()
        return False
