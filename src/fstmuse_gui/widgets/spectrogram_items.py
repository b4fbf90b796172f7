"""The parts of the spectrogram's scene, and the levels behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSceneWheelEvent, QWidget

from fstmuse_core.audio.images import SpectrogramImage, to_levels
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_gui.theme import current_colours
from fstmuse_gui.widgets.axes import MelScale, clock

Levels = npt.NDArray[np.uint8]
N_MELS = DEFAULT_CONFIG.n_mels

_DARKEST_TOP_DB = -60.0
_LOUDEST_SHARE = 0.0005
_CORNER = 8.0
_SAVED_SCALE = 2.0
_WHEEL_STEP = 1.0 / 480.0


def loudest_db(levels: Levels) -> float:
    """The level that only a two-thousandth of the picture is above, in decibels."""
    if not levels.size:
        return _DARKEST_TOP_DB
    sample = levels[:: max(1, levels.shape[0] // 4096)]
    counts = np.bincount(sample.ravel(), minlength=256)
    above = np.cumsum(counts[::-1])
    level = 255 - int(np.searchsorted(above, sample.size * _LOUDEST_SHARE))
    return max(_DARKEST_TOP_DB, level / 2.0 - 127.5)


class ClipLevels:
    """A clip's levels at full width, half, a quarter and so on, made when first needed.

    Drawing from the width that fits the screen keeps a long clip smooth instead of leaving
    out most of its columns.
    """

    def __init__(self, image: SpectrogramImage) -> None:
        self.image = image
        self.seconds_per_column = image.seconds_per_column
        self.top_db = loudest_db(image.levels)
        self._sizes = [image.levels]

    @property
    def full(self) -> Levels:
        """Range of all columns."""
        return self._sizes[0]

    @property
    def duration_s(self) -> float:
        """Seconds that the columns span."""
        return self.full.shape[0] * self.seconds_per_column

    def fitting(self, columns_per_pixel: float) -> Levels:
        """The narrowest size with one column or more for each pixel."""
        wanted = max(0, int(np.log2(max(1.0, columns_per_pixel))))
        while len(self._sizes) <= wanted and self._sizes[-1].shape[0] > 1:
            self._sizes.append(_halved(self._sizes[-1]))
        return self._sizes[min(wanted, len(self._sizes) - 1)]


def _halved(levels: Levels) -> Levels:
    if levels.shape[0] % 2:
        levels = np.concatenate([levels, levels[-1:]])
    return ((levels[::2].astype(np.uint16) + levels[1::2]) >> 1).astype(np.uint8)


class LiveLevels:
    """A take's levels while it is recorded, in one array that is written in place."""

    seconds_per_column = DEFAULT_CONFIG.hop_length / DEFAULT_CONFIG.sample_rate

    def __init__(self, capacity: int = 2048) -> None:
        self._levels = np.zeros((capacity, DEFAULT_CONFIG.n_mels), dtype=np.uint8)
        self._n = 0
        self.top_db = _DARKEST_TOP_DB

    def __len__(self) -> int:
        return self._n

    @property
    def duration_s(self) -> float:
        """Seconds so far."""
        return self._n * self.seconds_per_column

    def append(self, mel: FloatArray) -> None:
        """Add mel frames, shape ``(n, n_mels)``."""
        end = self._n + mel.shape[0]
        if end > self._levels.shape[0]:
            room = np.zeros((max(end, 2 * self._levels.shape[0]), mel.shape[1]), dtype=np.uint8)
            room[: self._n] = self._levels[: self._n]
            self._levels = room
        new = to_levels(mel, DEFAULT_CONFIG)
        self._levels[self._n : end] = new
        self._n = end
        if new.size:
            self.top_db = max(self.top_db, float(new.max()) / 2.0 - 127.5)

    def last(self, n_columns: int) -> Levels:
        """The newest ``n_columns``, or as many as there are; a view, not a copy."""
        return self._levels[max(0, self._n - n_columns) : self._n]


class SmoothImage(pg.ImageItem):
    """An image whose pixels blend into each other when it is enlarged."""

    def paint(self, painter: QPainter, *args: Any) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        super().paint(painter, *args)


class LiveImage(pg.GraphicsObject):
    """The newest columns of a take, seconds against rows.

    The picture is coloured once, column by column as they come, and then only moved: painting
    it costs the same however much is new.

    Parameters
    ----------
    n_columns, n_rows : int
        Size of the picture; older columns leave it.
    seconds_per_column : float
        Width of a column.
    """

    def __init__(self, n_columns: int, n_rows: int, seconds_per_column: float) -> None:
        super().__init__()
        self._seconds_per_column = seconds_per_column
        self._levels = np.zeros((n_rows, n_columns), dtype=np.uint8)
        self._pixels = np.zeros((n_rows, n_columns), dtype=np.uint32)
        self._table = np.zeros(256, dtype=np.uint32)
        self._n = 0
        # The picture lies in the array: what is written there is seen at the next painting.
        self._image = QImage(
            self._pixels.data, n_columns, n_rows, 4 * n_columns, QImage.Format.Format_RGB32
        )

    def clear(self) -> None:
        """Show nothing."""
        self._n = 0
        self.update()

    def set_colours(self, table: npt.NDArray[np.uint8]) -> None:
        """Take the colours of the 256 levels, shape ``(256, 3)``."""
        red, green, blue = table.astype(np.uint32).T
        self._table = 0xFF000000 | red << 16 | green << 8 | blue
        self._pixels[:] = self._table[self._levels]
        self.update()

    def append(self, levels: Levels) -> None:
        """Add columns on the right, shape ``(n, n_rows)``; the oldest move out on the left."""
        capacity = self._levels.shape[1]
        new = levels[-capacity:].T
        too_many = max(0, self._n + new.shape[1] - capacity)
        if too_many:
            for array in (self._levels, self._pixels):
                array[:, : capacity - too_many] = array[:, too_many:]
        start = self._n - too_many
        self._n = start + new.shape[1]
        self._levels[:, start : self._n] = new
        self._pixels[:, start : self._n] = self._table[new]
        self.update()

    def boundingRect(self) -> QRectF:
        # That of a full picture, so that a growing one need not tell the scene.
        n_rows, n_columns = self._levels.shape
        return QRectF(0.0, 0.0, n_columns * self._seconds_per_column, n_rows)

    def paint(self, painter: QPainter, *args: Any) -> None:
        if not self._n:
            return
        n_rows = self._levels.shape[0]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(
            QRectF(0.0, 0.0, self._n * self._seconds_per_column, n_rows),
            self._image,
            QRectF(0.0, 0.0, self._n, n_rows),
        )


