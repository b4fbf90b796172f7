"""Bar below the picture: play and pause, the position in the clip, volume, and how it is drawn."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QIcon, QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from fstmuse_gui.plain import PlainLabel, caption, set_tip
from fstmuse_gui.settings import COLOUR_MAPS, DB_RANGES
from fstmuse_gui.theme import GRID, icon, scaled_font
from fstmuse_gui.widgets.axes import clock
from fstmuse_gui.widgets.colour_maps import swatch
from fstmuse_gui.widgets.controls import tool_button
from fstmuse_gui.widgets.volume import VolumeControl

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
