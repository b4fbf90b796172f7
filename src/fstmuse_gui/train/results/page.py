"""Page of a new model: its figures, said honestly, and what can be done with it."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from fstmuse_core.runs.events import Done
from fstmuse_core.runs.metrics import GanMetrics, Metrics
from fstmuse_gui.plain import percent, set_tip, unbroken
from fstmuse_gui.shared.measures import MeasuresView, measures
from fstmuse_gui.theme import GRID, current_colours, icon
from fstmuse_gui.train.form.form import RunRow
from fstmuse_gui.train.results.gan import GanResult
from fstmuse_gui.train.words import (
    accuracy_sentences,
    calibration_sentence,
    recall_note,
    recall_text,
    thin_genres,
)
from fstmuse_gui.widgets.axes import Plot
from fstmuse_gui.widgets.confusion_view import ConfusionView
from fstmuse_gui.widgets.genre_bars import GenreBar, GenreBars
from fstmuse_gui.widgets.page_parts import (
    BigNumber,
    PageHeader,
    TwoColumns,
    heading,
    plain_text,
    scrolled,
    small_text,
)

_SIDE = 188
_TICKS = [(share, percent(share)) for share in (0.0, 0.5, 1.0)]


class ReliabilityView(QWidget):
    """Certainty against truth; on the dotted line both agree."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Reliability: how often it is right when it says how sure it is")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._plot = Plot(self)
        self._plot.setFixedHeight(_SIDE)
        self._plot.box.setRange(xRange=(0, 1), yRange=(0, 1), padding=0.1)
        for axis, name in ((self._plot.left, "right"), (self._plot.bottom, "sure")):
            axis.setTicks([_TICKS])
            axis.setLabel(name)
        self._ideal = pg.PlotCurveItem([0, 1], [0, 1], antialias=True)
        self._curve = pg.PlotCurveItem(antialias=True)
        self._points = pg.ScatterPlotItem()
        for part in (self._ideal, self._curve, self._points):
            self._plot.box.addItem(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._plot)
        self._dress()

    def show_groups(self, groups: tuple[tuple[float, float, int], ...]) -> None:
        """Show confidence, accuracy and number of songs of each group."""
        filled = sorted(group for group in groups if group[2] > 0)
        x = [confidence for confidence, _, _ in filled]
        y = [right for _, right, _ in filled]
        most = max((n for *_, n in filled), default=1)
        self._curve.setData(x, y)
        self._points.setData(x, y, size=[7 + 9 * (n / most) ** 0.5 for *_, n in filled])
        self.setAccessibleDescription(
            "; ".join(f"{percent(c)} sure, {percent(a)} right, {n} songs" for c, a, n in filled)
        )

    def _dress(self) -> None:
        colours = current_colours()
        self._ideal.setPen(pg.mkPen(colours.border_strong, width=1.4, style=Qt.PenStyle.DashLine))
        self._curve.setPen(pg.mkPen(colours.accent, width=1.8))
        self._points.setBrush(pg.mkBrush(colours.accent))
        self._points.setPen(pg.mkPen(colours.window, width=1.5))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)


# Classifier result --------------------------------------------------------------------------

_RIGHT, _ACCURACY = "Right in the test", "Accuracy"


class ClassifierResult(QWidget):
    """Figures, words about them, what is taken for what, and whether it knows when it errs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, GRID, 0)
        column.addWidget(TwoColumns(self._build_figures(), self._build_side()))

    def _build_figures(self) -> QVBoxLayout:
        self._accuracy = BigNumber("Accuracy")
        self._f1 = BigNumber("Macro-F1", "The mean over the genres, each counting alike; 1 is best")
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
        column.addSpacing(2 * GRID)
        self.measures = MeasuresView()
        column.addWidget(self.measures)
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
        """Sentences about the figures."""
        return self._words.text()

    def show_metrics(self, metrics: Metrics) -> None:
        """Show these figures."""
        share, f1 = metrics.share, metrics.macro_f1
        self._accuracy.set_number(unbroken(share.number))
        name = _RIGHT if share.is_few else _ACCURACY
        self._accuracy.set_name(unbroken(f"{name}, {share.interval}"))
        self._f1.set_number(f"{f1:.2f}" if math.isfinite(f1) else "\N{EN DASH}")
        self._f1.setVisible(not share.is_few)
        self._words.setText("\n\n".join(accuracy_sentences(metrics)))
        self.recall.show_bars(_recall_bars(metrics))
        self.measures.show_measures(measures(metrics.genres, metrics.confusion, metrics.ece))
        self.confusion.show_counts(metrics.genres, metrics.confusion)
        self.reliability.show_groups(metrics.reliability)
        self.reliability.setVisible(not share.is_few)
        self._honest.setText(calibration_sentence(metrics))


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


# Results page -------------------------------------------------------------------------------


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
        self.classifier, self.gan = ClassifierResult(), GanResult()
        self._results = QStackedWidget()
        self._areas = [scrolled(result) for result in (self.classifier, self.gan)]
        for area in self._areas:
            self._results.addWidget(area)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3 * GRID)
        column.addLayout(self._build_head())
        self._note = plain_text("accent")
        self._note.setAccessibleName("Your note")
        self._note.hide()
        column.addWidget(self._note)
        column.addWidget(self._results, 1)

    def _build_head(self) -> PageHeader:
        self.use_button = QPushButton(icon("music", "on_accent"), " Use")
        self.use_button.setProperty("look", "primary")
        self.use_button.clicked.connect(self.use_requested)
        self.card_button = QPushButton("Model card")
        self.card_button.setToolTip("Open the card: what it learned from, and what it is good for")
        self.card_button.clicked.connect(self.card_requested)
        self.curves_button = QPushButton("Curves")
        self.curves_button.clicked.connect(self.curves_requested)
        self.resume_button = QPushButton(icon("play"), " Resume")
        self.resume_button.setToolTip("Go on where it was stopped")
        self.resume_button.clicked.connect(self.resume_requested)
        self._head = PageHeader(
            self, (self.resume_button, self.curves_button, self.card_button, self.use_button)
        )
        return self._head

    @property
    def words(self) -> str:
        """Sentences about the figures."""
        result = self.gan if self._results.currentIndex() else self.classifier
        return result.words

    def show_result(self, done: Done, about: str, row: RunRow | None = None) -> None:
        """Show how good the model is, and what the user says of the training in its ``row``."""
        title, note = (row.title, row.note) if row is not None else (done.name, "")
        self._head.say(title, about)
        self._note.setText(note)
        self._note.setVisible(bool(note))
        if isinstance(done.metrics, GanMetrics):
            self.gan.show_metrics(done.metrics)
        else:
            self.classifier.show_metrics(done.metrics)
        is_gan = isinstance(done.metrics, GanMetrics)
        self._results.setCurrentIndex(int(is_gan))
        self._areas[int(is_gan)].verticalScrollBar().setValue(0)
        self.use_button.setText(f" Use in {'Generate' if is_gan else 'Classify'}")
        self.use_button.setVisible(bool(done.bundle))
        self.curves_button.show()
        self.curves_button.setText("Curves and clips" if is_gan else "Curves")
        set_tip(
            self.curves_button,
            "How the training went, and what it made after each epoch"
            if is_gan
            else "How the training went",
        )
        self.card_button.setVisible(bool(done.card))
        self.resume_button.setVisible(done.resumable)
        self.setAccessibleDescription(f"{done.name}: {self.words}")
