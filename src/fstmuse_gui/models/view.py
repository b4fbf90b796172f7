"""The Models tab as people see it: builds, shows, and says what was touched."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.bundle.changes import DeletedModel
from fstmuse_gui.models.details_page import DetailsPage
from fstmuse_gui.models.model_list import ModelList
from fstmuse_gui.models.words import day
from fstmuse_gui.plain import PlainLabel
from fstmuse_gui.theme import GRID, icon, scaled_font
from fstmuse_gui.widgets.controls import tool_button
from fstmuse_gui.widgets.page_parts import ElidedLabel
from fstmuse_gui.widgets.paged_view import PagedView
from fstmuse_gui.widgets.state_pages import Invitation

_SIGN = 16
_WIDTH = 336
_IMPORT = " Import a model\N{HORIZONTAL ELLIPSIS}"
_FILTER = "FstMuse models (*.fstmuse);;All files (*)"


class UndoBar(QFrame):
    """Bar with an undo button after a deletion; stays until it is closed or used.

    Signals
    -------
    undo_requested
        The button was pressed.
    """

    undo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAccessibleName("Deleted")
        self._text = ElidedLabel()
        self.undo_button = QPushButton(icon("undo"), " Undo")
        self.undo_button.setProperty("look", "quiet")
        self.undo_button.setToolTip("Bring the model back (Ctrl+Z)")
        self.undo_button.clicked.connect(self.undo_requested)
        self.close_button = tool_button(
            "close", "Close the line about the deleted model", "Close", side=_SIGN, role="muted"
        )
        self.close_button.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 2, 2)
        row.setSpacing(2)
        row.addWidget(self._text, 1)
        row.addWidget(self.undo_button)
        row.addWidget(self.close_button)
        self.hide()

    @property
    def text(self) -> str:
        """Text of the bar, which may be hidden."""
        return self._text.text()

    def say(self, text: str) -> None:
        """Show the line."""
        self._text.set_text(text)
        self.setAccessibleDescription(text)
        self.show()


class ModelsSidebar(QWidget):
    """Chooses a model.

    Signals
    -------
    import_requested, cancel_requested
        A button was pressed.
    restore_requested(object)
        A :class:`~fstmuse_core.bundle.changes.DeletedModel` was chosen from the menu.
    """

    import_requested = Signal()
    cancel_requested = Signal()
    restore_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addLayout(self._build_heading())
        self.list = ModelList()
        column.addWidget(self.list, 1)
        self.undo_bar = UndoBar()
        column.addWidget(self.undo_bar)
        self._hint = PlainLabel(
            "Models that you train appear here. Others come from a .fstmuse file: drop one here."
        )
        self._hint.setProperty("look", "muted")
        self._hint.setWordWrap(True)
        column.addWidget(self._hint)
        column.addWidget(self._build_work())
        column.addWidget(self._build_buttons())
        self.show_work("")
        self.show_deleted([])

    def sizeHint(self) -> QSize:
        return QSize(max(_WIDTH, self.minimumSizeHint().width()), 600)

    def _build_heading(self) -> QHBoxLayout:
        heading = PlainLabel("Models")
        heading.setFont(scaled_font(self.font(), 1.0, QFont.Weight.DemiBold))
        self.deleted_button = tool_button(
            "undo", "Deleted models", "Deleted models, which can be brought back"
        )
        self.deleted_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.deleted_menu = QMenu("&Deleted models", self)
        self.deleted_button.setMenu(self.deleted_menu)
        policy = self.deleted_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.deleted_button.setSizePolicy(policy)
        row = QHBoxLayout()
        row.addWidget(heading, 1)
        row.addWidget(self.deleted_button)
        return row

    def _build_work(self) -> QFrame:
        self._work = QFrame()
        self._work.setObjectName("card")
        self._file = ElidedLabel()
        self._step = ElidedLabel()
        self._step.setProperty("look", "small")
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setAccessibleName("Import")
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setAccessibleName("Cancel the import")
        self.cancel_button.setProperty("look", "quiet")
        self.cancel_button.clicked.connect(self.cancel_requested)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._file)
        texts.addWidget(self._step)
        row = QHBoxLayout()
        row.addLayout(texts, 1)
        row.addWidget(self.cancel_button)
        inside = QVBoxLayout(self._work)
        inside.setContentsMargins(12, 8, 8, 12)
        inside.setSpacing(GRID // 2)
        inside.addLayout(row)
        inside.addWidget(bar)
        return self._work

    def _build_buttons(self) -> QPushButton:
        self.import_button = QPushButton(icon("open"), _IMPORT)
        self.import_button.setToolTip("Make a model of a .fstmuse file (Ctrl+I)")
        self.import_button.clicked.connect(self.import_requested)
        return self.import_button

    def show_hint(self, is_shown: bool) -> None:
        """Say where models come from."""
        self._hint.setVisible(is_shown)

    def show_work(self, file: str, step: str = "") -> None:
        """Say what is being imported; an empty name hides the lines."""
        self._file.set_text(f"Importing {file}")
        self._step.set_text(step)
        self._work.setVisible(bool(file))

    @property
    def work(self) -> str:
        """Text about the import; empty while there is none."""
        return f"{self._file.text()}: {self._step.text()}" if self._work.isVisible() else ""

    def show_deleted(self, deleted: list[DeletedModel]) -> None:
        """Offer these to be brought back."""
        self.deleted_menu.clear()
        for model in deleted:
            when = day(model.deleted_at.timestamp())
            action = self.deleted_menu.addAction(icon("undo"), f"{model.title}, deleted {when}")
            action.triggered.connect(partial(self._restore, model))
        self.deleted_button.setVisible(bool(deleted))

    def _restore(self, model: DeletedModel, _checked: bool = False) -> None:
        self.restore_requested.emit(model)

    def set_hot(self, is_hot: bool) -> None:
        """Light up while something hangs above the window."""
        self.import_button.setProperty("look", "primary" if is_hot else "")
        self.import_button.setIcon(icon("open", "on_accent" if is_hot else "text"))
        self.import_button.setText(" Drop to import" if is_hot else _IMPORT)
        self.import_button.style().polish(self.import_button)


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
        """Light up while something that can be dropped hangs above the window."""
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
