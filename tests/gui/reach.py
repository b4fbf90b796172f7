"""Search for controls of a window that cannot be reached, by sight or by scrolling."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QMenuBar,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QWidget,
)

# What is left of screens of 1024 x 640, 1280 x 720, 1366 x 768 and 1280 x 800 within the frame,
# and of the first two at 200 %, in the pixels that a layout counts in.
SIZES = ((1016, 604), (1272, 684), (1358, 732), (1272, 764), (632, 324), (504, 284))
_SMALLEST_VIEW = 40
# Style sheets hold some controls a little below what they would ask for.
_SQUEEZED = 0.75
_CONTROLS = (
    *(QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox, QAbstractSlider),
    *(QMenuBar, QTabBar),
)


def unreachable(window: QWidget) -> list[str]:
    """Controls of ``window`` that lie neither within it nor where it can be scrolled to."""
    QCoreApplication.processEvents()
    found = []
    for kind in _CONTROLS:
        for control in window.findChildren(kind):
            if control.isVisible() and not isinstance(control, QScrollBar):
                why = _trouble(control, window)
                if why:
                    found.append(f"{_name(control)}: {why}")
    return found


def _trouble(control: QWidget, window: QWidget) -> str:
    if control.window() is not window:
        return ""
    if control.height() < _SQUEEZED * control.minimumSizeHint().height():
        return f"squeezed to {control.height()} px"
    rect, inside = control.rect(), control
    while inside is not window:
        parent = inside.parentWidget()
        assert parent is not None
        rect = QRect(inside.mapTo(parent, rect.topLeft()), rect.size())
        area = parent.parentWidget()
        if isinstance(area, QAbstractScrollArea) and area.viewport() is parent:
            # To be scrolled to, if the area scrolls that way; then the area itself counts.
            never = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            if area.horizontalScrollBarPolicy() is never and not _spans(parent.rect(), rect, 0):
                return f"out of {_name(area)}, which does not scroll sideways"
            if min(parent.width(), parent.height()) < _SMALLEST_VIEW:
                return f"in {_name(area)}, of which too little is seen"
            rect = QRect(QPoint(0, 0), parent.size())
        elif not parent.rect().contains(rect):
            return f"at {rect.getRect()}, cut by {_name(parent)} of {parent.size().toTuple()}"
        inside = parent
    return ""


def _spans(outer: QRect, rect: QRect, slack: int) -> bool:
    return rect.left() >= outer.left() - slack and rect.right() <= outer.right() + slack


def _name(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.accessibleName() or widget.objectName()!r}"


def check_sizes(window: QWidget) -> None:
    """Assert that at each of :data:`SIZES` every control of a window can be reached."""
    for width, height in SIZES:
        window.resize(width, height)
        QCoreApplication.processEvents()
        assert (window.width(), window.height()) == (width, height), "it is no smaller"
        found = unreachable(window)
        assert not found, f"at {width} x {height}: {found}"


def scrolled_sideways(window: QWidget) -> list[str]:
    """Areas of ``window`` whose contents are wider than what is seen of them."""
    QCoreApplication.processEvents()
    found = []
    for area in window.findChildren(QScrollArea):
        inside = area.widget()
        if area.isVisible() and inside is not None and inside.width() > area.viewport().width():
            found.append(f"{_name(area)}: {inside.width()} px in {area.viewport().width()}")
    return found


def check_breadth(window: QWidget) -> None:
    """Assert that at 200 % nothing of a window has to be scrolled sideways."""
    for width, height in SIZES[4:]:
        window.resize(width, height)
        QCoreApplication.processEvents()
        assert (window.width(), window.height()) == (width, height), "it is no smaller"
        found = scrolled_sideways(window)
        assert not found, f"at {width} x {height}: {found}"
