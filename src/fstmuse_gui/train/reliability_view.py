"""How often the model is right when it says how sure it is."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fstmuse_gui.theme import current_colours
from fstmuse_gui.train.plot import Plot
from fstmuse_gui.widgets.probability_bars import percent

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
