"""Panel to record from: input, length, level, buttons, and how much of the length is used."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel, duration, set_tip
from fstmuse_gui.settings import RECORD_LENGTH_S, RECORD_LENGTHS_S
from fstmuse_gui.sound.devices import DeviceId
from fstmuse_gui.theme import GRID, icon
from fstmuse_gui.widgets.axes import clock
from fstmuse_gui.widgets.controls import WheelSafeComboBox, keep_room, tool_button
from fstmuse_gui.widgets.level_meter import LevelMeter
from fstmuse_gui.widgets.page_parts import shield

_STEPS_PER_S = 8


class RecordPanel(QWidget):
    """Shows what it is told and says what was clicked.

    Signals
    -------
    record_clicked(), pause_clicked()
        Record, or stop recording; leave out what comes, or go on.
    level_toggled(bool)
        Watch the level without recording, or stop watching.
    rescan_clicked()
        Look for devices again.
    input_chosen(object)
        The :class:`DeviceId` of an input, or None for the system's default.
    length_chosen(int)
        How many seconds a take may become.
    shown()
        The panel has come into view.
    hidden()
        The panel has gone out of view.
    """

    record_clicked = Signal()
    pause_clicked = Signal()
    length_chosen = Signal(int)
    level_toggled = Signal(bool)
    rescan_clicked = Signal()
    input_chosen = Signal(object)
    shown = Signal()
    hidden = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._max_s, self._state = float(RECORD_LENGTH_S.default), "idle"
        self._said = self._warning = ""
        self.setObjectName("recordPanel")
        self.setAccessibleName("Record")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._make_input_row()
        self._make_length_row()
        self.meter = LevelMeter()
        self._make_record_row()
        self.sentence = PlainLabel()
        self.sentence.setObjectName("recordMessage")
        self.sentence.setWordWrap(True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._details = (self._inputs, self._lengths, self.meter, self.elapsed_bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self._inputs)
        layout.addWidget(self._lengths)
        layout.addWidget(self.meter)
        layout.addLayout(self._record_row)
        layout.addWidget(self.elapsed_bar)
        layout.addWidget(self.sentence)
        self.show_inputs((), None)
        self.show_state("idle")
        self.show_length(self._max_s)

    def _make_input_row(self) -> None:
        label = PlainLabel("&Input")
        label.setProperty("look", "muted")
        self.inputs = WheelSafeComboBox()
        self.inputs.setAccessibleName("Input to record from")
        self.inputs.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.inputs.setMinimumContentsLength(12)
        self.inputs.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.inputs.activated.connect(lambda row: self.input_chosen.emit(self.inputs.itemData(row)))
        label.setBuddy(self.inputs)
        self.rescan = tool_button("retry", "Rescan inputs", "Look for inputs again", side=18)
        self.rescan.clicked.connect(self.rescan_clicked)
        self._inputs = QWidget()
        row = QHBoxLayout(self._inputs)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(label)
        row.addWidget(self.inputs, 1)
        row.addWidget(self.rescan)

    def _make_length_row(self) -> None:
        label = PlainLabel("Leng&th")
        label.setProperty("look", "muted")
        self.length = WheelSafeComboBox()
        self.length.setAccessibleName("Longest recording")
        set_tip(self.length, "The recording stops by itself after this long")
        for seconds in RECORD_LENGTHS_S:
            self.length.addItem(duration(seconds), seconds)
        self.length.activated.connect(self._on_length)
        label.setBuddy(self.length)
        self._lengths = QWidget()
        row = QHBoxLayout(self._lengths)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(label)
        row.addWidget(self.length, 1)

    def _on_length(self, row: int) -> None:
        seconds = self.length.itemData(row)
        self.show_length(seconds)
        self.length_chosen.emit(seconds)

    def _make_record_row(self) -> None:
        self.record = QPushButton()
        self.record.setObjectName("recordButton")
        self.record.setIconSize(QSize(18, 18))
        self.record.clicked.connect(self.record_clicked)
        self.check_level = QPushButton("Check &level")
        self.check_level.setCheckable(True)
        self.check_level.setToolTip("Listen to the input without recording")
        self.check_level.setAccessibleName("Check the level without recording")
        self.check_level.clicked.connect(self.level_toggled)
        self.pause = QPushButton()
        self.pause.setIconSize(QSize(18, 18))
        self.pause.clicked.connect(self.pause_clicked)
        self.elapsed = PlainLabel()
        self.elapsed.setProperty("look", "muted")
        self.elapsed_bar = QProgressBar()
        self.elapsed_bar.setTextVisible(False)
        self.elapsed_bar.setAccessibleName("Time recorded")
        self._record_row = QHBoxLayout()
        self._record_row.setSpacing(GRID)
        self._record_row.addWidget(self.record)
        # The one stands in the other's place.
        self._beside = QStackedWidget()
        self._beside.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._beside.addWidget(self.check_level)
        self._beside.addWidget(self.pause)
        self._record_row.addWidget(self._beside)
        self._record_row.addStretch(1)
        self._record_row.addWidget(self.elapsed)
        self._record_row.addWidget(self._make_more())

    def _make_more(self) -> QToolButton:
        self.more = tool_button("tune", "Show input and level", "Show input and level", side=18)
        self.more.setCheckable(True)
        self.more.toggled.connect(lambda _on: self._show_details())
        self.more.hide()
        return self.more

    def set_low(self, is_low: bool) -> None:
        """Take one row where there is little height; a button shows the others."""
        if is_low is self.more.isHidden():
            self.more.setVisible(is_low)
            self._show_details()

    def _show_details(self) -> None:
        is_open = self.more.isHidden() or self.more.isChecked()
        for part in self._details:
            part.setVisible(is_open)
        self._beside.setCurrentWidget(self.pause if self._is_taking else self.check_level)
        self._beside.setVisible(is_open or self._is_taking)
        self._show_words()

    @property
    def _is_taking(self) -> bool:
        return self._state in ("recording", "paused")

    def show_inputs(self, inputs: Sequence[tuple[str, DeviceId]], chosen: DeviceId | None) -> None:
        """Offer the system's default and ``inputs``, pairs of label and identity.

        An input that was chosen but is not there stays in the list, marked as missing.
        """
        self.inputs.clear()
        self.inputs.addItem("System default", None)
        for label, identity in inputs:
            self.inputs.addItem(label, identity)
        identities = [identity for _, identity in inputs]
        if chosen is not None and chosen not in identities:
            self.inputs.addItem(f"{chosen.name} (not connected)", chosen)
            identities.append(chosen)
        self.inputs.setCurrentIndex(0 if chosen is None else 1 + identities.index(chosen))

    def show_state(self, state: str) -> None:
        """Follow the recorder: "idle", "opening", "monitoring", "recording" or "paused"."""
        had_focus = self.check_level.hasFocus() or self.pause.hasFocus()
        was_taking, self._state = self._is_taking, state
        if was_taking and not self._is_taking:
            shield(self)  # Stop is Record now, and a take may end by itself
        keep_room(self.record, "Record", "Stop")
        keep_room(self.pause, "Pause", "Go on")
        recording, is_paused = self._is_taking, state == "paused"
        self.pause.setText("Go on" if is_paused else "Pause")
        self.pause.setIcon(icon("record" if is_paused else "pause", "danger"))
        set_tip(self.pause, "Go on recording (P)" if is_paused else "Leave out what comes (P)")
        self.pause.setAccessibleName("Go on recording" if is_paused else "Pause the recording")
        self._show_details()
        if had_focus:
            (self.pause if recording else self.check_level).setFocus()
        self.record.setText("Stop" if recording else "Record")
        self.record.setIcon(icon("stop" if recording else "record", "danger"))
        set_tip(self.record, "Stop and classify (R)" if recording else "Record (R)")
        self.record.setAccessibleName(
            "Stop recording" if recording else f"Record up to {duration(self._max_s)}"
        )
        self.length.setEnabled(not recording)
        self.inputs.setEnabled(not recording)
        self.rescan.setEnabled(not recording)
        self.check_level.setEnabled(not recording)
        self.check_level.setChecked(state == "monitoring")
        if state in ("idle", "opening"):
            self.meter.reset()

    def show_length(self, seconds: float) -> None:
        """Show how long a take may become."""
        self._max_s = seconds
        self.length.setCurrentIndex(self.length.findData(round(seconds)))
        self.elapsed_bar.setRange(0, round(seconds * _STEPS_PER_S))
        self.show_state(self._state)
        self.show_elapsed(0.0)

    def _elapsed_text(self, seconds: float) -> str:
        if self._max_s > 60:
            return f"{clock(int(seconds))} of {clock(self._max_s)}"
        return f"{int(seconds)} of {self._max_s:.0f} s"

    def show_elapsed(self, seconds: float) -> None:
        """Show how much of the longest take is used."""
        self.elapsed.setText(self._elapsed_text(seconds))
        # As wide as it will be: the sidebar would grow with it.
        longest = self.elapsed.fontMetrics().horizontalAdvance(self._elapsed_text(self._max_s))
        self.elapsed.setMinimumWidth(longest + 1)
        self.elapsed_bar.setValue(round(seconds * _STEPS_PER_S))

    def show_sentence(self, sentence: str) -> None:
        """Show a sentence under the button, or none."""
        self._said, self._warning = sentence, ""
        self._show_words()

    def show_warning(self, warning: str) -> None:
        """Show what is to be kept in mind of the take that is shown; nothing for another clip."""
        self._warning = warning
        self._show_words()

    def _show_words(self) -> None:
        words = self._warning or self._said
        self.sentence.setText(words)
        # Room for two lines is kept, but not where there is little height.
        has_room = self.more.isHidden()
        self.sentence.setMinimumHeight(2 * self.fontMetrics().height() if has_room else 0)
        self.sentence.setVisible(bool(words) or has_room)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.hidden.emit()
