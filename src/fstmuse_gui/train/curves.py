"""Loss, accuracy and learning rate, drawn while they come."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from fstmuse_gui.theme import GRID, current_colours, scaled_font
from fstmuse_gui.train.events import Epoch, Progress
from fstmuse_gui.train.plot import Plot
from fstmuse_gui.widgets.probability_bars import percent

_AXIS_WIDTH = 48
_RATE_HEIGHT = 104
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
    """One quantity over the epochs: of training, and of validation if it has that.

    Parameters
    ----------
    title : str
    percents : bool
        The values are shares from 0 to 1.
    validated : bool
        There is a second curve.
    """

    def __init__(self, title: str, *, percents: bool = False, validated: bool = True) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._percents = percents
        self._validated = validated
        self._heading = QLabel(title)
        self._heading.setFont(scaled_font(self.font(), 1.0, QFont.Weight.DemiBold))
        self._now = QLabel()
        self._now.setTextFormat(Qt.TextFormat.RichText)
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

    def start(self, epochs: int) -> None:
        """Empty axes for this many epochs."""
        for line in (self.live, self.training, self.validation):
            line.x.clear()
            line.y.clear()
            line.draw()
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
        """A value from within an epoch."""
        if len(self.live.x) >= _MOST_LIVE_POINTS:
            del self.live.x[::2], self.live.y[::2]
        self.live.add(x, value)
        self.live.draw()
        self._fit()

    def add(self, epoch: int, training: float, validation: float, *, is_best: bool) -> None:
        """The values of an epoch."""
        self.training.add(epoch, training)
        self.training.draw()
        self._fit()
        if self._validated:
            self.validation.add(epoch, validation)
            self.validation.draw()
            if is_best and math.isfinite(validation):
                self._best.setData([epoch], [validation])
        self._tell(training, validation)

    def _fit(self) -> None:
        """A rate is looked at from 0 up."""
        if not self._percents and not self._validated:
            highest = max([*self.live.y, *self.training.y], default=1.0)
            self.plot.box.setYRange(0, highest, padding=0.08)

    def _tell(self, training: float, validation: float) -> None:
        colours = current_colours()
        spot = '<span style="color:{}">\N{BLACK CIRCLE}</span> {} <b>{}</b>'
        parts = [("training", training, colours.muted)]
        if self._validated:
            parts.append(("validation", validation, colours.accent))
            said = [spot.format(colour, name, self._text(v)) for name, v, colour in parts]
            self._now.setText("&nbsp;&nbsp;&nbsp;".join(said))
        else:
            self._now.setText(f"<b>{self._text(training)}</b>")
        self.setAccessibleDescription(", ".join(f"{n} {self._text(v)}" for n, v, _ in parts))

    def _text(self, value: float) -> str:
        if not math.isfinite(value):
            return "no number"
        if self._percents:
            return percent(value)
        return f"{value:.2f}" if self._validated else f"{value:.2g}"

    def _dress(self) -> None:
        colours = current_colours()
        for line in (self.live, self.training, self.validation):
            line.item.setPen(pg.mkPen(QColor(getattr(colours, line.role)), width=line.width))
        self._best.setBrush(pg.mkBrush(colours.accent))
        self._best.setPen(pg.mkPen(colours.window, width=2))
        self._now.setStyleSheet(f"color: {colours.muted}")
        if self.training.y:
            self._tell(self.training.y[-1], (self.validation.y or [math.nan])[-1])

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)


class _PercentAxis(pg.AxisItem):
    """Ticks as per cent."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [percent(value) for value in values]


class Curves(QWidget):
    """The three plots, one above the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Curves of the training")
        self.loss = CurvePlot("Loss")
        self.accuracy = CurvePlot("Accuracy", percents=True)
        self.rate = CurvePlot("Learning rate", validated=False)
        self.rate.setFixedHeight(_RATE_HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        column.addWidget(self.loss, 1)
        column.addWidget(self.accuracy, 1)
        column.addWidget(self.rate)

    def start(self, epochs: int) -> None:
        """Begin anew."""
        for plot in (self.loss, self.accuracy, self.rate):
            plot.start(epochs)

    def show_progress(self, progress: Progress) -> None:
        """Draw what has been reached within an epoch."""
        x = progress.epoch - 1 + progress.step / max(1, progress.steps)
        self.loss.add_live(x, progress.loss)
        self.accuracy.add_live(x, progress.accuracy)
        self.rate.add_live(x, progress.learning_rate)

    def show_epoch(self, epoch: Epoch) -> None:
        """Draw what an epoch has reached."""
        number = epoch.epoch
        self.loss.add(number, epoch.loss, epoch.val_loss, is_best=epoch.is_best)
        self.accuracy.add(number, epoch.accuracy, epoch.val_accuracy, is_best=epoch.is_best)
        self.rate.add(number, epoch.learning_rate, math.nan, is_best=False)
