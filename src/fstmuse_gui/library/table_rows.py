"""The rows of the library's table, in order, and the paint of their cells."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import (
    QObject,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from fstmuse_core.library.catalogue import (
    NOT_SURE,
    Catalogue,
    Column,
    Places,
    SongList,
    shown_genre,
)
from fstmuse_core.library.rows import LibraryRow, ReviewKind, State
from fstmuse_gui.library.words import HEADINGS, ON_THE_RIGHT, cell_text, spoken_row, tool_tip
from fstmuse_gui.plain import percent
from fstmuse_gui.theme import Colours, current_colours, draw_icon, genre_colour, scaled_font
from fstmuse_gui.widgets.rows import LEFT, Index, TextTableModel

ROW_HEIGHT, DENSE_HEIGHT = 34, 24
_MARGIN = 10
_SIGN = 14
_DOT = 8
_BAR = 5
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
_CUT_LEFT, _CUT_RIGHT = Qt.TextElideMode.ElideLeft, Qt.TextElideMode.ElideRight
_SIGNS = {State.FAILED: "warning", State.GONE: "close", State.SKIPPED: "close"}


class LibraryModel(TextTableModel):
    """A window on a :class:`Catalogue`: which of its places are shown, and in which order.

    Sorting and filtering hand over another list of places, and nothing is moved. That is why
    there is no proxy model, which would ask for each of 50,000 rows through Qt.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__([HEADINGS[column] for column in Column], parent)
        self.catalogue = Catalogue()
        self._places: Places = np.zeros(0, dtype=np.intp)
        self._shown_at: Places | None = None
        # How near each file of a list is; empty if none is shown.
        self.nearness: dict[int, float] = {}
        # What else is said of it in that list.
        self.notes: dict[int, str] = {}

    # -- what is shown -----------------------------------------------------------------

    def show_places(
        self, catalogue: Catalogue, places: Places, songs: SongList | None = None
    ) -> None:
        """Show these rows of this catalogue, with how near each of a list is."""
        self.beginResetModel()
        self.catalogue, self._places = catalogue, places
        self._shown_at = None
        listed = songs.songs if songs is not None else ()
        self.nearness = {song: near for song, near in listed if near is not None}
        self.notes = dict(songs.notes) if songs is not None else {}
        self.endResetModel()

    def tell_changed(self, places: list[int]) -> None:
        """Announce changed rows at these places of the catalogue; the order stays."""
        for place in places:
            line = self._line_at(place)
            if line >= 0:
                self.dataChanged.emit(self.index(line, 0), self.index(line, len(Column) - 1))

    @property
    def places(self) -> Places:
        """Places in the catalogue of the rows that are shown."""
        return self._places

    def row_at(self, line: int) -> LibraryRow:
        """The file in a line of the table."""
        return self.catalogue.rows[self._places[line]]

    def line_of(self, file_id: int) -> int:
        """Line of a file; -1 if it is not shown."""
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

    def n_rows(self) -> int:
        return int(self._places.size)

    def near(self, line: int) -> float | None:
        """Nearness of the file in a line, from 0 to 1; ``None`` without a list."""
        cosine = self.nearness.get(self.row_at(line).file_id)
        return None if cosine is None else max(0.0, cosine)

    def note(self, line: int) -> str:
        """Words of the list on the file in a line; mostly empty."""
        return self.notes.get(self.row_at(line).file_id, "") if self.notes else ""

    def text(self, row: int, column: int) -> str:
        if Column(column) is Column.NEAR:
            near, note = self.near(row), self.note(row)
            return note or ("" if near is None else percent(near))
        return cell_text(self.row_at(row), Column(column))

    def spoken(self, row: int, column: int) -> str:
        if Column(column) is Column.TITLE:
            near = f", near: {self.text(row, Column.NEAR)}" if self.nearness else ""
            return spoken_row(self.row_at(row)) + near
        return self.text(row, column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        is_place = role == Qt.ItemDataRole.TextAlignmentRole
        if is_place and orientation is Qt.Orientation.Horizontal and section in ON_THE_RIGHT:
            return _RIGHT
        if role == Qt.ItemDataRole.DisplayRole and section == Column.NEAR and self.notes:
            return "About"
        return super().headerData(section, orientation, role)

    def hint(self, row: int, column: int) -> str:
        if Column(column) is Column.NEAR:
            return self.text(row, column)
        return tool_tip(self.row_at(row), Column(column))


class RowPainter(QStyledItemDelegate):
    """Cells with a dot for the genre and a bar for how sure the model is."""

    def __init__(self, model: LibraryModel, parent: QTableView) -> None:
        super().__init__(parent)
        self._model = model
        self._view = parent
        self._signs: dict[tuple[str, int, float], QPixmap] = {}
        self.hovered = -1  # the line below the pointer: Qt tells one cell of it
        self._dress()

    def _dress(self) -> None:
        """Fonts and measures, once for all cells."""
        self._font = QFont(self._view.font())
        self._strong = scaled_font(self._font, 1.0, QFont.Weight.Medium)
        self._metrics = QFontMetrics(self._font)
        self._strong_metrics = QFontMetrics(self._strong)
        self._number = self._metrics.horizontalAdvance("> 99 %")

    def follow_font(self) -> None:
        """The view's font is another."""
        self._dress()

    def width_of_notes(self) -> int:
        """Width of a cell that holds any of the list's words on its songs."""
        # Many songs share theirs.
        notes = set(self._model.notes.values())
        widths = map(self._strong_metrics.horizontalAdvance, notes)
        return max(widths) + 2 * _MARGIN if notes else 0

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, self._view.verticalHeader().defaultSectionSize())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line, column = index.row(), index.column()
        row = self._model.row_at(line)
        colours = current_colours()
        rect = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(rect, QColor(colours.tint))
        elif line == self.hovered:
            painter.fillRect(rect, QColor(colours.raised))
        if line == self._view.currentIndex().row():
            self._mark(painter, QRectF(rect), column, colours)
        box = QRectF(rect).adjusted(_MARGIN, 0, -_MARGIN, 0)
        if column == Column.GENRE:
            self._paint_genre(painter, box, row, colours)
        elif column == Column.SURE:
            if row.verdict:
                self._paint_share(painter, box, row.confidence, row.is_sure, colours)
        elif column == Column.NEAR:
            near, note = self._model.near(line), self._model.note(line)
            if note:
                is_kept = note.startswith("Keep")
                self._text(painter, box, note, colours.text if is_kept else colours.muted, is_kept)
            elif near is not None:
                self._paint_share(painter, box, near, True, colours)
        else:
            is_title = column == Column.TITLE
            text = cell_text(row, Column(column))
            is_faint = not is_title or row.state is State.GONE
            colour = colours.muted if is_faint else colours.text
            # Of a folder the end says most.
            cut = _CUT_LEFT if column == Column.FOLDER else _CUT_RIGHT
            place = _RIGHT if column in ON_THE_RIGHT else LEFT
            self._text(painter, box, text, colour, is_title, cut, place)

    def _mark(self, painter: QPainter, box: QRectF, column: int, colours: Colours) -> None:
        """The row that the review is about, and that the keys move from."""
        colour = QColor(colours.accent)
        if column == Column.TITLE:
            painter.fillRect(QRectF(box.left(), box.top(), 3, box.height()), colour)

    def _text(
        self,
        painter: QPainter,
        box: QRectF,
        text: str,
        colour: str,
        is_strong: bool = False,
        cut: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        place: Qt.AlignmentFlag = LEFT,
    ) -> None:
        if not text:
            return
        metrics = self._strong_metrics if is_strong else self._metrics
        painter.setFont(self._strong if is_strong else self._font)
        painter.setPen(QColor(colour))
        fitted = metrics.elidedText(text, cut, int(box.width()))
        painter.drawText(box, place, fitted)

    def _paint_genre(
        self, painter: QPainter, box: QRectF, row: LibraryRow, colours: Colours
    ) -> None:
        sign = QRectF(box.left(), box.center().y() - _SIGN / 2, _SIGN, _SIGN)
        words = box.adjusted(_SIGN + 6, 0, 0, 0)
        genre = shown_genre(row)
        colour = colours.text
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if genre and genre != NOT_SURE:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(genre_colour(genre, colours.is_dark))
            inset = (_SIGN - _DOT) / 2
            painter.drawEllipse(sign.adjusted(inset, inset, -inset, -inset))
        elif genre:
            colour = colours.muted
            self._sign(painter, "question", sign, QColor(colours.muted))
        else:
            colour = colours.muted
            self._paint_state(painter, sign, row, colours)
        if row.review is not None:
            words.setRight(words.right() - _SIGN - 4)
            place = QRectF(words.right() + 4, sign.top(), _SIGN, _SIGN)
            name = "done" if row.review is ReviewKind.ACCEPTED else "edit"
            self._sign(painter, name, place, QColor(colours.accent))
        self._text(painter, words, cell_text(row, Column.GENRE), colour)

    def _sign(self, painter: QPainter, name: str, box: QRectF, colour: QColor) -> None:
        """An icon, drawn once and kept: a page has dozens, and each takes a third of a ms."""
        ratio = painter.device().devicePixelRatioF()
        key = (name, colour.rgb(), ratio)
        picture = self._signs.get(key)
        if picture is None:
            picture = QPixmap(round(_SIGN * ratio), round(_SIGN * ratio))
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            inside = QPainter(picture)
            inside.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw_icon(inside, name, QRectF(0, 0, _SIGN, _SIGN), colour)
            inside.end()
            self._signs[key] = picture
        painter.drawPixmap(box.topLeft(), picture)

    def _paint_state(
        self, painter: QPainter, sign: QRectF, row: LibraryRow, colours: Colours
    ) -> None:
        if row.state in _SIGNS:
            role = colours.danger if row.state is State.FAILED else colours.muted
            self._sign(painter, _SIGNS[row.state], sign, QColor(role))
            return
        inner = sign.adjusted(3, 3, -3, -3)
        is_at_work = row.state is State.WORKING
        painter.setPen(QColor(colours.accent if is_at_work else colours.border_strong))
        painter.setBrush(QColor(colours.accent) if is_at_work else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(inner)

    def _paint_share(
        self, painter: QPainter, box: QRectF, share: float, is_strong: bool, colours: Colours
    ) -> None:
        painter.setFont(self._font)
        painter.setPen(QColor(colours.text if is_strong else colours.muted))
        number = QRectF(box.right() - self._number, box.top(), self._number, box.height())
        painter.drawText(number, _RIGHT, percent(share))
        room = box.width() - self._number - 8
        if room < 16:
            return
        track = QRectF(box.left(), box.center().y() - _BAR / 2, room, _BAR)
        painter.fillRect(track, QColor(colours.track))
        track.setWidth(room * share)
        painter.fillRect(track, QColor(colours.accent if is_strong else colours.border_strong))
