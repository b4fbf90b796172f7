"""Messages in passing: told over the window, and gone by themselves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from fstmuse_gui.widgets.toast import Toast
from tests.gui.conftest import Bench


def test_a_message_is_told_and_nothing_moves(bench: Bench) -> None:
    before = bench.view.geometry()
    bench.tab.message.emit("Saved out.png")
    toast = bench.window.toast
    assert toast.text == "Saved out.png"
    assert toast.accessibleDescription() == "Saved out.png"
    assert bench.window.rect().contains(toast.geometry())
    assert bench.view.geometry() == before
    bench.tab.message.emit("")
    assert toast.text == ""


def test_it_goes_by_itself_but_not_under_the_pointer(bench: Bench) -> None:
    toast = bench.window.toast
    toast.say("Saved out.png")
    assert toast._timer.isActive()
    where = QPointF(3, 3)
    QApplication.sendEvent(toast, QEnterEvent(where, where, where))
    assert [toast._timer.isActive()] == [False]
    QApplication.sendEvent(toast, QEvent(QEvent.Type.Leave))
    assert toast._timer.isActive()
    toast._timer.timeout.emit()
    assert not toast.isVisible()


def test_a_long_message_is_wrapped_within_a_narrow_window(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(400, 300)
    window.show()
    toast = Toast(window)
    toast.say("A message of so many words that no line of a narrow window could ever hold it all")
    assert window.rect().contains(toast.geometry())
    assert toast.height() >= 2 * toast.fontMetrics().height()
    window.resize(900, 300)
    assert abs(toast.geometry().center().x() - 450) <= 1
    toast.close_button.click()
    assert toast.text == ""
