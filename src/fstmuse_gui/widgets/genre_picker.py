"""The list of genres that pops up where one is to be chosen, and finds what is typed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.tags.genres import (
    ALL_GENRES,
    LONGEST_NAME,
    canonical_genre,
    genre_key,
    genre_named,
    likely_genres,
)
from fstmuse_gui.plain import PlainLabel
from fstmuse_gui.theme import GRID
from fstmuse_gui.widgets.drops import ignore_drops

_SIZE = QSize(264, 360)
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_GENRE = Qt.ItemDataRole.UserRole


def matching(text: str, genres: Sequence[str]) -> list[str]:
    """The genres that ``text`` may mean, in their order; what it names outright comes first."""
    text = text.strip()
    if not text:
        return list(genres)
    named = canonical_genre(text)
    first = [named] if named is not None else []
    holding = [genre for genre in genres if text.casefold() in genre.casefold()]
    return list(dict.fromkeys([*first, *holding] or likely_genres(text)))


def new_genre(text: str, genres: Sequence[str]) -> str:
    """The genre that ``text`` would be if it is none of ``genres``; else empty."""
    try:
        named = genre_named(text)
    except FstMuseError:
        return ""
    known = {genre_key(genre) for genre in genres}
    return "" if genre_key(named) in known else named


class GenrePicker(QFrame):
    """Pops up below a control.

    Signals
    -------
    chosen(str)
        A genre of the list, or a new one as it was typed.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popup")
        self.setAccessibleName("Which genre is it?")
        self.setFixedSize(_SIZE)
        self._own: Sequence[str] = ()
        self.said: Sequence[str] = ()
        self.field = QLineEdit()
        ignore_drops(self.field)
        self.field.setPlaceholderText("Which genre is it?")
        self.field.setAccessibleName("Genre: one of the list, or any other name")
        self.field.textChanged.connect(self._fill)
        self.field.returnPressed.connect(self._take_current)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Genres")
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.itemClicked.connect(self._take)
        self.list.itemActivated.connect(self._take)
        self._hint = PlainLabel()
        self._hint.setProperty("look", "small")
        self._hint.setWordWrap(True)
        self._hint.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.field)
        column.addWidget(self._hint)
        column.addWidget(self.list, 1)

    def pop_up(self, below: QWidget, own: Sequence[str], current: str) -> None:
        """Offer genres.

        Parameters
        ----------
        below : QWidget
            Widget that it hangs from.
        own : sequence of str
            The model's own genres, which stand first. Those that the user has ``said`` follow.
        current : str
            The genre that is ticked off already, if any.
        """
        self._own = own
        self.field.clear()
        self._fill("")
        self._select(current)
        corner = below.mapToGlobal(QPoint(0, below.height() + 2))
        room = below.screen().availableGeometry()
        self.setFixedSize(_SIZE.boundedTo(room.size()))
        corner.setX(max(room.left(), min(corner.x(), room.right() - self.width())))
        if corner.y() + self.height() > room.bottom():
            corner.setY(max(room.top(), below.mapToGlobal(QPoint(0, -2)).y() - self.height()))
        self.move(corner)
        self.show()
        self.field.setFocus()

    @property
    def hint(self) -> str:
        """Text about what was typed, if any."""
        return self._hint.text()

    def _fill(self, text: str) -> None:
        text = text.strip()
        others = [genre for genre in (*self.said, *ALL_GENRES) if genre not in self._own]
        genres = list(dict.fromkeys([*self._own, *others]))
        found = matching(text, genres)
        self.list.clear()
        for genre in found:
            if not text and others and genre == others[0]:
                self._add_heading("Other genres")
            self._add(genre, genre)
        if new := new_genre(text, genres):
            self._add(f"New genre: {new}", new)
        self._hint.setText(self._say_about(text, found, new))
        self._hint.setVisible(bool(self._hint.text()))
        if text and self.list.count():
            self.list.setCurrentRow(0)

    def _say_about(self, text: str, found: list[str], new: str) -> str:
        if not text or any(text.casefold() in genre.casefold() for genre in found):
            return ""
        if not found:
            return "" if new else f"{LONGEST_NAME} letters at most; a name needs a letter."
        return (
            "" if canonical_genre(text) else f"{one_line(text)!r} is not known. Do you mean this?"
        )

    def _add(self, text: str, genre: str) -> None:
        item = QListWidgetItem(text)
        item.setData(_GENRE, genre)
        self.list.addItem(item)

    def _add_heading(self, text: str) -> None:
        item = QListWidgetItem(text)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.list.addItem(item)

    def _select(self, genre: str) -> None:
        items = [self.list.item(row) for row in range(self.list.count())]
        wanted = [item for item in items if item.data(_GENRE) == genre] or items[:1]
        for item in wanted:
            self.list.setCurrentItem(item)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys walk the list while one types."""
        if (
            watched is self.field
            and event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() in _MOVES
        ):
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _take_current(self) -> None:
        self._take(self.list.currentItem())

    def _take(self, item: QListWidgetItem | None) -> None:
        genre = item.data(_GENRE) if item is not None else None
        if genre and self.isVisible():  # a double click takes once
            self.hide()
            self.chosen.emit(genre)
