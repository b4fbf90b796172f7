"""The preview of the tags that would be written, file by file, and what became of it."""

from __future__ import annotations

import os

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QSize,
    Signal,
)
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.system.errors import one_line
from fstmuse_core.workers.tasks.library import PlanLine
from fstmuse_gui.library.tag_form import TagForm
from fstmuse_gui.library.words import counted
from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.theme import GRID, current_colours, icon, scaled_font
from fstmuse_gui.widgets.dialogs import FittingDialog
from fstmuse_gui.widgets.rows import PlainTable, TextTableModel

_HEADINGS = (("File", ""), ("Now", ""), ("Then", ""), ("Why", ""))
_SHARES = (34, 18, 18, 30)
_STEPS = 1000


class PlanModel(TextTableModel):
    """The files that change, or those that stay as they are."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_HEADINGS, parent)
        self.changing: list[PlanLine] = []
        self.staying: list[PlanLine] = []
        self._shows_staying = False

    @property
    def lines(self) -> list[PlanLine]:
        """Lines on show."""
        return self.staying if self._shows_staying else self.changing

    def clear(self) -> None:
        """Forget all."""
        self.beginResetModel()
        self.changing, self.staying = [], []
        self.endResetModel()

    def add(self, lines: list[PlanLine]) -> None:
        """Take more."""
        changing = [line for line in lines if not line.stays]
        staying = [line for line in lines if line.stays]
        more = staying if self._shows_staying else changing
        if more:
            first = len(self.lines)
            self.beginInsertRows(QModelIndex(), first, first + len(more) - 1)
        self.changing += changing
        self.staying += staying
        if more:
            self.endInsertRows()

    def show_staying(self, is_wanted: bool) -> None:
        """Show what stays as it is, or what changes."""
        self.beginResetModel()
        self._shows_staying = is_wanted
        self.endResetModel()

    # -- as a model --------------------------------------------------------------------

    def n_rows(self) -> int:
        return len(self.lines)

    def text(self, row: int, column: int) -> str:
        line = self.lines[row]
        if column == 0:
            return one_line(os.path.basename(line.path))
        if column == 3:
            return one_line(line.why[:1].upper() + line.why[1:])
        genres = line.old if column == 1 else line.new
        return one_line("; ".join(genres)) or "\N{EN DASH}"

    def hint(self, row: int, column: int) -> str:
        return one_line(self.lines[row].path) if column == 0 else self.text(row, column)

    def colour(self, row: int, column: int) -> str:
        colours = current_colours()
        return colours.muted if column in (1, 3) else colours.text


class PlanTable(PlainTable):
    """Shows a :class:`PlanModel`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.plan = PlanModel()
        super().__init__("What would be written", self.plan, parent=parent)
        self.plan.setParent(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self.viewport().width()
        for column, share in enumerate(_SHARES):
            self.setColumnWidth(column, width * share // 100)


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
        count = len(self.table.plan.changing)
        self.add_counts()
        self._bar.hide()
        words = "Nothing is written yet." if count else "There is nothing to write."
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
        self._offer(self.cancel_button)

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
