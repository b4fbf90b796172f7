"""Loss, accuracy and learning rate, drawn while they come."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fstmuse_gui.theme import GRID
from fstmuse_gui.train.curve_plot import CurvePlot
from fstmuse_gui.train.events import Epoch, Progress

_RATE_HEIGHT = 104
# Progress comes several times a second; each plot is drawn once in a second or so.
_DRAW_MS = 330
_SOON_MS = 20


class PlotStack(QWidget):
    """Plots one above the other, each drawn in a turn of its own; the last is lower."""

    def __init__(self, plots: Sequence[CurvePlot], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Curves of the training")
        self._plots = tuple(plots)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        for plot in self._plots[:-1]:
            column.addWidget(plot, 1)
        self._plots[-1].setFixedHeight(_RATE_HEIGHT)
        column.addWidget(self._plots[-1])
        self._to_draw: list[CurvePlot] = []
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._draw_next)

    def start(self, epochs: int) -> None:
        """Begin anew."""
        for plot in self._plots:
            plot.start(epochs)

    def draw_soon(self) -> None:
        """Draw what has come within an epoch."""
        self._draw_all_within(_DRAW_MS)

    def draw_next(self) -> None:
        """Draw what an epoch has come to."""
        self._draw_all_within(_SOON_MS)

    def _draw_all_within(self, step_ms: int) -> None:
        """One plot a turn: each takes milliseconds, and the window has other things to do."""
        self._to_draw += [plot for plot in self._plots if plot not in self._to_draw]
        if not self._clock.isActive() or step_ms < self._clock.interval():
            self._clock.start(step_ms)

    def _draw_next(self) -> None:
        if self._to_draw:
            self._to_draw.pop(0).draw()
        else:
            self._clock.stop()

    def draw_now(self) -> None:
        """Draw all at once, where nothing more is to come."""
        self._clock.stop()
        self._to_draw.clear()
        for plot in self._plots:
            plot.draw()


def within(progress: Progress) -> float:
    """Where on the axis of epochs a training is."""
    return progress.epoch - 1 + progress.step / max(1, progress.steps)


class Curves(PlotStack):
    """Of a classifier."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.loss = CurvePlot("Loss")
        self.accuracy = CurvePlot("Accuracy", percents=True)
        self.rate = CurvePlot("Learning rate", validated="")
        super().__init__((self.loss, self.accuracy, self.rate), parent)

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


class GanCurves(PlotStack):
    """Of a generator and its discriminator."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.loss = CurvePlot("Losses", trained="discriminator", validated="generator")
        self.frechet = CurvePlot("Fréchet distance", trained="")
        self.consistency = CurvePlot("", percents=True, trained="")
        self.rate = CurvePlot("Learning rate", validated="")
        super().__init__((self.loss, self.frechet, self.consistency, self.rate), parent)

    def start_design(self, epochs: int, design: str) -> None:
        """Begin anew, with what is measured of this design."""
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
