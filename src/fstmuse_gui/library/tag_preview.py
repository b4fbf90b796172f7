"""Old and new genres, file by file, before anything is written."""

from __future__ import annotations

import os
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QWidget

from fstmuse_core.errors import one_line
from fstmuse_gui.library.chores import PlanLine
from fstmuse_gui.library.plain_table import LEFT, PlainTable
from fstmuse_gui.plain import tip
from fstmuse_gui.theme import current_colours

_Index = QModelIndex | QPersistentModelIndex
_HEADINGS = ("File", "Now", "Then", "Why")
_SHARES = (34, 18, 18, 30)


class PlanModel(QAbstractTableModel):
    """The files that change, or those that stay as they are."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.changing: list[PlanLine] = []
        self.staying: list[PlanLine] = []
        self._shows_staying = False

    @property
    def lines(self) -> list[PlanLine]:
        """What is shown."""
        return self.staying if self._shows_staying else self.changing

    def clear(self) -> None:
        """Forget all."""
        self.beginResetModel()
        self.changing, self.staying = [], []
        self.endResetModel()

    def add(self, lines: list[PlanLine]) -> None:
        """Take more."""
        changing = [line for line in lines if not line.stays]
        staying = [line for line in lines if line.stays]
        more = staying if self._shows_staying else changing
        if more:
            first = len(self.lines)
            self.beginInsertRows(QModelIndex(), first, first + len(more) - 1)
        self.changing += changing
        self.staying += staying
        if more:
            self.endInsertRows()

    def show_staying(self, is_wanted: bool) -> None:
        """Show what stays as it is, or what changes."""
        self.beginResetModel()
        self._shows_staying = is_wanted
        self.endResetModel()

    # -- as a model --------------------------------------------------------------------

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(_HEADINGS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line, column = self.lines[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(line, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(one_line(line.path) if column == 0 else self._text(line, column))
        if role == Qt.ItemDataRole.ForegroundRole:
            colours = current_colours()
            is_faint = column in (1, 3)
            return QColor(colours.muted if is_faint else colours.text)
        return None

    @staticmethod
    def _text(line: PlanLine, column: int) -> str:
        if column == 0:
            return one_line(os.path.basename(line.path))
        if column == 3:
            return one_line(line.why[:1].upper() + line.why[1:])
        genres = line.old if column == 1 else line.new
        return one_line("; ".join(genres)) or "\N{EN DASH}"

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _HEADINGS[section]
        return LEFT if role == Qt.ItemDataRole.TextAlignmentRole else None


class PlanTable(PlainTable):
    """Shows a :class:`PlanModel`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.plan = PlanModel()
        super().__init__("What would be written", self.plan, parent=parent)
        self.plan.setParent(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self.viewport().width()
        for column, share in enumerate(_SHARES):
            self.setColumnWidth(column, width * share // 100)
