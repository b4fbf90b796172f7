"""The Models tab as people see it: builds, shows, and says what was touched."""

from __future__ import annotations

from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from fstmuse_gui.icons import icon
from fstmuse_gui.models.details_page import DetailsPage
from fstmuse_gui.models.sidebar import ModelsSidebar
from fstmuse_gui.widgets.invitation import Invitation
from fstmuse_gui.widgets.paged_view import PagedView

_FILTER = "FstMuse models (*.fstmuse);;All files (*)"


class ModelsView(PagedView):
    """The list on the left, on the right all about the one that is chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.sidebar = ModelsSidebar()
        self.blank_page = QWidget()
        self.details = DetailsPage()
        self.import_button = QPushButton(
            icon("open", "on_accent"), " Import a model\N{HORIZONTAL ELLIPSIS}"
        )
        self.import_button.setProperty("look", "primary")
        self.empty_page = Invitation(
            "There is no model",
            "Nothing can be classified without one. Drop a .fstmuse file here, train a model of "
            "your own, or install FstMuse again.",
            [self.import_button],
        )
        pages = [self.blank_page, self.details, self.empty_page]
        super().__init__("Models", self.sidebar, pages, parent)

    def set_hot(self, is_hot: bool) -> None:
        """Something that can be dropped hangs above the window, or no longer does."""
        self.sidebar.set_hot(is_hot)
        self.empty_page.set_hot(is_hot)

    # -- questions ---------------------------------------------------------------------

    def ask_files(self) -> list[str]:
        """Let the user choose files to import; empty if they would rather not."""
        paths, _ = QFileDialog.getOpenFileNames(self, "Import models", "", _FILTER)
        return paths

    def ask_save_path(self, suggestion: str) -> str:
        """Let the user choose where a model goes; empty if they would rather not."""
        dialog = QFileDialog(self, "Export the model", suggestion, _FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        # Here and not later, so that nothing is replaced without a question.
        dialog.setDefaultSuffix("fstmuse")
        dialog.selectFile(suggestion)
        path = dialog.selectedFiles()[0] if dialog.exec() else ""
        dialog.deleteLater()
        return path
