"""Class buckets as people see them: boxes to drop songs into, and a place to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.plain import PlainLabel, counted, set_tip
from fstmuse_gui.theme import GRID, icon
from fstmuse_gui.widgets.controls import tool_button
from fstmuse_gui.widgets.drops import accept_dropped_paths, ignore_drops
from fstmuse_gui.widgets.genre_bars import GenreBar, GenreBars
from fstmuse_gui.widgets.page_parts import ElidedLabel, PageHeader, StatusLabel
from fstmuse_gui.widgets.rows import KEY

_MORE = "\N{HORIZONTAL ELLIPSIS}"
_COLUMNS = 2
_LIST_HEIGHT = 112


@dataclass(frozen=True)
class SongRow:
    """A song in a bucket: what it is called, what is answered, and whether that is right.

    ``is_right`` is ``None`` where there is no answer.
    """

    path: str
    title: str
    answer: str
    is_right: bool | None
    details: str


class DropFrame(QFrame):
    """A frame that takes songs.

    Signals
    -------
    dropped(list)
        Paths of files and folders.
    """

    dropped = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        accept_dropped_paths(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        accept_dropped_paths(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = accept_dropped_paths(event)
        if paths:
            self.dropped.emit(paths)


class BucketBox(DropFrame):
    """One class with its songs.

    Signals
    -------
    add_requested, remove_requested
        A button was pressed.
    song_removed(str)
        The song of this path is to go.
    """

    add_requested = Signal()
    remove_requested = Signal()
    song_removed = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.setAccessibleName(f"Class {name}")
        self._title = ElidedLabel()
        self.add_button = tool_button("open", f"Add songs to {name}", "Add songs")
        self.add_button.clicked.connect(self.add_requested)
        self.remove_button = tool_button(
            "close", f"Remove the class {name}", "Remove this class; its files stay", role="muted"
        )
        self.remove_button.clicked.connect(self.remove_requested)
        self.songs = QListWidget()
        self.songs.setAccessibleName(f"Songs of {name}")
        self.songs.setFixedHeight(_LIST_HEIGHT)
        self.songs.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.songs.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.songs.setToolTip("Double-click a song to take it out")
        self.songs.itemActivated.connect(lambda item: self.song_removed.emit(item.data(KEY)))
        ignore_drops(self.songs)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self.add_button)
        head.addWidget(self.remove_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID + 4, GRID, GRID, GRID)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addWidget(self.songs)

    @property
    def lines(self) -> list[str]:
        """Texts of the songs."""
        return [self.songs.item(row).text() for row in range(self.songs.count())]

    def show_songs(self, rows: Sequence[SongRow]) -> None:
        """Show the songs, and what is answered beside each."""
        self._title.set_text(f"{self.name}  \N{MIDDLE DOT}  {counted(len(rows), 'song')}")
        self.songs.clear()
        for row in rows:
            item = QListWidgetItem(f"{row.title}  \N{EN DASH}  {row.answer}")
            item.setData(KEY, row.path)
            set_tip(item, row.details)
            if row.is_right is not None:
                sign = ("done", "accent") if row.is_right else ("warning", "warning")
                item.setIcon(icon(*sign))
            self.songs.addItem(item)
        if not rows:
            item = QListWidgetItem("Drop songs here")
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.songs.addItem(item)


class QuestionBox(DropFrame):
    """A place to drop a song on, and bars that answer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("What is this?")
        self._title = PlainLabel("What is this?")
        self._song = ElidedLabel()
        self._song.setProperty("look", "small")
        self.bars = GenreBars("Answer")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(GRID // 2)
        column.addWidget(self._title)
        column.addWidget(self._song)
        column.addWidget(self.bars)
        self.show_answer("Drop a song here to ask.", [])

    @property
    def song(self) -> str:
        """Line about the song that was asked about."""
        return self._song.text()

    def show_answer(self, song: str, bars: list[GenreBar]) -> None:
        """Show what was asked about, and the answer."""
        self._song.set_text(song)
        self.bars.show_bars(bars)
        self.bars.setVisible(bool(bars))


class BucketsPage(QWidget):
    """The page.

    Signals
    -------
    class_named(str)
        A class of this name is wanted.
    songs_dropped(str, list), songs_requested(str), class_removed(str), song_removed(str)
        About the class, or the song, of this name or path.
    question_dropped(list), train_requested, close_requested
    """

    class_named = Signal(str)
    songs_dropped = Signal(str, list)
    songs_requested = Signal(str)
    class_removed = Signal(str)
    song_removed = Signal(str)
    question_dropped = Signal(list)
    train_requested = Signal()
    close_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Class buckets")
        self.boxes: dict[str, BucketBox] = {}
        self.train_button = QPushButton(icon("play", "on_accent"), " Make it a model")
        self.train_button.setProperty("look", "primary")
        self.train_button.setToolTip("Train a quick model from these songs")
        self.train_button.clicked.connect(self.train_requested)
        self.close_button = QPushButton("Back")
        self.close_button.setProperty("look", "quiet")
        self.close_button.clicked.connect(self.close_requested)
        head = PageHeader(self, (self.close_button, self.train_button))
        head.say(
            "Class buckets",
            "Name classes, drop songs into each, and it answers beside them while you add.",
        )
        self.name = QLineEdit()
        self.name.setPlaceholderText("Name of a class, such as Zouk")
        self.name.setAccessibleName("Name of a new class")
        self.name.returnPressed.connect(self._on_named)
        ignore_drops(self.name)
        self.add_button = QPushButton("Add the class")
        self.add_button.clicked.connect(self._on_named)
        naming = QHBoxLayout()
        naming.setSpacing(GRID)
        naming.addWidget(self.name, 1)
        naming.addWidget(self.add_button)
        self._status = StatusLabel()
        self._grid = QGridLayout()
        self._grid.setSpacing(GRID)
        self.question = QuestionBox()
        self.question.dropped.connect(self.question_dropped)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID + GRID // 2)
        column.addLayout(head)
        column.addLayout(naming)
        column.addWidget(self._status)
        column.addLayout(self._grid)
        column.addWidget(self.question)
        column.addStretch()

    @property
    def status(self) -> str:
        """Line about how well it tells the classes."""
        return self._status.text()

    def show_status(self, text: str) -> None:
        """Say how well it tells the classes, or what it is doing."""
        self._status.set_text(text)

    def show_classes(self, names: Sequence[str]) -> None:
        """Show boxes for these classes."""
        if list(names) == list(self.boxes):
            return
        for box in self.boxes.values():
            self._grid.removeWidget(box)
            if box.name not in names:
                box.setParent(None)
                box.deleteLater()
        self.boxes = {name: self.boxes.get(name) or self._box(name) for name in names}
        for place, box in enumerate(self.boxes.values()):
            self._grid.addWidget(box, place // _COLUMNS, place % _COLUMNS)
            box.show()

    def _box(self, name: str) -> BucketBox:
        box = BucketBox(name, self)
        box.dropped.connect(lambda paths: self.songs_dropped.emit(name, paths))
        box.add_requested.connect(lambda: self.songs_requested.emit(name))
        box.remove_requested.connect(lambda: self.class_removed.emit(name))
        box.song_removed.connect(self.song_removed)
        return box

    def _on_named(self) -> None:
        self.class_named.emit(self.name.text())
