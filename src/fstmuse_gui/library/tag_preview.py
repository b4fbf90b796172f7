"""Choices of how tags are written, and the table of what would be written, file by file."""

from __future__ import annotations

import os
from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.system.errors import one_line
from fstmuse_core.tags.my_genres import MyGenres
from fstmuse_core.tags.plan import Mode, Policy
from fstmuse_core.workers.tasks.tags import PlanLine
from fstmuse_gui.library.words import MORE
from fstmuse_gui.plain import PlainLabel, counted, percent, set_tip
from fstmuse_gui.theme import GRID, current_colours
from fstmuse_gui.widgets.controls import (
    ENCODING_CAPTION,
    Field,
    WheelSafeComboBox,
    WheelSafeSpinBox,
    choose_encoding,
    encoding_box,
)
from fstmuse_gui.widgets.drops import ignore_drops
from fstmuse_gui.widgets.rows import PlainTable, TextTableModel

_PAUSE_MS = 300
_WIDTH = 288
_MODES = {
    Mode.ONLY_IF_EMPTY: "Only where there is none",
    Mode.REPLACE: "In place of what is there",
    Mode.APPEND: "Beside what is there",
}
_FIELDS = {
    "genre": ("Genre", "As the library shows it"),
    "bpm": ("BPM", "Tempo in whole beats a minute"),
    "key": ("Key", "Initial key, such as Am or F#"),
    "mood": ("Mood", "What the model says of it"),
    "gain": ("Gain", "ReplayGain and peak of the track, by EBU R 128"),
    "album-gain": ("Album gain", "ReplayGain of albums that were measured as a whole"),
}
_SEPARATORS = {"\0": "A zero, as ID3v2.4 has", ";": "Semicolon  ;", "/": "Slash  /"}
_HEADINGS = (
    ("", "Written or left as it is; a click or the space bar changes it"),
    ("File", ""),
    ("Artist", ""),
    ("Now", "What the file says"),
    ("Then", "What it will say"),
    ("Score", "Probability of the likeliest genre; You where you gave or confirmed it"),
    ("Why", ""),
)
_TICK, _FILE, _ARTIST, _NOW, _THEN, _SCORE, _WHY = range(7)
# Widths of the columns that say something: of genres that change, of more, of what stays.
_CHANGING = {_TICK: 4, _FILE: 28, _ARTIST: 17, _NOW: 14, _THEN: 20, _SCORE: 10, _WHY: 20}
_CHANGING_MORE = {_TICK: 4, _FILE: 20, _NOW: 15, _THEN: 50, _SCORE: 10, _WHY: 16}
_STAYING = {_FILE: 24, _ARTIST: 15, _NOW: 14, _SCORE: 10, _WHY: 37}
_TICKED, _EMPTY = "\N{BALLOT BOX WITH CHECK}", "\N{BALLOT BOX}"


