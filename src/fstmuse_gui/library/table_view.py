"""The table of the library, and the menu of its headings that chooses columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QMenu, QWidget

from fstmuse_core.library.catalogue import Catalogue, Column, Order, Places, SongList
from fstmuse_gui.library.table_rows import DENSE_HEIGHT, ROW_HEIGHT, LibraryModel, RowPainter
from fstmuse_gui.library.words import HEADINGS
from fstmuse_gui.plain import set_tip
from fstmuse_gui.widgets.rows import PlainTable

# Columns of one width, and in a narrow table; those that share what is left; and the room that
# others ask for, in the order in which they get it, once the title has enough.
_FIXED = {Column.GENRE: 150, Column.SURE: 132, Column.TAG: 128, Column.NEAR: 132}
_GENRE_BESIDE_NOTES = 108
# What the title keeps where the list's words on each song need more than their part.
_TITLE_BESIDE_NOTES = 120
_NARROW = {Column.GENRE: 132, Column.SURE: 72, Column.NEAR: 72}
_NARROW_BELOW = 500
_SHARES = {Column.TITLE: 5, Column.ARTIST: 3, Column.FOLDER: 4}
_ASKED = {Column.ARTIST: 150, Column.TAG: 128, Column.FOLDER: 200}
_TITLE_FIRST = 200
_KEPT_CHOICE = 500
# Widths of columns that the user has chosen; the title takes what is left, or so much at least.
_WIDTHS = {
    Column.ARTIST: 160,
    Column.ALBUM: 160,
    Column.YEAR: 64,
    Column.LENGTH: 76,
    Column.GENRE: 150,
    Column.SURE: 132,
    Column.TAG: 128,
    Column.MOOD: 120,
    Column.STYLE: 160,
    Column.BPM: 68,
    Column.KEY: 68,
    Column.LOUDNESS: 72,
    Column.ENERGY: 76,
    Column.FORMAT: 80,
    Column.RATE: 76,
    Column.ADDED: 104,
    Column.FOLDER: 200,
    Column.NEAR: 100,
}
# In this order, where nothing else was chosen.
_USUAL = tuple(Column)[: Column.NEAR + 1]


class LibraryTable(PlainTable):
    """Fifty thousand rows that scroll, sort and filter without a stall.

    Signals
    -------
    current_changed
        Another file, or none, is the one that the review is about.
    order_wanted(object)
        An :class:`~fstmuse_core.library.catalogue.Order`: a heading was clicked.

    Attributes
    ----------
    columns : list of Column
        Those that the user has chosen, from left to right; empty for the usual ones, as many as
        there is room for.
    """

    current_changed = Signal()
    order_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.rows = LibraryModel()
        super().__init__("Files of the library", self.rows, ROW_HEIGHT, parent)
        self.rows.setParent(self)
        self._order = Order()
        self.columns: list[Column] = []
        self._is_resetting = self._is_moving = False
        self._notes_width = 0
        self._painter = RowPainter(self.rows, self)
        self.setItemDelegate(self._painter)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setMouseTracking(True)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setAccessibleName("Columns; a click sorts")
        header.setSectionsMovable(True)
        header.sectionClicked.connect(self._on_heading)
        header.sectionMoved.connect(self._on_moved)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.show_order(self._order)
        self.selectionModel().currentRowChanged.connect(self._on_current)
        self.entered.connect(lambda index: self._hover(index.row()))
        self.viewportEntered.connect(lambda: self._hover(-1))

    # -- what is shown -----------------------------------------------------------------

    def show_rows(
        self, catalogue: Catalogue, places: Places, songs: SongList | None = None
    ) -> None:
        """Show other rows, or the same in another order; what was chosen stays so.

        ``songs`` is the list that they are of, if they are one.
        """
        current, chosen = self.current_id, self._chosen_to_keep()
        offset = self._offset_of(current)
        self._is_resetting = True
        self.rows.show_places(catalogue, places, songs)
        self._notes_width = self._painter.width_of_notes()
        self._choose(chosen, current)
        self._is_resetting = False
        self._lay_out()
        line = self.rows.line_of(current) if current is not None else -1
        if line >= 0 and offset is not None:
            self.verticalScrollBar().setValue(line * self._row_height - offset)
        if self.current_id != current:
            self.current_changed.emit()

    def _offset_of(self, current: int | None) -> int | None:
        """Distance of the current row from the upper edge, None if it is out of view."""
        if current is None:
            return None
        y = self.rowViewportPosition(self.rows.line_of(current))
        return y if -self._row_height < y < self.viewport().height() else None

    def _chosen_to_keep(self) -> list[int]:
        chosen = self.chosen_ids()
        return chosen if len(chosen) <= _KEPT_CHOICE else []

    def _choose(self, ids: list[int], current: int | None) -> None:
        selection = QItemSelection()
        for file_id in ids:
            line = self.rows.line_of(file_id)
            if line >= 0:
                selection.select(self.rows.index(line, 0), self.rows.index(line, len(Column) - 1))
        model = self.selectionModel()
        model.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        line = self.rows.line_of(current) if current is not None else -1
        if line >= 0:
            model.setCurrentIndex(
                self.rows.index(line, 0), QItemSelectionModel.SelectionFlag.NoUpdate
            )

    def show_order(self, order: Order) -> None:
        """Let the headings say how the rows are sorted."""
        self._order = order
        header = self.horizontalHeader()
        header.setSortIndicatorShown(not order.least_sure)
        down = Qt.SortOrder.DescendingOrder
        header.setSortIndicator(
            order.column, down if order.is_descending else Qt.SortOrder.AscendingOrder
        )

    def _on_heading(self, section: int) -> None:
        column = Column(section)
        again = column == self._order.column and not self._order.least_sure
        self.order_wanted.emit(Order(column, again and not self._order.is_descending))

    # -- what is chosen ----------------------------------------------------------------

    @property
    def current_id(self) -> int | None:
        """The file that the review is about."""
        index = self.currentIndex()
        return self.rows.row_at(index.row()).file_id if index.isValid() else None

    def chosen_ids(self) -> list[int]:
        """The files of the rows that are chosen, from top to bottom."""
        # A list in all but Qt's own description of it.
        selection = cast(Iterable[QItemSelectionRange], self.selectionModel().selection())
        ranges = sorted((r.top(), r.bottom()) for r in selection)
        return [file_id for top, bottom in ranges for file_id in self.rows.ids(top, bottom)]

    def go_to(self, file_id: int) -> None:
        """Make a file the current and only one."""
        self.go_to_line(self.rows.line_of(file_id))

    def go_to_line(self, line: int) -> None:
        """Make the file in a line the current and only one."""
        if 0 <= line < self.rows.rowCount():
            self.selectionModel().setCurrentIndex(
                self.rows.index(line, 0),
                QItemSelectionModel.SelectionFlag.ClearAndSelect
                | QItemSelectionModel.SelectionFlag.Rows,
            )
            self.scrollTo(self.rows.index(line, 0))

    def _on_current(self, _current: QModelIndex, _before: QModelIndex) -> None:
        if not self._is_resetting:
            self.viewport().update()
            self.current_changed.emit()

    # -- appearance and keys ------------------------------------------------------------

    def _hover(self, line: int) -> None:
        if line != self._painter.hovered:
            self._painter.hovered = line
            self.viewport().update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    # -- columns and rows ---------------------------------------------------------------

    @property
    def shown_columns(self) -> list[Column]:
        """Columns that can be seen, from left to right."""
        header = self.horizontalHeader()
        places = [Column(header.logicalIndex(place)) for place in range(header.count())]
        return [column for column in places if not self.isColumnHidden(column)]

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show these from left to right; the usual ones if there are none."""
        chosen = list(columns)
        self.columns = chosen if not chosen or Column.TITLE in chosen else [Column.TITLE, *chosen]
        self._arrange()
        self._lay_out()

    def set_shown(self, column: Column, is_shown: bool) -> None:
        """Show or hide a column beside those that are shown."""
        shown = [c for c in self.columns or self.shown_columns if c != column]
        shown = [c for c in shown if c is not Column.NEAR]
        self.set_columns([*shown, column] if is_shown else shown)

    def _arrange(self) -> None:
        """Put the columns into their order."""
        header = self.horizontalHeader()
        first = self.columns or list(_USUAL)
        self._is_moving = True
        for place, column in enumerate([*first, *(c for c in Column if c not in first)]):
            header.moveSection(header.visualIndex(column), place)
        self._is_moving = False

    def _on_moved(self, _column: int, _before: int, _after: int) -> None:
        """Take the order that the user has dragged the columns into as chosen."""
        if not self._is_moving:
            self.columns = [c for c in self.shown_columns if c is not Column.NEAR]
            self._lay_out()

    @property
    def is_dense(self) -> bool:
        """True if more rows are shown, with less room around them."""
        return self._row_height == DENSE_HEIGHT

    def set_dense(self, is_wanted: bool) -> None:
        """Show more rows, or with more room around them."""
        lines = self.verticalHeader()
        height = DENSE_HEIGHT if is_wanted else ROW_HEIGHT
        lines.setMinimumSectionSize(min(height, lines.minimumSectionSize()))
        lines.setDefaultSectionSize(height)
        self.scrollTo(self.currentIndex())

    @property
    def _row_height(self) -> int:
        return self.verticalHeader().defaultSectionSize()

    def _lay_out(self) -> None:
        if self.columns:
            self._lay_out_chosen()
        else:
            self._lay_out_usual()

    def _lay_out_chosen(self) -> None:
        """Show what was chosen, however wide all of it becomes."""
        shown = {*self.columns, *([Column.NEAR] if self.rows.nearness else [])}
        for column in Column:
            self.setColumnHidden(column, column not in shown)
        widths = {**_WIDTHS, Column.NEAR: max(_WIDTHS[Column.NEAR], self._notes_width)}
        used = sum(widths[column] for column in shown if column is not Column.TITLE)
        for column in shown:
            if column is Column.TITLE:
                wide = max(_TITLE_FIRST, self.viewport().width() - used)
            else:
                wide = widths[column]
            self.setColumnWidth(column, wide)

    def _lay_out_usual(self) -> None:
        width = self.viewport().width()
        shown = self._worth_showing(width)
        for column in Column:
            self.setColumnHidden(column, column not in shown)
        fixed = {c: w for c, w in self._fixed(width).items() if c in shown}
        room = max(0, width - sum(fixed.values()))
        shares = {c: share for c, share in _SHARES.items() if c in shown}
        whole = sum(shares.values())
        for column, share in shares.items():
            fixed[column] = room * share // whole
        fixed[Column.TITLE] += width - sum(fixed.values())
        for column, wide in fixed.items():
            self.setColumnWidth(column, wide)

    def _fixed(self, width: int) -> dict[Column, int]:
        """Columns of one width in a table so wide."""
        is_narrow = width < _NARROW_BELOW
        if not self.rows.notes:
            return {**_FIXED, **_NARROW} if is_narrow else _FIXED
        genre = _GENRE_BESIDE_NOTES if is_narrow else _FIXED[Column.GENRE]
        part = max(_FIXED[Column.NEAR], width * 2 // 5)
        needed = min(self._notes_width, width - genre - _TITLE_BESIDE_NOTES)
        return {**_FIXED, Column.GENRE: genre, Column.NEAR: max(part, needed)}

    def _worth_showing(self, width: int) -> list[Column]:
        """Columns that say something and leave the title its room."""
        shown = {Column.TITLE, Column.GENRE, Column.SURE}
        if self.rows.nearness:
            shown.add(Column.NEAR)
            if width < _NARROW_BELOW or self.rows.notes:  # how near is what is asked for
                shown.remove(Column.SURE)
        fixed = self._fixed(width)
        room = width - sum(fixed[c] for c in shown if c in fixed) - _TITLE_FIRST
        for column, asked in _ASKED.items():
            if room >= asked and self.rows.catalogue.has_values(column):
                shown.add(column)
                room -= asked
        return sorted(shown)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._painter.follow_font()
            self._notes_width = self._painter.width_of_notes()
        super().changeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Home and End go to the first and the last file."""
        if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End) and not event.modifiers():
            is_home = event.key() == Qt.Key.Key_Home
            self.go_to_line(0 if is_home else self.rows.rowCount() - 1)
        else:
            super().keyPressEvent(event)


# As the menu offers them; how near a song is stands in lists of songs alone.
_OFFERED = (
    *(Column.ARTIST, Column.ALBUM, Column.YEAR, Column.LENGTH),
    *(Column.GENRE, Column.SURE, Column.TAG, Column.STYLE, Column.MOOD),
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
