"""The Library tab as people see it: builds, shows, and says what was touched."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_gui.icons import icon
from fstmuse_gui.library.filter_bar import FilterBar
from fstmuse_gui.library.review_pane import ReviewPane
from fstmuse_gui.library.sidebar import LibrarySidebar
from fstmuse_gui.library.table_view import LibraryTable
from fstmuse_gui.library.words import MORE
from fstmuse_gui.library.work_strip import WorkStrip
from fstmuse_gui.theme import GRID
from fstmuse_gui.widgets.invitation import Invitation
from fstmuse_gui.widgets.paged_view import PagedView
from fstmuse_gui.widgets.question import Answer, Question
from fstmuse_gui.widgets.stacking import StackingSplitter

# Below this width the chosen file stands below the table.
_NARROW = 680
_STACKED = (300, 280)


class LibraryView(PagedView):
    """Folders and genres on the left, the files in the middle, one of them on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.sidebar = LibrarySidebar()
        self.filter_bar = FilterBar()
        self.table = LibraryTable()
        self.strip = WorkStrip()
        self.review = ReviewPane()
        self.add_button = QPushButton(icon("open", "on_accent"), f" Add a folder{MORE}")
        self.add_button.setProperty("look", "primary")
        self.empty_page = Invitation(
            "Drop your music here",
            "Add a folder and leave FstMuse to it: it listens to every song, says which genre it "
            "is, and you look over the result. No file is changed before you say so.",
            [self.add_button],
        )
        self.blank_page = QWidget()
        self.desk = self._build_desk()
        self.filter_bar.search.returnPressed.connect(self.table.setFocus)
        super().__init__(
            "Library", self.sidebar, [self.blank_page, self.desk, self.empty_page], parent
        )

    def _build_desk(self) -> QWidget:
        self.tags_button = QPushButton(icon("edit"), f" Write tags{MORE}")
        self.tags_button.setToolTip("Write genres into the files, with a preview (Ctrl+T)")
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
        column.addWidget(frame, 1)
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

    def set_hot(self, is_hot: bool) -> None:
        """Something that can be dropped hangs above the window, or no longer does."""
        self.sidebar.set_hot(is_hot)
        self.empty_page.set_hot(is_hot)

    # -- questions ---------------------------------------------------------------------

    def ask_folder(self, start: str) -> str:
        """Let the user choose a folder with music; empty if they would rather not."""
        return QFileDialog.getExistingDirectory(self, "Add a folder with music", start)

    def ask_remove(self, name: str) -> bool:
        """Whether a folder is to leave the library."""
        question = Question(
            self.window(),
            f"Remove {name} from the library?",
            "The files stay where they are. What was heard and what you said is kept, in case "
            "you add the folder again.",
            [Answer("keep", "Keep it"), Answer("remove", "Remove", is_default=True)],
        )
        return question.ask() == "remove"
