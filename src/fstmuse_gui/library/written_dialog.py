"""The batches of tags that were written before, each of which can be taken back."""

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
from fstmuse_gui.library.words import counted
from fstmuse_gui.plain import PlainLabel
from fstmuse_gui.theme import GRID, icon, scaled_font
from fstmuse_gui.widgets.dialogs import FittingDialog


class WrittenDialog(FittingDialog):
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
