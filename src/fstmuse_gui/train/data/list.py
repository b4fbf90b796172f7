"""The data sets that a training learns from, each a row, and a field to add another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.theme import GRID, icon
from fstmuse_gui.train.data.survey import SetCount, set_name
from fstmuse_gui.train.words import GAP
from fstmuse_gui.widgets.controls import Field
from fstmuse_gui.widgets.drops import leave_drops
from fstmuse_gui.widgets.page_parts import ElidedLabel

_SIGN = 16
_SOURCES = {
    "folders": ("Folders", "The names of the folders are the genres"),
    "tags": ("Tags", "The genres are those in the files' tags"),
}


class DataList(QWidget):
    """Shows the data sets.

    Signals
    -------
    entered(str)
        A path was typed.
    removed(str)
        A data set is to be used no longer.
    source_chosen(str, str)
        The genres of this data set stand in its "folders", or in its "tags".
    browse_requested, corrections_requested
        A button was pressed.
    """

    entered = Signal(str)
    removed = Signal(str)
    source_chosen = Signal(str, str)
    browse_requested = Signal()
    corrections_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, _Row] = {}
        self.line = QLineEdit()
        leave_drops(self.line)
        self.line.setPlaceholderText("Drop folders of music here")
        self.line.setAccessibleName("Add a data set")
        self.line.editingFinished.connect(self._on_line)
        self.browse_button = _button("open", "Choose a folder of music", "Add a folder (Ctrl+D)")
        self.browse_button.clicked.connect(self.browse_requested)
        self.corrections_button = _button(
            "why", "Add your corrections", "Add the verdicts that you have corrected in Classify"
        )
        self.corrections_button.clicked.connect(self.corrections_requested)
        self.corrections_button.hide()
        tip = "Folders named after genres of any name, tagged music, a manifest.csv, or FMA."
        self._field = Field("D&ata sets", self.line, tip)
        self._field.add_beside(self.browse_button)
        self._field.add_beside(self.corrections_button)
        self._column = QVBoxLayout()
        self._column.setSpacing(4)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(6)
        outer.addWidget(self._field)
        outer.addLayout(self._column)

    def _on_line(self) -> None:
        path = self.line.text().strip()
        if path:
            self.entered.emit(path)

    @property
    def trouble(self) -> str:
        """Fault that is shown."""
        return self._field.trouble

    @property
    def remove_buttons(self) -> dict[str, QToolButton]:
        """The buttons of the rows, by path."""
        return {path: row.remove_button for path, row in self._rows.items()}

    @property
    def sources(self) -> dict[str, dict[str, QPushButton]]:
        """The buttons "folders" and "tags" of the rows that have them, by path."""
        return {path: row.sources for path, row in self._rows.items() if row.sources}

    def spoken(self) -> list[str]:
        """Texts that a screen reader says of each data set."""
        return [f"{r.accessibleName()}: {r.accessibleDescription()}" for r in self._rows.values()]

    def show_trouble(self, sentence: str) -> None:
        """Say what is wrong; an empty sentence takes it back."""
        self._field.show_trouble(sentence)

    def set_hot(self, is_hot: bool) -> None:
        """Light up the field that takes what hangs above the window."""
        self.line.setProperty("look", "hot" if is_hot else "")
        self.line.style().unpolish(self.line)
        self.line.style().polish(self.line)

    def show_sets(self, paths: Sequence[str], known: Sequence[SetCount]) -> None:
        """Show these; those not yet ``known`` are being read."""
        for row in self._rows.values():
            self._column.removeWidget(row)
            row.setParent(None)
            row.deleteLater()
        found = {one.path: one for one in known}
        self._rows = {path: self._row(path, found.get(path)) for path in paths}
        before: QWidget = self.corrections_button
        for row in self._rows.values():
            for button in (row.remove_button, *row.sources.values()):
                QWidget.setTabOrder(before, button)
                before = button

    def _row(self, path: str, found: SetCount | None) -> _Row:
        row = _Row(path, found, self)
        row.remove_button.clicked.connect(lambda: self.removed.emit(path))
        for source, button in row.sources.items():
            button.clicked.connect(lambda *_, source=source: self.source_chosen.emit(path, source))
        self._column.addWidget(row)
        row.show()
        return row


class _Row(QFrame):
    """Name, kind and clips of a data set, and a way to be rid of it."""

    def __init__(self, path: str, found: SetCount | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("data-set")
        name = ElidedLabel()
        name.set_text(set_name(path))
        set_tip(name, path)
        is_bad = found is not None and bool(found.trouble)
        about = PlainLabel() if is_bad else ElidedLabel()
        about.setText(_about(found))
        about.setWordWrap(is_bad)
        about.setProperty("look", "danger" if is_bad else "small")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.remove_button = _button("close", f"Remove {set_name(path)}", "Remove it from the list")
        self.remove_button.setIconSize(QSize(_SIGN, _SIGN))
        self.setAccessibleName(set_name(path))
        self.setAccessibleDescription(_about(found))
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(name)
        texts.addWidget(about)
        self.sources = _source_buttons(found.source, self) if found and found.source else {}
        if self.sources:
            texts.addLayout(_source_row(self.sources))
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID + 2, 5, 2, 5)
        row.setSpacing(4)
        row.addLayout(texts, 1)
        row.addWidget(self.remove_button, 0, Qt.AlignmentFlag.AlignTop)


def _source_buttons(chosen: str, parent: QWidget) -> dict[str, QPushButton]:
    """Choice of the place where the genres of a data set stand; one of two is taken."""
    buttons = {source: QPushButton(text, parent) for source, (text, _) in _SOURCES.items()}
    group = QButtonGroup(parent)
    for source, button in buttons.items():
        button.setProperty("look", "chip")
        button.setCheckable(True)
        button.setChecked(source == chosen)
        set_tip(button, _SOURCES[source][1])
        button.setAccessibleName(_SOURCES[source][1])
        group.addButton(button)
    return buttons


def _source_row(buttons: Mapping[str, QPushButton]) -> QHBoxLayout:
    caption = PlainLabel("Genres from")
    caption.setProperty("look", "small")
    row = QHBoxLayout()
    row.setContentsMargins(0, 4, 0, 2)
    row.setSpacing(6)
    row.addWidget(caption)
    for button in buttons.values():
        row.addWidget(button)
    row.addStretch()
    return row


def _about(found: SetCount | None) -> str:
    if found is None:
        return "Looking at the songs\N{HORIZONTAL ELLIPSIS}"
    if found.trouble:
        return f"{found.trouble[:1].upper()}{found.trouble[1:]}."
    clips = "1 clip" if found.clips == 1 else f"{found.clips:,} clips"
    return GAP.join([found.kind, clips])


def _button(sign: str, name: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(sign))
    button.setIconSize(QSize(20, 20))
    button.setAccessibleName(name)
    set_tip(button, tip)
    return button
