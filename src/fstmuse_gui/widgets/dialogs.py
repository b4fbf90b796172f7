"""Windows and dialogs that fit the screen: a question with a few answers, and the list of keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QMargins, QObject, QRect, Qt, QTimer
from PySide6.QtGui import QAction, QFont, QGuiApplication, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.system.errors import one_line
from fstmuse_gui.plain import PlainLabel, caption, visible
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.widgets.page_parts import TwoColumns
from fstmuse_gui.widgets.scroll_pane import ScrollPane

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
_LONGEST_NAME = 120
# Keys and what they do stand in two columns from this width on.
_TWO_COLUMNS = 880
_POINTER = (
    ("Wheel", "Zoom in time"),
    ("Shift + wheel", "Zoom in frequency"),
    ("Drag", "Move the picture"),
    ("Shift + drag", "Select a region"),
    ("Click", "Go there"),
    ("Double-click", "Whole clip"),
)


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


class NameQuestion(FittingDialog):
    """Asks for a name, beginning with the one in force.

    Parameters
    ----------
    parent : QWidget
        The window that waits.
    title, name : str
        Title of the dialog, and the name so far.
    """

    def __init__(self, parent: QWidget, title: str, name: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.field = QLineEdit(name)
        self.field.setMaxLength(_LONGEST_NAME)
        self.field.setAccessibleName("New name")
        self.field.selectAll()
        self.field.setMinimumWidth(_TEXT_WIDTH * 3 // 4)
        self.rename = QPushButton("Rename")
        self.rename.setProperty("look", "primary")
        self.rename.setDefault(True)
        self.rename.clicked.connect(self.accept)
        self.field.textChanged.connect(lambda _text: self.rename.setEnabled(bool(self._name)))
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        foot.addStretch()
        foot.addWidget(cancel)
        foot.addWidget(self.rename)
        self.set_parts(self.field, foot)
        self.resize(self.sizeHint())

    @property
    def _name(self) -> str:
        return one_line(self.field.text()).strip()

    def ask(self) -> str:
        """Wait for a name; empty if it stays."""
        is_given = self.exec() == QDialog.DialogCode.Accepted
        self.deleteLater()
        return self._name if is_given else ""


def _label(text: str) -> QLabel:
    label = PlainLabel(text)
    label.setWordWrap(True)
    label.setFixedWidth(_TEXT_WIDTH)
    label.setMinimumHeight(label.heightForWidth(_TEXT_WIDTH))
    return label


def keys_of(bar: QMenuBar) -> dict[str, list[tuple[str, str]]]:
    """Menu title -> pairs of keys and what they do, for every action that has keys."""
    found: dict[str, list[tuple[str, str]]] = {}
    for top in bar.actions():
        menu = top.menu()
        if isinstance(menu, QMenu):
            found[_plain(top.text())] = _keys_in(menu)
    return {title: keys for title, keys in found.items() if keys}


def keys_by_tab(
    bar: QMenuBar, by_tab: Sequence[tuple[str, Sequence[QAction]]]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Keys of each tab's entries, by title in this order, and of those that are for all."""
    of_tabs = {action for _, actions in by_tab for action in actions}
    menus = [menu for top in bar.actions() if isinstance(menu := top.menu(), QMenu)]
    shared = [a for menu in menus for a in menu.actions() if a not in of_tabs]
    groups = [(f"In {title}", _keys_of(actions)) for title, actions in by_tab]
    groups.insert(1, ("Everywhere", _keys_of(shared)))
    return [(title, keys) for title, keys in groups if keys]


def _keys_in(menu: QMenu, prefix: str = "") -> list[tuple[str, str]]:
    return _keys_of(menu.actions(), prefix)


def _keys_of(actions: Sequence[QAction], prefix: str = "") -> list[tuple[str, str]]:
    keys = []
    for action in actions:
        inner = action.menu()
        if isinstance(inner, QMenu):
            keys += _keys_in(inner, f"{_plain(action.text())}: ")
        elif not action.shortcut().isEmpty():
            keys.append((_spelled(action), prefix + _plain(action.text())))
    return keys


def _spelled(action: QAction) -> str:
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText).replace("+", " + ")


def _plain(text: str) -> str:
    return text.replace("&", "").removesuffix("\N{HORIZONTAL ELLIPSIS}")


class ShortcutsDialog(FittingDialog):
    """Dialog with every key and what it does, by tab if the tabs' entries are given."""

    def __init__(
        self,
        bar: QMenuBar,
        parent: QWidget | None = None,
        by_tab: Sequence[tuple[str, Sequence[QAction]]] = (),
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard and mouse")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        groups = keys_by_tab(bar, by_tab) if by_tab else list(keys_of(bar).items())
        groups.append(("On the spectrogram", list(_POINTER)))
        sides = (QVBoxLayout(), QVBoxLayout())
        heights = [0, 0]
        for title, keys in groups:
            side = heights.index(min(heights))
            sides[side].addWidget(_group(self, title, keys))
            heights[side] += len(keys) + 2
        for side_layout in sides:
            side_layout.addStretch(1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.addWidget(TwoColumns(*sides))
        column.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, GRID)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setAccessibleName("List of keys")
        close = QPushButton("Close")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.setContentsMargins(3 * GRID, 0, 3 * GRID, 2 * GRID)
        foot.addStretch()
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        layout.addLayout(foot)
        wanted = content.sizeHint()
        self.resize(
            max(_TWO_COLUMNS, wanted.width() + 2 * GRID), min(760, wanted.height() + 9 * GRID)
        )


def _group(dialog: QWidget, title: str, keys: list[tuple[str, str]]) -> QWidget:
    group = QWidget()
    group.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    grid = QGridLayout(group)
    grid.setContentsMargins(0, 0, 0, GRID)
    grid.setHorizontalSpacing(3 * GRID)
    grid.setVerticalSpacing(GRID - 2)
    heading = PlainLabel(title)
    heading.setFont(scaled_font(dialog.font(), 1.0, QFont.Weight.DemiBold))
    grid.addWidget(heading, 0, 0, 1, 2)
    for place, (key, what) in enumerate(keys, start=1):
        cap = PlainLabel(key)
        cap.setProperty("look", "key")
        grid.addWidget(cap, place, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(PlainLabel(what), place, 1)
    grid.setColumnMinimumWidth(0, 110)
    grid.setColumnStretch(1, 1)
    return group
