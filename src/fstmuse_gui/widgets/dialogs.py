"""Windows and dialogs that fit the screen, and a question with a few answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QMargins, QObject, QRect, Qt, QTimer
from PySide6.QtGui import QFont, QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel, caption, visible
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.widgets.page_parts import ScrollPane

# A title bar and borders, before the window system has told of its own.
_LIKELY_FRAME = QMargins(4, 32, 4, 4)
# A window manager frames and moves a window some time after it was shown.
_SETTLED_MS = 250
_NOT_ITS_OWN_PLACE = (
    Qt.WindowState.WindowMaximized
    | Qt.WindowState.WindowFullScreen
    | Qt.WindowState.WindowMinimized
)


_TEXT_WIDTH = 480


def fitted(rect: QRect, frame: QMargins, room: QRect) -> QRect:
    """Return ``rect``, made smaller and moved so that it lies in ``room`` with its ``frame``."""
    space = room.marginsRemoved(frame)
    size = rect.size().boundedTo(space.size())
    left = max(space.left(), min(rect.left(), space.right() + 1 - size.width()))
    top = max(space.top(), min(rect.top(), space.bottom() + 1 - size.height()))
    return QRect(left, top, size.width(), size.height())


def fit_to_screen(window: QWidget) -> None:
    """Let a window lie on one screen as a whole, its frame included; a large one fills it."""
    if window.windowState() & _NOT_ITS_OWN_PLACE:
        return
    rect = window.geometry()
    screen = QGuiApplication.screenAt(rect.center()) or QGuiApplication.primaryScreen()
    wanted = fitted(rect, _frame(window), screen.availableGeometry())
    if wanted != rect:
        window.setGeometry(wanted)


class ScreenFit(QObject):
    """Fits a window when it is shown, and once more when its place and frame are known."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLED_MS)
        self._timer.timeout.connect(self.fit)

    def begin(self) -> None:
        """Fit the window, which has just been shown."""
        self.fit()
        self._timer.start()

    def end(self) -> None:
        """Leave it alone: it is hidden."""
        self._timer.stop()

    def fit(self) -> None:
        """Let the window lie on its screen."""
        fit_to_screen(self._window)


def _frame(window: QWidget) -> QMargins:
    handle = window.windowHandle()
    known = handle.frameMargins() if handle is not None else QMargins()
    return _LIKELY_FRAME if known.isNull() else known


class FittingDialog(QDialog):
    """A dialog no larger than the screen: its body scrolls, its foot with the buttons stays."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fit = ScreenFit(self)

    def set_parts(self, body: QWidget, foot: QLayout) -> None:
        """Lay out the dialog."""
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(2 * GRID)
        column.addWidget(ScrollPane(body), 1)
        column.addLayout(foot)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit.begin()

    def hideEvent(self, event: QHideEvent) -> None:
        self._fit.end()
        super().hideEvent(event)


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
