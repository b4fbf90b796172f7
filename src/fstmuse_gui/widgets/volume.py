"""Volume of playback: a button that mutes, a slider, and the level of what plays."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from fstmuse_gui.plain import set_tip
from fstmuse_gui.theme import GRID, current_colours, icon
from fstmuse_gui.widgets.controls import WheelSafeSlider, tool_button

LOWEST_DB = -48
STEP = 10
_LOUD_DB = -3.0
_FALL_DB_PER_S = 36.0
_WIDTH = 96
_LEAST_WIDTH = 48
_HEIGHT = 4
# Screen readers are told this often at most; setting the value paints everything at once.
_VALUE_S = 0.5


class PlaybackMeter(QProgressBar):
    """Level of what plays, in decibels: up at once, down slowly."""

    def __init__(
        self, parent: QWidget | None = None, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._shown_db = float(LOWEST_DB)
        self._last = self._valued = 0.0
        self.setRange(LOWEST_DB, 0)
        self.setValue(LOWEST_DB)
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName("Level of what plays in decibels")
        set_tip(self, "Level of what plays")

    @property
    def shown_db(self) -> float:
        """Level shown, in decibels of full scale."""
        return self._shown_db

    def set_level(self, peak_db: float) -> None:
        """Show the peak of the last moment, in decibels of full scale; -inf is silence."""
        now = self._clock()
        fall = _FALL_DB_PER_S * max(0.0, now - self._last)
        self._last = now
        self._show(max(peak_db, self._shown_db - fall), now)

    def reset(self) -> None:
        """Show silence."""
        self._show(-math.inf, math.inf)

    def _show(self, decibels: float, now: float) -> None:
        self._shown_db = min(0.0, max(decibels, float(LOWEST_DB)))
        self.update()
        if now - self._valued >= _VALUE_S:
            self._valued = now if math.isfinite(now) else 0.0
            self.setValue(round(self._shown_db))

    def text(self) -> str:
        return "silent" if self._shown_db <= LOWEST_DB else f"{self._shown_db:.0f} dB"

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        bar = QRectF(self.rect())
        painter.setBrush(QColor(colours.track))
        painter.drawRoundedRect(bar, _HEIGHT / 2, _HEIGHT / 2)
        share = 1.0 - self._shown_db / LOWEST_DB
        if share > 0.0:
            bar.setWidth(max(float(_HEIGHT), share * bar.width()))
            loud = self._shown_db > _LOUD_DB
            painter.setBrush(QColor(colours.warning if loud else colours.accent))
            painter.drawRoundedRect(bar, _HEIGHT / 2, _HEIGHT / 2)
        painter.end()


class _Bars(QWidget):
    """Slider and level below each other, which are gone where there is no room for them."""

    def __init__(self, slider: QWidget, meter: QWidget) -> None:
        super().__init__()
        self._parts = (slider, meter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in self._parts:
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            column.addWidget(part)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        for part in self._parts:
            part.setVisible(self.width() >= _LEAST_WIDTH)


class VolumeControl(QWidget):
    """Shows the volume and says what was chosen.

    Signals
    -------
    chosen(int, bool)
        Volume in percent, and whether it is muted.
    """

    chosen = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._percent, self._is_muted = 100, False
        self.mute_button = tool_button("volume", "Mute", "Mute (M)")
        self.mute_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.mute_button.setCheckable(True)
        self.mute_button.clicked.connect(self.toggle_mute)
        self.slider = WheelSafeSlider()
        self.slider.setRange(0, 100)
        self.slider.setPageStep(STEP)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.setAccessibleName("Volume in percent")
        self.slider.valueChanged.connect(self._on_moved)
        self.meter = PlaybackMeter()
        self._bars = _Bars(self.slider, self.meter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID // 2)
        row.addWidget(self.mute_button)
        row.addWidget(self._bars)
        self.show_volume(100, is_muted=False)

    def set_narrow(self, is_narrow: bool) -> None:
        """Leave the slider to the menu where it is narrow."""
        self._bars.setHidden(is_narrow)

    def show_volume(self, percent: int, *, is_muted: bool) -> None:
        """Show what is in force."""
        self._percent, self._is_muted = percent, is_muted
        self.slider.blockSignals(True)
        self.slider.setValue(percent)
        self.slider.blockSignals(False)
        set_tip(self.slider, f"Volume: {percent} %{', muted' if is_muted else ''}")
        silent = is_muted or percent == 0
        self.mute_button.setIcon(icon("muted" if silent else "volume"))
        self.mute_button.setChecked(is_muted)
        self.mute_button.setAccessibleName("Unmute" if is_muted else "Mute")
        set_tip(self.mute_button, "Unmute (M)" if is_muted else "Mute (M)")

    def toggle_mute(self) -> None:
        """Choose silence, or the volume again."""
        self.chosen.emit(self._percent, not self._is_muted)

    def _on_moved(self, percent: int) -> None:
        self.chosen.emit(percent, False)
