"""Panel to record from: input, level, one button, and how much of the 30 s is used."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.sound.devices import DeviceId
from fstmuse_gui.theme import GRID, current_colours, icon, scaled_font
from fstmuse_gui.widgets.controls import WheelSafeComboBox, tool_button

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
_STEPS_PER_S = 8


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


class RecordPanel(QWidget):
    """Shows what it is told and says what was clicked.

    Signals
    -------
    record_clicked()
        Record, or stop recording.
    level_toggled(bool)
        Watch the level without recording, or stop watching.
    rescan_clicked()
        Look for devices again.
    input_chosen(object)
        The :class:`DeviceId` of an input, or None for the system's default.
    shown()
        The panel has come into view.
    hidden()
        The panel has gone out of view.
    """

    record_clicked = Signal()
    level_toggled = Signal(bool)
    rescan_clicked = Signal()
    input_chosen = Signal(object)
    shown = Signal()
    hidden = Signal()

    def __init__(self, max_s: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._max_s = max_s
        self._said = self._warning = ""
        self.setObjectName("recordPanel")
        self.setAccessibleName("Record")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._make_input_row()
        self.meter = LevelMeter()
        self._make_record_row()
        self.sentence = PlainLabel()
        self.sentence.setObjectName("recordMessage")
        self.sentence.setWordWrap(True)
        self.sentence.hide()
        self._details = (self._inputs, self.meter, self.check_level, self.elapsed_bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self._inputs)
        layout.addWidget(self.meter)
        layout.addLayout(self._record_row)
        layout.addWidget(self.elapsed_bar)
        layout.addWidget(self.sentence)
        self.show_inputs((), None)
        self.show_state("idle")
        self.show_elapsed(0.0)

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
        self.elapsed = PlainLabel()
        self.elapsed.setProperty("look", "muted")
        self.elapsed_bar = QProgressBar()
        self.elapsed_bar.setTextVisible(False)
        self.elapsed_bar.setRange(0, round(self._max_s * _STEPS_PER_S))
        self.elapsed_bar.setAccessibleName("Time recorded")
        self._record_row = QHBoxLayout()
        self._record_row.setSpacing(GRID)
        self._record_row.addWidget(self.record)
        self._record_row.addWidget(self.check_level)
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
        """Follow the recorder: "idle", "opening", "monitoring" or "recording"."""
        recording = state == "recording"
        self.record.setText("Stop" if recording else "Record")
        self.record.setIcon(icon("stop" if recording else "record", "danger"))
        set_tip(self.record, "Stop and classify (R)" if recording else "Record (R)")
        self.record.setAccessibleName(
            "Stop recording" if recording else f"Record up to {self._max_s:.0f} seconds"
        )
        self.inputs.setEnabled(not recording)
        self.rescan.setEnabled(not recording)
        self.check_level.setEnabled(not recording)
        self.check_level.setChecked(state == "monitoring")
        if state in ("idle", "opening"):
            self.meter.reset()

    def show_elapsed(self, seconds: float) -> None:
        """Show how much of the longest take is used."""
        self.elapsed.setText(f"{int(seconds)} of {self._max_s:.0f} s")
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
        self.sentence.setVisible(bool(words))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.hidden.emit()
