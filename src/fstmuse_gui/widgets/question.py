"""A question with a few answers, each with what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel, caption, visible
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.widgets.fitting import FittingDialog

_TEXT_WIDTH = 480


@dataclass(frozen=True)
class Answer:
    """``value`` is given back; ``meaning`` says what comes of it.

    Answers with a meaning stand one below the other, those without side by side at the end.
    """

    value: str
    text: str
    meaning: str = ""
    is_default: bool = False


class Question(FittingDialog):
    """Asks; Escape and closing it answer nothing.

    Parameters
    ----------
    parent : QWidget
        The window that waits.
    title, text : str
        The question, and what to know before answering.
    answers : sequence of Answer
    """

    def __init__(self, parent: QWidget, title: str, text: str, answers: Sequence[Answer]) -> None:
        super().__init__(parent)
        self.setWindowTitle(visible(title))
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self._chosen = ""
        self.buttons: dict[str, QPushButton] = {}
        heading = _label(title)
        heading.setFont(scaled_font(self.font(), 1.25, QFont.Weight.DemiBold))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(heading)
        if text:
            words = _label(text)
            words.setProperty("look", "muted")
            column.addWidget(words)
        column.addSpacing(GRID)
        column.addLayout(self._build_rows([a for a in answers if a.meaning]))
        self.set_parts(body, self._build_line([a for a in answers if not a.meaning]))
        default = next((a for a in answers if a.is_default), None)
        if default is not None:
            self.buttons[default.value].setDefault(True)
            self.buttons[default.value].setFocus()
        self.resize(self.sizeHint())

    def _build_rows(self, answers: Sequence[Answer]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID)
        grid.setColumnStretch(1, 1)
        for row, answer in enumerate(answers):
            meaning = PlainLabel(answer.meaning)
            meaning.setProperty("look", "small")
            grid.addWidget(self._button(answer), row, 0)
            grid.addWidget(meaning, row, 1)
        return grid

    def _build_line(self, answers: Sequence[Answer]) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(GRID)
        line.addStretch()
        for answer in answers:
            line.addWidget(self._button(answer))
        return line

    def _button(self, answer: Answer) -> QPushButton:
        button = QPushButton(caption(answer.text))
        button.setProperty("look", "primary" if answer.is_default else "")
        button.setAccessibleDescription(answer.meaning.replace("\n", " "))
        button.setAutoDefault(True)
        button.clicked.connect(lambda: self._choose(answer.value))
        self.buttons[answer.value] = button
        return button

    def _choose(self, value: str) -> None:
        self._chosen = value
        self.accept()

    def ask(self) -> str:
        """Wait for an answer; empty if there is none."""
        self.exec()
        self.deleteLater()
        return self._chosen


def _label(text: str) -> QLabel:
    label = PlainLabel(text)
    label.setWordWrap(True)
    label.setFixedWidth(_TEXT_WIDTH)
    label.setMinimumHeight(label.heightForWidth(_TEXT_WIDTH))
    return label
