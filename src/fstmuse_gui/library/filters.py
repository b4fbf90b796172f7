"""Filters of the table, and the bar that says which songs it shows if not all that pass them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import (
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.library.catalogue import Filter
from fstmuse_gui.library.words import CONFIDENCES, MORE, STANDINGS, STATES
from fstmuse_gui.plain import PlainLabel, counted, set_tip
from fstmuse_gui.theme import GRID, current_colours, draw_icon, genre_colour, icon, scaled_font
from fstmuse_gui.widgets.controls import WheelSafeComboBox
from fstmuse_gui.widgets.drops import ignore_drops
from fstmuse_gui.widgets.page_parts import ElidedLabel
from fstmuse_gui.widgets.rows import KEY, Index, KeyedList

_ROW = 32
_MARGIN = 10
_SIGN = 16
_DOT = 8
_FACET = Qt.ItemDataRole.UserRole + 1
_TYPING_MS = 160
_SAVE, _ALL_FILES = f" Save{MORE}", " All files"
_NARROW = 480


@dataclass(frozen=True)
class Facet:
    """``key`` is told; ``sign`` is an icon's name, or empty for a genre's dot."""

    key: str
    text: str
    count: int
    sign: str = ""
    tip: str = ""


class FacetList(KeyedList):
    """Chooses one of a few; a click on the one in force takes it back.

    The key of the first row stands for all.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setItemDelegate(_FacetPainter(self))
        self._facets: list[Facet] = []
        self._pressed: str | None = None
        self.itemPressed.connect(self._on_pressed)
        self.itemClicked.connect(self._on_clicked)

    @property
    def facets(self) -> list[Facet]:
        """Facets on offer."""
        return self._facets

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

    def _on_current(self, item: QListWidgetItem | None, before: QListWidgetItem | None) -> None:
        self._pressed = None
        super()._on_current(item, before)

    def _on_pressed(self, item: QListWidgetItem) -> None:
        # Qt tells of the press after it has made the row current.
        if self._pressed is None:
            self._pressed = item.data(KEY)
        elif self._pressed == item.data(KEY):
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
    item.setData(KEY, facet.key)
    item.setData(_FACET, facet)
    set_tip(item, facet.tip)
    said = f"{facet.text}, {counted(facet.count, 'file')}"
    item.setData(Qt.ItemDataRole.AccessibleTextRole, said)


class _FacetPainter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
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


