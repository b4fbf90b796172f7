"""How good the new model is, said honestly, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from fstmuse_gui.icons import icon
from fstmuse_gui.plain import set_tip
from fstmuse_gui.theme import GRID
from fstmuse_gui.train.classifier_result import ClassifierResult
from fstmuse_gui.train.events import Done, GanMetrics
from fstmuse_gui.train.gan_result import GanResult
from fstmuse_gui.widgets.page_parts import PageHead, scrolled


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
        column.addWidget(self._results, 1)

    def _build_head(self) -> PageHead:
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
        self._head = PageHead(
            self, (self.resume_button, self.curves_button, self.card_button, self.use_button)
        )
        return self._head

    @property
    def words(self) -> str:
        """What is said about the figures."""
        result = self.gan if self._results.currentIndex() else self.classifier
        return result.words

    def show_result(self, done: Done, about: str) -> None:
        """Show how good the model is."""
        self._head.say(done.name, about)
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
