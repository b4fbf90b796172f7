"""All of a clip as a wave form, with what a zoomed picture shows of it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from fstmuse_core.audio.images import SpectrogramImage
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_gui.plain import set_tip
from fstmuse_gui.theme import current_colours
from fstmuse_gui.widgets.axes import clock

_HEIGHT = 32
_CORNER = 6.0
_LEAST_WINDOW = 6.0
# Nearer to all of the clip counts as all of it.
_ALL = 0.999
_MOST_COLUMNS = 32_768


def envelope(image: SpectrogramImage, n: int) -> FloatArray:
    """Level of the sound over time, from the power of all bands.

    Returns
    -------
    ndarray of float32, shape ``(n,)``
        Root mean square of each of ``n`` spans, of which the loudest is 1; zeros if silent.
    """
    if not image.levels.size or n < 1:
        return np.zeros(max(0, n), dtype=np.float32)
    power_of = (10.0 ** (np.arange(256) / 20.0 - 12.75)).astype(np.float32)
    power_of[0] = 0.0
    # Of hours of sound, a share of the columns is enough for a strip.
    power = power_of[image.levels[:: max(1, len(image.levels) // _MOST_COLUMNS)]].sum(axis=1)
    edges = np.linspace(0, len(power), n + 1)
    sums = np.interp(edges, np.arange(len(power) + 1), np.concatenate([[0.0], np.cumsum(power)]))
    level = np.sqrt(np.maximum(0.0, np.diff(sums)) / max(1e-9, len(power) / n))
    return (level / max(float(level.max()), 1e-12)).astype(np.float32)


class OverviewStrip(QWidget):
    """Wave form of a clip; hidden while all of the clip is in the picture.

    Signals
    -------
    moved(float, float)
        The seconds that shall be shown, as pointed at.
    """

    moved = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Overview of the clip")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        set_tip(self, "The whole clip: click or drag to see another part")
        self._image: SpectrogramImage | None = None
        self._duration_s = 1.0
        self._range = (0.0, 1.0)
        self._position: float | None = None
        self._drawn: QPixmap | None = None
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def show_image(self, image: SpectrogramImage | None, duration_s: float) -> None:
        """Show another clip; None while one is recorded."""
        if image is not self._image or duration_s != self._duration_s:
            self._image, self._duration_s = image, max(1e-3, duration_s)
            self._redraw()
        self._hide_if_whole()

    def set_range(self, start_s: float, end_s: float) -> None:
        """Tell what the picture shows of it."""
        self._range = (start_s, end_s)
        self.setAccessibleDescription(f"{clock(start_s)} to {clock(end_s)} is shown")
        self._hide_if_whole()
        self.update()

    def set_position(self, seconds: float | None) -> None:
        """Move the playback cursor; None hides it."""
        if seconds != self._position:
            self._position = seconds
            self.update()

    def _hide_if_whole(self) -> None:
        start, end = self._range
        is_zoomed = end - start < _ALL * self._duration_s
        self.setVisible(self._image is not None and is_zoomed)

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    def _x(self, seconds: float) -> float:
        return seconds / self._duration_s * self.width()

    # -- painting ----------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._drawn is None:
            self._drawn = self._draw()
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        band = QPainterPath()
        band.addRoundedRect(QRectF(self.rect()), _CORNER, _CORNER)
        painter.setClipPath(band)
        painter.drawPixmap(QPointF(0.0, 0.0), self._drawn)
        window = self._window()
        ground = QColor(colours.window)
        ground.setAlpha(165)
        painter.fillRect(QRectF(0.0, 0.0, window.left(), self.height()), ground)
        rest = self.width() - window.right()
        painter.fillRect(QRectF(window.right(), 0.0, rest, self.height()), ground)
        painter.setPen(QColor(colours.accent))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(window.adjusted(0.5, 0.5, -0.5, -0.5), 4.0, 4.0)
        if self._position is not None:
            at = QRectF(self._x(self._position) - 1.0, 0.0, 2.0, self.height())
            painter.fillRect(at, QColor(colours.text))
        painter.end()

    def _window(self) -> QRectF:
        left, right = (self._x(at) for at in self._range)
        spare = max(0.0, _LEAST_WINDOW - (right - left)) / 2
        return QRectF(left - spare, 0.0, right - left + 2 * spare, float(self.height()))

    def _draw(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        colours = current_colours()
        pixmap.fill(QColor(colours.track))
        if self._image is not None:
            painter = QPainter(pixmap)
            middle = self.height() / 2
            for x, level in enumerate(envelope(self._image, self.width())):
                half = max(0.5, float(level) * (middle - 3))
                painter.fillRect(QRectF(x, middle - half, 1.0, 2 * half), QColor(colours.muted))
            painter.end()
        return pixmap

    # -- pointer -----------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._move_to(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._move_to(event)

    def _move_to(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            start, end = self._range
            centre = event.position().x() / max(1, self.width()) * self._duration_s
            self.moved.emit(centre - (end - start) / 2, centre + (end - start) / 2)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._redraw()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._redraw()
