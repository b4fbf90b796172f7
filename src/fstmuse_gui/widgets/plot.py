"""Axes in the colours of the theme.

Not pyqtgraph's ``PlotWidget``: each of those makes seven menus that outlive it.
"""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QWidget

from fstmuse_gui.theme import current_colours, scaled_font

_GRID_ALPHA = 60


class Plot(pg.GraphicsView):
    """A view box with axes on the left and below; not for the pointer."""

    def __init__(self, parent: QWidget, left: pg.AxisItem | None = None) -> None:
        # Before anything else: the base class tells of changes while it is being made.
        self.left = left or pg.AxisItem("left")
        self.bottom = pg.AxisItem("bottom")
        super().__init__(parent, useOpenGL=False, background=None)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False)
        for axis in (self.left, self.bottom):
            axis.linkToView(self.box)
        # Lines of the grid belong behind the curves.
        self.left.setZValue(-100)
        self.left.setGrid(_GRID_ALPHA)
        layout = pg.GraphicsLayout()
        layout.setContentsMargins(0, 4, 14, 0)
        layout.setSpacing(0)
        layout.addItem(self.left, 0, 0)
        layout.addItem(self.box, 0, 1)
        layout.addItem(self.bottom, 1, 1)
        self.setCentralItem(layout)
        self.dress()

    def dress(self) -> None:
        """Take on the colours in force."""
        colours = current_colours()
        # Said outright: a view without a background keeps that of the theme before.
        self.setBackground(colours.window)
        for axis in (self.left, self.bottom):
            axis.setPen(pg.mkPen(colours.border_strong))
            axis.setTextPen(pg.mkPen(colours.muted))
            axis.setStyle(
                hideOverlappingLabels=False,
                tickFont=scaled_font(self.font(), 0.85),
                tickLength=0,
                tickTextOffset=6,
            )

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.dress()
        super().changeEvent(event)
