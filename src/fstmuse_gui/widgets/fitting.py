"""Windows, dialogs and splitters that fit the screen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMargins, QObject, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

from fstmuse_gui.theme import GRID

_SHARE_ABOVE = 0.4
# A title bar and borders, before the window system has told of its own.
_LIKELY_FRAME = QMargins(4, 32, 4, 4)
# A window manager frames and moves a window some time after it was shown.
_SETTLED_MS = 250
_NOT_ITS_OWN_PLACE = (
    Qt.WindowState.WindowMaximized
    | Qt.WindowState.WindowFullScreen
    | Qt.WindowState.WindowMinimized
)
_SMALLEST_VIEW = QSize(120, 96)


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


def fitted(rect: QRect, frame: QMargins, room: QRect) -> QRect:
    """Return ``rect``, made smaller and moved so that it lies in ``room`` with its ``frame``."""
    space = room.marginsRemoved(frame)
    size = rect.size().boundedTo(space.size())
    left = max(space.left(), min(rect.left(), space.right() + 1 - size.width()))
    top = max(space.top(), min(rect.top(), space.bottom() + 1 - size.height()))
    return QRect(left, top, size.width(), size.height())


def fit_to_screen(window: QWidget) -> None:
    """Let a window lie on one screen as a whole, its frame included; a large one fills it."""
    if window.windowState() & _NOT_ITS_OWN_PLACE:
        return
    rect = window.geometry()
    screen = QGuiApplication.screenAt(rect.center()) or QGuiApplication.primaryScreen()
    wanted = fitted(rect, _frame(window), screen.availableGeometry())
    if wanted != rect:
        window.setGeometry(wanted)


class ScreenFit(QObject):
    """Fits a window when it is shown, and once more when its place and frame are known."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLED_MS)
        self._timer.timeout.connect(self.fit)

    def begin(self) -> None:
        """Fit the window, which has just been shown."""
        self.fit()
        self._timer.start()

    def end(self) -> None:
        """Leave it alone: it is hidden."""
        self._timer.stop()

    def fit(self) -> None:
        """Let the window lie on its screen."""
        fit_to_screen(self._window)


def _frame(window: QWidget) -> QMargins:
    handle = window.windowHandle()
    known = handle.frameMargins() if handle is not None else QMargins()
    return _LIKELY_FRAME if known.isNull() else known


class ScrollPane(QScrollArea):
    """Shows a widget as large as there is room, and scrolls below its least size.

    A bare scroll area would give a column of wrapped text the height that it prefers, and
    scroll although less is enough.
    """

    def __init__(self, inside: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inside = inside
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Its bars stand a little apart from what they scroll.
        for bar in (self.verticalScrollBar(), self.horizontalScrollBar()):
            bar.setObjectName("pane")
        self._holder = _Holder(inside, self)
        self.setWidget(self._holder)

    def sizeHint(self) -> QSize:
        return self.inside.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return _SMALLEST_VIEW

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._holder.fit(self.viewport().width())
        super().resizeEvent(event)


class SidePane(ScrollPane):
    """A pane that asks for the width of what is in it, so that it scrolls downwards only."""

    def minimumSizeHint(self) -> QSize:
        width = self.inside.minimumSizeHint().expandedTo(self.inside.minimumSize()).width()
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(width + bar, _SMALLEST_VIEW.height())


class _Holder(QWidget):
    """Holder that is as large as its one child must be, or larger."""

    def __init__(self, inside: QWidget, pane: ScrollPane) -> None:
        super().__init__()
        self._inside = inside
        self._pane = pane
        inside.setParent(self)

    def fit(self, width: int) -> None:
        """Ask for the least size of the child at this width."""
        inside, layout = self._inside, self._inside.layout()
        least = inside.minimumSizeHint().expandedTo(inside.minimumSize())
        if layout is not None and layout.hasHeightForWidth():
            height = layout.minimumHeightForWidth(max(width, least.width()))
            least.setHeight(max(least.height(), height))
        if least != self.minimumSize():
            self.setMinimumSize(least)
            self._pane.updateGeometry()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.fit(self.width())
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._inside.setGeometry(self.rect())
        self.fit(self.width())


class FittingDialog(QDialog):
    """A dialog no larger than the screen: its body scrolls, its foot with the buttons stays."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fit = ScreenFit(self)

    def set_parts(self, body: QWidget, foot: QLayout) -> None:
        """Lay out the dialog."""
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(2 * GRID)
        column.addWidget(ScrollPane(body), 1)
        column.addLayout(foot)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit.begin()

    def hideEvent(self, event: QHideEvent) -> None:
        self._fit.end()
        super().hideEvent(event)
