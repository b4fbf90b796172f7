"""The verdict in words, and what to keep in mind about it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from fstmuse_core.classify.result import Classification
from fstmuse_gui.icons import icon
from fstmuse_gui.plain import PlainLabel
from fstmuse_gui.theme import GRID, scaled_font

_SIGN = 16


class VerdictPanel(QWidget):
    """One big word, one sentence, and the warnings if there are any."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Verdict")
        self._headline = PlainLabel()
        self._headline.setFont(scaled_font(self.font(), 2.5, QFont.Weight.DemiBold))
        self._headline.setWordWrap(True)
        self._sentence = PlainLabel()
        self._sentence.setWordWrap(True)
        self._sentence.setProperty("look", "muted")
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._warnings = QVBoxLayout()
        self._warnings.setSpacing(GRID // 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self._headline)
        column.addWidget(self._sentence)
        column.addSpacing(GRID)
        column.addLayout(self._warnings)
        column.addStretch()

    @property
    def headline(self) -> str:
        """The big word."""
        return self._headline.text()

    @property
    def sentence(self) -> str:
        """Sentence below the verdict."""
        return self._sentence.text()

    def show_result(self, result: Classification) -> None:
        """Show the verdict."""
        self.show_verdict(result.verdict.genre, result.verdict.sentence)
        for warning in result.warnings:
            self._add_warning(warning)

    def show_verdict(self, genre: str | None, sentence: str) -> None:
        """Show a genre, ``None`` for no genre that is sure, and a sentence about it."""
        headline = genre or "Not sure"
        # The headline has said the first words of the sentence already.
        rest = sentence.removeprefix(f"{headline}, ").removeprefix(f"{headline}: ")
        self.show_words(headline, rest[:1].upper() + rest[1:])

    def show_words(self, headline: str, sentence: str) -> None:
        """Say something else."""
        self._headline.setText(headline)
        self._sentence.setText(sentence)
        self.setAccessibleDescription(f"{headline}. {sentence}")
        while (item := self._warnings.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()

    def _add_warning(self, text: str) -> None:
        line = QWidget()
        line.setAccessibleName("Warning")
        line.setAccessibleDescription(text)
        sign = PlainLabel()
        sign.setPixmap(icon("warning", "warning").pixmap(_SIGN, _SIGN))
        words = PlainLabel(text)
        words.setWordWrap(True)
        words.setProperty("look", "small")
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(words, 1)
        self._warnings.addWidget(line)
