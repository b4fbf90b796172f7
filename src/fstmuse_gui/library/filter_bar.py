"""Above the table: search, and what else narrows it down; below it, what came of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.drops import leave_drops
from fstmuse_gui.icons import icon
from fstmuse_gui.library.catalogue import Filter
from fstmuse_gui.library.words import CONFIDENCES, STANDINGS, STATES, counted
from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.theme import GRID
from fstmuse_gui.widgets.calm import CalmComboBox

_TYPING_MS = 160


class FilterBar(QWidget):
    """Narrows the table down. ``count`` and ``clear_button`` stand where the view puts them.

    Signals
    -------
    changed
        Another filter is wanted; while one types, once there is a pause.
    cleared
        Everything is to be shown.
    least_sure_toggled(bool)
        What is doubtful and not looked at yet first, or the order of the headings.
    """

    changed = Signal()
    cleared = Signal()
    least_sure_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Filter")
        self.search = QLineEdit()
        leave_drops(self.search)
        self.search.setPlaceholderText("Search title, artist, folder")
        self.search.setAccessibleName("Search in the library")
        self.search.setClearButtonEnabled(True)
        clear = self.search.findChild(QToolButton)
        if clear is not None:
            clear.setAccessibleName("Clear the search")
        self.search.setToolTip("Words that all must occur (Ctrl+F)")
        self._pause = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._pause.timeout.connect(self.changed)
        self.search.textChanged.connect(lambda _text: self._pause.start())
        self.search.returnPressed.connect(self._at_once)
        self.least_sure = QPushButton(icon("question"), " Least sure first")
        self.least_sure.setProperty("look", "chip")
        self.least_sure.setCheckable(True)
        self.least_sure.setToolTip("What nobody has looked at and is doubtful stands first (U)")
        self.least_sure.clicked.connect(self.least_sure_toggled)
        # Not by their data, which Qt would give back as other than it was.
        self.standing = self._chooser("Verdict", STANDINGS.values())
        self.confidence = self._chooser("How sure", [text for _band, text in CONFIDENCES])
        self.state = self._chooser("State", ["Any state", *STATES.values()])
        self.count = PlainLabel()
        self.count.setProperty("look", "small")
        self.count.setAccessibleName("Files shown")
        self.clear_button = QToolButton()
        self.clear_button.setIcon(icon("close", "muted"))
        self.clear_button.setAccessibleName("Show all files")
        self.clear_button.setToolTip("Show all files (Ctrl+Shift+F)")
        self.clear_button.clicked.connect(self.cleared)
        self._build()

    def _chooser(self, name: str, choices: Iterable[str]) -> QComboBox:
        chooser = CalmComboBox()
        chooser.setAccessibleName(name)
        set_tip(chooser, name)
        chooser.addItems(list(choices))
        chooser.activated.connect(lambda _index: self.changed.emit())
        chooser.setMinimumContentsLength(6)
        chooser.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        return chooser

    def _build(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setSpacing(GRID)
        first.addWidget(self.search, 1)
        first.addWidget(self.least_sure)
        for chooser in (self.standing, self.confidence, self.state):
            second.addWidget(chooser, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(first)
        column.addLayout(second)

    # -- what is wanted ----------------------------------------------------------------

    def apply_to(self, wanted: Filter) -> Filter:
        """``wanted`` with what is chosen here."""
        return replace(
            wanted,
            text=self.search.text().strip(),
            standing=list(STANDINGS)[self.standing.currentIndex()],
            confidence=CONFIDENCES[self.confidence.currentIndex()][0],
            state=[None, *STATES][self.state.currentIndex()],
        )

    def clear(self) -> None:
        """Choose everything, without telling anyone."""
        with QSignalBlocker(self.search):
            self.search.clear()
        self._pause.stop()
        for chooser in (self.standing, self.confidence, self.state):
            chooser.setCurrentIndex(0)

    def show_count(self, shown: int, total: int, *, is_filtered: bool) -> None:
        """Say how many files are shown."""
        text = f"{shown:,} of {total:,}" if is_filtered else counted(total, "file")
        self.count.setText(text)
        self.clear_button.setVisible(is_filtered)

    def _at_once(self) -> None:
        self._pause.stop()
        self.changed.emit()
