"""Foreign text that looks like markup, and a walk through all that a window says."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6 import QtGui
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

HOSTILE = '<img src="/nowhere/fifo" width=900 height=900><b>R&amp;B</b>\u202egnos\r'
_MARKS = ("<img", "<b>R")
_UNSEEN = ("\u202e", "\r")
_MOST_ROWS = 50


def tips_of(model: QAbstractItemModel | None) -> Iterator[str]:
    """The tool tips of a model's items and headings."""
    if model is None:
        return
    role = Qt.ItemDataRole.ToolTipRole
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
    rows = min(_MOST_ROWS, model.rowCount())
    for row in range(rows):
        for column in range(columns):
            yield str(model.data(model.index(row, column, QModelIndex()), role) or "")
    for side, count in ((Qt.Orientation.Horizontal, columns), (Qt.Orientation.Vertical, rows)):
        for section in range(count):
            yield str(model.headerData(section, side, role) or "")


def every_tip(top: QWidget) -> Iterator[str]:
    """Every tool tip of a window."""
    for widget in (top, *top.findChildren(QWidget)):
        yield widget.toolTip()
        if isinstance(widget, QAbstractItemView | QComboBox):
            yield from tips_of(widget.model())
    for action in top.findChildren(QAction):
        yield action.toolTip()


def check_plain(top: QWidget, *, said: bool = True) -> None:
    """Assert that nothing foreign is read as markup, here or by a widget to come.

    Parameters
    ----------
    top : QWidget
        A window or a dialog.
    said : bool
        Somewhere in it :data:`HOSTILE` is to be read.
    """
    labels = top.findChildren(QLabel)
    for label in labels:
        about = f"{label.objectName()} {label.text()!r} in {label.parent()!r}"
        assert label.textFormat() is not Qt.TextFormat.AutoText, about
        if label.textFormat() is not Qt.TextFormat.PlainText:
            assert not any(mark in label.text() for mark in _MARKS), about
        assert not any(mark in label.text() for mark in _UNSEEN), about
    for tip in every_tip(top):
        assert not (QtGui.Qt.mightBeRichText(tip) and "<img" in tip), tip
        assert "\u202e" not in tip, tip
    for button in top.findChildren(QAbstractButton):
        assert "R&amp;B" not in button.text(), "the sign would mark a key"
    for field in (QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit):
        for widget in top.findChildren(field):
            is_fixed = getattr(widget, "isReadOnly", lambda: False)()
            assert is_fixed or not widget.acceptDrops(), f"{widget} takes drops itself"
    if said:
        spoken = [label.text() for label in labels] + list(every_tip(top))
        assert any("img" in text for text in spoken), "the test shows nothing foreign"
