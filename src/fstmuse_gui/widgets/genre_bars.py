"""A bar for each genre with a number and a word about it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from fstmuse_gui.theme import GRID, current_colours, genre_colour, scaled_font

_STEPS = 1000
_HEIGHT = 30
_BAR = 8
_DOT = 8
_NAME = 104
_FIGURE = 56
_NOTE = 156


@dataclass(frozen=True)
class GenreBar:
    """A row: ``share`` from 0 to 1 fills the bar; ``note`` stands after the figure."""

    genre: str
    share: float
    figure: str
    note: str
    is_doubtful: bool = False


class GenreBars(QWidget):
    """Rows in the order given."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rows: list[_Row] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_bars(self, bars: list[GenreBar]) -> None:
        """Show these rows."""
        for row in self._rows:
            self._column.removeWidget(row)
            row.setParent(None)
            row.deleteLater()
        self._rows = [_Row(bar, self) for bar in bars]
        for row in self._rows:
            self._column.addWidget(row)
            row.show()

    def spoken(self) -> list[str]:
        """What a screen reader says, from top to bottom."""
        return [row.accessibleName() for row in self._rows]


class _Row(QProgressBar):
    """A bar; as a progress bar it tells screen readers its value by itself."""

    def __init__(self, bar: GenreBar, parent: QWidget) -> None:
        super().__init__(parent)
        self._bar = bar
        self.setRange(0, _STEPS)
        self.setValue(round(bar.share * _STEPS))
        # Against the style sheet, whose bars are slim.
        self.setMinimumHeight(_HEIGHT)
        self.setMaximumHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(_NAME + _FIGURE + _NOTE + 12 * GRID)
        self.setAccessibleName(f"{bar.genre}, {bar.figure}, {bar.note}")

    def text(self) -> str:
        return self._bar.figure

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = current_colours()
        bar = self._bar
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(genre_colour(bar.genre, colours.is_dark))
        painter.drawEllipse(QRectF(2, middle - _DOT / 2, _DOT, _DOT))
        left = 2 + _DOT + GRID
        painter.setFont(self.font())
        painter.setPen(QColor(colours.text))
        start_side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        end_side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        name = painter.fontMetrics().elidedText(bar.genre, Qt.TextElideMode.ElideRight, _NAME)
        painter.drawText(QRectF(left, 0, _NAME, self.height()), start_side, name)
        note_left = self.width() - _NOTE
        figure_left = note_left - _FIGURE - GRID
        painter.drawText(QRectF(figure_left, 0, _FIGURE, self.height()), end_side, bar.figure)
        painter.setPen(QColor(colours.warning if bar.is_doubtful else colours.muted))
        painter.setFont(scaled_font(self.font(), 0.92))
        where = QRectF(note_left + GRID, 0, _NOTE - GRID, self.height())
        painter.drawText(where, start_side, bar.note)
        start = left + _NAME + GRID
        self._paint_bar(painter, QRectF(start, middle - _BAR / 2, figure_left - GRID - start, _BAR))
        painter.end()

    def _paint_bar(self, painter: QPainter, track: QRectF) -> None:
        colours = current_colours()
        radius = track.height() / 2
        shape = QPainterPath()
        shape.addRoundedRect(track, radius, radius)
        painter.fillPath(shape, QColor(colours.track))
        filled = QRectF(track)
        filled.setWidth(track.width() * min(1.0, max(0.0, self._bar.share)))
        full = QPainterPath()
        full.addRect(filled)
        painter.fillPath(full.intersected(shape), QColor(colours.accent))
