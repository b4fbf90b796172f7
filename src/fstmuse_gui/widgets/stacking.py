"""Two parts side by side, or one above the other where both do not fit."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

_SHARE_ABOVE = 0.4


class StackingSplitter(QSplitter):
    """Lays its two parts below each other where it is narrower than ``narrow``.

    Parameters
    ----------
    narrow : int
        Least width in pixels at which the parts stand side by side.
    heights : tuple of int
        Least heights of the upper and the lower part.
    """

    def __init__(self, narrow: int, heights: tuple[int, int]) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._narrow = narrow
        self._heights = heights
        self._widths: list[int] = []
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)

    def widths(self) -> list[int]:
        """Widths of the parts side by side, also while they are not."""
        return list(self._widths) if self.is_stacked else self.sizes()

    def set_widths(self, widths: list[int]) -> None:
        """Give the parts these widths, at once or when they stand side by side again."""
        if self.is_stacked:
            self._widths = list(widths)
        else:
            self.setSizes(widths)

    @property
    def is_stacked(self) -> bool:
        """True while one part stands above the other."""
        return self.orientation() is Qt.Orientation.Vertical

    def minimumSizeHint(self) -> QSize:
        """Return the width of one part: else nothing would ever stack them."""
        widths = [_least_width(part) for part in self._parts()]
        return QSize(max(widths, default=0), super().minimumSizeHint().height())

    def _parts(self) -> list[QWidget]:
        parts = (self.widget(place) for place in range(self.count()))
        return [part for part in parts if part is not None]

    def resizeEvent(self, event: QResizeEvent) -> None:
        # Qt shares the new width out anew: what people chose is asked for before.
        widths = self.widths()
        super().resizeEvent(event)
        is_narrow = self.width() < self._narrow
        if is_narrow != self.is_stacked:
            self._turn(is_narrow, widths)

    def _turn(self, is_stacked: bool, widths: list[int]) -> None:
        self.setOrientation(Qt.Orientation.Vertical if is_stacked else Qt.Orientation.Horizontal)
        for part, height in zip(self._parts(), self._heights, strict=True):
            part.setMinimumHeight(height if is_stacked else 0)
        if is_stacked:
            self._widths = widths
            above = round(self.height() * _SHARE_ABOVE)
            self.setSizes([above, self.height() - above])
        elif any(widths):
            self.setSizes(widths)
        self.updateGeometry()


def _least_width(part: QWidget) -> int:
    return part.minimumSizeHint().expandedTo(part.minimumSize()).width()
