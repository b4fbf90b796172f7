"""The map of the songs: every one a dot in its genre's colour, neighbours sound alike.

The dots of songs that the model is not sure of are hollow: seen without colours too.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from fstmuse_gui.library.map_picture import DotPicture, paint_label
from fstmuse_gui.theme import GRID, RADIUS, current_colours, genre_colour

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.integer]

_NEAR_PX = 14.0
_CLICK_PX = 4.0
_STEP = 1.25
_MOST_ZOOM = 400.0
_LEAST_LASSO_PX = 6.0
# Share of the radius of a dot of which the model is not sure.
_HOLE = 0.55
_DIRECTIONS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}


class SongMapView(QWidget):
    """Dots to look at, to walk among, and to draw a line around.

    A drag moves the map, the wheel zooms, a click chooses. With Shift, or while ``is_drawing``, a
    drag draws a line around songs. The arrow keys go from song to song.

    Attributes
    ----------
    describe : callable
        Gives the two lines of a dot's label by its number: title, and the rest.

    Signals
    -------
    chosen(int, bool)
        A dot was chosen; true if it is to be heard.
    drawn_around(object)
        Numbers of the dots within a line.
    """

    chosen = Signal(int, bool)
    drawn_around = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.describe: Callable[[int], tuple[str, str]] = lambda _number: ("", "")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Map of the songs")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(160)
        self._is_drawing = False
        self._at: Floats = np.zeros((0, 2), np.float32)
        self._codes: Codes = np.zeros(0, np.int32)
        self._names: list[str] = []
        self._is_shown: Bools = np.zeros(0, np.bool_)
        self._is_sure: Bools = np.zeros(0, np.bool_)
        self._current = -1
        self._hovered = -1
        self._centre, self._zoom = np.zeros(2), 1.0
        self._is_whole = True  # the user has neither moved nor zoomed the map
        self._picture: QImage | None = None
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._line: list[QPointF] | None = None

    def sizeHint(self) -> QSize:
        return QSize(480, 360)

    # -- what is shown -----------------------------------------------------------------

    @property
    def count(self) -> int:
        """Number of dots."""
        return len(self._at)

    @property
    def current(self) -> int:
        """The dot that is chosen; -1 for none."""
        return self._current

    def show_dots(
        self,
        at: Floats,
        codes: Codes,
        names: list[str],
        is_shown: Bools,
        is_sure: Bools,
        *,
        fit: bool = False,
    ) -> None:
        """Show these dots; the part of the map that is looked at stays unless they are to ``fit``.

        Parameters
        ----------
        at : ndarray, shape ``(n, 2)``
            Nearly all between -1 and 1.
        codes : ndarray of int, shape ``(n,)``
            Genre of each, an index into ``names``.
        names : list of str
        is_shown : ndarray of bool, shape ``(n,)``
            Others are grey and cannot be chosen.
        is_sure : ndarray of bool, shape ``(n,)``
            Others are hollow.
        """
        is_fitted, self._at = fit or not len(self._at), at
        self._codes, self._names = codes, names
        self._is_shown, self._is_sure = is_shown, is_sure
        self._hovered = -1
        self._current = self._current if self._current < len(at) else -1
        if is_fitted:
            self.fit()
        self._redraw()

    def show_current(self, number: int) -> None:
        """Mark a dot as the chosen one, and have it in view; -1 for none."""
        self._current = number
        title, rest = self.describe(number) if number >= 0 else ("", "")
        self.setAccessibleDescription(f"{title}, {rest}" if title else f"{self.count:,} songs")
        if number >= 0 and not QRectF(self.rect()).contains(self._point(number)):
            self._centre = self._at[number].astype(np.float64)
            self._is_whole = False
            self._redraw()
        self.update()

    @property
    def is_drawing(self) -> bool:
        """True while a drag draws a line around songs."""
        return self._is_drawing

    def set_drawing(self, is_wanted: bool) -> None:
        """Let a drag draw a line around songs, or move the map again."""
        self._is_drawing = is_wanted
        self.setCursor(Qt.CursorShape.CrossCursor if is_wanted else Qt.CursorShape.ArrowCursor)

    # -- where things are --------------------------------------------------------------

    @property
    def _scale(self) -> float:
        """Pixels of the widget for a unit of the map."""
        return 0.5 * max(1, min(self.width(), self.height())) * self._zoom

    def _pixels(self, at: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        middle = np.array([self.width(), self.height()]) / 2
        return np.asarray((at - self._centre) * self._scale + middle, np.float64)

    def _point(self, number: int) -> QPointF:
        x, y = self._pixels(self._at[number])
        return QPointF(x, y)

    @property
    def radius(self) -> float:
        """Radius of a dot: large where songs are few, and growing a little on the way in."""
        base = 6.0 if self.count < 100 else 4.5 if self.count < 1000 else 3.2
        base = 2.2 if self.count > 10_000 else base
        return min(7.0, base * self._zoom**0.25)

    def fit(self) -> None:
        """Show all of the map."""
        self._is_whole = True
        if len(self._at):
            # All but the outermost few. np.percentile would first import masked arrays, for as
            # long as it takes to draw the map twelve times.
            first = self.count // 500
            ends = [first, self.count - 1 - first]
            low, high = np.partition(self._at, ends, axis=0)[ends].astype(np.float64)
            self._centre = (low + high) / 2
            side = max(1.0, min(self.width(), self.height()))
            room = (np.array([self.width(), self.height()]) - 6 * GRID) / side
            self._zoom = float(np.min(2 * np.maximum(room, 0.1) / np.maximum(high - low, 0.05)))
        self._redraw()

    def zoom_by(self, factor: float, around: QPointF | None = None) -> None:
        """Look closer, or from farther away, around a point of the widget."""
        point = around or QPointF(self.width() / 2, self.height() / 2)
        offset = np.array([point.x() - self.width() / 2, point.y() - self.height() / 2])
        before = offset / self._scale
        self._is_whole = False
        self._zoom = min(_MOST_ZOOM, max(0.2, self._zoom * factor))
        self._centre = self._centre + before - offset / self._scale
        self._redraw()

    def nearest(self, point: QPointF, reach: float = _NEAR_PX) -> int:
        """The dot nearest a point of the widget that can be chosen; -1 if none is in reach."""
        if not len(self._at):
            return -1
        away = self._pixels(self._at) - (point.x(), point.y())
        squares = np.where(self._is_shown, np.einsum("ij,ij->i", away, away), np.inf)
        found = int(squares.argmin())
        return found if squares[found] <= reach * reach else -1

    def within(self, line: list[QPointF]) -> npt.NDArray[np.intp]:
        """Numbers of the dots that can be chosen within a line around them."""
        inside = QImage(self.size(), QImage.Format.Format_Grayscale8)
        inside.fill(0)
        painter = QPainter(inside)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("white"))
        painter.drawPolygon(QPolygonF(line), Qt.FillRule.WindingFill)
        painter.end()
        stride = inside.bytesPerLine()
        mask = np.frombuffer(inside.constBits(), np.uint8).reshape(inside.height(), stride)
        column, row = np.rint(self._pixels(self._at)).astype(np.int64).T
        seen = (column >= 0) & (column < self.width()) & (row >= 0) & (row < self.height())
        seen &= self._is_shown
        found = np.flatnonzero(seen)
        return found[mask[row[found], column[found]] > 0]

    # -- painting ----------------------------------------------------------------------

    def _redraw(self) -> None:
        self._picture = None
        self.update()

    def _drawn(self) -> QImage:
        colours = current_colours()
        ratio = self.devicePixelRatioF()
        width, height = (math.ceil(ratio * side) for side in (self.width(), self.height()))
        picture = DotPicture(width, height, _packed(QColor(colours.surface)))
        x, y = ratio * self._pixels(self._at).T
        palette = np.array([_packed(_colour(name)) for name in self._names] or [0], dtype=np.uint32)
        radius = ratio * self.radius
        pale = np.full(self.count, _packed(QColor(colours.border)), np.uint32)
        hidden, shown = ~self._is_shown, self._is_shown
        picture.stamp(x[hidden], y[hidden], pale[hidden], 0.7 * radius)
        # Those without a hole last: none of them is holed by another.
        for is_sure in (False, True):
            dots = shown & (self._is_sure == is_sure)
            picture.stamp(x[dots], y[dots], palette[self._codes[dots]], radius)
            if not is_sure:
                hole = np.full(int(dots.sum()), _packed(QColor(colours.surface)), np.uint32)
                picture.stamp(x[dots], y[dots], hole, _HOLE * radius)
        return picture.image(ratio)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            self._picture = self._drawn()
        colours = current_colours()
        painter = QPainter(self)
        painter.drawImage(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, role in ((self._current, colours.text), (self._hovered, colours.muted)):
            if number >= 0:
                reach = self.radius + 3.0
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(role), 2.0))
                painter.drawEllipse(self._point(number), reach, reach)
        if self._line:
            painter.setPen(QPen(QColor(colours.accent), 1.5))
            fill = QColor(colours.accent)
            fill.setAlphaF(0.12)
            painter.setBrush(fill)
            painter.drawPolygon(QPolygonF(self._line), Qt.FillRule.WindingFill)
        number = self._hovered if self._hovered >= 0 else self._current
        if number >= 0 and not self._line:
            paint_label(painter, self, self._point(number), self.describe(number))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.accent), 2.0))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.end()

    # -- mouse and keys ----------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._last = event.position()
            is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._line = [event.position()] if self._is_drawing or is_shifted else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._pressed is None:
            found = self.nearest(at)
            if found != self._hovered:
                self._hovered = found
                self.update()
            return
        if self._line is not None:
            self._line.append(at)
            self.update()
        elif (at - self._pressed).manhattanLength() > _CLICK_PX or self._last != self._pressed:
            moved = at - self._last
            self._centre = self._centre - np.array([moved.x(), moved.y()]) / self._scale
            self._last = at
            self._is_whole = False
            self._hovered = -1
            self._redraw()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        line, self._line = self._line, None
        if pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self.update()
        if line is not None and QPolygonF(line).boundingRect().width() > _LEAST_LASSO_PX:
            self.drawn_around.emit(self.within(line))
        elif self._last == pressed:
            found = self.nearest(event.position())
            if found >= 0:
                self.chosen.emit(found, True)

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = -1
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        # At its limits too: the page behind is not to move.
        self.zoom_by(1.0016 ** event.angleDelta().y(), event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _DIRECTIONS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._step(*_DIRECTIONS[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(_STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom_by(1 / _STEP)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_0):
            self.fit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self.chosen.emit(self._current, True)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        # Left and right are shortcuts of the playback, which this takes while it has the keys.
        if event.type() == QEvent.Type.ShortcutOverride:
            key = QKeyEvent.key(event) if isinstance(event, QKeyEvent) else 0
            if key in _DIRECTIONS or key in (Qt.Key.Key_Return, Qt.Key.Key_Home):
                event.accept()
                return True
        return super().event(event)

    def _step(self, right: float, down: float) -> None:
        """Choose the next dot in a direction."""
        if not self._is_shown.any():
            return
        start = self._point(self._current) if self._current >= 0 else None
        if start is None:
            middle = QPointF(self.width() / 2, self.height() / 2)
            self.chosen.emit(self.nearest(middle, math.inf), False)
            return
        away = self._pixels(self._at) - (start.x(), start.y())
        ahead = away @ (right, down)
        aside = np.abs(away @ (down, right))
        # Within 45 degrees of the direction, the nearest; what lies aside counts twice.
        cost = np.where(self._is_shown & (ahead > 0.5) & (aside <= ahead), ahead + aside, np.inf)
        found = int(cost.argmin())
        if math.isfinite(cost[found]):
            self.chosen.emit(found, False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._is_whole:
            self.fit()
        self._redraw()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._redraw()
        super().changeEvent(event)


def _packed(colour: QColor) -> int:
    return int(colour.rgb()) & 0xFFFFFF


def _colour(genre: str) -> QColor:
    """Colour of a genre; grey for songs that have none."""
    colours = current_colours()
    return genre_colour(genre, colours.is_dark) if genre else QColor(colours.border_strong)