class ClipViewBox(pg.ViewBox):
    """Wheel zooms in time (with Shift in frequency), drag pans (with Shift selects), click seeks.

    Signals
    -------
    clicked(float)
        Seconds that were clicked.
    dragged_over(float, float)
        From where to where was dragged with Shift, in seconds.
    """

    clicked = Signal(float)
    dragged_over = Signal(float, float)
    double_clicked = Signal()
    dragged = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self.setMouseEnabled(x=True, y=True)
        self._is_selecting = False

    def wheelEvent(self, event: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        event.accept()
        factor = 2.0 ** (-event.delta() * _WHEEL_STEP)
        centre = self.mapToView(event.pos())
        if event.orientation() == Qt.Orientation.Horizontal:
            width = self.viewRect().width()
            self.translateBy(x=-event.delta() * _WHEEL_STEP * width * 0.25)
            self.dragged.emit()
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.scaleBy(y=factor, center=centre)
        else:
            self.scaleBy(x=factor, center=centre)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if event.isStart():
            self._is_selecting = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
        elif self._is_selecting:
            event.accept()
            ends = (event.buttonDownPos(), event.pos())
            self.dragged_over.emit(*(float(self.mapToView(end).x()) for end in ends))
        else:
            super().mouseDragEvent(event, axis)
            self.dragged.emit()

    def mouseClickEvent(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
        elif event.double():
            self.double_clicked.emit()
        else:
            self.clicked.emit(float(self.mapSceneToView(event.scenePos()).x()))


class Frame(QGraphicsItem):
    """Rounds the view's corners by painting the ground over them, and shows the focus.

    Parameters
    ----------
    ground, ring : callable
        The colour around the picture, and that of the focus ring or None while there is none.
    """

    def __init__(
        self,
        view: pg.ViewBox,
        ground: Callable[[], QColor],
        ring: Callable[[], QColor | None],
    ) -> None:
        super().__init__(view)
        self._view = view
        self._ground = ground
        self._ring = ring
        self.setZValue(1000)
        view.sigResized.connect(lambda _view: self.prepareGeometryChange())

    def boundingRect(self) -> QRectF:
        return QRectF(self._view.rect())

    def paint(self, painter: QPainter, *args: Any) -> None:
        rect = self.boundingRect()
        if rect.width() < 2 * _CORNER or rect.height() < 2 * _CORNER:
            return
        path = QPainterPath()
        path.addRect(rect.adjusted(-1, -1, 1, 1))
        path.addRoundedRect(rect, _CORNER, _CORNER)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(path, self._ground())
        ring = self._ring()
        if ring is not None:
            painter.setPen(QPen(ring, 3))
            painter.drawRoundedRect(rect.adjusted(1.5, 1.5, -1.5, -1.5), _CORNER, _CORNER)


class PlaybackCursor(pg.InfiniteLine):
    """A light line with a dark edge, so that it shows on any colour."""

    def __init__(self) -> None:
        self._edge = pg.mkPen((0, 0, 0, 130), width=4)
        self._core = pg.mkPen((255, 255, 255, 235), width=2)
        super().__init__(angle=90, movable=False, pen=self._edge)
        self.setZValue(50)

    def paint(self, painter: QPainter, *args: Any) -> None:
        for pen in (self._edge, self._core):
            self.currentPen = pen
            super().paint(painter, *args)


def sound_at(clip: ClipLevels, scale: MelScale, point: QPointF) -> str:
    """The sound at a point of the picture, seconds against rows; nothing outside of it."""
    column = int(point.x() / clip.seconds_per_column)
    row = int(point.y())
    if not (0 <= column < clip.full.shape[0] and 0 <= row < N_MELS and point.y() >= 0):
        return ""
    decibels = clip.full[column, row] / 2.0 - 127.5
    hertz = max(0.0, scale.hertz(point.y()))
    at = clock(point.x(), tenths=True)
    return f"{at}   {hertz:,.0f} Hz   {decibels:.0f} dB".replace("-", "\N{MINUS SIGN}")


def drawn(widget: QWidget, without: Sequence[QWidget]) -> QImage:
    """A widget as seen, at twice its size for print; children of it may be left out."""
    hidden = [child for child in without if not child.isHidden()]
    image = QImage(widget.size() * _SAVED_SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(_SAVED_SCALE)
    image.fill(QColor(current_colours().window))
    for child in hidden:
        child.hide()
    widget.render(image)
    for child in hidden:
        child.show()
    return image
