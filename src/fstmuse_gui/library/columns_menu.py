"""Choice of the table's columns: a menu of the headings, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from fstmuse_core.library.catalogue import Column
from fstmuse_gui.library.table_view import LibraryTable
from fstmuse_gui.library.words import HEADINGS
from fstmuse_gui.plain import set_tip

# As the menu offers them; how near a song is stands in lists of songs alone.
_OFFERED = (
    *(Column.ARTIST, Column.ALBUM, Column.YEAR, Column.LENGTH),
    *(Column.GENRE, Column.SURE, Column.TAG, Column.MOOD),
    *(Column.BPM, Column.KEY, Column.LOUDNESS, Column.ENERGY),
    *(Column.FORMAT, Column.RATE, Column.ADDED, Column.FOLDER),
)


class ColumnsMenu(QMenu):
    """Shows and hides columns, and makes rows dense."""

    def __init__(self, table: LibraryTable, parent: QWidget | None = None) -> None:
        super().__init__("Co&lumns", parent)
        self._table = table
        self.setToolTipsVisible(True)
        self._entries: dict[Column, QAction] = {}
        for column in _OFFERED:
            title, hint = HEADINGS[column]
            entry = QAction(title, self, checkable=True)
            set_tip(entry, hint)
            entry.triggered.connect(lambda is_on, c=column: table.set_shown(c, is_on))
            self._entries[column] = entry
        self.addActions(list(self._entries.values()))
        self.addSeparator()
        self._dense = QAction("&Dense rows", self, checkable=True)
        self._dense.triggered.connect(table.set_dense)
        self._reset = QAction("Columns as at &first", self)
        self._reset.setToolTip("As many of the usual ones as there is room for")
        self._reset.triggered.connect(lambda: table.set_columns([]))
        self.addActions([self._dense, self._reset])
        self.aboutToShow.connect(self._mark)

    def _mark(self) -> None:
        """Tick what is shown."""
        shown = self._table.shown_columns
        for column, entry in self._entries.items():
            entry.setChecked(column in shown)
        self._dense.setChecked(self._table.is_dense)
        self._reset.setEnabled(bool(self._table.columns))


def column_names(columns: Sequence[Column]) -> list[str]:
    """Names under which columns are remembered."""
    return [column.name.lower() for column in columns]


def columns_called(names: list[Any]) -> list[Column]:
    """Columns of these names; names that no column has are left out."""
    known = {column.name.lower(): column for column in Column}
    return [known[name] for name in dict.fromkeys(names) if name in known]
