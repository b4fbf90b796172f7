"""Controls that a turn of the mouse wheel changes only while they have the focus.

Qt's own take the focus and another value from a wheel that merely passes over them, so
whoever scrolls a panel changes its settings unseen.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSlider, QSpinBox, QWidget


class CalmComboBox(QComboBox):
    """A combo box that lets the wheel pass while it has no focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if _is_meant(self, event):
            super().wheelEvent(event)


class CalmSpinBox(QSpinBox):
    """A whole number that lets the wheel pass while it has no focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if _is_meant(self, event):
            super().wheelEvent(event)


class CalmDoubleSpinBox(QDoubleSpinBox):
    """A number with a fraction that lets the wheel pass while it has no focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if _is_meant(self, event):
            super().wheelEvent(event)


class CalmSlider(QSlider):
    """A horizontal slider that lets the wheel pass while it has no focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if _is_meant(self, event):
            super().wheelEvent(event)


def _is_meant(control: QWidget, event: QWheelEvent) -> bool:
    """Return whether the wheel is for the control; if not, it goes to what holds it."""
    is_meant = control.hasFocus()
    if not is_meant:
        event.ignore()
    return is_meant
