"""The Generate tab as people see it: builds, shows, and says what was touched."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from fstmuse_gui.generate.form import GenerateForm
from fstmuse_gui.generate.take_page import TakePage
from fstmuse_gui.icons import icon
from fstmuse_gui.widgets.invitation import Invitation
from fstmuse_gui.widgets.paged_view import LOW, NARROW, PagedView
from fstmuse_gui.widgets.state_pages import BusyPage, TroublePage

_KINDS = "WAV (*.wav);;FLAC (*.flac);;Ogg Vorbis (*.ogg)"


class GenerateView(PagedView):
    """Form and takes on the left, on the right one of five pages."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.form = GenerateForm()
        self.start_button = QPushButton(icon("play", "on_accent"), " Generate")
        self.start_button.setProperty("look", "primary")
        self.start_button.clicked.connect(self.form.generate_requested)
        self.empty_page = Invitation(
            "Make music that nobody has played",
            "Choose a genre and press Generate. A small network dreams up a spectrogram, which "
            "is then made sound. Expect a rough sketch of the genre, not a song.",
            [self.start_button],
        )
        self.no_model_page = Invitation(
            "No model that makes music is here",
            "Train a ToyGan on your own music in the Train tab, or import one in the Models "
            "tab. It then appears here at once.",
            [],
        )
        self.take_page = TakePage()
        self.busy_page = BusyPage()
        self.busy_page.cancel_button.setAccessibleName("Cancel what is being made")
        self.trouble_page = TroublePage()
        pages = (
            self.empty_page,
            self.no_model_page,
            self.take_page,
            self.busy_page,
            self.trouble_page,
        )
        super().__init__("Generate", self.form, pages, parent)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.take_page.set_low(self.height() < LOW)
        self.take_page.set_narrow(self.width() < NARROW)

    def show_trouble(self, title: str, sentence: str, *, is_failure: bool = True) -> None:
        """Show that something could not be made, or was cancelled."""
        self.trouble_page.show_trouble(title, sentence, is_failure=is_failure)
        self.show_page(self.trouble_page)

    def show_busy(self, title: str, detail: str, fraction: float | None) -> None:
        """Show that a picture is being made."""
        self.busy_page.show_work(title, detail, fraction)
        self.show_page(self.busy_page)

    # -- questions ---------------------------------------------------------------------

    def ask_save_path(self, suggestion: str) -> str:
        """Let the user choose where to save; empty if they would rather not."""
        path, _ = QFileDialog.getSaveFileName(self, "Save the take", suggestion, _KINDS)
        return path
