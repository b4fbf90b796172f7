"""Course of a training by its kind: curves, and beside them what it makes of the music."""

from __future__ import annotations

import math

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fstmuse_core.runs.events import Epoch, Progress, Sample, Started
from fstmuse_gui.theme import GRID
from fstmuse_gui.train.run.curves import CurvePlot, PlotStack, within
from fstmuse_gui.train.run.samples import SamplesPanel
from fstmuse_gui.train.words import speed, worst_mistake
from fstmuse_gui.widgets.confusion_view import ConfusionView
from fstmuse_gui.widgets.page_parts import TwoColumns, heading, plain_text, small_text

_NARROW = 540


class Curves(PlotStack):
    """Curves of a classifier."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.loss = CurvePlot("Loss")
        self.accuracy = CurvePlot("Accuracy", percents=True)
        self.rate = CurvePlot("Learning rate", validated="")
        values = (lambda e: e.val_loss, lambda e: e.val_accuracy, lambda e: e.learning_rate)
        super().__init__((self.loss, self.accuracy, self.rate), values, parent)

    def show_progress(self, progress: Progress) -> None:
        """Draw what has been reached within an epoch."""
        x = within(progress)
        self.loss.add_live(x, progress.loss)
        self.accuracy.add_live(x, progress.accuracy)
        self.rate.add_live(x, progress.learning_rate)
        self.draw_soon()

    def show_epoch(self, epoch: Epoch) -> None:
        """Draw what an epoch has reached."""
        number = epoch.epoch
        self.loss.add(number, epoch.loss, epoch.val_loss, is_best=epoch.is_best)
        self.accuracy.add(number, epoch.accuracy, epoch.val_accuracy, is_best=epoch.is_best)
        self.rate.add(number, epoch.learning_rate, math.nan, is_best=False)
        self.draw_next()


class ClassifierCourse(QWidget):
    """Progress of a classifier: beside the curves its confusion matrix."""

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
        _lay_out(self, TwoColumns(self.curves, side, narrow=_NARROW))

    def start(self, started: Started) -> None:
        """Clear everything."""
        self._genres, self._epoch = started.genres, None
        self.curves.start(max(1, started.epochs))
        self.confusion.show_counts(started.genres, ())
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
        """Text about its speed."""
        return speed(progress.clips_per_second, "clips")

    def _show_matrix(self) -> None:
        if self._epoch is not None:
            self.confusion.show_counts(self._genres, self._epoch.confusion)
            self._mistake.setText(worst_mistake(self._genres, self._epoch.confusion))


class GanCurves(PlotStack):
    """Curves of a generator and its discriminator."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.loss = CurvePlot("Losses", trained="discriminator", validated="generator")
        self.frechet = CurvePlot("Fréchet distance", trained="")
        self.consistency = CurvePlot("", percents=True, trained="")
        self.rate = CurvePlot("Learning rate", validated="")
        values = (
            lambda e: e.generator_loss,
            lambda e: e.val_loss,
            lambda e: e.val_accuracy,
            lambda e: e.learning_rate,
        )
        super().__init__((self.loss, self.frechet, self.consistency, self.rate), values, parent)

    def start_design(self, epochs: int, design: str) -> None:
        """Clear everything and show what is measured of this design."""
        self.start(epochs)
        is_ours = design == "ours"
        self.frechet.setVisible(is_ours)
        self.consistency.set_title(
            "Taken for the genre asked for" if is_ours else "Taken for real by the discriminator"
        )

    def show_progress(self, progress: Progress) -> None:
        """Draw what has been reached within an epoch."""
        x = within(progress)
        self.loss.add_live(x, progress.loss)
        self.rate.add_live(x, progress.learning_rate)
        self.draw_soon()

    def show_epoch(self, epoch: Epoch) -> None:
        """Draw what an epoch has reached."""
        number, best = epoch.epoch, epoch.is_best
        self.loss.add(number, epoch.loss, epoch.generator_loss, is_best=False)
        self.frechet.add(number, math.nan, epoch.val_loss, is_best=best)
        self.consistency.add(number, math.nan, epoch.val_accuracy, is_best=best)
        self.rate.add(number, epoch.learning_rate, math.nan, is_best=False)
        self.draw_next()


class GanCourse(QWidget):
    """Progress of a generator: beside the curves its pieces."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves = GanCurves()
        self.samples = SamplesPanel()
        _lay_out(self, TwoColumns(self.curves, self.samples, narrow=_NARROW, shares=(5, 5)))

    def start(self, started: Started) -> None:
        """Clear everything."""
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
        """Text about its speed."""
        steps = speed(progress.steps_per_second, "steps")
        return steps or speed(progress.clips_per_second, "crops")


def _lay_out(page: QWidget, sides: TwoColumns) -> None:
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(sides)
