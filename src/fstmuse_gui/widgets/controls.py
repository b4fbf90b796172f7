"""Controls of forms: labelled, with room for what is wrong, and calm under the mouse wheel.

Qt's own take the focus and another value from a wheel that merely passes over them, so
whoever scrolls a panel changes its settings unseen.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QLocale, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel, caption, set_tip
from fstmuse_gui.theme import GRID, current_colours, icon
from fstmuse_gui.widgets.drops import ignore_drops

_INSET = 8
# A label without text is a pixel lower than one with.
_BLANK = "\N{NO-BREAK SPACE}"


class WheelSafeComboBox(QComboBox):
    """A combo box that lets the wheel pass while it has no focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if _is_meant(self, event):
            super().wheelEvent(event)


class WheelSafeSpinBox(QSpinBox):
    """A whole number that lets the wheel pass while it has no focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if _is_meant(self, event):
            super().wheelEvent(event)


class WheelSafeDoubleSpinBox(QDoubleSpinBox):
    """A number with a fraction that lets the wheel pass while it has no focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if _is_meant(self, event):
            super().wheelEvent(event)


class WheelSafeSlider(QSlider):
    """A horizontal slider that lets the wheel pass while it has no focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if _is_meant(self, event):
            super().wheelEvent(event)


class ProgressButton(QPushButton):
    """A button with a line along its foot that says how far its work has come."""

    def __init__(self, sign: QIcon, text: str, parent: QWidget | None = None) -> None:
        super().__init__(sign, text, parent)
        self._share: float | None = None

    @property
    def share(self) -> float | None:
        """Share of the work that is done; None while nothing is worked on."""
        return self._share

    def show_share(self, share: float | None) -> None:
        """Show how far the work has come, 0 to 1; None when it is over."""
        self._share = share
        done = "" if share is None else f"{share:.0%} done"
        self.setAccessibleDescription(done)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._share is None:
            return
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        line = QRectF(_INSET, self.height() - 6, self.width() - 2 * _INSET, 3)
        for colour, share in ((colours.track, 1.0), (colours.accent, self._share)):
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(line.topLeft(), QSizeF(line.width() * share, 3)), 1, 1)
        painter.end()


def _is_meant(control: QWidget, event: QWheelEvent) -> bool:
    """Return whether the wheel is for the control; if not, it goes to what holds it."""
    is_meant = control.hasFocus()
    if not is_meant:
        event.ignore()
    return is_meant


class CollapsibleBox(QWidget):
    """A button, and below it what it unfolds, to be filled through :attr:`column`.

    Signals
    -------
    unfolded
        There is more to see.
    """

    unfolded = Signal()

    def __init__(self, title: str, spoken: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fold_button = QPushButton(icon("chevron", "muted"), f" {title}")
        self.fold_button.setProperty("look", "link")
        self.fold_button.setCheckable(True)
        self.fold_button.setAccessibleName(spoken)
        self.fold_button.toggled.connect(self._unfold)
        self.inside = QWidget()
        self.inside.hide()
        self.column = QVBoxLayout(self.inside)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(GRID)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(GRID)
        outer.addWidget(self.fold_button)
        outer.addWidget(self.inside)

    def _unfold(self, is_open: bool) -> None:
        self.fold_button.setIcon(icon("chevron-up" if is_open else "chevron", "muted"))
        self.inside.setVisible(is_open)
        if is_open:
            self.unfolded.emit()


class LineBox(QWidget):
    """The line takes the room that the buttons leave."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = PlainLabel()
        self._line.setProperty("look", "small")
        self._line.setWordWrap(True)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GRID)
        self._row.addWidget(self._line, 1)

    @property
    def text(self) -> str:
        """Text of the line."""
        return self._line.text()

    def _add_button(self, words: str, name: str) -> QPushButton:
        """Add a button; ``name`` is what a screen reader calls it."""
        button = QPushButton(caption(words))
        button.setAccessibleName(name)
        self._row.addWidget(button)
        return button


