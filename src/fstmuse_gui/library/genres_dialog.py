"""The dialog in which the user's own names of genres are edited."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags.my_genres import EXAMPLE, parse_genres, save_text
from fstmuse_gui.plain import PlainLabel, counted
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.widgets.dialogs import FittingDialog


class GenresDialog(FittingDialog):
    """Edits the user's own names of genres, line by line; what is wrong is said at once."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("My genres")
        heading = PlainLabel("My genres")
        heading.setFont(scaled_font(self.font(), 1.25, QFont.Weight.DemiBold))
        words = PlainLabel(
            "A line for each genre that you call otherwise, and one for the only genres to write. "
            "What is written of it stands in the preview."
        )
        words.setProperty("look", "muted")
        words.setWordWrap(True)
        self.editor = QPlainTextEdit(text or EXAMPLE)
        self.editor.setAccessibleName("Lines of my genres")
        self.editor.setTabChangesFocus(True)
        self._words = PlainLabel()
        self._words.setWordWrap(True)
        self.save_button = QPushButton("Save")
        self.save_button.setProperty("look", "primary")
        self.save_button.clicked.connect(self._save)
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.addWidget(self._words, 1)
        foot.addWidget(cancel)
        foot.addWidget(self.save_button)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        for part in (heading, words):
            column.addWidget(part)
        column.addWidget(self.editor, 1)
        self.set_parts(body, foot)
        self.resize(QSize(480, 420))
        self.editor.textChanged.connect(self._check)
        self._check()

    @property
    def text(self) -> str:
        """Text beside the buttons."""
        return self._words.text()

    def _check(self) -> None:
        try:
            mine = parse_genres(self.editor.toPlainText())
        except FstMuseError as error:
            self._show(f"{error}.", is_wrong=True)
        else:
            names = counted(len(mine.broader), "genre")
            only = f", {len(mine.only):,} may be written" if mine.only else ""
            self._show(f"{names} called otherwise{only}." if mine else "", is_wrong=False)

    def _show(self, words: str, *, is_wrong: bool) -> None:
        self._words.setText(words)
        self._words.setProperty("look", "danger" if is_wrong else "small")
        self._words.style().unpolish(self._words)
        self._words.style().polish(self._words)
        self.save_button.setEnabled(not is_wrong)
        self.setAccessibleDescription(words)

    def _save(self) -> None:
        try:
            save_text(self.editor.toPlainText())
        except FstMuseError as error:
            self._show(f"{error}.", is_wrong=True)
        else:
            self.accept()
