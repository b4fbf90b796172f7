"""Confusion matrix: a table of counts, coloured by their share."""

from __future__ import annotations

import math

from PySide6.QtCore import (
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from fstmuse_gui.theme import GRID, current_colours, scaled_font
from fstmuse_gui.widgets.rows import Index, TextTableModel

Matrix = tuple[tuple[int, ...], ...]

_SMALLEST = 20
_LARGEST = 56
_HEAD = 84
_EDGES = 8
# Between two cells; and sizes of what stands in them, as parts of the font's.
_GAP = 3
_USUAL, _SMALL = 0.92, 0.74


class _Counts(TextTableModel):
    """Counts of clips: a row for each true genre, a column for each predicted one."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__((), parent)
        self.genres: tuple[str, ...] = ()
        self.counts: Matrix = ()

    def show(self, genres: tuple[str, ...], counts: Matrix) -> None:
        if genres != self.genres:
            self.beginResetModel()
            self.genres, self.counts = genres, counts
            self.endResetModel()
        else:
            self.counts = counts
            last = len(genres) - 1
            self.dataChanged.emit(self.index(0, 0), self.index(last, last))

    def n_rows(self) -> int:
        return len(self.genres)

    def columnCount(self, parent: Index | None = None) -> int:
        return self.rowCount(parent)

    def share(self, row: int, column: int) -> float:
        """Share among the clips of the row's genre; 0 before they are counted."""
        row_of = self.counts[row] if self.counts else (0,) * len(self.genres)
        return row_of[column] / max(1, sum(row_of))

    def text(self, row: int, column: int) -> str:
        return str(self.counts[row][column]) if self.counts else ""

    def spoken(self, row: int, column: int) -> str:
        truth, predicted = self.genres[row], self.genres[column]
        if not self.counts:
            return f"{truth} heard as {predicted}: not counted yet"
        of = sum(self.counts[row])
        return f"{truth} heard as {predicted}: {self.counts[row][column]} of {of}"

    def hint(self, row: int, column: int) -> str:
        return self.spoken(row, column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        known = 0 <= section < len(self.genres)
        return self.genres[section] if known and role == Qt.ItemDataRole.DisplayRole else None


class _Cell(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, _Counts)
        colours = current_colours()
        share = model.share(index.row(), index.column())
        is_right = index.row() == index.column()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        gap = _GAP / 2
        box = QRectF(option.rect).adjusted(gap, gap, -gap, -gap)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.track))
        painter.drawRoundedRect(box, 5, 5)
        fill = QColor(colours.accent if is_right else colours.danger)
        fill.setAlphaF(min(1.0, share) ** 0.7 * (1.0 if is_right else 0.8))
        painter.setBrush(fill)
        painter.drawRoundedRect(box, 5, 5)
        state = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus
        if option.state & state == state:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(colours.text))
            painter.drawRoundedRect(box, 5, 5)
        is_none = share == 0
        ink = colours.muted if is_none else colours.on_accent if share > 0.55 else colours.text
        painter.setPen(QColor(ink))
        painter.setFont(_fitting(option.font, index.data(), box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, index.data())
        painter.restore()


def _fitting(font: QFont, text: str, width: float) -> QFont:
    """The font of counts, small where one has more digits than its cell has room for."""
    usual = scaled_font(font, _USUAL)
    wide = QFontMetricsF(usual).horizontalAdvance(text)
    return scaled_font(font, _SMALL) if wide > width else usual


class _Header(QHeaderView):
    """Genre names; upright above the columns."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget) -> None:
        super().__init__(orientation, parent)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(_SMALLEST)
        self.setHighlightSections(False)
        self.viewport().setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        return QSize(_HEAD, _HEAD)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        model = self.model()
        name = model.headerData(section, self.orientation()) if model is not None else None
        if name is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(scaled_font(self.font(), _USUAL))
        painter.setPen(QColor(current_colours().muted))
        text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, _HEAD - GRID)
        if self.orientation() == Qt.Orientation.Vertical:
            where = QRectF(rect).adjusted(0, 0, -GRID, 0)
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        else:
            painter.translate(rect.left(), rect.bottom())
            painter.rotate(-90)
            where = QRectF(GRID, 0, rect.height() - GRID, rect.width())
            side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(where, side, text)
        painter.restore()


class ConfusionView(QTableView):
    """Confusion matrix: rows are the true genres, columns the predicted ones.

    Arrow keys walk the cells; each says itself to a screen reader.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "bare")
        self.setAccessibleName("Confusion matrix: rows are the genre, columns what was heard")
        self._model = _Counts(self)
        self._needed = _SMALLEST
        self.setModel(self._model)
        self.setItemDelegate(_Cell(self))
        self.setHorizontalHeader(_Header(Qt.Orientation.Horizontal, self))
        self.setVerticalHeader(_Header(Qt.Orientation.Vertical, self))
        self.horizontalHeader().setAccessibleName("Heard as")
        self.verticalHeader().setAccessibleName("Genre")
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(_HEAD + 7 * _SMALLEST + _EDGES)

    def show_counts(self, genres: tuple[str, ...], counts: Matrix) -> None:
        """Show counts of clips; anything not square as ``genres`` are many is left out.

        Without counts the cells of ``genres`` are empty.
        """
        n = len(genres)
        if len(counts) != n or any(len(row) != n for row in counts):
            counts = ()
        self._model.show(genres, counts)
        widest = str(max((max(row) for row in counts), default=0))
        digits = QFontMetricsF(scaled_font(self.font(), _SMALL)).horizontalAdvance(widest)
        self._needed = math.ceil(digits) + _GAP
        right = sum(counts[i][i] for i in range(len(counts)))
        total = sum(map(sum, counts))
        self.setAccessibleDescription(f"{right} of {total} right" if counts else "Nothing yet")
        self._fit()

    @property
    def side(self) -> int:
        """Pixels of a cell."""
        n = max(1, len(self._model.genres))
        room = (self.width() - _HEAD - _EDGES) // n
        return max(_SMALLEST, self._needed, min(_LARGEST, room))

    def _fit(self) -> None:
        side = self.side
        self.horizontalHeader().setDefaultSectionSize(side)
        self.verticalHeader().setDefaultSectionSize(side)
        n = len(self._model.genres)
        is_cut = _HEAD + n * side + _EDGES > self.width()
        bar = self.horizontalScrollBar().sizeHint().height() if is_cut else 0
        self.setFixedHeight(_HEAD + max(1, n) * side + _EDGES + bar)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
