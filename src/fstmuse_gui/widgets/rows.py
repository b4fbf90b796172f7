"""Rows of lists and tables: how they are painted and chosen, and models of plain texts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSignalBlocker,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from fstmuse_gui.plain import tip
from fstmuse_gui.theme import RADIUS, current_colours

_MIDDLE = Qt.AlignmentFlag.AlignVCenter
Index = QModelIndex | QPersistentModelIndex
# Under which an item of a list keeps its key.
KEY = Qt.ItemDataRole.UserRole
LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


def paint_row_background(painter: QPainter, option: QStyleOptionViewItem) -> QRectF:
    """Tell the row that is chosen and the one below the pointer from the others; the row's box."""
    colours = current_colours()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(option.rect).adjusted(2, 1, -2, -1)
    # A list that waits, as while a take is recorded, is not what the page is about.
    is_enabled = bool(option.state & QStyle.StateFlag.State_Enabled)
    is_chosen = is_enabled and bool(option.state & QStyle.StateFlag.State_Selected)
    if is_chosen or option.state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.tint if is_chosen else colours.track))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
    return box


def draw_left(painter: QPainter, box: QRectF, text: str, font: QFont, colour: QColor | str) -> None:
    """Draw at the left of a box, as much as fits."""
    painter.setFont(font)
    painter.setPen(QColor(colour))
    elided = Qt.TextElideMode.ElideMiddle
    shown = painter.fontMetrics().elidedText(text.replace("\n", " "), elided, int(box.width()))
    painter.drawText(box, _MIDDLE | Qt.AlignmentFlag.AlignLeft, shown)


def draw_right(
    painter: QPainter, box: QRectF, text: str, font: QFont, colour: QColor | str, gap: float
) -> float:
    """Draw at the right of a box; where that begins, less a gap."""
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(box, _MIDDLE | Qt.AlignmentFlag.AlignRight, text)
    return box.right() - painter.fontMetrics().horizontalAdvance(text) - gap


class PlainTable(QTableView):
    """Whole rows are chosen; the widths of columns are the table's own affair.

    Parameters
    ----------
    name : str
        For screen readers.
    model : QAbstractItemModel
    row_height : int
        In pixels, the same for all.
    """

    def __init__(
        self,
        name: str,
        model: QAbstractItemModel,
        row_height: int = 30,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setObjectName("library")
        self.setModel(model)
        self._nothing = ""
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        lines, header = self.verticalHeader(), self.horizontalHeader()
        lines.hide()
        lines.setAccessibleName("Lines")
        lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        lines.setMinimumSectionSize(row_height)
        lines.setDefaultSectionSize(row_height)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setDefaultAlignment(LEFT)
        header.setAccessibleName("Columns")
        # One of its own, in which nothing is ever chosen: else it asks of every row whether it
        # is, which takes seconds when very many are.
        header.setSelectionModel(QItemSelectionModel(model, header))

    def say_nothing_found(self, text: str) -> None:
        """Set the text that is shown while there are no rows."""
        self._nothing = text
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.model().rowCount() and self._nothing:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(current_colours().muted))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self._nothing)
            painter.end()


class TextTableModel(QAbstractTableModel):
    """A table of texts that nobody edits: who inherits knows what is in a cell.

    Parameters
    ----------
    headings : sequence of (str, str)
        Title and tool tip of each column.
    """

    def __init__(self, headings: Sequence[tuple[str, str]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.headings = headings

    def n_rows(self) -> int:
        """Number of rows."""
        return 0

    def text(self, row: int, column: int) -> str:
        """Text of a cell."""
        return ""

    def spoken(self, row: int, column: int) -> str:
        """Text of a cell for a screen reader."""
        return self.text(row, column)

    def hint(self, row: int, column: int) -> str:
        """Tool tip of a cell; empty for none."""
        return ""

    def colour(self, row: int, column: int) -> str:
        """Colour of a cell's text as ``#rrggbb``; empty for the table's own."""
        return ""

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self.n_rows()

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.headings)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.spoken(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self.hint(row, column))
        if role == Qt.ItemDataRole.ForegroundRole:
            colour = self.colour(row, column)
            return QColor(colour) if colour else None
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.headings[section][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self.headings[section][1])
        return LEFT if role == Qt.ItemDataRole.TextAlignmentRole else None


class KeyedList(QListWidget):
    """A list without a frame, one row of which is chosen by its key.

    Signals
    -------
    chosen(str)
        Key of a row that was clicked or walked to.
    """

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.currentItemChanged.connect(self._on_current)

    def _on_current(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(item.data(KEY))

    @property
    def current(self) -> str:
        """Key of the row that is chosen; empty if none is."""
        item = self.currentItem()
        return str(item.data(KEY)) if item is not None else ""

    def select(self, key: str) -> None:
        """Mark a row as chosen without telling anyone; an empty key marks none."""
        with QSignalBlocker(self):
            self.setCurrentRow(-1)
            for place in range(self.count()):
                if key and self.item(place).data(KEY) == key:
                    self.setCurrentRow(place)
