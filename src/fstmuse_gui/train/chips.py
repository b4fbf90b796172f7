"""Genres to choose among: round buttons that flow like words."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLayout, QLayoutItem, QPushButton, QSizePolicy, QWidget

from fstmuse_gui.plain import caption, set_tip
from fstmuse_gui.train.survey import GenreCount

_GAP = 6


class FlowLayout(QLayout):
    """Lays its widgets out in lines, as many in each as fit."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def height_at(self, width: int) -> int:
        """Pixels that the lines take at this width."""
        return self._place(QRect(0, 0, width, 0), is_test=True)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, is_test=False)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, rect: QRect, *, is_test: bool) -> int:
        x, y, line = rect.x(), rect.y(), 0
        for item in self._items:
            size = item.sizeHint()
            if x + size.width() > rect.right() + 1 and line:
                x, y, line = rect.x(), y + line + _GAP, 0
            if not is_test:
                item.setGeometry(QRect(QPoint(x, y), size))
            x += size.width() + _GAP
            line = max(line, size.height())
        return y + line - rect.y()


class GenreChips(QWidget):
    """Every genre of a data set, each taken or left.

    Signals
    -------
    changed
        Other genres are taken.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Genres to learn")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._flow = FlowLayout(self)
        self._chips: dict[str, QPushButton] = {}

    def show_genres(self, genres: tuple[GenreCount, ...], taken: set[str]) -> None:
        """Offer these."""
        for chip in self._chips.values():
            self._flow.removeWidget(chip)
            chip.setParent(None)
            chip.deleteLater()
        self._chips = {count.genre: self._chip(count, taken) for count in genres}
        self._fit()

    def _fit(self) -> None:
        # Said outright: a scroll area asks for the height at another width than it then gives.
        self.setFixedHeight(self._flow.height_at(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _chip(self, count: GenreCount, taken: set[str]) -> QPushButton:
        chip = QPushButton(caption(f"{count.genre}  {count.clips}"), self)
        chip.setProperty("look", "chip")
        chip.setCheckable(True)
        chip.setChecked(count.genre in taken)
        people = f"{count.artists} artists" if count.artists else "artists unknown"
        set_tip(chip, f"{count.clips} clips, {people}")
        chip.setAccessibleName(f"Learn {count.genre}: {count.clips} clips, {people}")
        chip.toggled.connect(lambda _on: self.changed.emit())
        self._flow.addWidget(chip)
        chip.show()
        return chip

    @property
    def chips(self) -> dict[str, QPushButton]:
        """The buttons by genre."""
        return dict(self._chips)

    @property
    def taken(self) -> tuple[str, ...]:
        """The genres that are ticked."""
        return tuple(genre for genre, chip in self._chips.items() if chip.isChecked())

    @property
    def left_out(self) -> tuple[str, ...]:
        """The genres that are not."""
        return tuple(genre for genre, chip in self._chips.items() if not chip.isChecked())
