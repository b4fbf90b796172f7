"""The clips of this session: one row each, with its state and its best genre."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from fstmuse_gui.plain import percent, tip
from fstmuse_gui.theme import Colours, current_colours, draw_icon, genre_colour, scaled_font
from fstmuse_gui.widgets.rows import draw_left, draw_right, paint_row_background

_ROW_HEIGHT = 52
_MARGIN = 12
_SIGN = 14
_Index = QModelIndex | QPersistentModelIndex
_ROW_ROLE = Qt.ItemDataRole.UserRole


class RowState(StrEnum):
    """Progress of a clip; the value is what the row says."""

    WAITING = "Waiting"
    WORKING = "Listening"
    DONE = "Done"
    FAILED = "Could not be heard"
    CANCELLED = "Cancelled"


@dataclass(frozen=True)
class Row:
    """Contents of one row.

    ``genre`` and ``probability`` are those of the best genre; ``genre`` is None when the
    verdict is "not sure". ``sentence`` says what went wrong, ``said`` which genre the user
    says it is.
    """

    key: int
    title: str
    state: RowState = RowState.WAITING
    progress: float = 0.0
    genre: str | None = None
    probability: float = 0.0
    sentence: str = ""
    said: str = ""

    def status(self) -> str:
        """The second line."""
        if self.state is RowState.DONE:
            return f"You said {self.said}" if self.said else self.genre or "Not sure"
        if self.state is RowState.WORKING and self.progress > 0:
            return f"{self.state} {percent(self.progress)}"
        return str(self.state)

    def spoken(self) -> str:
        """The whole row for a screen reader."""
        sure = f" {percent(self.probability)}" if self.genre and not self.said else ""
        why = f": {self.sentence}" if self.sentence else ""
        return f"{self.title}, {self.status()}{sure}{why}"


class Order(StrEnum):
    """Orders of the rows; the value is what the menu says."""

    ADDED = "As added"
    NAME = "Name"
    ANSWER = "Answer"
    SURENESS = "Sureness"


_ORDERS: dict[Order, Callable[[Row], Any]] = {
    Order.ADDED: lambda row: row.key,
    Order.NAME: lambda row: (row.title.casefold(), row.key),
    Order.ANSWER: lambda row: (
        row.state is not RowState.DONE,
        not (row.said or row.genre),
        row.said or row.genre or "",
        -row.probability,
        row.key,
    ),
    Order.SURENESS: lambda row: (row.state is not RowState.DONE, -row.probability, row.key),
}


class _Rows(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self._order = Order.ADDED

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.spoken()
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(row.sentence or row.title)
        return row if role == _ROW_ROLE else None

    def place_of(self, key: int) -> int:
        return next((i for i, row in enumerate(self.rows) if row.key == key), -1)

    def append(self, rows: list[Row]) -> None:
        first = len(self.rows)
        self.beginInsertRows(QModelIndex(), first, first + len(rows) - 1)
        self.rows.extend(rows)
        self.endInsertRows()
        self._sort()

    def order(self, by: Order) -> None:
        self._order = by
        self._sort()

    def _sort(self) -> None:
        ordered = sorted(self.rows, key=_ORDERS[self._order])
        if ordered == self.rows:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        keys = [self.rows[index.row()].key for index in before]
        self.rows = ordered
        places = {row.key: place for place, row in enumerate(ordered)}
        self.changePersistentIndexList(before, [self.index(places[key]) for key in keys])
        self.layoutChanged.emit()

    def replace(self, row: Row) -> None:
        place = self.place_of(row.key)
        if place >= 0 and self.rows[place] != row:
            self.rows[place] = row
            self.dataChanged.emit(self.index(place), self.index(place))
            if self._order is not Order.ADDED:
                self._sort()

    def remove(self, key: int) -> None:
        place = self.place_of(key)
        if place >= 0:
            self.beginRemoveRows(QModelIndex(), place, place)
            del self.rows[place]
            self.endRemoveRows()


class FileList(QListView):
    """Rows to choose from.

    Parameters
    ----------
    name : str
        For screen readers.
    empty : str
        Text shown while there are no rows.
    again : str
        Name in the menu for doing a row's work once more.
    several : bool
        Several rows can be chosen at once.

    Signals
    -------
    chosen(int)
        Key of the row that became current.
    remove_requested(int), retry_requested(int)
        Delete was pressed or the menu used on this row.
    drag_requested()
        The selected rows are dragged.
    """

    chosen = Signal(int)
    remove_requested = Signal(int)
    retry_requested = Signal(int)
    drag_requested = Signal()

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        name: str = "Clips",
        empty: str = "What you open or record appears here.",
        again: str = "Classify again",
        several: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._empty, self._again = empty, again
        self._rows = _Rows(self)
        self.setModel(self._rows)
        self.setItemDelegate(_RowPainter(self))
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.ExtendedSelection if several else modes.SingleSelection)
        self.setDragEnabled(several)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.selectionModel().currentChanged.connect(self._on_current)

    def add_rows(self, rows: list[Row]) -> None:
        """Append rows."""
        if rows:
            self._rows.append(rows)

    def update_row(self, row: Row) -> None:
        """Show new data in the row of the same key."""
        self._rows.replace(row)

    def remove_row(self, key: int) -> None:
        """Take a row away; its neighbour becomes current."""
        self._rows.remove(key)

    def select(self, key: int) -> None:
        """Make a row current."""
        place = self._rows.place_of(key)
        if place >= 0:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.selectionModel().setCurrentIndex(self._rows.index(place), flags)

    @property
    def rows(self) -> list[Row]:
        """All rows, from top to bottom."""
        return list(self._rows.rows)

    @property
    def current_key(self) -> int | None:
        """Key of the current row."""
        index = self.currentIndex()
        return self._rows.rows[index.row()].key if index.isValid() else None

    @property
    def selected_keys(self) -> list[int]:
        """Keys of the selected rows, from top to bottom; of the current one if none is."""
        places = sorted(index.row() for index in self.selectedIndexes())
        current = self.current_key
        return [self._rows.rows[place].key for place in places] or (
            [current] if current is not None else []
        )

    def order(self, by: Order) -> None:
        """Sort the rows, now and as they change; what is selected stays so."""
        self._rows.order(by)

    def startDrag(self, actions: Qt.DropAction) -> None:
        self.drag_requested.emit()

    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(self._rows.rows[current.row()].key)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._rows.rows:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(current_colours().muted))
            box = self.viewport().rect().adjusted(0, _MARGIN // 2, 0, 0)
            flags = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(box, flags, self._empty)
            painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = self.current_key
        if key is not None and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_requested.emit(key)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        key = self.current_key
        if key is None:
            return
        menu = QMenu(self)
        menu.addAction(self._again, lambda: self.retry_requested.emit(key))
        menu.addAction("Remove from the list", lambda: self.remove_requested.emit(key))
        if self.actions():
            menu.addSeparator()
            menu.addActions(self.actions())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        where = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            where = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        menu.popup(where)


class _RowPainter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row: Row = index.data(_ROW_ROLE)
        widget = option.widget
        colours = current_colours()
        painter.save()
        box = paint_row_background(painter, option)
        inner = box.adjusted(_MARGIN, 7, -_MARGIN, -7)
        upper = QRectF(inner.left(), inner.top(), inner.width(), inner.height() / 2)
        lower = upper.translated(0, inner.height() / 2)
        title_font = scaled_font(widget.font(), 1.0, QFont.Weight.Medium)
        draw_left(painter, upper, row.title, title_font, colours.text)
        self._status(painter, lower, row, scaled_font(widget.font(), 0.92), colours)
        painter.restore()

    def _status(
        self, painter: QPainter, box: QRectF, row: Row, font: QFont, colours: Colours
    ) -> None:
        sign = QRectF(box.left(), box.center().y() - _SIGN / 2, _SIGN, _SIGN)
        colour = QColor(colours.danger if row.state is RowState.FAILED else colours.muted)
        if row.state is RowState.DONE and row.said:
            draw_icon(painter, "done", sign, QColor(colours.accent))
        elif row.state is RowState.DONE and row.genre is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(genre_colour(row.genre, colours.is_dark))
            painter.drawEllipse(sign.adjusted(3, 3, -3, -3))
        elif row.state is RowState.DONE:
            draw_icon(painter, "question", sign, colour)
        elif row.state is RowState.FAILED:
            draw_icon(painter, "warning", sign, colour)
        elif row.state is RowState.WORKING:
            self._ring(painter, sign, row.progress, colours)
        else:
            painter.setPen(QColor(colours.border_strong))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(sign.adjusted(3, 3, -3, -3))
        words = box.adjusted(_SIGN + 6, 0, 0, 0)
        if row.state is RowState.DONE and row.genre is not None and not row.said:
            number = percent(row.probability)
            words.setRight(draw_right(painter, words, number, font, colours.text, 8))
        draw_left(painter, words, row.status(), font, colour)

    @staticmethod
    def _ring(painter: QPainter, box: QRectF, progress: float, colours: Colours) -> None:
        inner = box.adjusted(2, 2, -2, -2)
        pen = painter.pen()
        pen.setWidthF(2.0)
        pen.setColor(QColor(colours.border_strong))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        painter.drawEllipse(inner)
        pen.setColor(QColor(colours.accent))
        painter.setPen(pen)
        painter.drawArc(inner, 90 * 16, -round(max(0.08, progress) * 360 * 16))
