"""How good a classifier is."""

from __future__ import annotations

import math

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from fstmuse_gui.theme import GRID
from fstmuse_gui.train.events import Metrics
from fstmuse_gui.train.reliability_view import ReliabilityView
from fstmuse_gui.train.words import (
    how_good,
    how_honest,
    recall_note,
    recall_text,
    thin_genres,
)
from fstmuse_gui.widgets.confusion_view import ConfusionView
from fstmuse_gui.widgets.genre_bars import GenreBar, GenreBars
from fstmuse_gui.widgets.page_parts import Figure, TwoSides, heading, plain_text, small_text
from fstmuse_gui.widgets.probability_bars import unbroken

_RIGHT, _ACCURACY = "Right in the test", "Accuracy"


class ClassifierResult(QWidget):
    """Figures, words about them, what is taken for what, and whether it knows when it errs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, GRID, 0)
        column.addWidget(TwoSides(self._build_figures(), self._build_side()))

    def _build_figures(self) -> QVBoxLayout:
        self._accuracy = Figure("Accuracy")
        self._f1 = Figure("Macro-F1", "The mean over the genres, each counting alike; 1 is best")
        figures = QHBoxLayout()
        figures.setSpacing(5 * GRID)
        figures.addWidget(self._accuracy)
        figures.addWidget(self._f1)
        figures.addStretch()
        self._words = plain_text("muted")
        self.recall = GenreBars("Recall of each genre")
        column = QVBoxLayout()
        column.setSpacing(GRID)
        column.addLayout(figures)
        column.addSpacing(GRID)
        column.addWidget(self._words)
        column.addSpacing(2 * GRID)
        column.addWidget(heading(self, "Found of each genre"))
        column.addWidget(self.recall)
        column.addStretch()
        return column

    def _build_side(self) -> QVBoxLayout:
        self.confusion = ConfusionView()
        self.reliability = ReliabilityView()
        self._honest = small_text()
        caption = small_text("Songs of the test. Rows: what they are. Columns: what is heard.")
        column = QVBoxLayout()
        column.setSpacing(GRID // 2)
        column.addWidget(heading(self, "What is heard as what"))
        column.addWidget(caption)
        column.addWidget(self.confusion)
        column.addSpacing(2 * GRID)
        column.addWidget(heading(self, "Can its certainty be trusted?"))
        column.addWidget(self._honest)
        column.addWidget(self.reliability)
        column.addStretch()
        return column

    @property
    def words(self) -> str:
        """What is said about the figures."""
        return self._words.text()

    def show_metrics(self, metrics: Metrics) -> None:
        """Show these figures."""
        share, f1 = metrics.share, metrics.macro_f1
        self._accuracy.set_number(unbroken(share.number))
        name = _RIGHT if share.is_few else _ACCURACY
        self._accuracy.set_name(unbroken(f"{name}, {share.interval}"))
        self._f1.set_number(f"{f1:.2f}" if math.isfinite(f1) else "\N{EN DASH}")
        self._f1.setVisible(not share.is_few)
        self._words.setText("\n\n".join(how_good(metrics)))
        self.recall.show_bars(_recall_bars(metrics))
        self.confusion.show_counts(metrics.genres, metrics.confusion)
        self.reliability.show_groups(metrics.reliability)
        self.reliability.setVisible(not share.is_few)
        self._honest.setText(how_honest(metrics))


def _recall_bars(metrics: Metrics) -> list[GenreBar]:
    thin = thin_genres(metrics)
    return [
        GenreBar(
            genre,
            share if math.isfinite(share) else 0.0,
            recall_text(share, metrics.songs.get(genre, 0)),
            recall_note(metrics, genre),
            is_doubtful=genre in thin,
        )
        for genre, share in metrics.recall.items()
    ]
