"""Cards with the answers of several models to one clip, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QHideEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.classify.result import Classification
from fstmuse_gui.plain import PlainLabel, visible
from fstmuse_gui.theme import GRID, scaled_font
from fstmuse_gui.widgets.dialogs import FittingDialog
from fstmuse_gui.widgets.genre_bars import ProbabilityBars

_CARD = 300
_WAITING = "Listening\N{HORIZONTAL ELLIPSIS}"


class ModelCard(QFrame):
    """One model's answer, or that it is on its way."""

    use_requested = Signal()

    def __init__(self, title: str, genres: tuple[str, ...], *, is_used: bool) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title = title
        name = PlainLabel(title)
        name.setProperty("look", "accent" if is_used else "muted")
        self.headline = _wrapped(PlainLabel(_WAITING))
        self.headline.setFont(scaled_font(self.font(), 1.6, QFont.Weight.DemiBold))
        self.sentence = _wrapped(PlainLabel())
        self.sentence.setProperty("look", "small")
        self.note = _wrapped(PlainLabel())
        self.note.setProperty("look", "small")
        self.note.hide()
        self.bars = ProbabilityBars(explains=False)
        self.bars.show_genres(genres)
        self.use_button = QPushButton("In use" if is_used else "Use it")
        self.use_button.setProperty("look", "link")
        self.use_button.setEnabled(not is_used)
        self.use_button.setAccessibleName(f"Use {visible(title)}")
        self.use_button.clicked.connect(self.use_requested)
        head = QHBoxLayout()
        head.addWidget(name, 1)
        head.addWidget(self.use_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self.headline)
        column.addWidget(self.sentence)
        column.addWidget(self.note)
        column.addWidget(self.bars)
        self._tell()

    def show_answer(self, result: Classification, note: str) -> None:
        """Show what the model says, and whether it knew the song."""
        headline = result.verdict.genre or "Not sure"
        said = result.verdict.sentence.removeprefix(f"{headline}, ").removeprefix(f"{headline}: ")
        self.headline.setText(headline)
        self.sentence.setText(said[:1].upper() + said[1:])
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.bars.show_result(result)
        self._tell()

    def show_trouble(self, sentence: str) -> None:
        """Show why the model says nothing."""
        self.headline.setText("No answer")
        self.sentence.setText(sentence)
        self._tell()

    def _tell(self) -> None:
        words = [self._title, self.headline.text(), self.sentence.text(), self.note.text()]
        self.setAccessibleName(". ".join(word.rstrip(".") for word in words if word))


def _wrapped(label: PlainLabel) -> PlainLabel:
    label.setWordWrap(True)
    return label


class ModelsDialog(FittingDialog):
    """A card for each model, in as many columns as there is room for.

    Parameters
    ----------
    parent : QWidget
    title : str
        Name of the clip.
    cards : sequence of ModelCard

    Signals
    -------
    gone
        It has been closed.
    """

    gone = Signal()

    def __init__(self, parent: QWidget, title: str, cards: Sequence[ModelCard]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Models side by side: {visible(title)}")
        self._cards = list(cards)
        self._columns = 0
        body = QWidget()
        self._grid = QGridLayout(body)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2 * GRID)
        close = QPushButton("Close")
        close.setDefault(True)
        close.clicked.connect(self.close)
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(close)
        self.set_parts(body, foot)
        self._arrange(len(self._cards))
        width = min(4, len(self._cards)) * (_CARD + 2 * GRID) + 6 * GRID
        self.resize(width, min(720, self.sizeHint().height() + 4 * GRID))

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        for column in range(self._columns):
            self._grid.setColumnStretch(column, 0)
        self._columns = columns
        for place, card in enumerate(self._cards):
            top = Qt.AlignmentFlag.AlignTop
            self._grid.addWidget(card, place // columns, place % columns, top)
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - 6 * GRID
        self._arrange(max(1, min(len(self._cards), room // _CARD)))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.gone.emit()
