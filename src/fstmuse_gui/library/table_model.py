"""The rows of the library that pass the filter, in their order, for a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from fstmuse_core.library.rows import LibraryRow
from fstmuse_gui.library.catalogue import Catalogue, Column, Places
from fstmuse_gui.library.words import HEADINGS, cell_text, spoken_row, tool_tip
from fstmuse_gui.plain import tip

_Index = QModelIndex | QPersistentModelIndex
_CENTRE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class LibraryModel(QAbstractTableModel):
    """A window on a :class:`Catalogue`: which of its places are shown, and in which order.

    Sorting and filtering hand over another list of places, and nothing is moved. That is why
    there is no proxy model, which would ask for each of 50,000 rows through Qt.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.catalogue = Catalogue()
        self._places: Places = np.zeros(0, dtype=np.intp)
        self._shown_at: Places | None = None

    # -- what is shown -----------------------------------------------------------------

    def show_places(self, catalogue: Catalogue, places: Places) -> None:
        """Show these rows of this catalogue."""
        self.beginResetModel()
        self.catalogue, self._places = catalogue, places
        self._shown_at = None
        self.endResetModel()

    def tell_changed(self, places: list[int]) -> None:
        """What the catalogue holds at these places has changed; rows stay where they are."""
        for place in places:
            line = self._line_at(place)
            if line >= 0:
                self.dataChanged.emit(self.index(line, 0), self.index(line, len(Column) - 1))

    def row_at(self, line: int) -> LibraryRow:
        """The file in a line of the table."""
        return self.catalogue.rows[self._places[line]]

    def line_of(self, file_id: int) -> int:
        """In which line a file stands; -1 if it is not shown."""
        place = self.catalogue.places.get(file_id)
        return -1 if place is None else self._line_at(place)

    def _line_at(self, place: int) -> int:
        if self._shown_at is None:
            self._shown_at = np.full(len(self.catalogue), -1, dtype=np.intp)
            self._shown_at[self._places] = np.arange(self._places.size)
        return int(self._shown_at[place])

    def ids(self, first: int = 0, last: int | None = None) -> list[int]:
        """The files from one line to another, both included; all by default."""
        return self.catalogue.ids(self._places[first : None if last is None else last + 1])

    # -- as a model --------------------------------------------------------------------

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else int(self._places.size)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(Column)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.row_at(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_text(row, Column(index.column()))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            column = Column(index.column())
            return spoken_row(row) if column is Column.TITLE else cell_text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(tool_tip(row, Column(index.column())))
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[Column(section)][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return HEADINGS[Column(section)][1]
        return _CENTRE if role == Qt.ItemDataRole.TextAlignmentRole else None
