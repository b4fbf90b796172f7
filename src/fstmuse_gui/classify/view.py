"""The Classify tab as people see it: builds, shows, and says what was touched."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.workers.protocol import ClipResult
from fstmuse_gui.classify.clip_page import ClipPage
from fstmuse_gui.classify.record_panel import RecordPanel
from fstmuse_gui.plain import PlainLabel
from fstmuse_gui.shared.clips import Clip
from fstmuse_gui.shared.models import ModelChooser, ModelInfo
from fstmuse_gui.shared.tabs import ask_unsaved
from fstmuse_gui.theme import GRID, current_colours, scaled_font
from fstmuse_gui.widgets.controls import tool_button
from fstmuse_gui.widgets.dialogs import NameQuestion
from fstmuse_gui.widgets.file_list import FileList
from fstmuse_gui.widgets.paged_view import LOW, NARROW, PagedView
from fstmuse_gui.widgets.state_pages import BusyPage, DropArea, TroublePage

_WIDTH = 336
# More names than this would fill the screen.
_MORE = "\N{HORIZONTAL ELLIPSIS}"
# The bars and what stands beside them are cut below this width.
_CLIP_PAGE_WIDTH = 480


class Sidebar(QWidget):
    """Chooses the model and the clip.

    Signals
    -------
    model_chosen(str)
        Name of a model.
    open_requested, cancel_requested
        A button was pressed.
    """

    model_chosen = Signal(str)
    open_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, record_panel: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addLayout(self._build_model())
        column.addSpacing(GRID)
        column.addLayout(self._build_heading())
        self.list = FileList(several=True)
        column.addWidget(self.list, 1)
        column.addWidget(self._build_work())
        column.addWidget(_card(record_panel))

    def sizeHint(self) -> QSize:
        return QSize(max(_WIDTH, self.minimumSizeHint().width()), 600)

    def _build_model(self) -> QHBoxLayout:
        label = PlainLabel("&Model")
        label.setProperty("look", "muted")
        self.model_chooser = ModelChooser("Model")
        self.model_chooser.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.model_chooser.chosen.connect(self.model_chosen)
        label.setBuddy(self.model_chooser)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(label)
        row.addWidget(self.model_chooser, 1)
        return row

    def _build_heading(self) -> QHBoxLayout:
        heading = PlainLabel("Clips")
        heading.setFont(scaled_font(self.font(), 1.0, QFont.Weight.DemiBold))
        self.open_button = tool_button("open", "Open songs", "Open songs (Ctrl+O)")
        self.open_button.clicked.connect(self.open_requested)
        self.order_button = tool_button("sort", "Order of the clips", "Order of the clips")
        self.order_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row = QHBoxLayout()
        row.addWidget(heading, 1)
        row.addWidget(self.order_button)
        row.addWidget(self.open_button)
        return row

    def _build_work(self) -> QWidget:
        self._work = QWidget()
        self._work_text = PlainLabel()
        self._work_text.setProperty("look", "small")
        self.cancel_button = QPushButton("Cancel all")
        self.cancel_button.setProperty("look", "quiet")
        self.cancel_button.clicked.connect(self.cancel_requested)
        row = QHBoxLayout(self._work)
        row.setContentsMargins(GRID, 0, 0, 0)
        row.addWidget(self._work_text, 1)
        row.addWidget(self.cancel_button)
        self._work.hide()
        return self._work

    def show_models(self, models: list[ModelInfo], chosen: str) -> None:
        """Offer models by their titles."""
        self.model_chooser.show_models(models, chosen)
        self.model_chooser.setEnabled(bool(models))

    def show_work(self, text: str) -> None:
        """Say what is still going on with several clips; an empty text hides the line."""
        self._work_text.setText(text)
        self._work.setVisible(bool(text))


def _card(content: QWidget) -> QFrame:
    card = QFrame()
    card.setObjectName("card")
    inside = QVBoxLayout(card)
    inside.setContentsMargins(12, 12, 12, 12)
    inside.addWidget(content)
    return card


class ClassifyView(PagedView):
    """Sidebar on the left, on the right one of four pages."""

    def __init__(self, record_panel: RecordPanel, parent: QWidget | None = None) -> None:
        self.record_panel = record_panel
        self.sidebar = Sidebar(record_panel)
        self.drop_area = DropArea()
        self.clip_page = ClipPage()
        self.busy_page = BusyPage()
        self.trouble_page = TroublePage()
        pages = (self.drop_area, self.clip_page, self.busy_page, self.trouble_page)
        super().__init__("Classify", self.sidebar, pages, parent)
        self._veil = _DropVeil(self)
        self._veil.hide()
        self._panes[self.clip_page].installEventFilter(self)

    # -- pages -------------------------------------------------------------------------

    def show_empty(self, recent: list[str]) -> None:
        """Show the page that invites songs."""
        self.drop_area.set_recent(recent)
        self.show_page(self.drop_area)

    def show_busy(self, title: str, detail: str, fraction: float | None) -> None:
        """Work goes on."""
        self.busy_page.show_work(title, detail, fraction)
        self.show_page(self.busy_page)

    def show_trouble(self, title: str, sentence: str, *, is_failure: bool = True) -> None:
        """Show that something could not be done."""
        self.trouble_page.show_trouble(title, sentence, is_failure=is_failure)
        self.show_page(self.trouble_page)

    def show_clip(self, title: str, model_title: str, result: ClipResult) -> None:
        """A finished clip; the bars glide if one was shown before."""
        animate = self.page is self.clip_page
        self.show_page(self.clip_page)
        self.clip_page.show_clip(title, model_title, result, animate=animate)

    def show_live(self, model_title: str, genres: tuple[str, ...]) -> None:
        """A take begins."""
        self.clip_page.start_live(model_title, genres)
        self.show_page(self.clip_page)

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up while something that can be dropped hangs above the window."""
        on_empty = self.page is self.drop_area
        self.drop_area.set_drop_highlight(is_highlighted and on_empty)
        self._veil.setVisible(is_highlighted and not on_empty)
        self._veil.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._veil.setGeometry(self.rect())
        self.record_panel.set_low(self.height() < LOW)
        self.clip_page.set_low(self.height() < LOW)
        self._fit_clip_page()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit_clip_page()
        return super().eventFilter(watched, event)

    def _fit_clip_page(self) -> None:
        """Let the page do with little where it has little, whatever the sidebar takes."""
        room = self._panes[self.clip_page].width()
        self.clip_page.set_narrow(self.width() < NARROW or room < _CLIP_PAGE_WIDTH)

    # -- questions ---------------------------------------------------------------------

    def may_lose(self, clips: list[Clip]) -> bool:
        """Ask before recordings are lost that are not saved; True if they may be."""
        n_lost = sum(clip.would_be_lost for clip in clips)
        if not n_lost:
            return True
        what = "a recording" if n_lost == 1 else f"{n_lost} recordings"
        return self.confirm(
            f"Discard {what}?", "What has not been saved as a file will be gone.", "Discard"
        )

    def ask_unsaved(self, names: list[str]) -> str:
        """Ask what becomes of recordings: "save", "discard", or nothing to go on."""
        return ask_unsaved(self.window(), {"recording": names})

    def ask_name(self, name: str) -> str:
        """Ask for another name; empty if it stays."""
        return NameQuestion(self.window(), "Rename the recording", name).ask()

    def ask_open_files(self, folder: str, suffixes: list[str]) -> list[str]:
        """Let the user choose songs."""
        pattern = " ".join(f"*{suffix}" for suffix in suffixes)
        paths, _ = QFileDialog.getOpenFileNames(
            self, "Open songs", folder, f"Sound and video ({pattern});;All files (*)"
        )
        return list(paths)

    def ask_open_folder(self, folder: str) -> str:
        """Let the user choose a folder of songs."""
        return QFileDialog.getExistingDirectory(self, "Open a folder of songs", folder)

    def ask_save_path(self, title: str, suggestion: str, kinds: str) -> str:
        """Let the user choose where to save; empty if they would rather not."""
        path, _ = QFileDialog.getSaveFileName(self, title, suggestion, kinds)
        return path


class _DropVeil(QWidget):
    """Covers everything while something hangs above it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = current_colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(colours.window)
        ground.setAlphaF(0.88)
        painter.fillRect(self.rect(), ground)
        pen = QPen(QColor(colours.accent), 2)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
        painter.setBrush(QColor(colours.tint))
        box = QRectF(self.rect()).adjusted(24, 24, -24, -24)
        painter.drawRoundedRect(box, 16, 16)
        painter.setFont(scaled_font(self.font(), 1.9, QFont.Weight.DemiBold))
        painter.setPen(QColor(colours.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "Drop to listen")
        painter.end()
