"""The command line that Train starts, to look at and to copy."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QResizeEvent, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QWidget

from fstmuse_gui.icons import icon
from fstmuse_gui.theme import scaled_font
from fstmuse_gui.train.fold import Fold
from fstmuse_gui.train.options import command_line

_EDGES = 18


class CommandBox(Fold):
    """Shows a command; Copy puts it on the clipboard."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Command line", "The same as a command line", parent)
        self._text = _Lines()
        self.copy_button = QPushButton(icon("copy"), " Copy")
        self.copy_button.setAccessibleName("Copy the command line")
        self.copy_button.setToolTip("Train with it in a terminal: the model is the same")
        self.copy_button.clicked.connect(self._copy)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.copy_button)
        self.column.addWidget(self._text)
        self.column.addLayout(row)

    def show_arguments(self, arguments: Sequence[str]) -> None:
        """Show ``fstmuse train`` with these arguments."""
        line = command_line(arguments)
        if line != self._text.toPlainText():
            self._text.setPlainText(line)
            self._text.fit()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())


class _Lines(QPlainTextEdit):
    """As high as its text."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setObjectName("command")
        self.setAccessibleName("Command line")
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self.setFont(scaled_font(fixed, 0.92))

    def fit(self) -> None:
        """Take as many lines as the text has at this width."""
        lines = round(self.document().size().height())
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + _EDGES)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()
