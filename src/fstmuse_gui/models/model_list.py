"""The list of models, whose titles can be changed in place."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from fstmuse_core.bundle.model_list import ModelEntry
from fstmuse_core.bundle.names import MAX_LENGTH
from fstmuse_core.system.wording import sized
from fstmuse_gui.models.words import day, in_the_list, spoken
from fstmuse_gui.plain import set_tip
from fstmuse_gui.theme import current_colours, draw_icon, scaled_font
from fstmuse_gui.widgets.drops import leave_drops
from fstmuse_gui.widgets.rows import KEY, Index, KeyedList, draw_end, draw_start, paint_ground

_ROW = 56
_SIGN = 18
_GAP = 8
_ABOUT = Qt.ItemDataRole.UserRole + 1
_WHEN = Qt.ItemDataRole.UserRole + 2
_SIZE = Qt.ItemDataRole.UserRole + 3
_IS_DAMAGED = Qt.ItemDataRole.UserRole + 4


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
    item.setData(_ABOUT, in_the_list(entry))
    item.setData(_WHEN, day(entry.made_at))
    item.setData(_SIZE, sized(entry.size_bytes))
    item.setData(_IS_DAMAGED, bool(entry.trouble))
    item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken(entry))
    set_tip(item, entry.trouble or f"--model {entry.name}")
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
        leave_drops(editor)
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
        box = paint_ground(painter, option)
        if index.data(KEY) == self._edited_name:
            painter.restore()
            return
        small = scaled_font(option.font, 0.92)
        inside = box.adjusted(12, 5, -12, -5)
        top, bottom = QRectF(inside), QRectF(inside)
        top.setHeight(inside.height() / 2)
        bottom.setTop(top.bottom())
        if index.data(_IS_DAMAGED):
            where = QRectF(inside.right() - _SIGN, top.top() + 3, _SIGN, _SIGN)
            draw_icon(painter, "warning", where, QColor(colours.danger))
            top.setRight(where.left() - _GAP)
        else:
            top.setRight(draw_end(painter, top, index.data(_WHEN), small, colours.muted, _GAP))
        bottom.setRight(draw_end(painter, bottom, index.data(_SIZE), small, colours.muted, _GAP))
        draw_start(painter, top, index.data(), option.font, colours.text)
        draw_start(painter, bottom, index.data(_ABOUT), small, colours.muted)
        painter.restore()