class TagForm(QWidget):
    """Chooses the files, and the policy by which their tags are written.

    Signals
    -------
    changed
        Something else is wanted; once there is a pause.
    genres_requested
        The user's own names of genres are to be edited.
    """

    changed = Signal()
    genres_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(_WIDTH)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self.changed)
        default = Policy()
        self.scope = WheelSafeComboBox()
        self.mode = WheelSafeComboBox()
        for mode, text in _MODES.items():
            self.mode.addItem(text, mode)
        self.at_least = _percent_box(50)
        self.most = WheelSafeSpinBox()
        ignore_drops(self.most)
        self.most.setRange(1, 5)
        self.most.setValue(default.most)
        _indent(self.most)
        self.also_at_least = _percent_box(round(100 * default.also_at_least))
        self.fields = {name: QCheckBox(text) for name, (text, _tip) in _FIELDS.items()}
        for name, box in self.fields.items():
            set_tip(box, _FIELDS[name][1])
        self.fields["genre"].setChecked(True)
        self.unsure = QCheckBox("Also what is not sure")
        self.unsure.setToolTip("Genres, tempi and keys of which FstMuse is not sure")
        self.by_album = QCheckBox("One genre for each album")
        self.by_album.setToolTip(
            "By the evidence of all its songs, where they agree; what you said of a song stays"
        )
        self.genres_button = QPushButton(f"My genres{MORE}")
        self.genres_button.setToolTip("What your genres are called, and the only ones to write")
        self.genres_button.clicked.connect(self.genres_requested)
        self.mine = MyGenres()
        self.note = QCheckBox("Note which model said so")
        self.note.setToolTip("A field of its own beside the genre: model, version and score")
        self.note.setChecked(default.note)
        self.separator = WheelSafeComboBox()
        for sign, text in _SEPARATORS.items():
            self.separator.addItem(text, sign)
        self.separator.setToolTip("ID3v2.3 has no sign of its own between several genres")
        self.encoding = encoding_box()
        self.encoding.setToolTip(
            "How the library reads titles and names in tags that say no encoding of their own; "
            "the files keep theirs"
        )
        self.keep_time = QCheckBox("Keep the time of change")
        self.keep_time.setToolTip("Backups that look at size and time may then miss the new tags")
        self._build()
        self._listen()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        self._add_fields(column)
        most, further = "Genres at most", "Least probability of further ones"
        # So many that the form is as high as the dialog: a bar beside the table's own is one
        # too many.
        for fields in (
            [("Files", self.scope)],
            [("Write it", self.mode)],
            [("Least probability", self.at_least), (most, self.most)],
            [(further, self.also_at_least)],
            [("Between genres in ID3v2.3", self.separator)],
            [(ENCODING_CAPTION, self.encoding)],
        ):
            row = QHBoxLayout()
            row.setSpacing(GRID)
            for text, control in fields:
                row.addWidget(Field(text, control, control.toolTip()))
            column.addLayout(row)
            column.addSpacing(GRID // 2)
        column.addWidget(self.genres_button)
        column.addSpacing(GRID)
        for box in (self.by_album, self.unsure, self.note, self.keep_time):
            column.addWidget(box)
            column.addSpacing(GRID // 2)
        column.addStretch()
        hint = PlainLabel(
            "What you said yourself always counts. Each file is copied, changed and checked "
            "before it takes the old one's place, and all of it can be undone."
        )
        hint.setProperty("look", "small")
        hint.setWordWrap(True)
        column.addWidget(hint)

    def _add_fields(self, column: QVBoxLayout) -> None:
        """Add the choice of what is written, in two rows."""
        label = PlainLabel("What to write")
        label.setProperty("look", "small")
        column.addWidget(label)
        boxes = QGridLayout()
        boxes.setSpacing(GRID // 2)
        for place, box in enumerate(self.fields.values()):
            boxes.addWidget(box, place // 3, place % 3)
        column.addLayout(boxes)
        column.addSpacing(GRID // 2)

    def _listen(self) -> None:
        for chooser in (self.scope, self.mode, self.separator, self.encoding):
            chooser.activated.connect(lambda _index: self._pause.start())
        for box in (self.at_least, self.most, self.also_at_least):
            box.valueChanged.connect(lambda _value: self._pause.start())
        for tick in (self.by_album, self.unsure, self.note, *self.fields.values()):
            tick.toggled.connect(lambda _on: self._pause.start())
        self.most.valueChanged.connect(self._allow_several)
        self._allow_several(self.most.value())

    def _allow_several(self, most: int) -> None:
        self.also_at_least.setEnabled(most > 1)

    def offer_scopes(self, n_chosen: int, n_shown: int, n_all: int) -> None:
        """Offer the files that are chosen, shown, or all."""
        self.scope.clear()
        if n_chosen > 1:
            self.scope.addItem(f"{counted(n_chosen, 'file')} that are chosen", "chosen")
        if n_shown < n_all:
            self.scope.addItem(f"{counted(n_shown, 'file')} that are shown", "shown")
        self.scope.addItem(f"All {counted(n_all, 'file')}", "all")

    @property
    def policy(self) -> Policy:
        """Policy as chosen."""
        return Policy(
            mode=Mode(self.mode.currentData()),
            at_least=self.at_least.value() / 100,
            most=self.most.value(),
            also_at_least=self.also_at_least.value() / 100,
            unsure=self.unsure.isChecked(),
            note=self.note.isChecked(),
            separator=self.separator.currentData(),
            genres=self.fields["genre"].isChecked(),
            extras=self._extras,
            mine=self.mine,
        )

    @property
    def _extras(self) -> tuple[str, ...]:
        ticked = [name for name, box in self.fields.items() if box.isChecked()]
        return tuple(name for name in ticked if name != "genre")

    def restore(self, separator: str, keep_time: bool, encoding: str) -> None:
        """Choose what was chosen last."""
        choose_encoding(self.encoding, encoding)
        self.separator.setCurrentIndex(max(0, self.separator.findData(separator)))
        self.keep_time.setChecked(keep_time)

    def stop(self) -> None:
        """Tell of nothing more."""
        self._pause.stop()


def _percent_box(value: int) -> QSpinBox:
    box = WheelSafeSpinBox()
    ignore_drops(box)
    box.setRange(0, 100)
    box.setSingleStep(5)
    box.setSuffix("\N{NO-BREAK SPACE}%")
    box.setValue(value)
    _indent(box)
    return box


def _indent(box: QSpinBox) -> None:
    """Let the figure stand where a chooser's text does."""
    box.lineEdit().setTextMargins(GRID, 0, 0, 0)


class TagPlanModel(TextTableModel):
    """The files that change, or those that stay as they are."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_HEADINGS, parent)
        self.changing: list[PlanLine] = []
        self.staying: list[PlanLine] = []
        # Paths of files that change, but for the user's word.
        self.left_out: set[str] = set()
        self._shows_staying = False

    @property
    def n_written(self) -> int:
        """Number of files that are to be written."""
        return sum(line.path not in self.left_out for line in self.changing)

    def toggle(self, rows: Sequence[int]) -> None:
        """Leave out the files in these rows, or take them in again; all as the first of them."""
        if self._shows_staying or not rows:
            return
        paths = {self.lines[row].path for row in rows}
        if self.lines[rows[0]].path in self.left_out:
            self.left_out -= paths
        else:
            self.left_out |= paths
        last = len(_HEADINGS) - 1
        self.dataChanged.emit(self.index(min(rows), 0), self.index(max(rows), last))

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

    @property
    def shares(self) -> dict[int, int]:
        """Columns that say something of the lines on show, and the share of the width of each."""
        if self._shows_staying:
            return _STAYING
        has_reasons = any(line.why for line in self.changing)
        shares = _CHANGING_MORE if any(line.also for line in self.changing) else _CHANGING
        return {c: share for c, share in shares.items() if c != _WHY or has_reasons}

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
        if column == _TICK:
            is_out = line.path in self.left_out
            return "" if self._shows_staying else _EMPTY if is_out else _TICKED
        if column == _FILE:
            return one_line(os.path.basename(line.path))
        if column == _ARTIST:
            return one_line(line.artist)
        if column == _SCORE:
            return "You" if line.score is None else percent(line.score)
        if column == _WHY:
            return one_line(line.why[:1].upper() + line.why[1:])
        genres, also = (line.old, "") if column == _NOW else (line.new, line.also)
        return ", ".join(filter(None, (one_line("; ".join(genres)), also))) or "\N{EN DASH}"

    def hint(self, row: int, column: int) -> str:
        if column == _TICK:
            return ""
        return one_line(self.lines[row].path) if column == _FILE else self.text(row, column)

    def spoken(self, row: int, column: int) -> str:
        if column == _TICK and not self._shows_staying:
            return "left out" if self.lines[row].path in self.left_out else "to be written"
        return self.text(row, column)

    def colour(self, row: int, column: int) -> str:
        colours = current_colours()
        is_out = self.lines[row].path in self.left_out
        return colours.muted if is_out or column in (_NOW, _ARTIST, _WHY) else colours.text


class TagPlanTable(PlainTable):
    """Shows a :class:`TagPlanModel`.

    Signals
    -------
    toggled
        Files were left out, or taken in again.
    """

    toggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self.plan = TagPlanModel()
        super().__init__("What would be written", self.plan, parent=parent)
        self.plan.setParent(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.clicked.connect(self._on_clicked)
        self.plan.modelReset.connect(self._lay_out)
        self.plan.rowsInserted.connect(self._lay_out)
        self._lay_out()

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column() == _TICK:
            self.plan.toggle([index.row()])
            self.toggled.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave out what is chosen with the space bar, or take it in again."""
        if event.key() == Qt.Key.Key_Space:
            rows = sorted(index.row() for index in self.selectionModel().selectedRows())
            self.plan.toggle(rows)
            self.toggled.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        width, shares = self.viewport().width(), self.plan.shares
        for column in range(len(_HEADINGS)):
            self.setColumnHidden(column, column not in shares)
        for column, share in shares.items():
            self.setColumnWidth(column, width * share // sum(shares.values()))
