"""Panes that scroll what they hold only where there is less room than it needs."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

_SMALLEST_VIEW = QSize(120, 96)


class ScrollPane(QScrollArea):
    """Shows a widget as large as there is room, and scrolls below its least size.

    A bare scroll area would give a column of wrapped text the height that it prefers, and
    scroll although less is enough. With ``keeps_room`` the room of its upright bar stays free
    while there is none: what it holds does not move when the bar comes.
    """

    def __init__(
        self, inside: QWidget, parent: QWidget | None = None, *, keeps_room: bool = False
    ) -> None:
        super().__init__(parent)
        self._keeps_room = keeps_room
        self.inside = inside
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Its bars stand a little apart from what they scroll.
        for bar in (self.verticalScrollBar(), self.horizontalScrollBar()):
            bar.setObjectName("pane")
        self._holder = _Holder(self)
        self.setWidget(self._holder)
        # Last: whatever comes below another parent gets the style sheet anew, with all within it.
        inside.setParent(self._holder)
        if keeps_room:
            keep_room_of_bar(self)

    @property
    def bar_width(self) -> int:
        """Pixels that its upright bar takes, or would take."""
        return self.verticalScrollBar().sizeHint().width()

    def room(self) -> QSize:
        """Return the size that it can show without a bar, or beside the room kept for one."""
        room = self.maximumViewportSize()
        if self._keeps_room:
            room.setWidth(self.width() - self.bar_width)
        return room

    def sizeHint(self) -> QSize:
        return self.inside.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return _SMALLEST_VIEW

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._holder.fit()
        super().resizeEvent(event)


def keep_room_of_bar(area: QScrollArea) -> None:
    """Keep the room of an area's upright bar free while there is nothing to scroll."""
    bar = area.verticalScrollBar()

    def follow(least: int, most: int) -> None:
        area.setViewportMargins(0, 0, 0 if most > least else bar.sizeHint().width(), 0)

    bar.rangeChanged.connect(follow)
    follow(bar.minimum(), bar.maximum())


class SidePane(ScrollPane):
    """A pane that asks for the width of what is in it, so that it scrolls downwards only."""

    def minimumSizeHint(self) -> QSize:
        width = self.inside.minimumSizeHint().expandedTo(self.inside.minimumSize()).width()
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(width + bar, _SMALLEST_VIEW.height())


class _Holder(QWidget):
    """Holder that is as large as its one child must be, or larger."""

    def __init__(self, pane: ScrollPane) -> None:
        super().__init__()
        self._inside = pane.inside
        self._pane = pane

    def fit(self) -> None:
        """Ask for the least size of the child."""
        room = self._pane.room()
        least = self._least(room.width())
        if least.height() > room.height():  # a bar takes some of the width
            least = self._least(self._pane.viewport().width())
        if least != self.minimumSize():
            self.setMinimumSize(least)
            self._pane.updateGeometry()

    def _least(self, width: int) -> QSize:
        least = self._inside.minimumSizeHint().expandedTo(self._inside.minimumSize())
        layout = self._inside.layout()
        # -1 where the height does not depend on the width.
        height = layout.minimumHeightForWidth(max(width, least.width())) if layout else -1
        return least.expandedTo(QSize(0, height))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.fit()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._inside.setGeometry(self.rect())
        self.fit()
