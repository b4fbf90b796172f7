"""The preview of the tags that would be written, and what became of it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.icons import icon
from fstmuse_gui.library.tag_form import TagForm
from fstmuse_gui.library.tag_preview import PlanTable
from fstmuse_gui.library.words import counted
from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.widgets.fitting import FittingDialog

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
        self.table = PlanTable()
        self._words = PlainLabel()
        self._words.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress")
        policy = self._bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._bar.setSizePolicy(policy)
        self._build_chips()
        self._build_buttons()
        self._build()
        self.resize(QSize(980, 720))
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
        heading = PlainLabel("Write genres into the files")
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
        """What is said."""
        return self._words.text()

    def show_reading(self, done: int, total: int) -> None:
        """The files' tags are being read."""
        words = f"{done:,} of {counted(total, 'file')}" if total else ""
        self._say(f"Reading the tags of the files: {words}".removesuffix(": "))
        self._set_bar(done / total if total else None)
        self._offer(self.cancel_button if total else self.close_button)

    def add_counts(self) -> None:
        """Say on the chips how many files change and stay."""
        plan = self.table.plan
        self.changing.setText(f"{len(plan.changing):,} change")
        self.staying.setText(f"{len(plan.staying):,} stay as they are")

    def show_plan(self, n_unheard: int) -> None:
        """The preview is complete; so many of the files were not heard yet."""
        count = len(self.table.plan.changing)
        self.add_counts()
        self._bar.hide()
        words = "Nothing is written yet." if count else "There is nothing to write."
        if n_unheard:
            words += f" {counted(n_unheard, 'file')} not heard yet."
        self._say(words)
        self.write_button.setText(f"Write {counted(count, 'file')}")
        self.table.say_nothing_found("No file would change.")
        self._offer(self.close_button, *([self.write_button] if count else []))

    def show_writing(self, done: int, total: int, *, is_undo: bool = False) -> None:
        """Files are being changed."""
        what = "Taken back" if is_undo else "Written"
        self._say(f"{what}: {done:,} of {counted(total, 'file')}")
        self._set_bar(done / total if total else None)
        self._offer(self.cancel_button)

    def show_end(self, sentence: str, problems: tuple[str, ...], *, can_undo: bool) -> None:
        """It is done; ``problems`` are shown as a tool tip."""
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

    def _offer(self, *buttons: QPushButton) -> None:
        offered = set(buttons)
        for button in (
            self.undo_button,
            self.cancel_button,
            self.close_button,
            self.write_button,
        ):
            button.setVisible(button in offered)
        self.form.setEnabled(self.cancel_button not in offered)

    def reject(self) -> None:
        """Close it, unless files are being changed: that can be stopped first."""
        if self.close_button.isVisibleTo(self):
            super().reject()
        else:
            self.cancel_requested.emit()
