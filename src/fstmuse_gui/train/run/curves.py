"""Loss, accuracy and learning rate over the epochs, drawn while they come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from fstmuse_core.runs.events import Epoch, Progress
from fstmuse_gui.plain import RichLabel, escaped, percent
from fstmuse_gui.theme import GRID, current_colours
from fstmuse_gui.widgets.axes import Plot
from fstmuse_gui.widgets.page_parts import heading

_AXIS_WIDTH = 48
# More points than pixels say nothing and cost time.
_MOST_LIVE_POINTS = 2000


@dataclass
class _Line:
    """A curve and what it is made of."""

    item: pg.PlotCurveItem
    role: str
    width: float
    alpha: float = 1.0
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)

    def add(self, x: float, y: float) -> None:
        if math.isfinite(y):
            self.x.append(x)
            self.y.append(y)

    def draw(self) -> None:
        self.item.setData(self.x, self.y)


class CurvePlot(QWidget):
    """One quantity over the epochs: of training, of validation, or of both.

    Parameters
    ----------
    title : str
    percents : bool
        The values are shares from 0 to 1.
    trained, validated : str
        Names of the two curves; empty if there is only the other.
    """

    def __init__(
        self,
        title: str,
        *,
        percents: bool = False,
        trained: str = "training",
        validated: str = "validation",
    ) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._last: tuple[float, float] | None = None
        self._best_at: tuple[list[float], list[float]] = ([], [])
        self._percents = percents
        self._names = trained, validated
        self._heading = heading(self, title)
        self._now = RichLabel()
        self._build_plot()
        head = QHBoxLayout()
        head.addWidget(self._heading)
        head.addStretch()
        head.addWidget(self._now)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addWidget(self.plot, 1)
        self._dress()

    def _build_plot(self) -> None:
        self.plot = Plot(self, _PercentAxis("left") if self._percents else None)
        self.plot.left.setWidth(_AXIS_WIDTH)
        self.live = self._line("border_strong", 1.2)
        self.training = self._line("muted", 1.8)
        self.validation = self._line("accent", 2.4)
        self._best = pg.ScatterPlotItem(size=9)
        self.plot.box.addItem(self._best)
        self.start(1)

    def _line(self, role: str, width: float) -> _Line:
        curve = pg.PlotCurveItem(antialias=True)
        self.plot.box.addItem(curve)
        return _Line(curve, role, width)

    def set_title(self, title: str) -> None:
        """Call the quantity so."""
        self._heading.setText(title)
        self.setAccessibleName(title)

    def start(self, epochs: int) -> None:
        """Empty axes for this many epochs."""
        for line in (self.live, self.training, self.validation):
            line.x.clear()
            line.y.clear()
            line.draw()
        self._best_at = [], []
        self._last = None
        self._best.setData([], [])
        self._now.clear()
        self.setAccessibleDescription("Nothing yet")
        box = self.plot.box
        box.setXRange(0, max(1, epochs), padding=0.02)
        box.enableAutoRange(axis="x", enable=False)
        if self._percents:
            box.setYRange(0, 1, padding=0.06)
            box.enableAutoRange(axis="y", enable=False)
        else:
            box.enableAutoRange(axis="y", enable=True)

    def add_live(self, x: float, value: float) -> None:
        """A value from within an epoch, to be seen at the next :meth:`draw`."""
        if len(self.live.x) >= _MOST_LIVE_POINTS:
            del self.live.x[::2], self.live.y[::2]
        self.live.add(x, value)

    def add(self, epoch: int, training: float, validation: float, *, is_best: bool) -> None:
        """The values of an epoch, to be seen at the next :meth:`draw`."""
        if self._names[0]:
            self.training.add(epoch, training)
        if self._names[1]:
            self.validation.add(epoch, validation)
            if is_best and math.isfinite(validation):
                self._best_at = [epoch], [validation]
        self._last = (training, validation)
        said = ", ".join(f"{name} {self._text(v)}" for name, v, _ in self._parts())
        self.setAccessibleDescription(said)

    def draw(self) -> None:
        """Draw what has come."""
        for line in (self.live, self.training, self.validation):
            line.draw()
        self._best.setData(*self._best_at)
        self._fit()
        self._tell()

    def _fit(self) -> None:
        """Show what stands alone from 0 up."""
        if not self._percents and not all(self._names):
            highest = max([*self.live.y, *self.training.y, *self.validation.y], default=1.0)
            self.plot.box.setYRange(0, highest, padding=0.08)

    def _parts(self) -> list[tuple[str, float, str]]:
        """Name, value and colour of each curve's last value."""
        if self._last is None:
            return []
        colours, lines = current_colours(), (self.training, self.validation)
        return [
            (name, value, getattr(colours, line.role))
            for name, value, line in zip(self._names, self._last, lines, strict=True)
            if name and (math.isfinite(value) or line.x)
        ]

    def _tell(self) -> None:
        parts = self._parts()
        if len(parts) > 1:
            spot = '<span style="color:{}">\N{BLACK CIRCLE}</span> {} <b>{}</b>'
            said = [spot.format(colour, escaped(name), self._text(v)) for name, v, colour in parts]
        else:
            said = [f"<b>{self._text(value)}</b>" for _, value, _ in parts]
        self._now.setText("&nbsp;&nbsp;&nbsp;".join(said))

    def _text(self, value: float) -> str:
        if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "infinity"
        if self._percents:
            return percent(value)
        return f"{value:.2f}" if self._names[1] else f"{value:.2g}"

    def _dress(self) -> None:
        colours = current_colours()
        for line in (self.live, self.training, self.validation):
            line.item.setPen(pg.mkPen(QColor(getattr(colours, line.role)), width=line.width))
        self._best.setBrush(pg.mkBrush(colours.accent))
        self._best.setPen(pg.mkPen(colours.window, width=2))
        self._now.setStyleSheet(f"color: {colours.muted}")
        self._tell()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)


class _PercentAxis(pg.AxisItem):
    """Ticks as per cent."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [percent(value) for value in values]


# Curves -------------------------------------------------------------------------------------

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
        """Clear everything."""
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
    """Return the place of a training on the axis of epochs."""
    return progress.epoch - 1 + progress.step / max(1, progress.steps)


class Curves(PlotStack):
    """Curves of a classifier."""

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
    """Curves of a generator and its discriminator."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.loss = CurvePlot("Losses", trained="discriminator", validated="generator")
        self.frechet = CurvePlot("Fréchet distance", trained="")
        self.consistency = CurvePlot("", percents=True, trained="")
        self.rate = CurvePlot("Learning rate", validated="")
        super().__init__((self.loss, self.frechet, self.consistency, self.rate), parent)

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
