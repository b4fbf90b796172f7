"""The Library tab as people see it: builds, shows, and says what was touched."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.library.filters import FilterBar, SongListBar
from fstmuse_gui.library.map_pane import MapPane
from fstmuse_gui.library.review_pane import ReviewPane
from fstmuse_gui.library.sidebar import LibrarySidebar
from fstmuse_gui.library.table_view import ColumnsMenu, LibraryTable
from fstmuse_gui.library.words import MORE
from fstmuse_gui.plain import counted, set_tip
from fstmuse_gui.theme import GRID, icon
from fstmuse_gui.widgets.controls import keep_room
from fstmuse_gui.widgets.dialogs import Answer, Question
from fstmuse_gui.widgets.page_parts import ElidedLabel, StackingSplitter, shield
from fstmuse_gui.widgets.paged_view import PagedView
from fstmuse_gui.widgets.state_pages import EmptyState

_STEPS = 1000
_WIDTH = 240
_ADD = f" Add a folder{MORE}"
_FOLDER_ROWS = 5
_ROW = 32
# Below this width the chosen file stands below the table.
_NARROW = 680
_STACKED = (300, 280)


class WorkStrip(QFrame):
    """A line, a bar and the buttons that matter now.

    Signals
    -------
    start_requested, pause_requested, cancel_requested, retry_requested
        A button was pressed; "pause" also stands for going on.
    """

    start_requested = Signal()
    pause_requested = Signal()
    cancel_requested = Signal()
    retry_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName("Work on the library")
        self._title = ElidedLabel()
        self._detail = ElidedLabel()
        self._detail.setProperty("look", "small")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress")
        self.start_button = QPushButton(icon("play", "on_accent"), " Listen")
        self.start_button.setProperty("look", "primary")
        self.start_button.clicked.connect(self.start_requested)
        self.retry_button = QPushButton(icon("retry"), " Try again")
        self.retry_button.setToolTip("Listen once more to what could not be heard")
        self.retry_button.clicked.connect(self.retry_requested)
        self.pause_button = QPushButton(icon("pause"), " Pause")
        self.pause_button.clicked.connect(self.pause_requested)
        self.cancel_button = QPushButton("Stop")
        self.cancel_button.setProperty("look", "quiet")
        self.cancel_button.clicked.connect(self.cancel_requested)
        self._build()
        self.show_nothing()

    def _build(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._title)
        texts.addWidget(self._detail)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addLayout(texts, 1)
        for button in (
            self.retry_button,
            self.start_button,
            self.pause_button,
            self.cancel_button,
        ):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        column.setSpacing(GRID // 2)
        column.addLayout(row)
        column.addWidget(self._bar)

    @property
    def text(self) -> str:
        """Text of the strip."""
        return f"{self._title.text()} {self._detail.text()}".strip()

    def show_nothing(self) -> None:
        """Hide the strip."""
        self.hide()

    def show_scan(self, n_found: int, total: int = 0) -> None:
        """Show that folders are being searched, or then tags of ``total`` files read."""
        if total:
            read = f"{n_found:,} of {counted(total, 'file')}"
            self._show("Reading tags", read, share=n_found / total)
        else:
            found = f"{n_found:,} files so far" if n_found else ""
            self._show("Looking for music", found, share=None)
        self.cancel_button.setToolTip("Leave the rest of the folders unsearched")

    def show_work(
        self, title: str, detail: str, share: float | None, *, is_paused: bool = False
    ) -> None:
        """Show the work on files; ``share`` is None while the total is unknown."""
        self._show(title, detail, share=share, buttons=(self.pause_button,))
        name = "Go on" if is_paused else "Pause"
        self.pause_button.setIcon(icon("play" if is_paused else "pause"))
        keep_room(self.pause_button, " Pause", " Go on")
        self.pause_button.setText(f" {name}")
        set_tip(self.pause_button, f"{name} (Ctrl+P)")
        self.cancel_button.setToolTip("Stop; what was heard is kept, and the rest waits")

    def show_rest(self, title: str, detail: str, *, can_start: bool, can_retry: bool) -> None:
        """Show the work that could be done while nothing runs."""
        buttons = [self.start_button] if can_start else []
        buttons += [self.retry_button] if can_retry else []
        self._show(title, detail, buttons=buttons, is_at_work=False)

    def _show(
        self,
        title: str,
        detail: str,
        *,
        share: float | None = None,
        buttons: tuple[QPushButton, ...] | list[QPushButton] = (),
        is_at_work: bool = True,
    ) -> None:
        self._title.set_text(title)
        self._detail.set_text(detail)
        self._detail.setVisible(bool(detail))
        if not self._bar.isHidden() and not is_at_work:
            shield(self)  # it has ended by itself, and other buttons come
        self._bar.setVisible(is_at_work)
        if is_at_work:
            self._bar.setRange(0, 0 if share is None else _STEPS)
            if share is not None:
                self._bar.setValue(round(share * _STEPS))
        for button in (self.start_button, self.retry_button, self.pause_button):
            button.setVisible(button in buttons)
        self.cancel_button.setVisible(is_at_work)
        self.setAccessibleDescription(f"{title}. {detail}")
        self.show()


class LibraryView(PagedView):
    """Folders and genres on the left, the files in the middle, one of them on the right.

    Signals
    -------
    map_toggled(bool)
        The map is shown in place of the table, or the table again.
    """

    map_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.sidebar = LibrarySidebar()
        self.filter_bar = FilterBar()
        self.table = LibraryTable()
        self.map_pane = MapPane()
        self.list_bar = SongListBar()
        self.strip = WorkStrip()
        self.review = ReviewPane()
        self.add_button = QPushButton(icon("open", "on_accent"), f" Add a folder{MORE}")
        self.add_button.setProperty("look", "primary")
        self.empty_page = EmptyState(
            "Drop your music here",
            "Add a folder and leave FstMuse to it: it listens to every song, says which genre it "
            "is, and you look over the result. No file is changed before you say so.",
            [self.add_button],
        )
        self.columns_menu = ColumnsMenu(self.table, self.table)
        header = self.table.horizontalHeader()
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(
            lambda at: self.columns_menu.popup(header.mapToGlobal(at))
        )
        self.blank_page = QWidget()
        self.files_page = self._build_files_page()
        self.filter_bar.search.returnPressed.connect(self.table.setFocus)
        super().__init__(
            "Library", self.sidebar, [self.blank_page, self.files_page, self.empty_page], parent
        )

    def _build_files_page(self) -> QWidget:
        self.tags_button = QPushButton(icon("edit"), f" Write tags{MORE}")
        self.tags_button.setToolTip(
            "Write genre, tempo, key, mood or gain into the files, with a preview (Ctrl+T)"
        )
        self.export_button = QPushButton(icon("export"), "Export")
        self.export_button.setProperty("look", "menu")
        self.export_button.setToolTip("Tables, playlists and a report")
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        foot.addWidget(self.filter_bar.count)
        foot.addWidget(self.filter_bar.clear_button)
        foot.addStretch()
        foot.addWidget(self.export_button)
        foot.addWidget(self.tags_button)
        frame = QFrame()
        frame.setObjectName("card")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(2, 2, 2, 2)
        inside.addWidget(self.table)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, GRID, 0)
        column.setSpacing(GRID + GRID // 2)
        column.addWidget(self.filter_bar)
        column.addWidget(self.list_bar)
        self._table_or_map = QStackedWidget()
        self._table_or_map.addWidget(frame)
        self._table_or_map.addWidget(self.map_pane)
        self.filter_bar.map_button.toggled.connect(self._on_map_toggled)
        column.addWidget(self._table_or_map, 1)
        column.addWidget(self.strip)
        column.addLayout(foot)
        right = QWidget()
        inner = QVBoxLayout(right)
        inner.setContentsMargins(GRID, 0, 0, 0)
        inner.addWidget(self.review)
        self.parts = StackingSplitter(_NARROW, _STACKED)
        self.parts.addWidget(middle)
        self.parts.addWidget(right)
        self.parts.setStretchFactor(0, 1)
        return self.parts

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up while something that can be dropped hangs above the window."""
        self.sidebar.set_drop_highlight(is_highlighted)
        self.empty_page.set_drop_highlight(is_highlighted)

    @property
    def is_map_shown(self) -> bool:
        """True while the map stands in place of the table."""
        return self.filter_bar.map_button.isChecked()

    def _on_map_toggled(self, is_wanted: bool) -> None:
        self._table_or_map.setCurrentIndex(int(is_wanted))
        self.map_toggled.emit(is_wanted)
        (self.map_pane.map if is_wanted else self.table).setFocus()

    # -- questions ---------------------------------------------------------------------

    def ask_folder(self, start: str) -> str:
        """Let the user choose a folder with music; empty if they would rather not."""
        return QFileDialog.getExistingDirectory(self, "Add a folder with music", start)

    def ask_remove(self, name: str) -> bool:
        """Ask before a folder leaves the library; True to remove it."""
        question = Question(
            self.window(),
            f"Remove {name} from the library?",
            "The files stay where they are. What was heard and what you said is kept, in case "
            "you add the folder again.",
            [Answer("keep", "Keep it"), Answer("remove", "Remove", is_default=True)],
        )
        return question.ask() == "remove"

    def ask_forget(self, count: int, name: str, *, is_all: bool) -> bool:
        """Ask before files that are gone leave the library; True to forget them."""
        what = name or f"{'all ' if is_all else ''}{counted(count, 'file')}"
        gone, back = ("It is", "it comes") if count == 1 else ("They are", "they come")
        question = Question(
            self.window(),
            f"Forget {what}?",
            f"{gone} no longer there. What was heard and what you said is kept, in case {back} "
            "back.",
            [Answer("keep", "Keep"), Answer("forget", "Forget", is_default=True)],
        )
        return question.ask() == "forget"
