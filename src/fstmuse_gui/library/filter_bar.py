"""Above the table: search, and what else narrows it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.icons import icon
from fstmuse_gui.library.catalogue import Filter
from fstmuse_gui.library.words import CONFIDENCES, STANDINGS, STATES, counted
from fstmuse_gui.theme import GRID

_TYPING_MS = 160


class FilterBar(QWidget):
    """Narrows the table down.

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
        self.search.setPlaceholderText("Search title, artist, folder")
        self.search.setAccessibleName("Search in the library")
        self.search.setClearButtonEnabled(True)
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
        self.standing = self._chooser(
            "Verdict", [(text, standing) for standing, text in STANDINGS.items()]
        )
        self.confidence = self._chooser("How sure", [(text, band) for band, text in CONFIDENCES])
        states = [("Any state", None), *((text, state) for state, text in STATES.items())]
        self.state = self._chooser("State", states)
        self.count = QLabel()
        self.count.setProperty("look", "small")
        self.count.setAccessibleName("Files shown")
        self.clear_button = QPushButton("Show all")
        self.clear_button.setProperty("look", "link")
        self.clear_button.setToolTip("Take every filter away (Ctrl+Shift+F)")
        self.clear_button.clicked.connect(self.cleared)
        self._build()

    def _chooser(self, name: str, choices: Sequence[tuple[str, object]]) -> QComboBox:
        chooser = QComboBox()
        chooser.setAccessibleName(name)
        chooser.setToolTip(name)
        for text, value in choices:
            chooser.addItem(text, value)
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
        second.addStretch(1)
        second.addWidget(self.clear_button)
        second.addWidget(self.count)
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
            standing=self.standing.currentData(),
            confidence=self.confidence.currentData(),
            state=self.state.currentData(),
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
        text = f"{shown:,} of {counted(total, 'file')}" if is_filtered else counted(total, "file")
        self.count.setText(text)
        self.clear_button.setVisible(is_filtered)

    def _at_once(self) -> None:
        self._pause.stop()
        self.changed.emit()
