"""Bar below the picture: play and pause, the position, how it is drawn, and the volume."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QColor,
    QIcon,
    QImage,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel, caption, set_tip
from fstmuse_gui.settings import COLOUR_MAPS, DB_RANGES
from fstmuse_gui.theme import GRID, current_colours, icon, scaled_font
from fstmuse_gui.widgets.axes import clock
from fstmuse_gui.widgets.colour_maps import swatch
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


_ICON = QSize(20, 20)
_DISPLAY = "Colours of the spectrogram, and how far below the loudest sound is still drawn"


class PlayButton(QToolButton):
    """Shows and says what a press will do.

    Parameters
    ----------
    keys : str, optional
        The shortcut that does the same, for the tool tip.
    what : str, optional
        Name of what is played, where there is more than one such button.
    """

    def __init__(self, *, keys: str = "", what: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys, self._what = keys, what
        self.setProperty("look", "round")
        self.setIconSize(_ICON)
        self.set_playing(False)

    def set_playing(self, is_playing: bool) -> None:
        """Show what a press will do."""
        name = "Pause" if is_playing else "Play"
        self.setIcon(icon(name.lower(), "on_accent"))
        self.setAccessibleName(f"{name} {self._what}".strip())
        set_tip(self, f"{name} ({self._keys})" if self._keys else name)


class TransportBar(QWidget):
    """Playback and display controls.

    Signals
    -------
    toggled
        Play or pause.
    source_closed
        The clip itself is to be played again.
    colour_map_chosen(str), db_range_chosen(int)
        How the spectrogram shall be drawn.
    """

    toggled = Signal()
    source_closed = Signal()
    colour_map_chosen = Signal(str)
    db_range_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._duration_s = 0.0
        self._shown_second = ""
        self.play_button = PlayButton(keys="Space")
        self.play_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.play_button.clicked.connect(self.toggled)
        self._time = PlainLabel()
        self._time.setFont(scaled_font(self.font(), 1.08))
        self._time.setAccessibleName("Position")
        self._build()
        self.set_clip(0.0, playable=False)

    def _build(self) -> None:
        self.display_button = tool_button("tune", "Colours and decibel range", _DISPLAY, side=20)
        self.display_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.display_menu = DisplayMenu(self)
        self.display_menu.colour_map_chosen.connect(self.colour_map_chosen)
        self.display_menu.db_range_chosen.connect(self.db_range_chosen)
        self.display_button.setMenu(self.display_menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.play_button)
        row.addSpacing(GRID // 2)
        row.addWidget(self._time)
        row.addSpacing(GRID)
        row.addWidget(self._build_source())
        row.addStretch()
        self.volume = VolumeControl()
        row.addWidget(self.volume)
        row.addSpacing(GRID)
        row.addWidget(self.display_button)

    def _build_source(self) -> QPushButton:
        self.source_chip = QPushButton(icon("close"), "")
        self.source_chip.setProperty("look", "chip")
        self.source_chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.source_chip.clicked.connect(self.source_closed)
        self.show_source("")
        return self.source_chip

    def show_source(self, what: str) -> None:
        """Say what plays in place of the clip itself; nothing for the clip."""
        self.source_chip.setText(caption(f" {what}"))
        self.source_chip.setAccessibleName(f"{what or 'The clip'}; play the clip itself again")
        set_tip(self.source_chip, "Play the clip itself again (L)")
        self.source_chip.setVisible(bool(what))

    def set_narrow(self, is_narrow: bool) -> None:
        """Leave the volume to its menu where it is narrow."""
        self.volume.set_narrow(is_narrow)

    def set_clip(self, duration_s: float, *, playable: bool) -> None:
        """Show another clip's length; ``duration_s`` is 0 while it is not known."""
        self._duration_s = duration_s
        self.play_button.setEnabled(playable)
        self.set_position(0.0)

    def set_position(self, seconds: float) -> None:
        """Show the position as a clock."""
        text = clock(seconds)
        if self._duration_s > 0:
            text = f"{text}  /  {clock(self._duration_s)}"
        if text != self._shown_second:
            self._shown_second = text
            self._time.setText(text)

    def set_playing(self, is_playing: bool) -> None:
        """Show what a press will do."""
        self.play_button.set_playing(is_playing)

    def set_colours(self, map_name: str, range_db: int) -> None:
        """Show the choices in force."""
        self.display_menu.show_chosen(map_name, range_db)
        self.display_button.setAccessibleDescription(f"{map_name.capitalize()}, {range_db} dB")


class DisplayMenu(QMenu):
    """Colour maps, each with a strip of its colours, and decibel ranges; the ones in use ticked.

    Signals
    -------
    colour_map_chosen(str), db_range_chosen(int)
        How the spectrogram shall be drawn.
    """

    colour_map_chosen = Signal(str)
    db_range_chosen = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._maps, self._ranges = QActionGroup(self), QActionGroup(self)
        self.addAction("Colours").setEnabled(False)
        for name in COLOUR_MAPS:
            action = self._add(name.capitalize(), name, self._maps)
            action.setIcon(_swatch_icon(name))
        self.addSeparator()
        self.addAction("Decibels below the loudest").setEnabled(False)
        for decibels in DB_RANGES:
            self._add(f"{decibels} dB", decibels, self._ranges)
        self._maps.triggered.connect(lambda action: self.colour_map_chosen.emit(action.data()))
        self._ranges.triggered.connect(lambda action: self.db_range_chosen.emit(action.data()))

    def _add(self, text: str, value: object, group: QActionGroup) -> QAction:
        action = self.addAction(text)
        action.setCheckable(True)
        action.setData(value)
        group.addAction(action)
        return action

    @property
    def chosen(self) -> tuple[object, object]:
        """The colour map and the range that are ticked."""
        return tuple(  # type: ignore[return-value]
            action.data() if (action := group.checkedAction()) else None
            for group in (self._maps, self._ranges)
        )

    def show_chosen(self, map_name: str, range_db: int) -> None:
        """Tick the choices in force."""
        for action in (*self._maps.actions(), *self._ranges.actions()):
            action.setChecked(action.data() in (map_name, range_db))


def _swatch_icon(name: str) -> QIcon:
    table = np.ascontiguousarray(np.repeat(swatch(name)[None, ::4], 12, axis=0))
    height, width, _ = table.shape
    image = QImage(table.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    picture = QPixmap.fromImage(image.copy())
    found = QIcon(picture)
    # As it is also where it is chosen; Qt would tint it.
    found.addPixmap(picture, QIcon.Mode.Selected)
    return found
