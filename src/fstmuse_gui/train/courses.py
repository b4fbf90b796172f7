"""How a training goes: the curves, and beside them what it has learned so far."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fstmuse_gui.theme import GRID
from fstmuse_gui.train.curves import Curves, GanCurves
from fstmuse_gui.train.events import Epoch, Progress, Sample, Started
from fstmuse_gui.train.samples_panel import SamplesPanel
from fstmuse_gui.train.words import speed, worst_mistake
from fstmuse_gui.widgets.confusion_view import ConfusionView
from fstmuse_gui.widgets.page_parts import TwoSides, heading, plain_text, small_text

_NARROW = 540


class ClassifierCourse(QWidget):
    """Of a classifier: beside the curves what is taken for what."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves = Curves()
        self.confusion = ConfusionView()
        self._genres: tuple[str, ...] = ()
        self._epoch: Epoch | None = None
        # In a turn of its own: of many epochs told at once only the last is painted.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._show_matrix)
        side = QVBoxLayout()
        side.setSpacing(GRID // 2)
        side.addWidget(heading(self, "What is heard as what"))
        side.addWidget(
            small_text("Clips of the validation. Rows: what they are. Columns: what is heard.")
        )
        side.addSpacing(GRID)
        side.addWidget(self.confusion)
        side.addSpacing(GRID)
        self._mistake = plain_text("muted")
        side.addWidget(self._mistake)
        side.addStretch()
        _lay_out(self, TwoSides(self.curves, side, narrow=_NARROW))

    def start(self, started: Started) -> None:
        """Begin anew."""
        self._genres, self._epoch = started.genres, None
        self.curves.start(max(1, started.epochs))
        self.confusion.show_counts((), ())
        self._mistake.setText("It appears after the first epoch.")

    def show_progress(self, progress: Progress) -> None:
        """Within an epoch."""
        self.curves.show_progress(progress)

    def show_epoch(self, epoch: Epoch) -> None:
        """After an epoch."""
        self.curves.show_epoch(epoch)
        self._epoch = epoch
        self._timer.start()

    def show_sample(self, sample: Sample) -> None:
        """A classifier makes none."""

    def show_over(self) -> None:
        """No more is to come."""
        self.curves.draw_now()
        self._show_matrix()

    def speed(self, progress: Progress) -> str:
        """How fast it learns."""
        return speed(progress.clips_per_second, "clips")

    def _show_matrix(self) -> None:
        if self._epoch is not None:
            self.confusion.show_counts(self._genres, self._epoch.confusion)
            self._mistake.setText(worst_mistake(self._genres, self._epoch.confusion))


class GanCourse(QWidget):
    """Of a generator: beside the curves what it makes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves = GanCurves()
        self.samples = SamplesPanel()
        _lay_out(self, TwoSides(self.curves, self.samples, narrow=_NARROW, shares=(5, 5)))

    def start(self, started: Started) -> None:
        """Begin anew."""
        self.curves.start_design(max(1, started.epochs), started.design)
        # The report's design knows no genre.
        self.samples.start(started.genres if started.design == "ours" else ())

    def show_progress(self, progress: Progress) -> None:
        """Within an epoch."""
        self.curves.show_progress(progress)

    def show_epoch(self, epoch: Epoch) -> None:
        """After an epoch."""
        self.curves.show_epoch(epoch)
        if epoch.is_best:
            self.samples.mark_best(epoch.epoch)

    def show_sample(self, sample: Sample) -> None:
        """Something has been made."""
        self.samples.add(sample)

    def show_over(self) -> None:
        """No more is to come."""
        self.curves.draw_now()

    def speed(self, progress: Progress) -> str:
        """How fast it learns."""
        steps = speed(progress.steps_per_second, "steps")
        return steps or speed(progress.clips_per_second, "crops")


def _lay_out(page: QWidget, sides: TwoSides) -> None:
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(sides)
