"""Two models over one library: what changes, and for which files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.errors import one_line
from fstmuse_gui.classify.models import ModelInfo
from fstmuse_gui.library.catalogue import NOT_SURE
from fstmuse_gui.library.chores import ChangedFile
from fstmuse_gui.library.plain_table import LEFT, PlainTable
from fstmuse_gui.plain import PlainLabel, tip
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.widgets.calm import CalmComboBox
from fstmuse_gui.widgets.fitting import FittingDialog
from fstmuse_gui.widgets.probability_bars import percent

_Index = QModelIndex | QPersistentModelIndex


class _Changes(QAbstractTableModel):
    def __init__(self, parent: QObject, titles: tuple[str, str]) -> None:
        super().__init__(parent)
        self.changes: list[ChangedFile] = []
        self.titles = titles

    def clear(self, titles: tuple[str, str]) -> None:
        self.beginResetModel()
        self.changes, self.titles = [], titles
        self.endResetModel()

    def add(self, changes: list[ChangedFile]) -> None:
        first = len(self.changes)
        self.beginInsertRows(QModelIndex(), first, first + len(changes) - 1)
        self.changes += changes
        self.endInsertRows()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.changes)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else 3

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        change = self.changes[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(one_line(change.path))
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if index.column() == 0:
            return one_line(os.path.basename(change.path))
        genre, sure = change.before if index.column() == 1 else change.after
        return f"{genre or NOT_SURE}  {percent(sure)}"

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return ("File", *self.titles)[section]
        return LEFT if role == Qt.ItemDataRole.TextAlignmentRole else None


class CompareDialog(FittingDialog):
    """Chooses the other model, and shows what it would change.

    Signals
    -------
    other_chosen(str)
        Name of the other model.
    file_wanted(int)
        This file shall be shown in the library.
    """

    other_chosen = Signal(str)
    file_wanted = Signal(int)

    def __init__(self, parent: QWidget, title: str, others: Sequence[ModelInfo]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare models")
        self._title = title
        self.other = CalmComboBox()
        self.other.setAccessibleName("The other model")
        for model in others:
            self.other.addItem(model.title, model.name)
        self.other.activated.connect(lambda _i: self.choose_first())
        self._words = PlainLabel()
        self._words.setWordWrap(True)
        self._changes = _Changes(self, (title, ""))
        self.table = PlainTable("Files that change", self._changes)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.activated.connect(self._on_activated)
        self._build()
        self.resize(QSize(760, 560))
        self.other.setFocus()

    def _build(self) -> None:
        heading = PlainLabel(f"{self._title} and")
        heading.setFont(scaled_font(self.font(), 1.25, QFont.Weight.DemiBold))
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(heading)
        head.addWidget(self.other)
        head.addStretch()
        frame = QFrame()
        frame.setObjectName("card")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(2, 2, 2, 2)
        inside.addWidget(self.table)
        hint = PlainLabel("Enter or a double click shows the file in the library.")
        hint.setProperty("look", "small")
        close = QPushButton("Close")
        close.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.addWidget(hint, 1)
        foot.addWidget(close)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        column.addLayout(head)
        column.addWidget(self._words)
        column.addWidget(frame, 1)
        self.set_parts(body, foot)

    @property
    def text(self) -> str:
        """What is said."""
        return self._words.text()

    def choose_first(self) -> None:
        """Compare with what is chosen, if there is any."""
        if self.other.count():
            self.other_chosen.emit(self.other.currentData())
        else:
            self._words.setText("There is no other model. Train or import one first.")

    def show_busy(self) -> None:
        """The two are being laid side by side."""
        self.other.setEnabled(False)
        self._changes.clear((self._title, self.other.currentText()))
        self._words.setText("Comparing\N{HORIZONTAL ELLIPSIS}")

    def add_changes(self, changes: list[ChangedFile]) -> None:
        """More files that change."""
        self._changes.add(changes)

    def show_comparison(self, words: str) -> None:
        """What comes out, or why nothing does."""
        self.other.setEnabled(True)
        self._words.setText(words)

    def _on_activated(self, index: QModelIndex) -> None:
        self.file_wanted.emit(self._changes.changes[index.row()].file_id)
        self.accept()
