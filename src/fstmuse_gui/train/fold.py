"""Something that is folded away under a line until someone wants it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from fstmuse_gui.icons import icon
from fstmuse_gui.theme import GRID


class Fold(QWidget):
    """A button, and below it what it unfolds, to be filled through :attr:`column`.

    Signals
    -------
    unfolded
        There is more to see.
    """

    unfolded = Signal()

    def __init__(self, title: str, spoken: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fold_button = QPushButton(icon("chevron", "muted"), f" {title}")
        self.fold_button.setProperty("look", "link")
        self.fold_button.setCheckable(True)
        self.fold_button.setAccessibleName(spoken)
        self.fold_button.toggled.connect(self._unfold)
        self.inside = QWidget()
        self.inside.hide()
        self.column = QVBoxLayout(self.inside)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(GRID)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(GRID)
        outer.addWidget(self.fold_button)
        outer.addWidget(self.inside)

    def _unfold(self, is_open: bool) -> None:
        self.fold_button.setIcon(icon("chevron-up" if is_open else "chevron", "muted"))
        self.inside.setVisible(is_open)
        if is_open:
            self.unfolded.emit()
