"""Loss, accuracy and learning rate over the epochs, drawn while they come."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from fstmuse_core.runs.events import Epoch, Progress
from fstmuse_gui.plain import RichLabel, escaped, percent
from fstmuse_gui.theme import GRID, current_colours, genre_colour
from fstmuse_gui.train.run.thinned import MOST_LIVE_POINTS, Thinned
from fstmuse_gui.widgets.axes import Plot
from fstmuse_gui.widgets.page_parts import heading

_AXIS_WIDTH = 48
# Of other trainings: genres whose colours are far apart.
_COLOURS = ("Rock", "Jazz", "Electronic", "Folk", "Pop", "Hip-Hop")


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

    def draw(self, smoothing: float = 0.0) -> None:
        self.item.setData(self.x, smoothed(self.y, smoothing))


def _no_points() -> Thinned[tuple[float, float]]:
    return Thinned(MOST_LIVE_POINTS)


def smoothed(values: Sequence[float], weight: float) -> list[float]:
    """Running means in which each value before counts ``weight`` times the next one.

    The first ones are no nearer to zero for that (Kingma and Ba's correction), as in TensorBoard.
    """
    if weight <= 0.0:
        return list(values)
    found, mean = [], 0.0
    for number, value in enumerate(values, 1):
        mean = weight * mean + (1.0 - weight) * value
        found.append(mean / (1.0 - weight**number))
    return found


@dataclass(frozen=True)
class OtherRun:
    """A training whose curves are laid over another's."""

    title: str
    epochs: tuple[Epoch, ...]


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
        self._smoothing, self._epochs = 0.0, 1
        self._points = _no_points()
        self._others: list[tuple[str, _Line]] = []
        self._heading = heading(self, title)
        self._now = RichLabel()
        # What it says grows, and must move nothing: it has its room before it says anything.
        self._now.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._now.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._build_plot()
        head = QHBoxLayout()
        head.addWidget(self._heading)
        head.addWidget(self._now, 1)
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

    def smooth(self, weight: float) -> None:
        """Smooth the curves from the next :meth:`draw` on; 0 shows them as they are."""
        self._smoothing = weight

    def lay_over(self, others: Sequence[tuple[str, Sequence[tuple[int, float]]]]) -> None:
        """Show titles and points of other trainings too, at the next :meth:`draw`."""
        for _, line in self._others:
            self.plot.box.removeItem(line.item)
        self._others = []
        for title, points in others:
            line = self._line("muted", 1.8)
            for x, y in points:
                line.add(x, y)
            self._others.append((title, line))
        longest = max((line.x[-1] for _, line in self._others if line.x), default=0.0)
        self.plot.box.setXRange(0, max(self._epochs, longest), padding=0.02)
        self._dress()

    def start(self, epochs: int) -> None:
        """Empty axes for this many epochs."""
        self._epochs = max(1, epochs)
        self._points = _no_points()
        self.lay_over(())
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
        box.setXRange(0, self._epochs, padding=0.02)
        box.enableAutoRange(axis="x", enable=False)
        if self._percents:
            box.setYRange(0, 1, padding=0.06)
            box.enableAutoRange(axis="y", enable=False)
        else:
            box.enableAutoRange(axis="y", enable=True)

    def add_live(self, x: float, value: float) -> None:
        """A value from within an epoch, to be seen at the next :meth:`draw`."""
        if math.isfinite(value):
            self._points.add((x, value))

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
        self.live.x, self.live.y = [x for x, _ in self._points], [y for _, y in self._points]
        lines = (self.live, self.training, self.validation, *(line for _, line in self._others))
        for line in lines:
            line.draw(self._smoothing)
        # Where the smooth curve is not, the point would hang in the air.
        self._best.setData(*(self._best_at if not self._smoothing else ([], [])))
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
        self._now.setText(_values([(n, self._text(v), c) for n, v, c in self._parts()]))

    def _reserve(self) -> None:
        """Keep room for what will be said."""
        widest = "100 %" if self._percents else "000.00"
        self._now.setText(_values([(name, widest, "black") for name in self._names if name]))
        self._now.setMinimumWidth(self._now.sizeHint().width())
        self._tell()

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
        for place, (_, line) in enumerate(self._others):
            line.item.setPen(
                pg.mkPen(other_colour(place), width=line.width, style=Qt.PenStyle.DashLine)
            )
        self._best.setBrush(pg.mkBrush(colours.accent))
        self._best.setPen(pg.mkPen(colours.window, width=2))
        self._now.setStyleSheet(f"color: {colours.muted}")
        self._tell()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._reserve()  # only now is the font known that it has in the window


def _values(parts: Sequence[tuple[str, str, str]]) -> str:
    """Names, values and colours, as they stand above a plot."""
    spot = '<span style="color:{}">\N{BLACK CIRCLE}</span> {} <b>{}</b>'
    if len(parts) > 1:
        said = [spot.format(colour, escaped(name), value) for name, value, colour in parts]
    else:
        said = [f"<b>{value}</b>" for _, value, _ in parts]
    return "&nbsp;&nbsp;&nbsp;".join(said)


def other_colour(place: int) -> QColor:
    """Colour of the curves of one of the other trainings."""
    return genre_colour(_COLOURS[place % len(_COLOURS)], current_colours().is_dark)


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
    """Plots one above the other, each drawn in a turn of its own; the last is lower.

    ``values`` are what each plot shows of another training's epoch.
    """

    def __init__(
        self,
        plots: Sequence[CurvePlot],
        values: Sequence[Callable[[Epoch], float]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Curves of the training")
        self._plots = tuple(plots)
        self._values = tuple(values)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        self._others: tuple[str, ...] = ()
        self.legend = RichLabel()
        self.legend.setWordWrap(True)
        self.legend.hide()
        column.addWidget(self.legend)
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
        self._others = ()
        self._tell_others()

    def smooth(self, weight: float) -> None:
        """Smooth all curves but the learning rate's, which has nothing to smooth."""
        for plot in self._plots[:-1]:
            plot.smooth(weight)
        self.draw_now()

    def lay_over(self, others: Sequence[OtherRun]) -> None:
        """Lay the curves of other trainings over these."""
        for plot, value in zip(self._plots, self._values, strict=True):
            plot.lay_over(
                [(run.title, [(e.epoch, value(e)) for e in run.epochs]) for run in others]
            )
        self._others = tuple(run.title for run in others)
        self._tell_others()
        self.draw_now()

    def _tell_others(self) -> None:
        spot = '<span style="color:{}">\N{BLACK CIRCLE}</span> {}'
        named = enumerate(self._others)
        said = [spot.format(other_colour(n).name(), escaped(title)) for n, title in named]
        self.legend.setText("Dashed, on validation: &nbsp;" + "&nbsp;&nbsp; ".join(said))
        self.legend.setVisible(bool(said))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._tell_others()
        super().changeEvent(event)

    @property
    def is_drawn(self) -> bool:
        """Nothing waits to be drawn."""
        return not self._clock.isActive()

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
