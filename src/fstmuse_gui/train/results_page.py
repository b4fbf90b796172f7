"""How good the new model is, said honestly, and what can be done with it."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.icons import icon
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.train.events import Done, Metrics
from fstmuse_gui.train.reliability_view import ReliabilityView
from fstmuse_gui.train.words import (
    how_good,
    how_honest,
    recall_note,
    recall_text,
    thin_genres,
)
from fstmuse_gui.widgets.confusion_view import ConfusionView
from fstmuse_gui.widgets.elided_label import ElidedLabel
from fstmuse_gui.widgets.genre_bars import GenreBar, GenreBars
from fstmuse_gui.widgets.probability_bars import percent

_NARROW = 740


class ResultsPage(QWidget):
    """Shows a finished training.

    Signals
    -------
    use_requested, card_requested, curves_requested, resume_requested
        A button was pressed.
    """

    use_requested = Signal()
    card_requested = Signal()
    curves_requested = Signal()
    resume_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Result of the training")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        column.addLayout(self._build_header())
        inside = QWidget()
        self._body = QHBoxLayout(inside)
        self._body.setContentsMargins(0, GRID, GRID, 0)
        self._body.setSpacing(4 * GRID)
        self._body.addLayout(self._build_figures(), 5)
        self._body.addLayout(self._build_side(), 4)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        column.addWidget(area, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One column below the other where both do not fit."""
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW
        self._body.setDirection(
            QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight
        )

    def _build_header(self) -> QHBoxLayout:
        self._title = ElidedLabel()
        self._title.setFont(scaled_font(self.font(), 1.25, QFont.Weight.DemiBold))
        self._about = ElidedLabel()
        self._about.setProperty("look", "muted")
        self.use_button = QPushButton(icon("music", "on_accent"), " Use in Classify")
        self.use_button.setProperty("look", "primary")
        self.use_button.clicked.connect(self.use_requested)
        self.card_button = QPushButton("Model card")
        self.card_button.setToolTip("Open the card: what it learned from, and what it is good for")
        self.card_button.clicked.connect(self.card_requested)
        self.curves_button = QPushButton("Curves")
        self.curves_button.setToolTip("How the training went")
        self.curves_button.clicked.connect(self.curves_requested)
        self.resume_button = QPushButton(icon("play"), " Resume")
        self.resume_button.setToolTip("Go on where it was stopped")
        self.resume_button.clicked.connect(self.resume_requested)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        titles = QVBoxLayout()
        titles.setSpacing(2)
        titles.addWidget(self._title)
        titles.addWidget(self._about)
        row.addLayout(titles, 1)
        for button in (
            self.resume_button,
            self.curves_button,
            self.card_button,
            self.use_button,
        ):
            row.addWidget(button)
        return row

    def _build_figures(self) -> QVBoxLayout:
        self._accuracy, accuracy = _figure(self, "Accuracy")
        self._f1, f1 = _figure(self, "Macro-F1")
        f1.setToolTip("The mean over the genres, each counting alike; 1 is best")
        figures = QHBoxLayout()
        figures.setSpacing(5 * GRID)
        figures.addWidget(accuracy)
        figures.addWidget(f1)
        figures.addStretch()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setProperty("look", "muted")
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.recall = GenreBars("Recall of each genre")
        column = QVBoxLayout()
        column.setSpacing(GRID)
        column.addLayout(figures)
        column.addSpacing(GRID)
        column.addWidget(self._words)
        column.addSpacing(2 * GRID)
        column.addWidget(_heading(self, "Found of each genre"))
        column.addWidget(self.recall)
        column.addStretch()
        return column

    def _build_side(self) -> QVBoxLayout:
        self.confusion = ConfusionView()
        self.reliability = ReliabilityView()
        self._honest = QLabel()
        self._honest.setWordWrap(True)
        self._honest.setProperty("look", "small")
        caption = QLabel("Songs of the test. Rows: what they are. Columns: what is heard.")
        caption.setProperty("look", "small")
        caption.setWordWrap(True)
        column = QVBoxLayout()
        column.setSpacing(GRID // 2)
        column.addWidget(_heading(self, "What is heard as what"))
        column.addWidget(caption)
        column.addWidget(self.confusion)
        column.addSpacing(2 * GRID)
        column.addWidget(_heading(self, "Can its certainty be trusted?"))
        column.addWidget(self._honest)
        column.addWidget(self.reliability)
        column.addStretch()
        return column

    @property
    def words(self) -> str:
        """What is said about the figures."""
        return self._words.text()

    def show_result(self, done: Done, about: str) -> None:
        """Show how good the model is."""
        metrics = done.metrics
        self._title.set_text(done.name)
        self._about.set_text(about)
        self._accuracy.setText(recall_text(metrics.accuracy))
        f1 = metrics.macro_f1
        self._f1.setText(f"{f1:.2f}" if math.isfinite(f1) else "\N{EN DASH}")
        self._words.setText("\n\n".join(how_good(metrics)))
        self.recall.show_bars(_recall_bars(metrics))
        self.confusion.show_counts(metrics.genres, metrics.confusion)
        self.reliability.show_groups(metrics.reliability)
        self._honest.setText(how_honest(metrics))
        self.use_button.setVisible(bool(done.bundle))
        self.card_button.setVisible(bool(done.card))
        self.resume_button.setVisible(done.resumable)
        self.setAccessibleDescription(
            f"{done.name}: accuracy {percent(metrics.accuracy)}. {self.words}"
            if math.isfinite(metrics.accuracy)
            else self.words
        )


def _recall_bars(metrics: Metrics) -> list[GenreBar]:
    thin = thin_genres(metrics)
    return [
        GenreBar(
            genre,
            share if math.isfinite(share) else 0.0,
            recall_text(share),
            recall_note(metrics, genre),
            is_doubtful=genre in thin,
        )
        for genre, share in metrics.recall.items()
    ]


def _figure(page: QWidget, name: str) -> tuple[QLabel, QWidget]:
    """A big number above its name."""
    number = QLabel()
    number.setFont(scaled_font(page.font(), 2.5, QFont.Weight.DemiBold))
    number.setAccessibleName(name)
    caption = QLabel(name)
    caption.setProperty("look", "muted")
    pair = QWidget()
    column = QVBoxLayout(pair)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(number)
    column.addWidget(caption)
    return number, pair


def _heading(page: QWidget, text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(scaled_font(page.font(), 1.0, QFont.Weight.DemiBold))
    return label
