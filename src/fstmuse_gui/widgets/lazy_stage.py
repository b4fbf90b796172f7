"""A place for a tab that is built when it is first looked at, so that the start is quick."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget


class LazyStage(QWidget):
    """Empty until it is shown; ``fill`` is called then, each time, and puts something on it."""

    def __init__(self, fill: Callable[[], object]) -> None:
        super().__init__()
        self._fill = fill
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def put(self, widget: QWidget) -> None:
        """Fill the stage with a widget."""
        self._layout.addWidget(widget)
        widget.show()

    def showEvent(self, event: QShowEvent) -> None:
        self._fill()
        super().showEvent(event)
