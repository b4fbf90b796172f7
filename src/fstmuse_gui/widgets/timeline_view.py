"""The clip's genres over time: a band of colour that shares the spectrogram's time axis."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from fstmuse_core.classify.result import Classification
from fstmuse_gui.plain import PlainLabel, percent
from fstmuse_gui.theme import current_colours, genre_colour
from fstmuse_gui.widgets.axes import clock

_HEIGHT = 32
_CORNER = 6.0
_NAMED = 3
_SPOKEN = 40
_PIXELS_PER_POINT = 2


class TimelineView(QWidget):
    """Stacked genre probabilities.

    Signals
    -------
    seek_requested(float)
        Seconds that were clicked.
    dragged_over(float, float)
        From where to where was dragged, in seconds, while it is dragged.
    """

    seek_requested = Signal(float)
    dragged_over = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Genre timeline")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self.setMouseTracking(True)
        self._result: Classification | None = None
        self._curve: _Curve | None = None
        self._range = (0.0, 30.0)
        self._position: float | None = None
        self._region: tuple[float, float] | None = None
        self._pressed_x: float | None = None
        self._is_dragging = False
        self._drawn: QPixmap | None = None
        self._drawn_range = self._range
        self._readout = PlainLabel(parent=self.window())
        self._readout.setObjectName("readout")
        self._readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._readout.hide()

    def sizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def show_result(self, result: Classification | None) -> None:
        """Show the segments of ``result``; ``None`` empties the band."""
        self._readout.hide()
        self._result = result
        self._curve = _Curve(result) if result is not None and len(result.timeline) else None
        self.setAccessibleDescription(_in_words(result) if result is not None else "")
        self._redraw()

    def set_range(self, start_s: float, end_s: float) -> None:
        """Show these seconds."""
        before, self._range = self._range, (start_s, end_s)
        if before == self._range:
            return
        self._readout.hide()
        if self._can_shift():
            self.update()
        else:
            self._redraw()

    def _can_shift(self) -> bool:
        """True if the picture only has to move to the left, as it does while recording.

        That holds as long as it reaches to the end of what is known: nothing new comes in.
        """
        if self._drawn is None or self._curve is None:
            return False
        drawn_start, drawn_end = self._drawn_range
        start, end = self._range
        same_span = abs((end - start) - (drawn_end - drawn_start)) < 1e-6
        return same_span and start >= drawn_start and self._curve.end_s <= drawn_end

    def set_position(self, seconds: float | None) -> None:
        """Move the playback cursor; ``None`` hides it."""
        old = self._position
        self._position = seconds
        for at in (old, seconds):
            if at is not None:
                self.update(round(self._x(at)) - 3, 0, 7, self.height())

    def show_region(self, part: tuple[float, float] | None) -> None:
        """Shade all but these seconds; ``None`` shades nothing."""
        self._region = part
        self.update()

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    def _x(self, seconds: float) -> float:
        start, end = self._range
        return (seconds - start) / max(1e-9, end - start) * self.width()

    def _seconds(self, x: float) -> float:
        start, end = self._range
        return start + x / max(1, self.width()) * (end - start)

    # -- painting ----------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._drawn is None:
            self._drawn = self._draw()
            self._drawn_range = self._range
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        band = QPainterPath()
        band.addRoundedRect(QRectF(self.rect()), _CORNER, _CORNER)
        painter.setClipPath(band)
        painter.fillRect(self.rect(), QColor(colours.track))
        painter.drawPixmap(QPointF(self._x(self._drawn_range[0]), 0.0), self._drawn)
        if self._region is not None:
            left, right = (self._x(at) for at in self._region)
            _shade_outside(painter, left, right, QRectF(self.rect()))
        if self._position is not None:
            x = self._x(self._position)
            painter.fillRect(QRectF(x - 2, 0, 4, self.height()), QColor(0, 0, 0, 110))
            painter.fillRect(QRectF(x - 1, 0, 2, self.height()), QColor(255, 255, 255, 240))
        painter.end()

    def _draw(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        colours = current_colours()
        pixmap.fill(QColor(colours.track))
        if self._result is not None and self._curve is not None:
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw_curve(painter, self._result, self._curve, colours.is_dark)
            painter.end()
        return pixmap

    def _draw_curve(
        self, painter: QPainter, result: Classification, curve: _Curve, is_dark: bool
    ) -> None:
        n = max(2, self.width() // _PIXELS_PER_POINT)
        edges = np.linspace(*self._range, n + 1)
        shares = curve.mean_between(edges)
        x = (np.arange(n) + 0.5) * self.width() / n
        x[0], x[-1] = 0.0, self.width()
        around = np.append(x, [x[-1], x[0]])
        order = np.argsort(-result.probabilities, kind="stable")
        tops = self.height() * (1.0 - np.cumsum(shares[:, order], axis=1))
        painter.setPen(Qt.PenStyle.NoPen)
        # Each reaches down to the floor and the next is drawn upon it: no seams between them.
        for layer in reversed(range(len(order))):
            painter.setBrush(genre_colour(result.genres[order[layer]], is_dark))
            outline = np.append(tops[:, layer], [self.height(), self.height()])
            painter.drawPolygon(pg.functions.arrayToQPolygonF(around, outline))

    # -- pointer -----------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._result is not None:
            self._pressed_x = event.position().x()
            self._is_dragging = False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed_x = self._pressed_x, None
        if pressed is not None and not self._is_dragging and self._result is not None:
            self.seek_requested.emit(self._inside(pressed, self._result))

    def _drag(self, x: float) -> None:
        if self._pressed_x is None or self._result is None:
            return
        distance = abs(x - self._pressed_x)
        self._is_dragging |= distance >= QApplication.startDragDistance()
        if self._is_dragging:
            self.dragged_over.emit(
                self._inside(self._pressed_x, self._result), self._inside(x, self._result)
            )

    def _inside(self, x: float, result: Classification) -> float:
        return min(max(0.0, self._seconds(x)), result.duration_s)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._drag(event.position().x())
        text = self.describe(self._seconds(event.position().x()))
        self._readout.setVisible(bool(text))
        if not text:
            return
        self._readout.setParent(self.window())
        self._readout.setText(text)
        self._readout.adjustSize()
        left = min(event.position().x() + 12, self.width() - self._readout.width())
        where = self.mapTo(self.window(), QPointF(max(0.0, left), -4.0).toPoint())
        self._readout.move(where.x(), where.y() - self._readout.height())
        self._readout.show()
        self._readout.raise_()

    def leaveEvent(self, event: QEvent) -> None:
        self._readout.hide()

    def hideEvent(self, event: QHideEvent) -> None:
        self._readout.hide()
        super().hideEvent(event)

    def describe(self, seconds: float) -> str:
        """The likeliest genres of the segment around ``seconds``."""
        if self._result is None or not len(self._result.timeline):
            return ""
        timeline = self._result.timeline
        centres = (timeline.start_s + timeline.end_s) / 2
        index = int(np.argmin(np.abs(centres - seconds)))
        if not timeline.start_s[index] <= seconds <= timeline.end_s[index]:
            return ""
        when = f"{clock(timeline.start_s[index])}\N{EN DASH}{clock(timeline.end_s[index])}"
        if timeline.silent[index]:
            return f"{when}   silent"
        row = timeline.probabilities[index]
        best = np.argsort(-row, kind="stable")[:_NAMED]
        named = "   ".join(f"{self._result.genres[i]} {percent(float(row[i]))}" for i in best)
        return f"{when}   {named}"

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._redraw()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._redraw()


class _Curve:
    """Probabilities as a function of time, made so that its mean over any span is exact.

    Between the centres of neighbouring segments the probabilities run straight; silence
    counts as nothing. The integral is kept, and a pixel's mean is a difference of two values
    of it: a ten-hour clip draws as fast as a short one, and no segment is left out.
    """

    def __init__(self, result: Classification) -> None:
        timeline = result.timeline
        rows = np.where(timeline.silent[:, None], 0.0, timeline.probabilities)
        centres = (timeline.start_s + timeline.end_s) / 2
        self.end_s = end = max(result.duration_s, float(centres[-1]))
        self._times = np.concatenate([[timeline.start_s[0]], centres, [end]])
        self._values = np.concatenate([rows[:1], rows, rows[-1:]]).astype(np.float64)
        widths = np.diff(self._times)[:, None]
        areas = (self._values[1:] + self._values[:-1]) / 2 * widths
        zero = np.zeros((1, rows.shape[1]))
        self._integral = np.concatenate([zero, np.cumsum(areas, axis=0)])

    def mean_between(self, edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Mean probabilities between neighbouring ``edges``, shape ``(n - 1, n_genres)``."""
        edges = np.clip(edges, self._times[0], self._times[-1])
        step = np.clip(np.searchsorted(self._times, edges, "right") - 1, 0, len(self._times) - 2)
        into = (edges - self._times[step])[:, None]
        width = np.maximum(1e-9, np.diff(self._times))[step][:, None]
        slope = (self._values[step + 1] - self._values[step]) / width
        at = self._integral[step] + self._values[step] * into + slope * into**2 / 2
        return np.diff(at, axis=0) / np.maximum(1e-9, np.diff(edges))[:, None]


def _shade_outside(painter: QPainter, left: float, right: float, size: QRectF) -> None:
    """Shade what lies left and right of a region on a strip, in the ground's colour."""
    ground = QColor(current_colours().window)
    ground.setAlpha(170)
    painter.fillRect(QRectF(0.0, 0.0, left, size.height()), ground)
    painter.fillRect(QRectF(right, 0.0, size.width() - right, size.height()), ground)
    edge = QColor(current_colours().text)
    for at in (left, right):
        painter.fillRect(QRectF(at - 0.5, 0.0, 1.0, size.height()), edge)


def _in_words(result: Classification) -> str:
    """Text of the timeline for screen readers."""
    timeline = result.timeline
    if not len(timeline):
        return ""
    best = np.where(timeline.silent, -1, timeline.probabilities.argmax(axis=1))
    changes = np.flatnonzero(np.diff(best, prepend=-2))[:_SPOKEN]
    return ", ".join(
        f"from {clock(timeline.start_s[i])} {result.genres[best[i]] if best[i] >= 0 else 'silence'}"
        for i in changes
    )
