"""Slim axes beside the spectrogram, hertz on the mel scale and time, and a plot with axes.

Not pyqtgraph's ``PlotWidget``: each of those makes seven menus that outlive it.
"""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, SpectrogramConfig, hz_to_mel, mel_to_hz
from fstmuse_gui.theme import current_colours, scaled_font

_FREQUENCIES = (100, 200, 500, 1000, 2000, 4000, 8000)
_TIME_STEPS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200)
_TICK = 4


_GRID_ALPHA = 60


class MelScale:
    """Rows of a mel spectrogram and their frequencies; row ``i`` reaches from i to i + 1."""

    def __init__(self, config: SpectrogramConfig = DEFAULT_CONFIG) -> None:
        self._low, high = (float(mel) for mel in hz_to_mel([config.fmin, config.fmax]))
        self._step = (high - self._low) / (config.n_mels + 1)

    def row(self, hertz: float) -> float:
        """Row of ``hertz``; the centre of band ``i`` is ``i + 0.5``."""
        return (float(hz_to_mel(hertz)) - self._low) / self._step - 0.5

    def hertz(self, row: float) -> float:
        """Inverse of :meth:`row`."""
        return float(mel_to_hz((row + 0.5) * self._step + self._low))


def clock(seconds: float, *, tenths: bool = False) -> str:
    """``0:07``, ``3:45`` or ``1:02:03``; with ``tenths`` ``0:07.4``."""
    total = max(0.0, seconds)
    if tenths:
        total = math.floor(total * 10) / 10
    hours, rest = divmod(int(total), 3600)
    minutes, whole = divmod(rest, 60)
    text = f"{hours}:{minutes:02}:{whole:02}" if hours else f"{minutes}:{whole:02}"
    return f"{text}.{round(total * 10) % 10}" if tenths else text


def frequency_label(hertz: float) -> str:
    """``500 Hz`` or ``2 kHz``."""
    return f"{hertz / 1000:g} kHz" if hertz >= 1000 else f"{hertz:g} Hz"


def time_label(seconds: float, step: float, longest: float) -> str:
    """A tick's text: plain seconds for clips under a minute, else a clock."""
    if longest < 60 or step < 1:
        digits = 2 if step < 0.1 else 1 if step < 1 else 0
        return f"{seconds:.{digits}f} s"
    return clock(seconds)


class FrequencyAxis(QWidget):
    """Hertz beside the spectrogram."""

    def __init__(self, scale: MelScale, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = scale
        self._range = (0.0, 128.0)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Frequency axis")

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(scaled_font(self.font(), 0.85))
        return QSize(metrics.horizontalAdvance("500 kHz") + _TICK + 6, 100)

    def set_range(self, low: float, high: float) -> None:
        """Show rows ``low`` to ``high``."""
        if (low, high) != self._range:
            self._range = (low, high)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = current_colours()
        painter = QPainter(self)
        painter.setFont(scaled_font(self.font(), 0.85))
        line = painter.fontMetrics().height()
        low, high = self._range
        last = math.inf
        for hertz in _FREQUENCIES:
            share = (self._scale.row(hertz) - low) / (high - low)
            if not -0.001 <= share <= 1.01:
                continue
            y = min(self.height() - 1.0, max(0.0, (1.0 - share) * (self.height() - 1)))
            if last - y < line * 0.95:
                continue
            last = y
            painter.setPen(QColor(colours.border_strong))
            painter.drawLine(self.width() - _TICK, round(y), self.width() - 1, round(y))
            painter.setPen(QColor(colours.muted))
            top = min(max(0.0, y - line / 2), self.height() - line)
            where = QRectF(0, top, self.width() - _TICK - 4, line)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(where, flags, frequency_label(hertz))
        painter.end()


class TimeAxis(QWidget):
    """Time below the spectrogram."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._range = (0.0, 30.0)
        self._longest = 30.0
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Time axis")

    def sizeHint(self) -> QSize:
        return QSize(100, QFontMetrics(scaled_font(self.font(), 0.85)).height() + _TICK + 4)

    def set_range(self, start_s: float, end_s: float, longest_s: float) -> None:
        """Show ``start_s`` to ``end_s`` of a clip ``longest_s`` long."""
        if (start_s, end_s, longest_s) != (*self._range, self._longest):
            self._range = (start_s, end_s)
            self._longest = longest_s
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = current_colours()
        painter = QPainter(self)
        painter.setFont(scaled_font(self.font(), 0.85))
        metrics = painter.fontMetrics()
        start, end = self._range
        per_second = (self.width() - 1) / max(1e-6, end - start)
        room = metrics.horizontalAdvance("0:00:00") + 24
        step = next((s for s in _TIME_STEPS if s * per_second >= room), _TIME_STEPS[-1])
        for index in range(math.ceil(start / step - 1e-6), math.floor(end / step + 1e-6) + 1):
            x = (index * step - start) * per_second
            text = time_label(index * step, step, self._longest)
            width = metrics.horizontalAdvance(text)
            left = min(max(0.0, x - width / 2), self.width() - width)
            painter.setPen(QColor(colours.border_strong))
            painter.drawLine(round(x), 0, round(x), _TICK - 1)
            painter.setPen(QColor(colours.muted))
            painter.drawText(QRectF(left, _TICK, width + 1, metrics.height()), 0, text)
        painter.end()


class Plot(pg.GraphicsView):
    """A view box with axes on the left and below; not for the pointer."""

    def __init__(self, parent: QWidget, left: pg.AxisItem | None = None) -> None:
        # Before anything else: the base class tells of changes while it is being made.
        self.left = left or pg.AxisItem("left")
        self.bottom = pg.AxisItem("bottom")
        super().__init__(parent, useOpenGL=False, background=None)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False)
        for axis in (self.left, self.bottom):
            axis.linkToView(self.box)
        # Lines of the grid belong behind the curves.
        self.left.setZValue(-100)
        self.left.setGrid(_GRID_ALPHA)
        layout = pg.GraphicsLayout()
        layout.setContentsMargins(0, 4, 14, 0)
        layout.setSpacing(0)
        layout.addItem(self.left, 0, 0)
        layout.addItem(self.box, 0, 1)
        layout.addItem(self.bottom, 1, 1)
        self.setCentralItem(layout)
        self.dress()

    def dress(self) -> None:
        """Take on the colours in force."""
        colours = current_colours()
        # Said outright: a view without a background keeps that of the theme before.
        self.setBackground(colours.window)
        for axis in (self.left, self.bottom):
            axis.setPen(pg.mkPen(colours.border_strong))
            axis.setTextPen(pg.mkPen(colours.muted))
            axis.setStyle(
                hideOverlappingLabels=False,
                tickFont=scaled_font(self.font(), 0.85),
                tickLength=0,
                tickTextOffset=6,
            )

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.dress()
        super().changeEvent(event)
