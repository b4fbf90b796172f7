"""A list of things to filter by, each with how many files it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from fstmuse_gui.icons import draw_icon
from fstmuse_gui.plain import set_tip
from fstmuse_gui.theme import current_colours, genre_colour, scaled_font

_ROW = 32
_MARGIN = 10
_SIGN = 16
_DOT = 8
_FACET = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Facet:
    """``key`` is told; ``sign`` is an icon's name, or empty for a genre's dot."""

    key: str
    text: str
    count: int
    sign: str = ""
    tip: str = ""


class FacetList(QListWidget):
    """Chooses one of a few; a click on the one in force takes it back.

    Signals
    -------
    chosen(str)
        Key of a row; that of the first row stands for all.
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
        self.setItemDelegate(_FacetPainter(self))
        self._facets: list[Facet] = []
        self._pressed: str | None = None
        self.currentItemChanged.connect(self._on_current)
        self.itemPressed.connect(self._on_pressed)
        self.itemClicked.connect(self._on_clicked)

    @property
    def facets(self) -> list[Facet]:
        """What is offered."""
        return self._facets

    @property
    def current(self) -> str:
        """Key of the row in force."""
        item = self.currentItem()
        return item.data(_FACET).key if item is not None else ""

    def show_facets(self, facets: Sequence[Facet], chosen: str) -> None:
        """Offer these, with one in force, without telling anyone."""
        facets = list(facets)
        self.blockSignals(True)
        if [f.key for f in facets] != [f.key for f in self._facets]:
            self.clear()
            for facet in facets:
                self.addItem(_item(facet))
        else:
            for line, facet in enumerate(facets):
                if facet != self._facets[line]:
                    _fill(self.item(line), facet)
        self._facets = facets
        keys = [facet.key for facet in facets]
        self.setCurrentRow(keys.index(chosen) if chosen in keys else min(0, len(keys) - 1))
        self.blockSignals(False)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(200, _ROW * max(1, len(self._facets)) + 6)

    def _on_current(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        self._pressed = None
        if item is not None:
            self.chosen.emit(item.data(_FACET).key)

    def _on_pressed(self, item: QListWidgetItem) -> None:
        # Qt tells of the press after it has made the row current.
        if self._pressed is None:
            self._pressed = item.data(_FACET).key
        elif self._pressed == item.data(_FACET).key:
            self._pressed = ""

    def _on_clicked(self, item: QListWidgetItem) -> None:
        if self._pressed == "" and self.row(item) > 0:
            self.setCurrentRow(0)


def _item(facet: Facet) -> QListWidgetItem:
    item = QListWidgetItem()
    _fill(item, facet)
    return item


def _fill(item: QListWidgetItem, facet: Facet) -> None:
    item.setText(facet.text)
    item.setData(_FACET, facet)
    set_tip(item, facet.tip)
    said = f"{facet.text}, {facet.count:,} file{'' if facet.count == 1 else 's'}"
    item.setData(Qt.ItemDataRole.AccessibleTextRole, said)


class _FacetPainter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(100, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        facet: Facet = index.data(_FACET)
        colours = current_colours()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.tint if chosen else colours.track))
            painter.drawRoundedRect(QRectF(option.rect).adjusted(2, 1, -2, -1), 8, 8)
        box = QRectF(option.rect).adjusted(_MARGIN, 0, -_MARGIN, 0)
        sign = QRectF(box.left(), box.center().y() - _SIGN / 2, _SIGN, _SIGN)
        if facet.sign:
            draw_icon(painter, facet.sign, sign, QColor(colours.muted))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(genre_colour(facet.key, colours.is_dark))
            inset = (_SIGN - _DOT) / 2
            painter.drawEllipse(sign.adjusted(inset, inset, -inset, -inset))
        self._paint_texts(painter, box, facet, option.widget.font(), chosen)
        painter.restore()

    @staticmethod
    def _paint_texts(
        painter: QPainter, box: QRectF, facet: Facet, font: QFont, chosen: bool
    ) -> None:
        colours = current_colours()
        small = scaled_font(font, 0.92)
        painter.setFont(small)
        painter.setPen(QColor(colours.muted))
        count = f"{facet.count:,}"
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, count)
        room = box.adjusted(_SIGN + 8, 0, -painter.fontMetrics().horizontalAdvance(count) - 8, 0)
        weight = QFont.Weight.DemiBold if chosen else QFont.Weight.Normal
        painter.setFont(scaled_font(font, 1.0, weight))
        painter.setPen(QColor(colours.text))
        fitted = painter.fontMetrics().elidedText(
            facet.text, Qt.TextElideMode.ElideMiddle, int(room.width())
        )
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, fitted)
