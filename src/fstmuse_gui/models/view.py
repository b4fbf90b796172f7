"""The Models tab as people see it: builds, shows, and says what was touched."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidgetItem,
    QMenu,
    QProgressBar,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.bundle.changes import MAX_LENGTH, DeletedModel
from fstmuse_core.bundle.model_list import ModelEntry
from fstmuse_core.system.wording import sized
from fstmuse_gui.models.details_page import DetailsPage
from fstmuse_gui.models.words import accessible_text, date_text, list_line, summary_line
from fstmuse_gui.plain import PlainLabel, set_tip
from fstmuse_gui.theme import GRID, current_colours, draw_icon, icon, scaled_font
from fstmuse_gui.widgets.controls import tool_button
from fstmuse_gui.widgets.drops import ignore_drops
from fstmuse_gui.widgets.page_parts import ElidedLabel, keep_size_when_hidden
from fstmuse_gui.widgets.paged_view import MessageBar, PagedView
from fstmuse_gui.widgets.rows import (
    KEY,
    Index,
    KeyedList,
    draw_left,
    draw_right,
    paint_row_background,
)
from fstmuse_gui.widgets.state_pages import EmptyState

_ROW = 56
_ROW_SIGN = 18
_GAP = 8
_ABOUT = Qt.ItemDataRole.UserRole + 1
_WHEN = Qt.ItemDataRole.UserRole + 2
_SIZE = Qt.ItemDataRole.UserRole + 3
_IS_DAMAGED = Qt.ItemDataRole.UserRole + 4
_WIDTH = 336
_IMPORT = " Import a model\N{HORIZONTAL ELLIPSIS}"
_FILTER = "FstMuse models (*.fstmuse);;All files (*)"


class ModelList(KeyedList):
    """Chooses a model, whose name is the key.

    Signals
    -------
    rename_requested(str, str)
        The model of this name is to be called so.
    """

    rename_requested = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Models", parent)
        # F2 is an entry of the menu.
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        delegate = _RowDelegate(self)
        delegate.edited.connect(self.rename_requested)
        self.setItemDelegate(delegate)
        self._entries: list[ModelEntry] = []

    @property
    def entries(self) -> list[ModelEntry]:
        """Entries on show."""
        return self._entries

    def show_models(self, entries: list[ModelEntry], chosen: str) -> None:
        """Show these, with this one chosen, without telling anyone."""
        if entries != self._entries:
            self._entries = entries
            self.blockSignals(True)
            self.clear()
            for entry in entries:
                self.addItem(_item(entry))
            self.blockSignals(False)
        self.select(chosen)

    def edit_title(self) -> None:
        """Let the title of the chosen model be changed in place."""
        item = self.currentItem()
        if item is not None:
            self.scrollToItem(item)
            self.editItem(item)


def _item(entry: ModelEntry) -> QListWidgetItem:
    item = QListWidgetItem(entry.title)
    item.setData(KEY, entry.name)
    item.setData(_ABOUT, list_line(entry))
    item.setData(_WHEN, date_text(entry.made_at))
    item.setData(_SIZE, sized(entry.size_bytes))
    item.setData(_IS_DAMAGED, bool(entry.trouble))
    item.setData(Qt.ItemDataRole.AccessibleTextRole, accessible_text(entry))
    on_command_line = f"{summary_line(entry)}\nOn the command line: --model {entry.name}"
    set_tip(item, entry.trouble or on_command_line)
    flags = item.flags()
    item.setFlags(
        flags & ~Qt.ItemFlag.ItemIsEditable
        if entry.is_shipped
        else flags | Qt.ItemFlag.ItemIsEditable
    )
    return item


class _RowDelegate(QStyledItemDelegate):
    """Paints a row; ``edited`` tells a name and the title that was typed."""

    edited = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._edited_name = ""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, _ROW)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        self._edited_name = str(index.data(KEY))
        editor = QLineEdit(parent)
        ignore_drops(editor)
        editor.setAccessibleName(f"New name of {index.data()}")
        editor.setMaxLength(MAX_LENGTH)
        return editor

    def destroyEditor(self, editor: QWidget, index: Index) -> None:
        self._edited_name = ""
        super().destroyEditor(editor, index)

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        editor.setText(str(index.data()))
        editor.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Leave the list as it is: the model on the disk decides what it is called."""
        assert isinstance(editor, QLineEdit)
        if editor.text() != index.data():
            self.edited.emit(str(index.data(KEY)), editor.text())

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        box: Any = option.rect
        height = editor.sizeHint().height()
        editor.setGeometry(
            QRect(box.left() + 4, box.center().y() - height // 2, box.width() - 8, height)
        )

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours = current_colours()
        painter.save()
        box = paint_row_background(painter, option)
        if index.data(KEY) == self._edited_name:
            painter.restore()
            return
        small = scaled_font(option.font, 0.92)
        inside = box.adjusted(12, 5, -12, -5)
        top, bottom = QRectF(inside), QRectF(inside)
        top.setHeight(inside.height() / 2)
        bottom.setTop(top.bottom())
        if index.data(_IS_DAMAGED):
            where = QRectF(inside.right() - _ROW_SIGN, top.top() + 3, _ROW_SIGN, _ROW_SIGN)
            draw_icon(painter, "warning", where, QColor(colours.danger))
            top.setRight(where.left() - _GAP)
        else:
            top.setRight(draw_right(painter, top, index.data(_WHEN), small, colours.muted, _GAP))
        bottom.setRight(draw_right(painter, bottom, index.data(_SIZE), small, colours.muted, _GAP))
        draw_left(painter, top, index.data(), option.font, colours.text)
        draw_left(painter, bottom, index.data(_ABOUT), small, colours.muted)
        painter.restore()


class UndoBar(MessageBar):
    """Bar with an undo button after a deletion; stays until it is closed or used.

    Signals
    -------
    undo_requested
        The button was pressed.
    """

    undo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self._line = ElidedLabel()
        super().__init__("Deleted", self._line, "Close the line about the deleted model", parent)
        self.undo_button = QPushButton(icon("undo"), " Undo")
        self.undo_button.setProperty("look", "quiet")
        self.undo_button.setToolTip("Bring the model back (Ctrl+Z)")
        self.undo_button.clicked.connect(self.undo_requested)
        self._row.setContentsMargins(12, 2, 2, 2)
        self._row.setSpacing(2)
        self._row.insertWidget(1, self.undo_button)

    def say(self, text: str) -> None:
        """Show the line."""
        self._line.set_text(text)
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
        keep_size_when_hidden(self.deleted_button)
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
            when = date_text(model.deleted_at.timestamp())
            action = self.deleted_menu.addAction(icon("undo"), f"{model.title}, deleted {when}")
            action.triggered.connect(partial(self._restore, model))
        self.deleted_button.setVisible(bool(deleted))

    def _restore(self, model: DeletedModel, _checked: bool = False) -> None:
        self.restore_requested.emit(model)

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up while something hangs above the window."""
        self.import_button.setProperty("look", "primary" if is_highlighted else "")
        self.import_button.setIcon(icon("open", "on_accent" if is_highlighted else "text"))
        self.import_button.setText(" Drop to import" if is_highlighted else _IMPORT)
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
        self.empty_page = EmptyState(
            "There is no model",
            "Nothing can be classified without one. Drop a .fstmuse file here, train a model of "
            "your own, or install FstMuse again.",
            [self.import_button],
        )
        pages = [self.blank_page, self.details, self.empty_page]
        super().__init__("Models", self.sidebar, pages, parent)

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up while something that can be dropped hangs above the window."""
        self.sidebar.set_drop_highlight(is_highlighted)
        self.empty_page.set_drop_highlight(is_highlighted)

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
