"""The Train tab as people see it: builds, shows, and says what was touched."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from fstmuse_core.audio.sound_files import AUDIO_SUFFIXES
from fstmuse_gui.theme import icon
from fstmuse_gui.train.bucket_page import BucketsPage
from fstmuse_gui.train.data.view import DataPage
from fstmuse_gui.train.form.form import TrainForm
from fstmuse_gui.train.results.page import ResultsPage
from fstmuse_gui.train.run.closing import Closing, StopKeeps, ask_closing
from fstmuse_gui.train.run.page import RunPage
from fstmuse_gui.widgets.dialogs import Answer, Question
from fstmuse_gui.widgets.paged_view import PagedView
from fstmuse_gui.widgets.state_pages import BusyPage, EmptyState, TroublePage

# Room for the longest of what its buttons say.
_BUTTON_WIDTH = 216


class EmptyPage(EmptyState):
    """Says what can be done.

    Signals
    -------
    browse_requested, fetch_requested, buckets_requested
        A button was pressed.
    """

    browse_requested = Signal()
    fetch_requested = Signal()
    buckets_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self.browse_button = QPushButton(
            icon("open", "on_accent"), " Choose a folder\N{HORIZONTAL ELLIPSIS}"
        )
        self.browse_button.setProperty("look", "primary")
        self.fetch_button = QPushButton(icon("save"), " Get FMA\N{HORIZONTAL ELLIPSIS}")
        self.fetch_button.setAccessibleName("Get the Free Music Archive data set")
        self.fetch_button.setToolTip("Download thousands of labelled clips from their authors")
        self.buckets_button = QPushButton("Buckets\N{HORIZONTAL ELLIPSIS}")
        self.buckets_button.setAccessibleName("Class buckets")
        self.buckets_button.setToolTip("Name classes and drop songs into each, without a folder")
        super().__init__(
            "Train on your own music",
            "Drop a folder here: one whose folders are named after genres, a library with "
            "genre tags, or FMA as it ships. Nothing leaves this computer.",
            [self.browse_button, self.buckets_button, self.fetch_button],
            parent=parent,
        )
        self.browse_button.clicked.connect(self.browse_requested)
        self.fetch_button.clicked.connect(self.fetch_requested)
        self.buckets_button.clicked.connect(self.buckets_requested)


# View ---------------------------------------------------------------------------------------


class TrainView(PagedView):
    """The form on the left, on the right one of seven pages."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.form = TrainForm()
        self.empty_page = EmptyPage()
        self.data_page = DataPage()
        self.busy_page = BusyPage()
        self.run_page = RunPage()
        self.results_page = ResultsPage()
        self.trouble_page = TroublePage()
        self.buckets_page = BucketsPage()
        pages = (
            self.empty_page,
            self.data_page,
            self.busy_page,
            self.run_page,
            self.results_page,
            self.trouble_page,
            self.buckets_page,
        )
        super().__init__("Train", self.form, pages, parent)
        self.busy_page.cancel_button.setAccessibleName("Cancel")
        # Of one width whatever they say: what waits changes its buttons when its turn comes.
        for button in (self.trouble_page.retry_button, self.trouble_page.remove_button):
            button.setMinimumWidth(_BUTTON_WIDTH)

    # -- pages -------------------------------------------------------------------------

    def show_busy(self, title: str, detail: str, fraction: float | None = None) -> None:
        """Work goes on."""
        self.busy_page.show_work(title, detail, fraction)
        self.show_page(self.busy_page)

    def show_trouble(
        self, title: str, sentence: str, *, go_on: str, back: str, is_failure: bool = True
    ) -> None:
        """Something could not be done, or waits; ``go_on`` and ``back`` name the buttons."""
        page = self.trouble_page
        page.show_trouble(title, sentence, is_failure=is_failure)
        page.retry_button.setText(go_on)
        page.retry_button.setVisible(bool(go_on))
        page.remove_button.setText(back)
        self.show_page(page)

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Something that can be dropped hangs above the window, or no longer does."""
        self.empty_page.set_drop_highlight(is_highlighted)
        self.form.set_drop_highlight(is_highlighted)

    # -- questions ---------------------------------------------------------------------

    def ask_folder(self, folder: str) -> str:
        """Let the user choose a data set; empty if they would rather not."""
        return QFileDialog.getExistingDirectory(self, "Choose a folder of music", folder)

    def ask_songs(self) -> list[str]:
        """Let the user choose songs for a class; empty if they would rather not."""
        pattern = " ".join(f"*{suffix}" for suffix in sorted(AUDIO_SUFFIXES))
        paths, _ = QFileDialog.getOpenFileNames(
            self, "Choose songs", "", f"Sound ({pattern});;All files (*)"
        )
        return list(paths)

    def ask_log_folder(self, folder: str) -> str:
        """Let the user choose where TensorBoard's logs go; empty if they would rather not."""
        return QFileDialog.getExistingDirectory(self, "Choose a folder for the logs", folder)

    def ask_save_path(self, suggestion: str) -> str:
        """Let the user choose where the report goes; empty if they would rather not."""
        path, _ = QFileDialog.getSaveFileName(
            self, "Save the report", suggestion, "Markdown (*.md);;JSON (*.json)"
        )
        return path

    def ask_cancel(self) -> bool:
        """Ask whether what has been learned may be discarded."""
        question = Question(
            self.window(),
            "Discard this training?",
            "What it has learned will be gone. Stop would keep the best model.",
            [Answer("yes", "Discard"), Answer("", "Go on training", is_default=True)],
        )
        return bool(question.ask())

    def ask_closing(self, title: str, keeps: StopKeeps) -> Closing:
        """Ask what is to become of the training that runs."""
        return ask_closing(self.window(), title, keeps)

    def open_file(self, path: str) -> None:
        """Show a file in the program that the system has for it."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(path))
