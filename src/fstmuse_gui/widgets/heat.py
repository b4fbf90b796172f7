"""The overlay of what spoke for a genre and against it, and the scale of its colours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from fstmuse_core.classify.result import ActivationMap
from fstmuse_gui.plain import percent, visible
from fstmuse_gui.widgets.axes import MelScale

_MOST_COLUMNS = 2048
_STOPS = np.array([0.0, 0.35, 0.7, 1.0])
_WARM = np.array([(214, 72, 20), (240, 120, 32), (255, 186, 84), (255, 240, 205)])
# As far from the grey picture below, and from amber for eyes that see no red or green.
_COLD = np.array([(24, 84, 200), (44, 128, 240), (110, 184, 255), (214, 240, 255)])
_GROUND, _INK = QColor(12, 12, 14, 200), QColor(236, 236, 236)
_SCALE_WIDTH = 96
_PAD = 5


def heat_rect(activation: ActivationMap, scale: MelScale) -> QRectF:
    """Rectangle of the map, in seconds and mel rows."""
    low = scale.row(float(activation.row_edges_hz[0]))
    high = scale.row(float(activation.row_edges_hz[-1]))
    width = activation.values.shape[1] * activation.seconds_per_column
    return QRectF(QPointF(0.0, low), QPointF(width, high))


def heat_image(activation: ActivationMap, genre: int) -> npt.NDArray[np.uint8]:
    """The map of one genre as RGBA, shape ``(columns, rows, 4)``.

    What spoke for the genre glows from amber to white-hot, what spoke against it from blue to
    icy; both are clear where nothing spoke, and blended into steps too small to see.
    """
    values = _at_most(activation.values[genre].astype(np.float32), _MOST_COLUMNS)
    limit = _nearly_most(np.abs(values).ravel()) if values.size else 0.0
    values = np.clip(values / max(limit, 1e-6), -1.0, 1.0)
    # Long clips have columns enough; only short ones need softening in time.
    values = _soften(values, 4 if values.shape[0] < 1024 else 1, axis=0)
    values = _soften(values, 6, axis=1)
    return _heat_table()[np.round((values + 1.0) * 127.5).astype(np.uint8)]


def _nearly_most(values: npt.NDArray[np.float32]) -> float:
    """The 99th percentile, between two values by their distance.

    ``np.percentile`` would first import masked arrays, for tens of milliseconds.
    """
    place = 0.99 * (values.size - 1)
    below = int(place)
    ends = [below, min(below + 1, values.size - 1)]
    low, high = np.partition(values, ends)[ends].tolist()
    return float(low + (high - low) * (place - below))


def _at_most(values: npt.NDArray[np.float32], n: int) -> npt.NDArray[np.float32]:
    """Means of neighbouring columns, so that no more than ``n`` are left."""
    factor = -(-values.shape[0] // n)
    if factor <= 1:
        return values
    padded = np.pad(values, ((0, -values.shape[0] % factor), (0, 0)), mode="edge")
    return padded.reshape(-1, factor, values.shape[1]).mean(axis=1)


def _soften(values: npt.NDArray[np.float32], factor: int, axis: int) -> npt.NDArray[np.float32]:
    """Interpolate ``factor``-fold along ``axis`` with a cubic B-spline, which cannot overshoot."""
    n = values.shape[axis]
    if factor == 1 or n == 0:
        return values
    where = (np.arange(n * factor) + 0.5) / factor - 0.5
    base = np.floor(where).astype(np.intp)
    t = (where - base).astype(np.float32)
    weights = (
        (1 - t) ** 3 / 6,
        (3 * t**3 - 6 * t**2 + 4) / 6,
        (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
        t**3 / 6,
    )
    shape = (-1, 1) if axis == 0 else (1, -1)
    parts = [
        weight.reshape(shape) * np.take(values, np.clip(base + offset, 0, n - 1), axis=axis)
        for weight, offset in zip(weights, (-1, 0, 1, 2), strict=True)
    ]
    return np.sum(parts, axis=0, dtype=np.float32)


def _heat_table() -> npt.NDArray[np.uint8]:
    """Colours of the 256 steps from all against to all for, RGBA."""
    share = np.linspace(-1.0, 1.0, 256)
    strength = np.abs(share)
    table = np.empty((256, 4))
    for channel in range(3):
        warm, cold = (np.interp(strength, _STOPS, ramp[:, channel]) for ramp in (_WARM, _COLD))
        table[:, channel] = np.where(share < 0, cold, warm)
    table[:, 3] = 255 * np.interp(strength, [0.0, 0.06, 0.5, 1.0], [0.0, 0.0, 0.62, 0.95])
    return table.round().astype(np.uint8)


class HeatLegend(QWidget):
    """The overlay's colours as a scale, from what spoke against a genre to what spoke for it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._words = ("", "")
        self._share, self._aside = "", 0
        self.hide()

    def show_genre(self, genre: str, share: float) -> None:
        """Say for and against what the colours stand, and for which share of the answer."""
        self._words = ("against", f"for {visible(genre)}")
        self._share = share_words(share)
        name = f"Colours: blue spoke against {genre}, amber for it"
        self.setAccessibleName(f"{name}; {self._share}" if self._share else name)
        self.show()
        self.update()

    def place(self, room: QSize) -> None:
        """Stand in the lower right corner of a picture of this size."""
        metrics = self.fontMetrics()
        left, right = (metrics.horizontalAdvance(word) for word in self._words)
        width = left + right + _SCALE_WIDTH + 6 * _PAD
        share = metrics.horizontalAdvance(self._share) + 4 * _PAD if self._share else 0
        # The tool tip of the button says it where the picture has no room for it.
        share = share if width + share <= room.width() - 4 * _PAD else 0
        self._aside = share
        self.resize(width + share, metrics.height() + 2 * _PAD)
        self.move(room.width() - self.width() - 2 * _PAD, room.height() - self.height() - 2 * _PAD)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_GROUND)
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        painter.setPen(_INK)
        box = self.rect().adjusted(2 * _PAD, 0, -2 * _PAD, 0)
        centred = Qt.AlignmentFlag.AlignVCenter
        if self._aside:
            painter.drawText(box, centred | Qt.AlignmentFlag.AlignLeft, self._share)
            box.setLeft(box.left() + self._aside)
        painter.drawText(box, centred | Qt.AlignmentFlag.AlignLeft, self._words[0])
        painter.drawText(box, centred | Qt.AlignmentFlag.AlignRight, self._words[1])
        left = box.left() + self.fontMetrics().horizontalAdvance(self._words[0]) + _PAD
        scale = QRectF(left, self.height() / 2 - 5, _SCALE_WIDTH, 10)
        painter.fillRect(scale, _scale_brush(scale))
        painter.end()


def share_words(share: float) -> str:
    """Words for the share of the answer that the overlay explains; empty if it is all."""
    return f"The network's {percent(share)} of the answer:" if share < 1.0 else ""


def _scale_brush(box: QRectF) -> QLinearGradient:
    gradient = QLinearGradient(box.topLeft(), box.topRight())
    table = _heat_table()
    for step in range(0, 256, 15):
        red, green, blue, alpha = (int(value) for value in table[step])
        gradient.setColorAt(step / 255, QColor(red, green, blue, alpha))
    return gradient
