"""The program's own mark: five bars of sound, still or moving."""

from __future__ import annotations

import math

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QLinearGradient,
    QPainter,
    QPaintEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QWidget

_HEIGHTS = (0.5, 0.84, 0.66, 1.0, 0.42)
_STOPS = ((0.0, "#f7c27d"), (0.35, "#f4764f"), (0.7, "#b5367a"), (1.0, "#6a2a8c"))
_INTERVAL_MS = 40
_PERIOD_S = 1.6


class SoundMark(QWidget):
    """Five bars in the colours of sound; they dance while something is being worked on.

    Parameters
    ----------
    side : int
        Height in pixels.
    moving : bool
        Dance whenever visible.
    """

    def __init__(
        self, parent: QWidget | None = None, *, side: int = 72, moving: bool = False
    ) -> None:
        super().__init__(parent)
        self._side = side
        self._moving = moving
        self.setFixedSize(self.sizeHint())
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(round(self._side * 1.12), self._side)

    def showEvent(self, event: QShowEvent) -> None:
        if self._moving:
            self._clock.start()
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        gradient = QLinearGradient(0, 0, 0, self.height())
        for at, colour in _STOPS:
            gradient.setColorAt(at, QColor(colour))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        seconds = self._clock.elapsed() / 1000 if self._timer.isActive() else None
        pitch = self.width() / len(_HEIGHTS)
        width = pitch * 0.56
        for index, still in enumerate(_HEIGHTS):
            share = still if seconds is None else _dance(index, seconds)
            height = max(width, share * self.height())
            left = index * pitch + (pitch - width) / 2
            bar = QRectF(left, (self.height() - height) / 2, width, height)
            painter.drawRoundedRect(bar, width / 2, width / 2)
        painter.end()


def _dance(index: int, seconds: float) -> float:
    phase = 2 * math.pi * (seconds / _PERIOD_S - index * 0.17)
    return 0.64 + 0.24 * math.sin(phase) + 0.12 * math.sin(2.0 * phase + index)
