"""A training while it runs: where it is, its curves, and what is taken for what."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.icons import icon
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.train.curves import Curves
from fstmuse_gui.train.events import Epoch, Progress, Started
from fstmuse_gui.train.words import GAP, about, time_left, worst_mistake
from fstmuse_gui.widgets.confusion_view import ConfusionView
from fstmuse_gui.widgets.elided_label import ElidedLabel
from fstmuse_gui.widgets.still_label import StillLabel

_STEPS = 1000


class RunPage(QWidget):
    """Shows a training.

    Signals
    -------
    stop_requested, cancel_requested, result_requested
        A button was pressed.
    """

    stop_requested = Signal()
    cancel_requested = Signal()
    result_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Training")
        self.curves = Curves()
        self.confusion = ConfusionView()
        self._genres: tuple[str, ...] = ()
        self._epochs = 1
        self._epoch: Epoch | None = None
        # In a turn of its own: of many epochs told at once only the last is painted.
        self._matrix_timer = QTimer(self)
        self._matrix_timer.setSingleShot(True)
        self._matrix_timer.timeout.connect(self._show_matrix)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        column.addLayout(self._build_header())
        column.addLayout(self._build_progress())
        body = QHBoxLayout()
        body.setSpacing(4 * GRID)
        body.addWidget(self.curves, 5)
        body.addLayout(self._build_side(), 4)
        column.addLayout(body, 1)

    def _build_header(self) -> QHBoxLayout:
        self._title = ElidedLabel()
        self._title.setFont(scaled_font(self.font(), 1.25, QFont.Weight.DemiBold))
        self._about = ElidedLabel()
        self._about.setProperty("look", "muted")
        self.stop_button = QPushButton(icon("stop"), " Stop")
        self.stop_button.setAccessibleName("Stop and keep the best model")
        self.stop_button.setToolTip("End now, keep the best model and test it")
        self.stop_button.clicked.connect(self.stop_requested)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setProperty("look", "quiet")
        self.cancel_button.setAccessibleName("Cancel and discard the training")
        self.cancel_button.setToolTip("End now and discard what was learned")
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.result_button = QPushButton("Show the result")
        self.result_button.clicked.connect(self.result_requested)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        titles = QVBoxLayout()
        titles.setSpacing(2)
        titles.addWidget(self._title)
        titles.addWidget(self._about)
        row.addLayout(titles, 1)
        row.addWidget(self.result_button)
        row.addWidget(self.cancel_button)
        row.addWidget(self.stop_button)
        return row

    def _build_progress(self) -> QVBoxLayout:
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress of the training")
        self._where = StillLabel()
        column = QVBoxLayout()
        column.setSpacing(GRID)
        column.addWidget(self._bar)
        column.addWidget(self._where)
        return column

    def _build_side(self) -> QVBoxLayout:
        heading = QLabel("What is heard as what")
        heading.setFont(scaled_font(self.font(), 1.0, QFont.Weight.DemiBold))
        caption = QLabel("Clips of the validation. Rows: what they are. Columns: what is heard.")
        caption.setProperty("look", "small")
        caption.setWordWrap(True)
        self._mistake = QLabel()
        self._mistake.setProperty("look", "muted")
        self._mistake.setWordWrap(True)
        column = QVBoxLayout()
        column.setSpacing(GRID // 2)
        column.addWidget(heading)
        column.addWidget(caption)
        column.addSpacing(GRID)
        column.addWidget(self.confusion)
        column.addSpacing(GRID)
        column.addWidget(self._mistake)
        column.addStretch()
        return column

    @property
    def where(self) -> str:
        """What is said about how far it is."""
        return self._where.text()

    def start(self, title: str, started: Started) -> None:
        """Begin anew."""
        self._genres = started.genres
        self._epochs = max(1, started.epochs)
        self._title.set_text(title)
        self._about.set_text(about(started))
        self.curves.start(self._epochs)
        self._epoch = None
        self.confusion.show_counts((), ())
        self._mistake.setText("It appears after the first epoch.")
        self._where.set_text("The first epoch begins")
        self._bar.setRange(0, 0)
        self.show_buttons(is_running=True)

    def show_progress(self, progress: Progress) -> None:
        """Within an epoch."""
        self.curves.show_progress(progress)
        done = progress.epoch - 1 + progress.step / max(1, progress.steps)
        self._show_share(done)
        parts = [
            f"Epoch {progress.epoch} of {self._epochs}",
            f"step {progress.step} of {progress.steps}",
            f"{progress.clips_per_second:,.0f} clips a second",
            time_left(progress.seconds_left),
        ]
        self._where.set_text(GAP.join(part for part in parts if part))

    def show_epoch(self, epoch: Epoch) -> None:
        """After an epoch."""
        self.curves.show_epoch(epoch)
        self._epoch = epoch
        self._matrix_timer.start()
        self._show_share(epoch.epoch)
        parts = [f"Epoch {epoch.epoch} of {self._epochs} done", time_left(epoch.seconds_left)]
        self._where.set_text(GAP.join(part for part in parts if part))

    def _show_matrix(self) -> None:
        if self._epoch is not None:
            self.confusion.show_counts(self._genres, self._epoch.confusion)
            self._mistake.setText(worst_mistake(self._genres, self._epoch.confusion))

    def _show_share(self, epochs: float) -> None:
        self._bar.setRange(0, _STEPS)
        self._bar.setValue(round(_STEPS * epochs / self._epochs))

    def show_ending(self, sentence: str) -> None:
        """Stop or Cancel was pressed: it answers at once, the process follows."""
        self._where.set_text(sentence)
        self._bar.setRange(0, 0)
        self.stop_button.setEnabled(False)
        self.cancel_button.setEnabled(sentence.startswith("Stopping"))

    def show_over(self) -> None:
        """The training is over; its curves stay."""
        self.curves.draw_now()
        self._show_matrix()
        self._bar.setRange(0, _STEPS)
        self._bar.setValue(_STEPS)
        self._where.set_text("This is how it went.")
        self.show_buttons(is_running=False)

    def show_buttons(self, *, is_running: bool) -> None:
        """What can be done."""
        for button in (self.stop_button, self.cancel_button):
            button.setVisible(is_running)
            button.setEnabled(True)
        self.result_button.setVisible(not is_running)
