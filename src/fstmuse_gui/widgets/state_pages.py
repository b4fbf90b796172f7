"""Pages for when there is nothing yet, while work goes on, and when there will be no result."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QElapsedTimer, QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QHideEvent,
    QLinearGradient,
    QPainter,
    QPaintEvent,
    QPen,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from fstmuse_core.system.errors import one_line
from fstmuse_gui.plain import PlainLabel, caption, set_tip
from fstmuse_gui.theme import GRID, current_colours, draw_icon, icon, scaled_font
from fstmuse_gui.widgets.page_parts import ElidedLabel

_HEIGHTS = (0.5, 0.84, 0.66, 1.0, 0.42)
_STOPS = ((0.0, "#f7c27d"), (0.35, "#f4764f"), (0.7, "#b5367a"), (1.0, "#6a2a8c"))
_INTERVAL_MS = 40
_PERIOD_S = 1.6
_LEAST_WIDTH = 160
_HINT_WIDTH = 460
_MIDDLE = Qt.AlignmentFlag.AlignHCenter
_N_RECENT = 4
_RECENT_WIDTH = 320
_PROGRESS_STEPS = 1000
_TEXT_WIDTH = 520
_TITLE = 1.5


class BarsLogo(QWidget):
    """Five bars in the colours of sound; they dance while something is being worked on.

    Parameters
    ----------
    side : int
        Height in pixels.
    moving : bool
        Dance whenever visible.
    """

    def __init__(
        self, parent: QWidget | None = None, *, side: int = 72, moving: bool = False
    ) -> None:
        super().__init__(parent)
        self._side = side
        self._moving = moving
        self.setFixedSize(self.sizeHint())
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(round(self._side * 1.12), self._side)

    def showEvent(self, event: QShowEvent) -> None:
        if self._moving:
            self._clock.start()
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        gradient = QLinearGradient(0, 0, 0, self.height())
        for at, colour in _STOPS:
            gradient.setColorAt(at, QColor(colour))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        seconds = self._clock.elapsed() / 1000 if self._timer.isActive() else None
        pitch = self.width() / len(_HEIGHTS)
        width = pitch * 0.56
        for index, still in enumerate(_HEIGHTS):
            share = still if seconds is None else _dance(index, seconds)
            height = max(width, share * self.height())
            left = index * pitch + (pitch - width) / 2
            bar = QRectF(left, (self.height() - height) / 2, width, height)
            painter.drawRoundedRect(bar, width / 2, width / 2)
        painter.end()


def _dance(index: int, seconds: float) -> float:
    phase = 2 * math.pi * (seconds / _PERIOD_S - index * 0.17)
    return 0.64 + 0.24 * math.sin(phase) + 0.12 * math.sin(2.0 * phase + index)


class Paragraph(PlainLabel):
    """Wraps a plain text at ``width`` pixels at most."""

    def __init__(self, text: str, width: int, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setMaximumWidth(width)

    def heightForWidth(self, width: int) -> int:
        # A column asks for the height at its own width, which may be more than the label's.
        return super().heightForWidth(min(width, self.maximumWidth()))

    def sizeHint(self) -> QSize:
        return QSize(self.maximumWidth(), self.heightForWidth(self.maximumWidth()))

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_WIDTH, self.heightForWidth(self.maximumWidth()))


class EmptyState(QWidget):
    """A mark, a title, a hint and buttons in a dashed frame that lights up.

    Parameters
    ----------
    title, hint : str
    buttons : list of QPushButton
        Shown side by side.
    below : QVBoxLayout, optional
        Layout under the buttons.
    """

    def __init__(
        self,
        title: str,
        hint: str,
        buttons: list[QPushButton],
        below: QVBoxLayout | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self._is_highlighted = False
        self.mark = BarsLogo(self)
        heading = PlainLabel(title)
        heading.setFont(scaled_font(self.font(), 1.9, QFont.Weight.DemiBold))
        heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        heading.setWordWrap(True)
        words = Paragraph(hint, _HINT_WIDTH)
        words.setProperty("look", "muted")
        column = QVBoxLayout(self)
        column.setSpacing(0)
        column.addStretch(3)
        column.addWidget(self.mark, 0, _MIDDLE)
        column.addSpacing(3 * GRID)
        column.addWidget(heading)
        column.addSpacing(GRID)
        column.addWidget(words, 0, _MIDDLE)
        column.addSpacing(3 * GRID)
        column.addLayout(side_by_side(buttons))
        if below is not None:
            column.addSpacing(4 * GRID)
            column.addLayout(below)
        column.addStretch(4)

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up while something hangs above the window."""
        self._is_highlighted = is_highlighted
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colours.accent if self._is_highlighted else colours.border_strong), 1.5)
        pen.setDashPattern([5, 5])
        painter.setPen(pen)
        painter.setBrush(QColor(colours.tint) if self._is_highlighted else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 16, 16)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)


def side_by_side(buttons: Sequence[QWidget]) -> QHBoxLayout:
    """A centred row of buttons."""
    row = QHBoxLayout()
    row.setSpacing(GRID)
    row.addStretch()
    for button in buttons:
        row.addWidget(button)
    row.addStretch()
    return row


