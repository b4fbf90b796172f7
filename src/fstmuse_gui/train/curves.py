"""Loss, accuracy and learning rate, drawn while they come."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, QTimer
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
# Progress comes several times a second; each of the three plots is drawn once a second.
_DRAW_MS = 330
_SOON_MS = 20


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
        self._last: tuple[float, float] | None = None
        self._best_at: tuple[list[float], list[float]] = ([], [])
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
        self.training.add(epoch, training)
        if self._validated:
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
        """A rate is looked at from 0 up."""
        if not self._percents and not self._validated:
            highest = max([*self.live.y, *self.training.y], default=1.0)
            self.plot.box.setYRange(0, highest, padding=0.08)

    def _parts(self) -> list[tuple[str, float, str]]:
        """Name, value and colour of each curve's last value."""
        if self._last is None:
            return []
        colours = current_colours()
        training, validation = self._last
        parts = [("training", training, colours.muted)]
        return [*parts, ("validation", validation, colours.accent)] if self._validated else parts

    def _tell(self) -> None:
        parts = self._parts()
        if self._validated:
            spot = '<span style="color:{}">\N{BLACK CIRCLE}</span> {} <b>{}</b>'
            said = [spot.format(colour, name, self._text(v)) for name, v, colour in parts]
        else:
            said = [f"<b>{self._text(value)}</b>" for _, value, _ in parts]
        self._now.setText("&nbsp;&nbsp;&nbsp;".join(said))

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
        self._tell()

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
        self._to_draw: list[CurvePlot] = []
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._draw_next)

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
        self._draw_all_within(_DRAW_MS)

    def _draw_all_within(self, step_ms: int) -> None:
        """One plot a turn: each takes milliseconds, and the window has other things to do."""
        plots = (self.loss, self.accuracy, self.rate)
        self._to_draw += [plot for plot in plots if plot not in self._to_draw]
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
        for plot in (self.loss, self.accuracy, self.rate):
            plot.draw()

    def show_epoch(self, epoch: Epoch) -> None:
        """Draw what an epoch has reached."""
        number = epoch.epoch
        self.loss.add(number, epoch.loss, epoch.val_loss, is_best=epoch.is_best)
        self.accuracy.add(number, epoch.accuracy, epoch.val_accuracy, is_best=epoch.is_best)
        self.rate.add(number, epoch.learning_rate, math.nan, is_best=False)
        self._draw_all_within(_SOON_MS)
