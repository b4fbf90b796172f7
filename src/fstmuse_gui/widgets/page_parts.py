"""Parts of pages: heads, headings, labels that give way, panes that scroll or stack."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFont,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.theme import GRID, current_colours, scaled_font
from fstmuse_gui.widgets.scroll_pane import keep_room_of_bar

_NARROW = 740
_TITLE, _HEADING, _NUMBER = 1.25, 1.0, 2.5
_SHARE_ABOVE = 0.4
# A press within this time was meant for what was there before.
_SHIELDED_MS = 350
_SHIELD = "shield"


class ElidedLabel(PlainLabel):
    """Shows as much of a plain text as fits, cut in the middle or at the end; all is its tip."""

    def __init__(
        self, text: str = "", *, cut: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle
    ) -> None:
        super().__init__(text)
        self._cut = cut

    def set_text(self, text: str) -> None:
        """Show ``text``."""
        self.setText(text.replace("\n", " "))
        set_tip(self, text)

    def minimumSizeHint(self) -> QSize:
        return QSize(48, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = self.fontMetrics().elidedText(self.text(), self._cut, self.width())
        painter.drawText(QRectF(self.rect()), self.alignment(), text)
        painter.end()


class StatusLabel(QWidget):
    """Muted text in one line, cut in the middle where it does not fit.

    A ``QLabel`` asks for another size with every text, and the whole window is laid out and
    painted anew; this one only paints itself.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """Text in full, also where it is elided."""
        return self._text

    def set_text(self, text: str) -> None:
        """Say this."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(48, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QColor(current_colours().muted))
        room = self.rect()
        text = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideMiddle, room.width())
        side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(room), side, text)
        painter.end()


class PageHeader(QHBoxLayout):
    """Head of a page: title and a line about it, with ``buttons`` on the right."""

    def __init__(self, page: QWidget, buttons: Sequence[QWidget] = ()) -> None:
        super().__init__()
        self._title = ElidedLabel()
        self._title.setFont(scaled_font(page.font(), _TITLE, QFont.Weight.DemiBold))
        self._about = ElidedLabel()
        self._about.setProperty("look", "muted")
        titles = QVBoxLayout()
        titles.setSpacing(2)
        titles.addWidget(self._title)
        titles.addWidget(self._about)
        self.setSpacing(GRID)
        self.addLayout(titles, 1)
        for button in buttons:
            self.addWidget(button)

    def say(self, title: str, about: str) -> None:
        """Show these two lines."""
        self._title.set_text(title)
        self._about.set_text(about)

    @property
    def lines(self) -> tuple[str, str]:
        """Title and the line about it."""
        return self._title.text(), self._about.text()


class BigNumber(QWidget):
    """A big number above its name."""

    def __init__(self, name: str, tip: str = "") -> None:
        super().__init__()
        self._number = PlainLabel()
        self._number.setFont(scaled_font(self.font(), _NUMBER, QFont.Weight.DemiBold))
        self._name = PlainLabel()
        self._name.setProperty("look", "muted")
        set_tip(self, tip)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._number)
        column.addWidget(self._name)
        self.set_name(name)

    def set_name(self, name: str) -> None:
        """Call it so, in as many lines."""
        self._name.setText(name)
        self._number.setAccessibleName(name.replace("\n", " "))

    @property
    def name(self) -> str:
        """Name of the figure."""
        return self._name.text()

    def set_number(self, text: str) -> None:
        """Show this number."""
        self._number.setText(text)

    @property
    def number(self) -> str:
        """Number on show."""
        return self._number.text()


class TwoColumns(QWidget):
    """Two columns side by side, the right one below the left where both do not fit.

    ``narrow`` is the least width in pixels at which they stand side by side, in ``shares``;
    ``None`` for what the two need.
    """

    def __init__(
        self,
        left: QBoxLayout | QWidget,
        right: QBoxLayout | QWidget,
        *,
        narrow: int | None = _NARROW,
        shares: tuple[int, int] = (5, 4),
    ) -> None:
        super().__init__()
        self._narrow = narrow
        self._body = QHBoxLayout(self)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(4 * GRID)
        self._sides = tuple(_as_widget(side) for side in (left, right))
        for side, share in zip(self._sides, shares, strict=True):
            self._body.addWidget(side, share)

    def minimumSizeHint(self) -> QSize:
        """Return the width of one column: else nothing would ever put one below the other."""
        width = max(side.minimumSizeHint().width() for side in self._sides)
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        # What is in the columns, and with it what they need, may change at the same width.
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        least = self._narrow
        if least is None:
            least = sum(side.minimumSizeHint().width() for side in self._sides)
            least += self._body.spacing()
        lay_side_by_side(self._body, is_narrow=self.width() < least)


def lay_side_by_side(row: QBoxLayout, *, is_narrow: bool) -> None:
    """Let the parts of ``row`` stand side by side, or below each other where it is narrow."""
    row.setDirection(
        QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight
    )


def _as_widget(side: QBoxLayout | QWidget) -> QWidget:
    if isinstance(side, QWidget):
        return side
    widget = QWidget()
    side.setContentsMargins(0, 0, 0, 0)
    widget.setLayout(side)
    return widget


def heading(page: QWidget, text: str = "") -> QLabel:
    """A heading within a page."""
    label = PlainLabel(text)
    label.setFont(scaled_font(page.font(), _HEADING, QFont.Weight.DemiBold))
    return label


def small_text(text: str = "") -> QLabel:
    """A remark in small letters."""
    label = PlainLabel(text)
    label.setProperty("look", "small")
    label.setWordWrap(True)
    return label


def plain_text(look: str) -> QLabel:
    """Sentences that can be selected, in one of the looks of the style sheet."""
    label = PlainLabel()
    label.setProperty("look", look)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def shield(widget: QWidget) -> None:
    """Let a widget take no press for a moment: it was meant for what was there before."""
    through = Qt.WidgetAttribute.WA_TransparentForMouseEvents
    timer = widget.findChild(QTimer, _SHIELD, Qt.FindChildOption.FindDirectChildrenOnly)
    if timer is None:
        timer = QTimer(widget)
        timer.setObjectName(_SHIELD)
        timer.setSingleShot(True)
        timer.timeout.connect(lambda: widget.setAttribute(through, False))
    widget.setAttribute(through)
    timer.start(_SHIELDED_MS)


def keep_size_when_hidden(widget: QWidget) -> None:
    """Let a widget keep its room in its layout while it is hidden."""
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    widget.setSizePolicy(policy)


def scrolled(inside: QWidget) -> QScrollArea:
    """A frameless area that scrolls downwards only; the room of its bar is kept."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inside)
    keep_room_of_bar(area)
    return area


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

    def restore(self, widths: list[int]) -> None:
        """Give the parts widths that were stored, where they are widths of so many parts."""
        if len(widths) == self.count() and all(type(w) is int and w > 0 for w in widths):
            self.set_widths(widths)

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
        else:
            self.setSizes(widths if any(widths) else self._wished_widths())
        self.updateGeometry()

    def _wished_widths(self) -> list[int]:
        """Widths that the parts ask for; what is left goes to those that stretch."""
        wished = [part.sizeHint().width() for part in self._parts()]
        spare = self.width() - sum(wished)
        stretches = [part.sizePolicy().horizontalStretch() for part in self._parts()]
        total = max(1, sum(stretches))
        return [
            max(1, width + spare * stretch // total)
            for width, stretch in zip(wished, stretches, strict=True)
        ]


def _least_width(part: QWidget) -> int:
    return part.minimumSizeHint().expandedTo(part.minimumSize()).width()
