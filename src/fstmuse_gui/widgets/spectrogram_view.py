"""The hero: a mel spectrogram with its axes, a cursor, a readout and the "why" overlay."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QHideEvent, QImage, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from fstmuse_core.audio.images import SpectrogramImage
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import ActivationMap
from fstmuse_gui.plain import PlainLabel
from fstmuse_gui.theme import current_colours
from fstmuse_gui.widgets.axes import FrequencyAxis, MelScale, TimeAxis
from fstmuse_gui.widgets.colour_maps import level_table
from fstmuse_gui.widgets.heat import HeatLegend, heat_image, heat_rect
from fstmuse_gui.widgets.spectrogram_items import (
    N_MELS,
    ClipLevels,
    ClipViewBox,
    Frame,
    Levels,
    LiveImage,
    LiveLevels,
    PlaybackCursor,
    SmoothImage,
    drawn,
    sound_at,
)

LIVE_WINDOW_S = 12.0
_SHORTEST_VIEW_S = 0.25
_KEY_ZOOM = 0.5
_LEAST_HEIGHT = 112


class SpectrogramView(QWidget):
    """Shows a clip's spectrogram or a live take's.

    Signals
    -------
    seek_requested(float)
        Seconds that were clicked.
    range_changed(float, float)
        Seconds now visible, for whatever shares the time axis.
    dragged_over(float, float)
        From where to where was dragged with Shift, in seconds, while it is dragged.
    """

    seek_requested = Signal(float)
    range_changed = Signal(float, float)
    dragged_over = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Spectrogram")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._scale = MelScale()
        self._clip: ClipLevels | None = None
        self._live: LiveLevels | None = None
        self._shown: Levels | None = None
        self._duration_s = 30.0
        self._colours = ("magma", 80)
        # The colours of the 256 levels, the decibels of the brightest, and how many they span.
        self.level_colours = (level_table("magma", 0.0, 80.0), 0.0, 80.0)
        self.is_live = False  # True while the picture scrolls
        self._live_top_db = 0.0
        self._is_dragged_away = False
        self.floating: list[QWidget] = []  # above the picture, and left out of saved ones
        self._build_scene()
        self._build_layout()

    # -- building ----------------------------------------------------------------------

    def _build_scene(self) -> None:
        self._canvas = pg.GraphicsView(self, useOpenGL=False, background=None)
        self._canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._canvas.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._canvas.setAccessibleName("Spectrogram picture")
        self._canvas.setMinimumHeight(_LEAST_HEIGHT)
        self._box = ClipViewBox()
        self._canvas.setCentralItem(self._box)
        self._image = SmoothImage(axisOrder="col-major")
        seconds_per_column = LiveLevels.seconds_per_column
        self._live_image = LiveImage(
            round(LIVE_WINDOW_S / seconds_per_column), N_MELS, seconds_per_column
        )
        self._live_image.hide()
        self._heat = SmoothImage(axisOrder="col-major")
        self._heat.setZValue(10)
        self._heat.hide()
        self._cursor = PlaybackCursor()
        self._cursor.hide()
        for item in (self._image, self._live_image, self._heat, self._cursor):
            self._box.addItem(item, ignoreBounds=True)
        self._frame = Frame(self._box, lambda: QColor(current_colours().window), self._ring)
        self._pointer = QPointF()
        self.legend = HeatLegend(self._canvas)
        self._readout = PlainLabel(parent=self._canvas)
        self._readout.setObjectName("readout")
        self._readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._readout.hide()
        self._box.clicked.connect(self._on_clicked)
        self._box.double_clicked.connect(self.reset_zoom)
        self._box.dragged.connect(self.stay)
        self._box.dragged_over.connect(self.dragged_over)
        self._box.sigRangeChanged.connect(self._draw_range)
        self._canvas.scene().sigMouseMoved.connect(self._on_hover)
        self._canvas.viewport().installEventFilter(self)

    def _build_layout(self) -> None:
        self.frequency_axis = FrequencyAxis(self._scale, self)
        self.time_axis = TimeAxis(self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(4)
        self._grid.setVerticalSpacing(4)
        self._grid.addWidget(self.frequency_axis, 1, 0)
        self._grid.addWidget(self._canvas, 1, 1)
        self._grid.addWidget(self.time_axis, 3, 1)
        self._grid.setRowStretch(1, 1)
        self._dress()

    def add_strip(self, strip: QWidget, *, above: bool = False) -> None:
        """Place a widget below or above the picture, exactly as wide."""
        self._grid.addWidget(strip, 0 if above else 2, 1)

    def add_item(self, item: pg.GraphicsObject) -> None:
        """Lay an item over the picture, in seconds and mel rows."""
        self._box.addItem(item, ignoreBounds=True)

    @property
    def picture_rect(self) -> QRect:
        """Place of the picture, without its axes, in pixels of this widget."""
        return self._canvas.geometry()

    # -- what is shown -----------------------------------------------------------------

    def show_image(self, image: SpectrogramImage, duration_s: float) -> None:
        """Show a whole clip, ``duration_s`` seconds long; the same one keeps its zoom."""
        duration_s = max(duration_s, image.seconds_per_column)
        known = self._clip.image if self._clip is not None else None
        if image is known and duration_s == self._duration_s:
            return
        self.clear()
        self._clip = ClipLevels(image)
        self._set_duration(duration_s)
        self._recolour()
        self.reset_zoom()

    def clear(self) -> None:
        """Show nothing; no state of what was shown is left."""
        self._leave_live()
        self._clip = None
        self._shown = None
        self._image.clear()
        self._readout.hide()
        self._is_dragged_away = False
        self.hide_heat()
        self.set_position(None)

    def set_colours(self, map_name: str, range_db: int) -> None:
        """Choose a colour map of ``settings.COLOUR_MAPS`` and how many decibels it spans."""
        self._colours = (map_name, range_db)
        self._recolour()

    def show_heat(self, activation: ActivationMap, index: int, genre: str) -> None:
        """Lay over the picture what spoke for and against a genre, by its index in the model."""
        self._heat.setImage(heat_image(activation, index), autoLevels=False)
        self.legend.show_genre(genre, activation.share)
        self.legend.place(self._canvas.size())
        self._heat.setRect(heat_rect(activation, self._scale))
        self._heat.show()
        self._recolour()

    def hide_heat(self) -> None:
        """Take the overlay away."""
        self._heat.hide()
        self.legend.hide()
        self._recolour()

    @property
    def heat_is_shown(self) -> bool:
        """True while the overlay lies on the picture."""
        return bool(self._heat.isVisible())

    def set_position(self, seconds: float | None) -> None:
        """Move the playback cursor; ``None`` hides it."""
        self._cursor.setVisible(seconds is not None)
        if seconds is None:
            return
        self._cursor.setValue(seconds)
        start, end = self.visible_range
        if start <= seconds <= end:
            self._is_dragged_away = False
        elif not self._is_dragged_away:
            # A zoomed view turns the page when the cursor runs out of it.
            self.show_range(seconds, seconds + (end - start))

    def follow_cursor(self) -> None:
        """Keep the cursor in view again, after the view was dragged away from it."""
        self._is_dragged_away = False

    def stay(self) -> None:
        """Stop following a cursor that has been moved out of view."""
        start, end = self.visible_range
        is_in_view = start <= float(self._cursor.value()) <= end
        self._is_dragged_away = self._cursor.isVisible() and not is_in_view

    # -- live --------------------------------------------------------------------------

    def start_live(self) -> None:
        """Empty the picture and let it scroll with what :meth:`append_live` brings."""
        self.clear()
        self._set_duration(LIVE_WINDOW_S)
        self.reset_zoom()
        self._live = LiveLevels()
        self._recolour()
        self._live_top_db = self._live.top_db
        self.is_live = True
        self._live_image.show()
        self._box.setMouseEnabled(x=False, y=False)

    def append_live(self, mel_frames: FloatArray) -> None:
        """Add mel magnitudes, shape ``(n, n_mels)``, and draw them with the window's next turn."""
        live = self._live
        if live is None or not len(mel_frames):
            return
        live.append(mel_frames)
        if not self.is_live:
            return
        if abs(live.top_db - self._live_top_db) >= 0.5:
            self._live_top_db = live.top_db
            self._recolour()
        self._live_image.append(live.last(len(mel_frames)))
        self._follow(live)

    def end_live(self) -> None:
        """Stop scrolling; the last picture stays until another is shown."""
        self.is_live = False

    @property
    def live_s(self) -> float:
        """Seconds of the live take so far."""
        return self._live.duration_s if self._live is not None else 0.0

    def _leave_live(self) -> None:
        self.is_live = False
        self._live = None
        self._live_image.hide()
        self._live_image.clear()
        self._box.setMouseEnabled(x=True, y=True)

    def _follow(self, live: LiveLevels) -> None:
        """Move the axis along; the scene's own range stays, which halves the painting."""
        start = max(0.0, live.duration_s - self._live_image.boundingRect().width())
        self._duration_s = max(LIVE_WINDOW_S, live.duration_s)
        self.time_axis.set_range(start, start + LIVE_WINDOW_S, self._duration_s)
        self.range_changed.emit(start, start + LIVE_WINDOW_S)

    # -- zoom --------------------------------------------------------------------------

    @property
    def visible_range(self) -> tuple[float, float]:
        """First and last second that can be seen."""
        (start, end), _ = self._box.viewRange()
        return float(start), float(end)

    @property
    def duration_s(self) -> float:
        """Length of what is shown, in seconds."""
        return self._duration_s

    def reset_zoom(self) -> None:
        """Show the whole clip."""
        if self._live is not None:
            return
        self._box.setRange(xRange=(0.0, self._duration_s), yRange=(0, N_MELS), padding=0)
        # The box tells of another range only; a clip may be as long as the one before.
        self._draw_range()

    def zoom(self, factor: float) -> None:
        """Show ``factor`` times as much time as now, around the cursor or the middle."""
        start, end = self.visible_range
        at = float(self._cursor.value()) if self._cursor.isVisible() else -1.0
        centre = at if start <= at <= end else (start + end) / 2
        self.show_range(centre - (centre - start) * factor, centre + (end - centre) * factor)

    def show_range(self, start: float, end: float) -> None:
        """Show these seconds, moved so that they lie within the clip."""
        width = min(end - start, self._duration_s)
        start = min(max(0.0, start), self._duration_s - width)
        self._box.setXRange(start, start + width, padding=0)

    def _set_duration(self, duration_s: float) -> None:
        self._duration_s = duration_s
        shortest = min(_SHORTEST_VIEW_S, duration_s)
        self._box.setLimits(
            xMin=0.0, xMax=duration_s, yMin=0, yMax=N_MELS, minXRange=shortest, minYRange=8
        )

    def _draw_range(self) -> None:
        """Draw what lies in the range that the box shows, and tell of the range."""
        (start, end), (low, high) = self._box.viewRange()
        self.frequency_axis.set_range(low, high)
        self.time_axis.set_range(start, end, self._duration_s)
        self._fit_columns()
        if not self._readout.isHidden():
            self._tell_point()
        self.range_changed.emit(float(start), float(end))

    def _fit_columns(self) -> None:
        if self._clip is None or self._canvas.width() < 8:
            return
        start, end = self.visible_range
        per_pixel = (end - start) / self._clip.seconds_per_column / self._canvas.width()
        levels = self._clip.fitting(per_pixel)
        if levels is not self._shown:
            self._shown = levels
            self._image.setImage(levels, autoLevels=False, levels=(0, 255))
            self._image.setRect(QRectF(0, 0, self._clip.duration_s, N_MELS))

    def _recolour(self) -> None:
        name, range_db = self._colours
        source = self._live or self._clip
        top = source.top_db if source else 0.0
        table = level_table(name, top, range_db, hushed=self.heat_is_shown)
        self.level_colours = (table, top, float(range_db))
        self._image.setLookupTable(table)
        self._live_image.set_colours(table)
        self._box.setBackgroundColor(QColor(*(int(channel) for channel in table[0])))

    # -- pointer and keys --------------------------------------------------------------

    def _on_clicked(self, seconds: float) -> None:
        if self._clip is not None and 0.0 <= seconds <= self._duration_s:
            self.seek_requested.emit(seconds)

    def _on_hover(self, where: QPointF) -> None:
        self._pointer = where
        self._tell_point()

    def _tell_point(self) -> None:
        text = self._describe(self._box.mapSceneToView(self._pointer))
        self._readout.setVisible(bool(text))
        if text:
            self._readout.setText(text)
            self._readout.adjustSize()
            self._readout.move(self._canvas.width() - self._readout.width() - 8, 8)

    def _describe(self, point: QPointF) -> str:
        return "" if self._clip is None else sound_at(self._clip, self._scale, point)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._readout.hide()
        return False

    def hideEvent(self, event: QHideEvent) -> None:
        self._readout.hide()
        super().hideEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom(1 / _KEY_ZOOM if key == Qt.Key.Key_Minus else _KEY_ZOOM)
        elif key == Qt.Key.Key_0:
            self.reset_zoom()
        else:
            super().keyPressEvent(event)

    # -- appearance ---------------------------------------------------------------------

    def _ring(self) -> QColor | None:
        return QColor(current_colours().accent) if self.hasFocus() else None

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._frame.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._frame.update()
        super().focusOutEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)

    def _dress(self) -> None:
        self._canvas.setBackground(QColor(current_colours().window))

    def resizeEvent(self, event: object) -> None:
        self.legend.place(self._canvas.size())
        self._fit_columns()

    def picture(self) -> QImage:
        """Axes, spectrogram and what lies on it, as seen, at twice the size for print."""
        return drawn(self, [self._readout, *self.floating])