class DropArea(EmptyState):
    """Says what can be done when nothing has been done yet.

    Signals
    -------
    open_requested, record_requested
        A button was pressed.
    recent_chosen(str)
        A recent file was chosen.
    """

    open_requested = Signal()
    record_requested = Signal()
    recent_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._recent_box = QVBoxLayout()
        self._recent_box.setSpacing(0)
        self.open_button = QPushButton(
            icon("open", "on_accent"), " Open a song\N{HORIZONTAL ELLIPSIS}"
        )
        self.open_button.setProperty("look", "primary")
        self.open_button.setAccessibleName("Open songs")
        self.record_button = QPushButton(icon("microphone"), " Record 30 seconds")
        self.record_button.setAccessibleName("Record up to 30 seconds")
        super().__init__(
            "Drop a song here",
            "or a folder of songs. Everything stays on this computer.",
            [self.open_button, self.record_button],
            self._recent_box,
            parent,
        )
        self.open_button.clicked.connect(self.open_requested)
        self.record_button.clicked.connect(self.record_requested)

    def set_recent(self, paths: list[str]) -> None:
        """Offer the files opened last."""
        while (item := self._recent_box.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        if not paths:
            return
        title = PlainLabel("Recent")
        title.setProperty("look", "small")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._recent_box.addWidget(title)
        for path in paths[:_N_RECENT]:
            name = one_line(path.replace("\\", "/").rsplit("/", 1)[-1])
            middle = Qt.TextElideMode.ElideMiddle
            shown = self.fontMetrics().elidedText(name, middle, _RECENT_WIDTH)
            button = QPushButton(caption(shown))
            button.setProperty("look", "link")
            button.setAccessibleName(f"Open {name} again")
            set_tip(button, one_line(path))
            button.clicked.connect(lambda _on, path=path: self.recent_chosen.emit(path))
            self._recent_box.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)


class BusyPage(QWidget):
    """Work goes on; what is said of it takes two lines, so that the button stays in place.

    Signals
    -------
    cancel_requested
        The button was pressed.
    """

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Working")
        self._title, self._detail = ElidedLabel(), ElidedLabel()
        self._title.setFont(scaled_font(self.font(), _TITLE, QFont.Weight.DemiBold))
        self._detail.setProperty("look", "muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(240)
        self._bar.setAccessibleName("Progress")
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setAccessibleName("Cancel this clip")
        self.cancel_button.clicked.connect(self.cancel_requested)
        mark = BarsLogo(self, side=56, moving=True)
        _stack(self, mark, self._title, self._detail, self._bar, [self.cancel_button])

    def show_work(self, title: str, detail: str, fraction: float | None) -> None:
        """Say what is going on; ``fraction`` is None while it is not known."""
        self._title.set_text(title)
        self._detail.set_text(detail)
        self._bar.setRange(0, 0 if fraction is None else _PROGRESS_STEPS)
        if fraction is not None:
            self._bar.setValue(round(fraction * _PROGRESS_STEPS))


class TroublePage(QWidget):
    """Page for what could not be done or was cancelled, and what to do next.

    Signals
    -------
    retry_requested, remove_requested
        A button was pressed.
    """

    retry_requested = Signal()
    remove_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Trouble")
        self._sign = _Sign(self)
        self._title = _heading(self)
        self._detail = _sentence()
        self.retry_button = QPushButton("Try again")
        self.retry_button.setProperty("look", "primary")
        self.retry_button.clicked.connect(self.retry_requested)
        self.remove_button = QPushButton("Remove from the list")
        self.remove_button.clicked.connect(self.remove_requested)
        buttons = (self.retry_button, self.remove_button)
        _stack(self, self._sign, self._title, self._detail, None, buttons)

    @property
    def sentence(self) -> str:
        """Sentence on the page."""
        return self._detail.text()

    def show_trouble(self, title: str, sentence: str, *, is_failure: bool = True) -> None:
        """Say what happened."""
        self._sign.show_sign(is_failure)
        for label, text in ((self._title, title), (self._detail, sentence)):
            label.setText(text)
            # A column asks for the height at its own width, which is more than the label's.
            label.setMinimumHeight(label.heightForWidth(_TEXT_WIDTH))
        self.setAccessibleDescription(f"{title}. {sentence}")


class _Sign(QWidget):
    """A soft disc with a warning in it, or with a pause sign when nothing is wrong."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(72, 72)
        self._is_failure = True

    def show_sign(self, is_failure: bool) -> None:
        self._is_failure = is_failure
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = current_colours()
        colour = QColor(colours.danger if self._is_failure else colours.muted)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(colour)
        ground.setAlphaF(0.12)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawEllipse(self.rect())
        name = "warning" if self._is_failure else "pause"
        draw_icon(painter, name, QRectF(self.rect()).adjusted(20, 18, -20, -22), colour)
        painter.end()


def _heading(page: QWidget) -> QLabel:
    label = Paragraph("", _TEXT_WIDTH)
    label.setFont(scaled_font(page.font(), _TITLE, QFont.Weight.DemiBold))
    return label


def _sentence() -> QLabel:
    label = Paragraph("", _TEXT_WIDTH)
    label.setProperty("look", "muted")
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _stack(
    page: QWidget,
    picture: QWidget,
    title: QLabel,
    detail: QLabel,
    bar: QWidget | None,
    buttons: Sequence[QWidget],
) -> None:
    """Lay a page out as a centred column."""
    for label in (title, detail):
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setMaximumWidth(_TEXT_WIDTH)
    column = QVBoxLayout(page)
    column.setSpacing(0)
    column.addStretch(3)
    column.addWidget(picture, 0, _MIDDLE)
    column.addSpacing(3 * GRID)
    column.addWidget(title, 0, _MIDDLE)
    column.addSpacing(GRID)
    column.addWidget(detail, 0, _MIDDLE)
    column.addSpacing(3 * GRID)
    if bar is not None:
        column.addWidget(bar, 0, _MIDDLE)
        column.addSpacing(3 * GRID)
    column.addLayout(side_by_side(buttons))
    column.addStretch(4)
