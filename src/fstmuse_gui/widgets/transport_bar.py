"""Bar below the picture: play and pause, the position in the clip, volume, colours, range."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QWidget

from fstmuse_gui.plain import PlainLabel, caption, set_tip
from fstmuse_gui.settings import COLOUR_MAPS, DB_RANGES
from fstmuse_gui.theme import GRID, icon, scaled_font
from fstmuse_gui.widgets.axes import clock
from fstmuse_gui.widgets.colour_maps import swatch
from fstmuse_gui.widgets.controls import WheelSafeComboBox
from fstmuse_gui.widgets.volume import VolumeControl

_ICON = QSize(20, 20)


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
        self.map_chooser = WheelSafeComboBox()
        self.map_chooser.setAccessibleName("Colour map")
        self.map_chooser.setToolTip("Colours of the spectrogram")
        self.map_chooser.setIconSize(QSize(40, 12))
        self.map_chooser.setMinimumContentsLength(1)
        for name in COLOUR_MAPS:
            self.map_chooser.addItem(_swatch_icon(name), name.capitalize(), name)
        self.range_chooser = WheelSafeComboBox()
        self.range_chooser.setAccessibleName("Decibel range")
        self.range_chooser.setMinimumContentsLength(5)
        self.range_chooser.setToolTip("How far below the loudest sound is still drawn")
        for decibels in DB_RANGES:
            self.range_chooser.addItem(f"{decibels} dB", decibels)
        self.map_chooser.activated.connect(
            lambda _i: self.colour_map_chosen.emit(self.map_chooser.currentData())
        )
        self.range_chooser.activated.connect(
            lambda _i: self.db_range_chosen.emit(self.range_chooser.currentData())
        )
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
        row.addWidget(self.map_chooser)
        row.addWidget(self.range_chooser)

    def _build_source(self) -> QPushButton:
        self.source_chip = QPushButton(icon("close"), "")
        self.source_chip.setProperty("look", "chip")
        self.source_chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.source_chip.clicked.connect(self.source_closed)
        self.source_chip.hide()
        return self.source_chip

    def show_source(self, what: str) -> None:
        """Say what plays in place of the clip itself; nothing for the clip."""
        self.source_chip.setText(caption(f" {what}"))
        self.source_chip.setAccessibleName(f"{what}; play the clip itself again")
        set_tip(self.source_chip, "Play the clip itself again (L)")
        self.source_chip.setVisible(bool(what))

    def set_narrow(self, is_narrow: bool) -> None:
        """Leave the colour map and the volume to the menus where it is narrow."""
        self.volume.set_narrow(is_narrow)
        self.map_chooser.setHidden(is_narrow)

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
        self.map_chooser.setCurrentIndex(self.map_chooser.findData(map_name))
        self.range_chooser.setCurrentIndex(self.range_chooser.findData(range_db))


def _swatch_icon(name: str) -> QIcon:
    table = np.ascontiguousarray(np.repeat(swatch(name)[None, ::4], 12, axis=0))
    height, width, _ = table.shape
    image = QImage(table.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    picture = QPixmap.fromImage(image.copy())
    found = QIcon(picture)
    # As it is also where it is chosen; Qt would tint it.
    found.addPixmap(picture, QIcon.Mode.Selected)
    return found
