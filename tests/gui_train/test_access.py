"""The Train tab for every hand and eye, and how it comes into being."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from fstmuse_gui.widgets.dialogs import keys_by_tab
from tests.gui.test_window import controls
from tests.gui_train.conftest import MakeTrainBench, TrainBench
from tests.gui_train.fakes import make_done
from tests.narrowing import current


def test_the_tab_is_built_when_it_is_first_looked_at(make_bench: MakeTrainBench) -> None:
    bench = make_bench(front=0)
    assert current(bench.tab._built) is None
    assert bench.tab.may_close()
    bench.window._tab_widget.setCurrentIndex(1)
    assert current(bench.tab._built) is not None
    assert bench.view.isVisible()


def test_every_control_has_a_name_and_a_way_by_keyboard(running: TrainBench) -> None:
    view = running.view
    view.form.recipe.fold_button.setChecked(True)
    found = [*controls(view), *view.findChildren(QLineEdit), *view.findChildren(QSpinBox)]
    # Parts of the table and of the number fields: the whole takes the keys.
    found = [
        c
        for c in found
        if c.objectName() != "qt_spinbox_lineedit" and not isinstance(c.parent(), QTableView)
    ]
    assert len(found) > 30
    for control in found:
        name = control.accessibleName()
        if isinstance(control, QPushButton):
            name = name or control.text()
        assert name.strip(), f"{control} has no accessible name"
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, f"{name} cannot be reached by Tab"


def test_tab_reaches_every_control_of_the_form(bench: TrainBench, qtbot: QtBot) -> None:
    bench.survey()
    bench.view.form.recipe.fold_button.setChecked(True)
    QCoreApplication.processEvents()
    with qtbot.waitActive(bench.window):
        bench.window.activateWindow()
    wanted: set[QWidget] = {c for c in controls(bench.view) if c.isVisible() and c.isEnabled()}
    reached = set()
    for _ in range(100):
        qtbot.keyClick(QApplication.focusWidget() or bench.window, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    assert not wanted - reached


def test_the_matrix_is_read_cell_by_cell(running: TrainBench) -> None:
    running.tell(make_done())
    matrix = running.view.results_page.classifier.confusion
    spoken = matrix.model().index(6, 2).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Punk heard as Rock: 4 of 9"


def test_no_key_is_taken_twice(bench: TrainBench) -> None:
    # What a hidden tab can do answers to no key.
    window = bench.window
    by_tab = [(tab.title, [a for t, a in window._entries if t is tab]) for tab in window.tabs]
    groups = dict(keys_by_tab(window.menuBar(), by_tab))
    shared = groups.pop("Everywhere")
    for group in groups.values():
        keys = [key for key, _ in [*group, *shared]]
        assert len(keys) == len(set(keys))
    assert {"Ctrl + T", "Ctrl + D"} <= set(keys)


def test_keys_of_a_tab_behind_do_nothing(bench: TrainBench, qtbot: QtBot) -> None:
    bench.window.setFocus()
    qtbot.keyClick(bench.window, Qt.Key.Key_R)
    assert bench.classify.presenter._recording.toggled == 0  # type: ignore[attr-defined]
    bench.window._tab_widget.setCurrentIndex(0)
    qtbot.keyClick(bench.window, Qt.Key.Key_R)
    assert bench.classify.presenter._recording.toggled == 1  # type: ignore[attr-defined]
