"""A level meter with a peak that is held, and a lamp for sound beyond full scale."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from fstmuse_gui.theme import GRID, current_colours, scaled_font

LOWEST_DB = -60
_LOUD_DB = -6.0
_CLIPPED_DB = -0.1
_MARKS = (-48, -36, -24, -12, -6, 0)
# A meter that rises at once and falls slowly can be read; these are a peak meter's customs.
_FALL_DB_PER_S = 24.0
_HOLD_S = 1.5
_CLIP_SHOWN_S = 2.0
_VALUE_S = 0.25
_PICTURE_S = 0.045
_BAR_HEIGHT = 8
_SCALE_TOP = 12
_HEIGHT = 32


class LevelMeter(QProgressBar):
    """A level meter; as a progress bar it tells screen readers its value by itself."""

    def __init__(
        self, parent: QWidget | None = None, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._rms_db = self._peak_db = self._held_db = float(LOWEST_DB)
        self._held_until = self._clip_until = self._last = 0.0
        self._valued = self._painted = 0.0
        self.setRange(LOWEST_DB, 0)
        # The theme makes progress bars thin, which would win over setFixedHeight.
        self.setStyleSheet(f"min-height: {_HEIGHT}px; max-height: {_HEIGHT}px;")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Input level in decibels")
        self.setValue(LOWEST_DB)

    @property
    def peak_db(self) -> float:
        """The peak shown, in decibels of full scale."""
        return self._peak_db

    @property
    def is_clipped(self) -> bool:
        """True while the lamp for sound beyond full scale is lit."""
        return self._clock() < self._clip_until

    def reset(self) -> None:
        """Show nothing."""
        self._rms_db = self._peak_db = self._held_db = float(LOWEST_DB)
        self._clip_until = self._valued = 0.0
        self.setValue(LOWEST_DB)
        self.update()

    def set_level(self, peak_db: float, rms_db: float) -> None:
        """Show the level of the last moment, in decibels of full scale."""
        now = self._clock()
        fall = _FALL_DB_PER_S * min(1.0, now - self._last)
        self._last = now
        self._peak_db = max(peak_db, self._peak_db - fall, float(LOWEST_DB))
        self._rms_db = max(rms_db, self._rms_db - fall, float(LOWEST_DB))
        if peak_db >= self._held_db or now > self._held_until:
            self._held_db = max(peak_db, float(LOWEST_DB))
            self._held_until = now + _HOLD_S
        if peak_db >= _CLIPPED_DB:
            self._clip_until = now + _CLIP_SHOWN_S
        # The eye needs no more pictures, and the peak waits for the next one.
        if now - self._painted >= _PICTURE_S:
            self._painted = now
            self.update(0, 0, self.width(), _SCALE_TOP)
        # The value is for screen readers; setting it paints everything at once.
        if now - self._valued >= _VALUE_S:
            self._valued = now
            self.setValue(round(min(0.0, self._peak_db)))

    def text(self) -> str:
        if self._peak_db <= LOWEST_DB:
            return "silent"
        clipped = ", too loud" if self.is_clipped else ""
        return f"{self._peak_db:.0f} dB{clipped}"

    def sizeHint(self) -> QSize:
        return QSize(280, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        lamp = QRectF(self.width() - _BAR_HEIGHT - 1, 2, _BAR_HEIGHT, _BAR_HEIGHT)
        bar = QRectF(1, 2, lamp.left() - GRID - 1, _BAR_HEIGHT)
        painter.setBrush(QColor(colours.track))
        painter.drawRoundedRect(bar, _BAR_HEIGHT / 2, _BAR_HEIGHT / 2)
        painter.setBrush(QColor(colours.danger if self.is_clipped else colours.track))
        painter.drawEllipse(lamp)
        self._paint_levels(painter, bar)
        # The scale stands still, and letters take longer to paint than all the rest.
        if event.rect().bottom() >= _SCALE_TOP:
            self._paint_scale(painter, bar)
        painter.end()

    def _paint_levels(self, painter: QPainter, bar: QRectF) -> None:
        colours = current_colours()
        loud = self._peak_db > _LOUD_DB
        colour = QColor(colours.warning if loud else colours.accent)
        faint = QColor(colour)
        faint.setAlphaF(0.4)
        for level, brush in ((self._peak_db, faint), (self._rms_db, colour)):
            width = self._x(level, bar) - bar.left()
            if width > 1:
                painter.setBrush(brush)
                radius = min(width, bar.height()) / 2
                painter.drawRoundedRect(
                    QRectF(bar.left(), bar.top(), width, bar.height()), radius, radius
                )
        if self._held_db > LOWEST_DB:
            painter.setBrush(QColor(colours.text))
            x = min(self._x(self._held_db, bar), bar.right() - 2)
            painter.drawRoundedRect(QRectF(x, bar.top(), 2, bar.height()), 1, 1)

    def _paint_scale(self, painter: QPainter, bar: QRectF) -> None:
        painter.setFont(scaled_font(self.font(), 0.8))
        painter.setPen(QColor(current_colours().muted))
        metrics = painter.fontMetrics()
        for mark in _MARKS:
            text = f"\N{MINUS SIGN}{-mark}" if mark else "0 dB"
            width = metrics.horizontalAdvance(text) + 2
            left = min(self._x(mark, bar) - width / 2, self.width() - width)
            painter.drawText(
                QRectF(left, _SCALE_TOP, width, self.height() - _SCALE_TOP),
                Qt.AlignmentFlag.AlignCenter,
                text,
            )

    def _x(self, level_db: float, bar: QRectF) -> float:
        share = min(1.0, max(0.0, 1.0 - level_db / LOWEST_DB))
        return bar.left() + share * bar.width()
