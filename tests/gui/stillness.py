"""Watch over where the controls of a window are: none moves unless the user asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QWidget,
)

from fstmuse_gui.widgets import page_parts
from fstmuse_gui.widgets.toast import Toast

_KINDS = (
    *(QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox),
    *(QLineEdit, QPlainTextEdit, QTabBar, pg.GraphicsView),
)
_TURNS = 4
_PATIENCE_MS = 60_000


@contextmanager
def still(window: QWidget, *, but: tuple[QWidget, ...] = ()) -> Iterator[None]:
    """Fail if a control that is seen before and after the body is elsewhere, or of another size.

    What comes to be seen must not be pressed where another control was: a click that was meant
    for that one would press it. ``but`` names widgets within which all may move; what floats above
    the foot of the window for a while may, too.
    """
    but = (*but, *window.findChildren(Toast))
    settle()
    before = _places(window, but)
    names = {control: _name(control) for control in before}
    # A slow machine must not look when the moment in which nothing can be pressed is over.
    with patch.object(page_parts, "_SHIELDED_MS", _PATIENCE_MS):
        yield
        settle()
    after = _places(window, but)
    moved = [
        f"{names[control]}: {place.getRect()} -> {after[control].getRect()}"
        for control, place in before.items()
        if control in after and after[control] != place
    ]
    gone = {control: place for control, place in before.items() if control not in after}
    moved += [
        f"{_name(control)} where {names[other]} was: {place.getRect()}"
        for control, place in after.items()
        if control not in before and isinstance(control, QAbstractButton | QLineEdit | QComboBox)
        if window.childAt(place.center()) is control
        for other, was in gone.items()
        if isinstance(other, QAbstractButton) and was.intersects(place)
    ]
    for timer in window.findChildren(QTimer, "shield"):
        if timer.isActive():
            timer.start(0)
    assert not moved, "\n".join(moved)


def settle() -> None:
    """Let the layouts find their places."""
    for _turn in range(_TURNS):
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)


def _places(window: QWidget, but: tuple[QWidget, ...]) -> dict[QWidget, QRect]:
    """Visible controls, and what is seen of each in the window's coordinates."""
    found = {}
    for control in window.findChildren(QWidget):
        if not isinstance(control, _KINDS) or isinstance(control, QScrollBar):
            continue
        if isinstance(control, QHeaderView) and control.orientation() is Qt.Orientation.Vertical:
            continue  # names of rows; nothing is pressed there
        if any(widget is control or widget.isAncestorOf(control) for widget in but):
            continue
        if control.isVisible() and not control.visibleRegion().isEmpty():
            size = control.size()
            if isinstance(control, QAbstractItemView):
                size.setHeight(0)  # its rows stay where they are, wherever it ends
            found[control] = QRect(control.mapTo(window, QPoint(0, 0)), size)
    return found


def _name(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return f"{type(widget).__name__} {widget.accessibleName() or text or widget.objectName()!r}"
