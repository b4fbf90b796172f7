"""Pages in the clip's place while there is no result, and when there will be none."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from fstmuse_gui.icons import draw_icon
from fstmuse_gui.theme import GRID, current_colours, scaled_font
from fstmuse_gui.widgets.invitation import Paragraph, SoundMark, side_by_side

_PROGRESS_STEPS = 1000
_TEXT_WIDTH = 520


class BusyPage(QWidget):
    """Work goes on.

    Signals
    -------
    cancel_requested
        The button was pressed.
    """

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Working")
        self._title = _heading(self)
        self._detail = _sentence()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(240)
        self._bar.setAccessibleName("Progress")
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setAccessibleName("Cancel this clip")
        self.cancel_button.clicked.connect(self.cancel_requested)
        mark = SoundMark(self, side=56, moving=True)
        _stack(self, mark, self._title, self._detail, self._bar, [self.cancel_button])

    def show_work(self, title: str, detail: str, fraction: float | None) -> None:
        """Say what is going on; ``fraction`` is None while it is not known."""
        self._title.setText(title)
        self._detail.setText(detail)
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
        buttons: list[QWidget] = [self.retry_button, self.remove_button]
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
    label.setFont(scaled_font(page.font(), 1.5, QFont.Weight.DemiBold))
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
    buttons: list[QWidget],
) -> None:
    """Lay a page out as a centred column."""
    middle = Qt.AlignmentFlag.AlignHCenter
    column = QVBoxLayout(page)
    column.setSpacing(0)
    column.addStretch(3)
    column.addWidget(picture, 0, middle)
    column.addSpacing(3 * GRID)
    column.addWidget(title, 0, middle)
    column.addSpacing(GRID)
    column.addWidget(detail, 0, middle)
    column.addSpacing(3 * GRID)
    if bar is not None:
        column.addWidget(bar, 0, middle)
        column.addSpacing(3 * GRID)
    column.addLayout(side_by_side(buttons))
    column.addStretch(4)
