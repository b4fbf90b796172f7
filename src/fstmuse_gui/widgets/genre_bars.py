"""Bars of genres: how likely each is, or a number and a word about it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEasingCurve, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from fstmuse_core.classify.result import Classification
from fstmuse_gui.plain import percent, set_tip
from fstmuse_gui.theme import GRID, current_colours, genre_colour, scaled_font

_STEPS = 1000
_GLIDE_MS = 260
# Twice a picture of the animation: while recording the bars never rest, and they are painted
# beside a spectrogram that moves as often.
_GLIDE_STEP_MS = 32
_ROW_HEIGHT = 28
_BAR_HEIGHT = 8
_DOT = 8
_HEIGHT = 30
_BAR = 8
_NAME = 104
_FIGURE = 56
_NOTE, _SMALL = 156, 0.92
# What a bar has before notes get room that they do not need.
_LEAST_BAR = 96
# How strong the bars are of genres that are not the answer.
_OTHERS = 0.65


class ProbabilityBars(QWidget):
    """Bars, one row a genre, the likeliest on top.

    Parameters
    ----------
    explains : bool
        True if a click shows what spoke for a genre, and the rows say so.

    Signals
    -------
    genre_clicked(str)
        A row was clicked.
    """

    genre_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, explains: bool = True) -> None:
        super().__init__(parent)
        self._explains = explains
        self.setAccessibleName("Genre probabilities")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rows: dict[str, _Row] = {}
        self._aims: tuple[list[tuple[str, str, int]], bool] | None = None
        self._order: list[str] = []
        self._glide = QVariantAnimation(self)
        self._glide.setDuration(_GLIDE_MS)
        self._glide.setStartValue(0.0)
        self._glide.setEndValue(1.0)
        self._glide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._glide.valueChanged.connect(self._on_glide)
        self._glide_ms = 0

    def sizeHint(self) -> QSize:
        return QSize(320, max(1, len(self._rows)) * _ROW_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, self.sizeHint().height())

    def show_genres(self, genres: tuple[str, ...]) -> None:
        """Empty bars for the genres that a model can name."""
        self._glide.stop()
        self._aims = None
        if set(genres) != set(self._rows):
            for row in self._rows.values():
                row.setParent(None)
                row.deleteLater()
            self._rows = {name: _Row(name, self, self._explains) for name in genres}
            for row in self._rows.values():
                row.clicked.connect(self.genre_clicked)
                row.show()
        self._order = list(genres)
        for place, name in enumerate(genres):
            self._rows[name].settle(place * _ROW_HEIGHT)
        self._place_rows()
        self.updateGeometry()

    def show_result(self, result: Classification, *, animate: bool = True) -> None:
        """Glide to the probabilities of ``result``."""
        if set(result.genres) != set(self._rows):
            self.show_genres(result.genres)
        ranked = result.ranked()
        # While recording, most answers say what the one before said: no need to glide again
        # for what cannot be seen.
        seen = [(name, percent(chance), round(chance * _STEPS)) for name, chance in ranked]
        aims = (seen, result.verdict.is_sure)
        if animate and aims == self._aims:
            return
        self._aims = aims
        self._order = [name for name, _ in ranked]
        for place, (name, probability) in enumerate(ranked):
            leads = place == 0 and result.verdict.is_sure
            self._rows[name].aim(place * _ROW_HEIGHT, probability, leads=leads)
        self.setAccessibleDescription(
            ", ".join(f"{name} {percent(probability)}" for name, probability in ranked)
        )
        self._glide.stop()
        if animate and self.isVisible():
            self._glide_ms = 0
            self._glide.start()
        else:
            self._move(1.0)
        # Tab order and reading order follow the eye.
        for first, second in zip(self._order, self._order[1:], strict=False):
            QWidget.setTabOrder(self._rows[first], self._rows[second])

    @property
    def order(self) -> list[str]:
        """Genres from top to bottom."""
        return list(self._order)

    def spoken(self) -> list[str]:
        """Accessible names of the rows, from top to bottom."""
        return [self._rows[name].accessibleName() for name in self._order]

    def _on_glide(self, share: float) -> None:
        now = self._glide.currentTime()
        if share >= 1.0 or now - self._glide_ms >= _GLIDE_STEP_MS:
            self._glide_ms = now
            self._move(share)

    def _move(self, share: float) -> None:
        for row in self._rows.values():
            row.glide(share)
        self._place_rows()

    def _place_rows(self) -> None:
        for row in self._rows.values():
            row.setGeometry(0, round(row.y_now), self.width(), _ROW_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place_rows()


class _Row(QProgressBar):
    """A bar; as a progress bar it tells screen readers its value by itself."""

    clicked = Signal(str)

    def __init__(self, genre: str, parent: QWidget, explains: bool) -> None:
        super().__init__(parent)
        self._genre = genre
        self.setRange(0, _STEPS)
        self.setMinimumHeight(_ROW_HEIGHT)
        self.setMaximumHeight(_ROW_HEIGHT)
        if explains:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            set_tip(self, f"Show what spoke for {genre}")
        self._leads = False
        self._painted: tuple[object, ...] = ()
        self.settle(0.0)

    def settle(self, y: float) -> None:
        """Stand at ``y`` with nothing to show."""
        self.y_now = self._y_from = self._y_to = y
        self._now = self._from = self._to = 0.0
        self._leads = False
        self._tell()

    def aim(self, y: float, probability: float, *, leads: bool) -> None:
        """Set the height and the probability to glide to."""
        self._y_from, self._y_to = self.y_now, y
        self._from, self._to = self._now, probability
        self._leads = leads
        self._tell()

    def glide(self, share: float) -> None:
        """Be ``share`` of the way there."""
        self.y_now = self._y_from + (self._y_to - self._y_from) * share
        self._now = self._from + (self._to - self._from) * share
        self._update_if_seen()

    def _update_if_seen(self) -> None:
        if self._appearance() != self._painted:
            self.update()

    def _appearance(self) -> tuple[object, ...]:
        """Visible part of the value: the number, and the bar to half a pixel."""
        return percent(self._now), round(2 * self.width() * self._now), self._leads

    def _tell(self) -> None:
        value = round(self._to * _STEPS)
        if value != self.value():
            # QProgressBar paints at once when it gets a value; once with all the others is
            # enough.
            self.setUpdatesEnabled(False)
            self.setValue(value)
            self.setUpdatesEnabled(True)
        self.setAccessibleName(f"{self._genre}, {percent(self._to)}")
        self._update_if_seen()

    def text(self) -> str:
        return percent(self._to)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if inside and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self._genre)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._painted = self._appearance()
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(genre_colour(self._genre, colours.is_dark))
        painter.drawEllipse(QRectF(2, middle - _DOT / 2, _DOT, _DOT))
        # The columns stand alike in every row, so they are measured in one weight.
        metrics = self.fontMetrics()
        left = 2 + _DOT + GRID
        name_width = metrics.horizontalAdvance("Electronic") + 2 * GRID
        number_width = metrics.horizontalAdvance("100 %") + GRID
        weight = QFont.Weight.DemiBold if self._leads else QFont.Weight.Normal
        painter.setFont(scaled_font(self.font(), 1.0, weight))
        painter.setPen(QColor(colours.text if self._now >= 0.005 else colours.muted))
        middle_left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        name = painter.fontMetrics().elidedText(
            self._genre, Qt.TextElideMode.ElideRight, name_width
        )
        painter.drawText(QRectF(left, 0, name_width, self.height()), middle_left, name)
        middle_right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        where = QRectF(self.width() - number_width, 0, number_width, self.height())
        painter.drawText(where, middle_right, percent(self._now))
        start = left + name_width + GRID
        room = self.width() - number_width - GRID - start
        self._paint_bar(painter, QRectF(start, middle - _BAR_HEIGHT / 2, room, _BAR_HEIGHT))
        painter.end()

    def _paint_bar(self, painter: QPainter, track: QRectF) -> None:
        colours = current_colours()
        painter.setPen(Qt.PenStyle.NoPen)
        radius = track.height() / 2
        shape = QPainterPath()
        shape.addRoundedRect(track, radius, radius)
        painter.fillPath(shape, QColor(colours.track))
        # Cut to the track's shape instead of rounded itself: a sliver stays a sliver.
        filled = QRectF(track)
        filled.setWidth(track.width() * self._now)
        full = QPainterPath()
        full.addRect(filled)
        if filled.width() > track.height():
            full = QPainterPath()
            full.addRoundedRect(filled, radius, radius)
        colour = QColor(genre_colour(self._genre, colours.is_dark))
        colour.setAlphaF(1.0 if self._leads else _OTHERS)
        painter.fillPath(full.intersected(shape), colour)


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
        self._rows: list[_GenreRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_bars(self, bars: list[GenreBar]) -> None:
        """Show these rows."""
        for row in self._rows:
            self._column.removeWidget(row)
            row.setParent(None)
            row.deleteLater()
        metrics = QFontMetrics(scaled_font(self.font(), _SMALL))
        needed = max((metrics.horizontalAdvance(bar.note) + GRID + 2 for bar in bars), default=0)
        self._rows = [_GenreRow(bar, needed, self) for bar in bars]
        for row in self._rows:
            self._column.addWidget(row)
            row.show()

    def spoken(self) -> list[str]:
        """Accessible names of the rows, from top to bottom."""
        return [row.accessibleName() for row in self._rows]


class _GenreRow(QProgressBar):
    """A bar; as a progress bar it tells screen readers its value by itself."""

    def __init__(self, bar: GenreBar, needed: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._bar, self._needed = bar, needed
        self.setRange(0, _STEPS)
        self.setValue(round(bar.share * _STEPS))
        # Against the style sheet, whose bars are slim.
        self.setMinimumHeight(_HEIGHT)
        self.setMaximumHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(_NAME + _FIGURE + max(_NOTE, needed) + 8 * GRID)
        self.setAccessibleName(f"{bar.genre}, {bar.figure}, {bar.note}")

    def text(self) -> str:
        return self._bar.figure

    @property
    def _note_width(self) -> int:
        beside = _DOT + 2 + _NAME + _FIGURE + 4 * GRID + _LEAST_BAR
        return max(self._needed, min(_NOTE, self.width() - beside))

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
        note_left = self.width() - self._note_width
        figure_left = note_left - _FIGURE - GRID
        painter.drawText(QRectF(figure_left, 0, _FIGURE, self.height()), end_side, bar.figure)
        painter.setPen(QColor(colours.warning if bar.is_doubtful else colours.muted))
        painter.setFont(scaled_font(self.font(), _SMALL))
        where = QRectF(note_left + GRID, 0, self._note_width - GRID, self.height())
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
        colour = genre_colour(self._bar.genre, colours.is_dark)
        painter.fillPath(full.intersected(shape), colour)
