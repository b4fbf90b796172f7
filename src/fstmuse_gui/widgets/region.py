"""A selected region of a clip: its shade on picture and timeline, and a bar to act on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QLineF, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QPushButton, QWidget

from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.widgets.axes import clock
from fstmuse_gui.widgets.controls import tool_button
from fstmuse_gui.widgets.spectrogram_items import N_MELS
from fstmuse_gui.widgets.spectrogram_view import SpectrogramView
from fstmuse_gui.widgets.timeline_view import TimelineView

# Shorter ones are a hand that shook.
SHORTEST_S = 0.1
_SHORT_S = 5.0
_SIDE = 18
_MARGIN = 8
_SHADE = QColor(0, 0, 0, 150)


@dataclass(frozen=True)
class Region:
    """Part of a clip, from ``start_s`` to ``end_s`` in seconds."""

    start_s: float
    end_s: float

    @classmethod
    def between(cls, one_s: float, other_s: float, duration_s: float) -> Region | None:
        """Region between two places in either order, within the clip; None if too short."""
        start, end = sorted((one_s, other_s))
        region = cls(max(0.0, start), min(duration_s, end))
        return region if region.length_s >= SHORTEST_S else None

    @property
    def length_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def part(self) -> tuple[float, float]:
        """Start and end in seconds, as workers and players take it."""
        return self.start_s, self.end_s

    @property
    def name(self) -> str:
        """``0:12 to 0:31``; with tenths where it is short."""
        if self.length_s < _SHORT_S:
            return " to ".join(clock(round(at, 1) + 1e-6, tenths=True) for at in self.part)
        return " to ".join(clock(round(at)) for at in self.part)


class RegionShade(pg.GraphicsObject):
    """Shade on the picture outside of a region."""

    def __init__(self) -> None:
        super().__init__()
        self._region: Region | None = None
        self._duration_s = 0.0
        self.setZValue(40)

    def show_region(self, region: Region | None, duration_s: float) -> None:
        """Leave ``region`` clear; None takes the shade away."""
        self.prepareGeometryChange()
        self._region, self._duration_s = region, duration_s
        self.setVisible(region is not None)
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0.0, 0.0, self._duration_s, N_MELS)

    def paint(self, painter: QPainter, *args: Any) -> None:
        region = self._region
        if region is None:
            return
        painter.fillRect(QRectF(0.0, 0.0, region.start_s, N_MELS), _SHADE)
        rest = max(0.0, self._duration_s - region.end_s)
        painter.fillRect(QRectF(region.end_s, 0.0, rest, N_MELS), _SHADE)
        pen = QPen(QColor(255, 255, 255, 190), 0)
        painter.setPen(pen)
        for at in region.part:
            painter.drawLine(QLineF(at, 0.0, at, N_MELS))


class RegionBar(QFrame):
    """Names the region and offers what can be done with it.

    Signals
    -------
    loop_toggled(bool)
        Play it again and again, or no longer.
    classify_requested, save_requested, clear_requested
        A button was pressed.
    drag_requested
        The region is dragged out by its name.
    """

    loop_toggled = Signal(bool)
    classify_requested = Signal()
    save_requested = Signal()
    clear_requested = Signal()
    drag_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("region")
        self.setAccessibleName("Selected region")
        self._name = PlainLabel()
        self._name.setCursor(Qt.CursorShape.OpenHandCursor)
        set_tip(self._name, "Drag it to another program as a file")
        self._name.installEventFilter(self)
        self._pressed_at: QPointF | None = None
        self.loop_button = tool_button("loop", "Loop the region", "Loop (Ctrl+L)", side=_SIDE)
        self.loop_button.setCheckable(True)
        self.loop_button.clicked.connect(self.loop_toggled)
        self.classify_button = QPushButton("Classify")
        self.classify_button.setProperty("look", "quiet")
        self.classify_button.setAccessibleName("Classify the region alone")
        set_tip(self.classify_button, "Classify it alone (Ctrl+E)")
        self.classify_button.clicked.connect(self.classify_requested)
        self.save_button = tool_button(
            "save", "Save the region as WAV", "Save as WAV (Ctrl+Shift+E)", side=_SIDE
        )
        self.save_button.clicked.connect(self.save_requested)
        self.clear_button = tool_button("close", "Clear the region", "Clear (Esc)", side=_SIDE)
        self.clear_button.clicked.connect(self.clear_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 2, 2)
        row.setSpacing(2)
        row.addWidget(self._name)
        row.addSpacing(4)
        for button in (
            self.loop_button,
            self.classify_button,
            self.save_button,
            self.clear_button,
        ):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a drag of the name, beyond what a hand shakes."""
        if isinstance(event, QMouseEvent) and watched is self._name:
            if event.type() == QEvent.Type.MouseButtonPress:
                self._pressed_at = event.globalPosition()
            elif event.type() == QEvent.Type.MouseMove and self._pressed_at is not None:
                way = (event.globalPosition() - self._pressed_at).manhattanLength()
                if way >= QApplication.startDragDistance():
                    self._pressed_at = None
                    self.drag_requested.emit()
            else:
                self._pressed_at = None
            return True  # or the picture below would be dragged
        return False

    @property
    def name(self) -> str:
        """Name of the region shown."""
        return self._name.text()

    def show_region(self, region: Region) -> None:
        """Name another region."""
        self._name.setText(region.name)
        self.setAccessibleDescription(region.name)
        self.adjustSize()

    def show_state(self, *, is_looping: bool, is_busy: bool) -> None:
        """Show whether it is looped, and whether an answer or a file is being made."""
        self.loop_button.setChecked(is_looping)
        self.classify_button.setEnabled(not is_busy)


class RegionOverlay(QObject):
    """Shows a region on picture and timeline, and tells of one that is drawn there.

    Signals
    -------
    drawn(float, float)
        From where to where was dragged, in seconds, while it is dragged.
    """

    drawn = Signal(float, float)

    def __init__(self, spectrogram: SpectrogramView, timeline: TimelineView) -> None:
        super().__init__(spectrogram)
        self._spectrogram, self._timeline = spectrogram, timeline
        self._region: Region | None = None
        self._shade = RegionShade()
        spectrogram.add_item(self._shade)
        self.bar = RegionBar(spectrogram)
        spectrogram.floating.append(self.bar)
        spectrogram.dragged_over.connect(self.drawn)
        timeline.dragged_over.connect(self.drawn)
        spectrogram.range_changed.connect(lambda _start, _end: self._place())
        spectrogram.installEventFilter(self)

    def show_region(self, region: Region | None) -> None:
        """Show a region; None shows none."""
        self._region = region
        self._shade.show_region(region, self._spectrogram.duration_s)
        self._timeline.show_region(region.part if region is not None else None)
        self.bar.setVisible(region is not None)
        if region is not None:
            self.bar.show_region(region)
            self._place()

    def _place(self) -> None:
        """Centre the bar above the region, within the picture."""
        if self._region is None:
            return
        picture = self._spectrogram.picture_rect
        start, end = self._spectrogram.visible_range
        centre = (self._region.start_s + self._region.end_s) / 2
        share = (centre - start) / max(1e-9, end - start)
        left = picture.left() + share * picture.width() - self.bar.width() / 2
        furthest = picture.right() - self.bar.width() - _MARGIN
        left = max(picture.left() + _MARGIN, min(left, furthest))
        self.bar.move(round(left), picture.top() + _MARGIN)
        self.bar.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False