class Field(QWidget):
    """A caption above a control, and below it a line that is empty while all is well.

    With ``keeps_line`` the room of that line is kept.
    """

    def __init__(
        self, caption: str, control: QWidget, tip: str = "", *, keeps_line: bool = False
    ) -> None:
        super().__init__()
        self._control = control
        label = PlainLabel(caption)
        label.setProperty("look", "small")
        label.setBuddy(control)
        plain = caption.replace("&", "")
        if not control.accessibleName():
            control.setAccessibleName(plain)
        set_tip(control, tip)
        control.setAccessibleDescription(tip)
        self._tip = tip
        self._trouble = PlainLabel()
        self._trouble.setProperty("look", "danger")
        self._trouble.setWordWrap(True)
        self._keeps_line = keeps_line
        self._trouble.setText(_BLANK)
        if not keeps_line:
            self._trouble.hide()
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(label)
        self._row = QHBoxLayout()
        self._row.setSpacing(4)
        self._row.addWidget(control, 1)
        column.addLayout(self._row)
        column.addWidget(self._trouble)

    def take_line(self) -> QWidget:
        """Give the line below away, to be laid out where it has more room."""
        self._column.removeWidget(self._trouble)
        return self._trouble

    def add_beside(self, button: QWidget) -> None:
        """Place a button right of the control."""
        self._row.addWidget(button)

    @property
    def trouble(self) -> str:
        """Text of the error below the field."""
        return self._trouble.text().strip(_BLANK)

    def show_trouble(self, sentence: str) -> None:
        """Say what is wrong; an empty sentence takes it back."""
        self._trouble.setText(sentence or _BLANK)
        self._trouble.setVisible(bool(sentence) or self._keeps_line)
        self._control.setAccessibleDescription(sentence or self._tip)
        if isinstance(self._control, QLineEdit):
            self._control.setProperty("look", "bad" if sentence else "")
            self._control.style().unpolish(self._control)
            self._control.style().polish(self._control)


def choice(choices: Mapping[str, str], name: str) -> QComboBox:
    """A combo box of titles by what they stand for."""
    box = WheelSafeComboBox()
    box.setAccessibleName(name)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    box.setMinimumContentsLength(6)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for value, title in choices.items():
        box.addItem(title, value)
    return box


def whole(low: int, high: int) -> QSpinBox:
    """A whole number; the arrow keys change it."""
    box = WheelSafeSpinBox()
    ignore_drops(box)
    box.lineEdit().setTextMargins(_INSET, 0, _INSET, 0)
    box.setRange(low, high)
    return box


def whole_or_off(low: int, high: int, off: str) -> QSpinBox:
    """0, which is called ``off``, or a whole number from ``low`` to ``high``."""
    box = _OrOff(low)
    ignore_drops(box)
    box.lineEdit().setTextMargins(_INSET, 0, _INSET, 0)
    box.setRange(0, high)
    box.setSpecialValueText(off)
    return box


def real(low: float, high: float, step: float, decimals: int) -> QDoubleSpinBox:
    """A number with a fraction; the arrow keys change it."""
    box = _Real()
    ignore_drops(box)
    box.lineEdit().setTextMargins(_INSET, 0, _INSET, 0)
    box.setLocale(QLocale.c())
    box.setDecimals(decimals)
    box.setRange(low, high)
    box.setSingleStep(step)
    return box


class _OrOff(WheelSafeSpinBox):
    """Steps over what lies between 0 and the least number, and does not take it when typed."""

    def __init__(self, low: int) -> None:
        super().__init__()
        self._low = low

    def stepBy(self, steps: int) -> None:
        wanted = self.value() + steps * self.singleStep()
        if 0 < wanted < self._low:
            wanted = self._low if steps > 0 else 0
        # In one go: whoever follows the value never sees one that is not offered.
        self.setValue(wanted)
        self.selectAll()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        # Not wrong: the first figure of a larger number.
        if text.strip().isdecimal() and 0 < int(text) < self._low:
            return QValidator.State.Intermediate, text, position
        return super().validate(text, position)


class _Real(WheelSafeDoubleSpinBox):
    """Spin box that shows no zeros at the end."""

    def textFromValue(self, value: float) -> str:
        text = f"{value:.{self.decimals()}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text


def keep_room(button: QAbstractButton, *texts: str) -> None:
    """Keep a button as wide as the widest of its texts, so that nothing beside it moves."""
    shown, widths = button.text(), []
    for text in texts:
        button.setText(text)
        widths.append(button.sizeHint().width())
    button.setText(shown)
    button.setMinimumWidth(max(widths))


def tool_button(
    sign: str, name: str, tip: str, *, side: int = 20, role: str = "text"
) -> QToolButton:
    """A button that is an icon; ``name`` is what a screen reader calls it."""
    button = QToolButton()
    button.setIcon(icon(sign, role))
    button.setIconSize(QSize(side, side))
    button.setAccessibleName(name)
    set_tip(button, tip)
    return button


ENCODING_CAPTION = "Letters of old tags"
ENCODINGS = {
    "auto": "Found out by itself",
    "latin-1": "Western (Latin-1)",
    "cp932": "Japanese (Shift-JIS)",
    "euc-jp": "Japanese (EUC-JP)",
    "gb18030": "Chinese (GBK)",
    "big5": "Chinese (Big5)",
    "cp949": "Korean (EUC-KR)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "cp1250": "Central European (1250)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp874": "Thai (Windows-874)",
}


def encoding_box() -> QComboBox:
    """A box with all of them, the automatic choice first."""
    return choice(ENCODINGS, ENCODING_CAPTION)


def choose_encoding(box: QComboBox, encoding: str) -> None:
    """Choose one of them, or one that was named on the command line."""
    if box.findData(encoding) < 0:
        box.addItem(encoding, encoding)
    box.setCurrentIndex(box.findData(encoding))