class FilterBar(QWidget):
    """Narrows the table down. ``count`` and ``clear_button`` stand where the view puts them.

    Signals
    -------
    changed
        Another filter is wanted; while one types, once there is a pause.
    cleared
        Everything is to be shown.
    least_sure_toggled(bool)
        What is doubtful and not looked at yet first, or the order of the headings.
    """

    changed = Signal()
    cleared = Signal()
    least_sure_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Filter")
        self.search = QLineEdit()
        ignore_drops(self.search)
        self.search.setPlaceholderText("Search title, artist, album, folder")
        self.search.setAccessibleName("Search in the library")
        self.search.setClearButtonEnabled(True)
        clear = self.search.findChild(QToolButton)
        if clear is not None:
            clear.setAccessibleName("Clear the search")
        self.search.setToolTip(
            "Words that all must occur; also bpm:118-124, key:Am, mood:calm, style:house, "
            "year:1998 (Ctrl+F)"
        )
        self._pause = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._pause.timeout.connect(self.changed)
        self.search.textChanged.connect(lambda _text: self._pause.start())
        self.search.returnPressed.connect(self._at_once)
        self.least_sure = QPushButton(icon("question"), " Least sure first")
        self.least_sure.setProperty("look", "chip")
        self.least_sure.setCheckable(True)
        self.least_sure.setToolTip("What nobody has looked at and is doubtful stands first (U)")
        self.least_sure.clicked.connect(self.least_sure_toggled)
        self.map_button = QPushButton(icon("map"), " Map")
        self.map_button.setProperty("look", "chip")
        self.map_button.setCheckable(True)
        self.map_button.setAccessibleName("Map of the songs")
        self.map_button.setToolTip("Every song a dot; neighbours sound alike (Ctrl+M)")
        # Not by their data, which Qt would give back as other than it was.
        self.standing = self._chooser("Verdict", STANDINGS.values())
        self.confidence = self._chooser("How sure", [text for _band, text in CONFIDENCES])
        self.state = self._chooser("State", ["Any state", *STATES.values()])
        self.count = PlainLabel()
        self.count.setProperty("look", "small")
        self.count.setAccessibleName("Files shown")
        self.clear_button = QToolButton()
        self.clear_button.setIcon(icon("close", "muted"))
        self.clear_button.setAccessibleName("Show all files")
        self.clear_button.setToolTip("Show all files (Ctrl+Shift+F)")
        self.clear_button.clicked.connect(self.cleared)
        self._build()

    def _chooser(self, name: str, choices: Iterable[str]) -> QComboBox:
        chooser = WheelSafeComboBox()
        chooser.setAccessibleName(name)
        set_tip(chooser, name)
        chooser.addItems(list(choices))
        chooser.activated.connect(lambda _index: self.changed.emit())
        chooser.setMinimumContentsLength(6)
        chooser.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        return chooser

    def _build(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setSpacing(GRID)
        first.addWidget(self.search, 1)
        first.addWidget(self.least_sure)
        first.addWidget(self.map_button)
        for chooser in (self.standing, self.confidence, self.state):
            second.addWidget(chooser, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(first)
        column.addLayout(second)

    # -- what is wanted ----------------------------------------------------------------

    def apply_to(self, wanted: Filter) -> Filter:
        """``wanted`` with what is chosen here."""
        return replace(
            wanted,
            text=self.search.text().strip(),
            standing=list(STANDINGS)[self.standing.currentIndex()],
            confidence=CONFIDENCES[self.confidence.currentIndex()][0],
            state=[None, *STATES][self.state.currentIndex()],
        )

    def clear(self) -> None:
        """Choose everything, without telling anyone."""
        with QSignalBlocker(self.search):
            self.search.clear()
        self._pause.stop()
        for chooser in (self.standing, self.confidence, self.state):
            chooser.setCurrentIndex(0)

    def show_count(self, shown: int, total: int, *, is_filtered: bool) -> None:
        """Say how many files are shown."""
        text = f"{shown:,} of {total:,}" if is_filtered else counted(total, "file")
        self.count.setText(text)
        self.clear_button.setVisible(is_filtered)

    def _at_once(self) -> None:
        self._pause.stop()
        self.changed.emit()


class SongListBar(QFrame):
    """Name of the list, a way to keep it, and a way back.

    Signals
    -------
    save_requested, back_requested
        A button was pressed.
    """

    save_requested = Signal()
    back_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName("List of songs")
        self._title = ElidedLabel(cut=Qt.TextElideMode.ElideRight)
        self.save_button = QPushButton(icon("export"), _SAVE)
        self.save_button.setAccessibleName("Save as a playlist")
        self.save_button.setToolTip("Write a playlist of the songs in the table, in their order")
        self.save_button.clicked.connect(self.save_requested)
        self.back_button = QPushButton(icon("close"), _ALL_FILES)
        self.back_button.setAccessibleName("Show all files again")
        self.back_button.setToolTip("Show all files again (Ctrl+Shift+F)")
        self.back_button.clicked.connect(self.back_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, GRID // 2, GRID, GRID // 2)
        row.setSpacing(GRID)
        row.addWidget(self._title, 1)
        row.addWidget(self.save_button)
        row.addWidget(self.back_button)
        self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the room to the list's name where there is little."""
        is_narrow = event.size().width() < _NARROW
        self.save_button.setText("" if is_narrow else _SAVE)
        self.back_button.setText("" if is_narrow else _ALL_FILES)
        super().resizeEvent(event)

    @property
    def text(self) -> str:
        """Text of the bar."""
        return self._title.text()

    def show_list(self, title: str) -> None:
        """Say what is shown; hide for an empty text."""
        self._title.set_text(title)
        self.setAccessibleDescription(title)
        self.setVisible(bool(title))
