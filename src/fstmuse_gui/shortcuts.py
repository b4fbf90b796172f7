"""The list of keys, made from the actions themselves so that it cannot lie."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QFont, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QMenuBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.widgets.dialogs import FittingDialog
from fstmuse_gui.widgets.page_parts import TwoSides

_POINTER = (
    ("Wheel", "Zoom in time"),
    ("Shift + wheel", "Zoom in frequency"),
    ("Drag", "Move the picture"),
    ("Click", "Go there"),
    ("Double-click", "Whole clip"),
)


def keys_of(bar: QMenuBar) -> dict[str, list[tuple[str, str]]]:
    """Menu title -> pairs of keys and what they do, for every action that has keys."""
    found: dict[str, list[tuple[str, str]]] = {}
    for top in bar.actions():
        menu = top.menu()
        if isinstance(menu, QMenu):
            found[_plain(top.text())] = _keys_in(menu)
    return {title: keys for title, keys in found.items() if keys}


def _keys_in(menu: QMenu, prefix: str = "") -> list[tuple[str, str]]:
    keys = []
    for action in menu.actions():
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
    """Dialog with every key and what it does."""

    def __init__(self, bar: QMenuBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard and mouse")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        groups = [*keys_of(bar).items(), ("On the spectrogram", list(_POINTER))]
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
        column.addWidget(TwoSides(*sides))
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
        self.resize(wanted.width() + 2 * GRID, min(760, wanted.height() + 9 * GRID))


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
