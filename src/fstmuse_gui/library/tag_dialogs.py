"""Dialogs about tags: the preview before they are written, and the batches written before."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.tags.outcome import BatchSummary
from fstmuse_gui.library.tag_preview import TagForm, TagPlanTable
from fstmuse_gui.plain import PlainLabel, counted, set_tip
from fstmuse_gui.theme import GRID, icon, scaled_font
from fstmuse_gui.widgets.dialogs import FittingDialog
from fstmuse_gui.widgets.page_parts import keep_size_when_hidden

_STEPS = 1000


class TagDialog(FittingDialog):
    """Chooses on the left, the preview on the right, what goes on below.

    Signals
    -------
    write_requested, undo_requested, cancel_requested
        A button was pressed.
    """

    write_requested = Signal()
    undo_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Write tags")
        self.form = TagForm()
        self.table = TagPlanTable()
        self._words = PlainLabel()
        self._words.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress")
        keep_size_when_hidden(self._bar)
        self._n_unclassified = 0
        self.table.toggled.connect(lambda: self.show_plan(self._n_unclassified))
        self._build_chips()
        self._build_buttons()
        self._build()
        self.resize(QSize(1040, 790))
        self.show_reading(0, 0)

    def _build_chips(self) -> None:
        self.changing = QPushButton()
        self.staying = QPushButton()
        for chip, is_staying in ((self.changing, False), (self.staying, True)):
            chip.setProperty("look", "chip")
            chip.setCheckable(True)
            chip.clicked.connect(lambda _on=False, wanted=is_staying: self._show(wanted))
        self.changing.setChecked(True)

    def _build_buttons(self) -> None:
        self.close_button = QPushButton("Close")
        self.close_button.clicked.connect(self.reject)
        self.undo_button = QPushButton(icon("undo"), " Undo")
        self.undo_button.setToolTip("Give the files back as they were")
        self.undo_button.clicked.connect(self.undo_requested)
        self.cancel_button = QPushButton("Stop")
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.write_button = QPushButton()
        self.write_button.setProperty("look", "primary")
        self.write_button.setDefault(True)
        self.write_button.clicked.connect(self.write_requested)

    def _build(self) -> None:
        heading = PlainLabel("Write tags into the files")
        heading.setFont(scaled_font(self.font(), 1.25, QFont.Weight.DemiBold))
        frame = QFrame()
        frame.setObjectName("card")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(2, 2, 2, 2)
        inside.addWidget(self.table)
        chips = QHBoxLayout()
        chips.setSpacing(GRID)
        chips.addWidget(self.changing)
        chips.addWidget(self.staying)
        chips.addStretch()
        right = QVBoxLayout()
        right.setSpacing(GRID)
        right.addLayout(chips)
        right.addWidget(frame, 1)
        middle = QHBoxLayout()
        middle.setSpacing(3 * GRID)
        middle.addWidget(self.form)
        middle.addLayout(right, 1)
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        foot.addWidget(self._words, 1)
        for button in (
            self.undo_button,
            self.cancel_button,
            self.close_button,
            self.write_button,
        ):
            foot.addWidget(button)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        column.addWidget(heading)
        column.addLayout(middle, 1)
        column.addWidget(self._bar)
        self.set_parts(body, foot)

    # -- what is shown -----------------------------------------------------------------

    @property
    def text(self) -> str:
        """Text above the buttons."""
        return self._words.text()

    def show_reading(self, done: int, total: int) -> None:
        """Show that tags are being read."""
        words = f"{done:,} of {counted(total, 'file')}" if total else ""
        self._say(f"Reading the tags of the files: {words}".removesuffix(": "))
        self._set_bar(done / total if total else None)
        self._offer(self.cancel_button if total else self.close_button)

    def add_counts(self) -> None:
        """Say on the chips how many files change and stay."""
        plan = self.table.plan
        self.changing.setText(f"{len(plan.changing):,} change")
        self.staying.setText(f"{len(plan.staying):,} stay as they are")

    def show_plan(self, n_unclassified: int) -> None:
        """Show the complete preview, and the number of files without an answer."""
        self._n_unclassified = n_unclassified
        count = self.table.plan.n_written
        self.add_counts()
        self._bar.hide()
        words = "Nothing is written yet." if count else "There is nothing to write."
        left_out = len(self.table.plan.changing) - count
        if left_out:
            words += f" {counted(left_out, 'file')} left out by you."
        if n_unclassified:
            words += f" {counted(n_unclassified, 'file')} not heard yet."
        self._say(words)
        self.write_button.setText(f"Write {counted(count, 'file')}")
        self.table.say_nothing_found("No file would change.")
        self._offer(self.close_button, *([self.write_button] if count else []))

    def show_writing(self, done: int, total: int, *, is_undo: bool = False) -> None:
        """Show that files are being changed."""
        what = "Taken back" if is_undo else "Written"
        self._say(f"{what}: {done:,} of {counted(total, 'file')}")
        self._set_bar(done / total if total else None)
        self._offer(self.cancel_button, is_writing=True)

    def show_end(self, sentence: str, problems: tuple[str, ...], *, can_undo: bool) -> None:
        """Show the end of the work; ``problems`` go into a tool tip."""
        self._bar.hide()
        self._say(sentence)
        set_tip(self._words, "\n".join(problems[:20]))
        self._offer(self.close_button, *([self.undo_button] if can_undo else []))

    def _show(self, is_staying: bool) -> None:
        self.changing.setChecked(not is_staying)
        self.staying.setChecked(is_staying)
        self.table.plan.show_staying(is_staying)

    def _say(self, words: str) -> None:
        self._words.setText(words)
        self._words.setToolTip("")
        self.setAccessibleDescription(words)

    def _set_bar(self, share: float | None) -> None:
        self._bar.setVisible(True)
        self._bar.setRange(0, 0 if share is None else _STEPS)
        if share is not None:
            self._bar.setValue(round(share * _STEPS))

    def _offer(self, *buttons: QPushButton, is_writing: bool = False) -> None:
        # Not while tags are read: what is chosen then begins another preview, and a form that
        # went grey would take neither the next click nor the rest of a number.
        self.form.setEnabled(not is_writing)
        offered = set(buttons)
        for button in (
            self.undo_button,
            self.cancel_button,
            self.close_button,
            self.write_button,
        ):
            button.setVisible(button in offered)

    def reject(self) -> None:
        """Close it, unless files are being changed: that can be stopped first."""
        if self.close_button.isVisibleTo(self):
            super().reject()
        else:
            self.cancel_requested.emit()


class WrittenTagsDialog(FittingDialog):
    """Lists batches, the newest first.

    Signals
    -------
    undo_requested(object)
        A :class:`BatchSummary` is to be taken back.
    cancel_requested
        The rest is to be left as it is.
    """

    undo_requested = Signal(object)
    cancel_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Tags written before")
        self.buttons: dict[str, QPushButton] = {}
        heading = PlainLabel("Tags written before")
        heading.setFont(scaled_font(self.font(), 1.25, QFont.Weight.DemiBold))
        words = PlainLabel(
            "Undo gives the files of a batch back as they were, to the byte. A file that "
            "something else has changed since is left alone."
        )
        words.setProperty("look", "muted")
        words.setWordWrap(True)
        self._list = QVBoxLayout()
        self._list.setSpacing(GRID)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, GRID, 0)
        column.addLayout(self._list)
        column.addStretch()
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress")
        self._words = PlainLabel()
        self._words.setWordWrap(True)
        self.cancel_button = QPushButton("Stop")
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.close_button = QPushButton("Close")
        self.close_button.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.addWidget(self._words, 1)
        foot.addWidget(self.cancel_button)
        foot.addWidget(self.close_button)
        body = QWidget()
        outer = QVBoxLayout(body)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(2 * GRID)
        outer.addWidget(heading)
        outer.addWidget(words)
        outer.addWidget(area, 1)
        outer.addWidget(self._bar)
        self.set_parts(body, foot)
        self.resize(QSize(560, 440))
        self.show_busy("Looking through what was written")

    @property
    def text(self) -> str:
        """Text below the list."""
        return self._words.text()

    def show_busy(self, words: str, share: float | None = None) -> None:
        """Show that something goes on."""
        self._words.setText(words)
        self._bar.setRange(0, 0 if share is None else 1000)
        self._bar.setValue(0 if share is None else round(share * 1000))
        self._set_busy(True)

    def show_batches(self, batches: list[BatchSummary], words: str) -> None:
        """Offer these, and say what has just been done, if anything."""
        while (item := self._list.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        self.buttons = {}
        for batch in batches:
            self._list.addWidget(self._build_batch(batch))
        self._words.setText(words if batches else "No tags were written yet.")
        self._set_busy(False)

    def show_trouble(self, sentence: str) -> None:
        """Show that something could not be done."""
        self._words.setText(sentence)
        self._set_busy(False)

    def _set_busy(self, is_busy: bool) -> None:
        self._bar.setVisible(is_busy)
        self.cancel_button.setVisible(is_busy)
        self.close_button.setVisible(not is_busy)
        for button in self.buttons.values():
            button.setEnabled(not is_busy)

    def _build_batch(self, batch: BatchSummary) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        when = PlainLabel(_when(batch.at))
        when.setFont(scaled_font(self.font(), 1.0, QFont.Weight.Medium))
        about = PlainLabel(_about(batch))
        about.setProperty("look", "small")
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(when)
        texts.addWidget(about)
        row = QHBoxLayout(card)
        row.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        row.addLayout(texts, 1)
        if batch.n_undone < batch.n_written:
            button = QPushButton(icon("undo"), " Undo")
            button.setAccessibleName(f"Undo the tags of {_when(batch.at)}")
            button.clicked.connect(partial(self._on_undo, batch))
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
            self.buttons[batch.id] = button
        return card

    def _on_undo(self, batch: BatchSummary, _checked: bool = False) -> None:
        self.undo_requested.emit(batch)

    def reject(self) -> None:
        """Close it, unless something goes on."""
        if self.close_button.isVisibleTo(self):
            super().reject()
        else:
            self.cancel_requested.emit()


def _when(at: str) -> str:
    try:
        return f"{datetime.fromisoformat(at).astimezone():%d %B %Y, %H:%M}".lstrip("0")
    except ValueError:
        return at


def _about(batch: BatchSummary) -> str:
    words = counted(batch.n_written, "file")
    if batch.n_undone:
        all_of_them = batch.n_undone == batch.n_written
        words += ", taken back" if all_of_them else f", {batch.n_undone:,} of them taken back"
    return f"{words}; it was cut off" if batch.was_cut_off else words
