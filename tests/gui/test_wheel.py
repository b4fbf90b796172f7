"""A wheel that passes over a control scrolls what holds it and changes nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

import fstmuse_gui
from fstmuse_gui.widgets.controls import (
    WheelSafeComboBox,
    WheelSafeDoubleSpinBox,
    WheelSafeSlider,
    WheelSafeSpinBox,
)
from fstmuse_gui.widgets.scroll_pane import SidePane

SOURCE = Path(fstmuse_gui.__file__).parent


def turn_wheel(over: QWidget) -> None:
    """Turn the wheel down by one notch over a widget, as Qt does for one of the window system."""
    if has(over, Qt.FocusPolicy.WheelFocus):
        over.setFocus()
    widget: QWidget | None = over
    while widget is not None:
        event = QWheelEvent(
            QPointF(widget.rect().center()),
            QPointF(widget.mapToGlobal(widget.rect().center())),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        # What a program sends goes to no parent, unlike what the window system sends.
        QApplication.sendEvent(widget, event)
        if event.isAccepted():
            return
        widget = widget.parentWidget()


def has(widget: QWidget, policy: Qt.FocusPolicy) -> bool:
    return widget.focusPolicy() & policy == policy


def value_of(control: QWidget) -> float:
    return control.currentIndex() if isinstance(control, QComboBox) else control.value()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "kind", [WheelSafeComboBox, WheelSafeSpinBox, WheelSafeDoubleSpinBox, WheelSafeSlider]
)
def test_the_wheel_changes_what_has_the_focus_alone(qtbot: QtBot, kind: type[QWidget]) -> None:
    inside = QWidget()
    inside.setMinimumHeight(900)
    column = QVBoxLayout(inside)
    control, other = kind(), WheelSafeComboBox()
    if isinstance(control, WheelSafeComboBox):
        control.addItems(["one", "two", "three"])
        control.setCurrentIndex(1)
    else:
        control.setValue(50)  # type: ignore[attr-defined]
    column.addWidget(control)
    column.addWidget(other)
    column.addStretch()
    pane = SidePane(inside)
    qtbot.addWidget(pane)
    pane.resize(300, 200)
    with qtbot.waitActive(pane):
        pane.show()
        pane.activateWindow()
    other.setFocus()
    before = value_of(control)

    turn_wheel(control)
    assert value_of(control) == before
    assert not control.hasFocus(), "a wheel that passes takes no focus"
    assert pane.verticalScrollBar().value() > 0

    pane.verticalScrollBar().setValue(0)
    control.setFocus()
    turn_wheel(control)
    assert value_of(control) != before
    assert pane.verticalScrollBar().value() == 0


def test_the_window_has_no_control_that_the_wheel_changes_in_passing() -> None:
    bare = {"QComboBox", "QSpinBox", "QDoubleSpinBox", "QSlider", "QDial", "QFontComboBox"}
    bare |= {"QDateEdit", "QTimeEdit", "QDateTimeEdit"}
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                used = [node.func]
            elif isinstance(node, ast.ClassDef) and file.name != "controls.py":
                used = node.bases
            else:
                continue
            names = {name.id for name in used if isinstance(name, ast.Name)}
            found += [f"{file.relative_to(SOURCE)}:{node.lineno}: {n}" for n in names & bare]
    assert not found, "use fstmuse_gui.widgets.controls: " + ", ".join(found)
