"""The window itself: keys, names, theme, what is kept, and the list of keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QMenu,
    QPushButton,
    QScrollBar,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_gui.settings import COLOUR_MAP, DB_RANGE, SPLITTER, THEME
from fstmuse_gui.theme import DARK, LIGHT, current_colours
from fstmuse_gui.widgets.dialogs import ShortcutsDialog, keys_of
from tests.gui.conftest import Bench, MakeBench
from tests.gui.fakes import make_result

INTERACTIVE = (QAbstractButton, QComboBox, QAbstractItemView, QTabBar)


def controls(root: QWidget) -> list[QWidget]:
    """Everything that can be used, without the insides of combo boxes and menus."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if isinstance(widget, INTERACTIVE)
        and not any(isinstance(parent, QComboBox | QMenu) for parent in parents(widget))
        and not isinstance(widget, QScrollBar)
        and widget.objectName() not in ("qt_menubar_ext_button", "ScrollLeftButton")
        and not isinstance(widget.parent(), QTabBar)
    ]


def parents(widget: QWidget) -> list[QWidget]:
    found = []
    while (parent := widget.parentWidget()) is not None:
        found.append(parent)
        widget = parent
    return found


@pytest.fixture
def song(bench: Bench, music: FloatArray) -> Bench:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.answer(make_result(music))
    return bench


def test_every_control_has_a_name_and_a_way_by_keyboard(song: Bench) -> None:
    song.presenter.display.set_why(True)
    found = controls(song.window)
    assert len(found) > 15
    for control in found:
        name = control.accessibleName()
        if isinstance(control, QPushButton):
            name = name or control.text()
        assert name.strip(), f"{control} has no accessible name"
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, f"{name} cannot be reached by Tab"


def test_tab_reaches_every_control_of_the_page(song: Bench, qtbot: QtBot) -> None:
    song.window.activateWindow()
    wanted = {c for c in controls(song.window) if c.isVisible() and c.isEnabled()}
    reached = set()
    for _ in range(80):
        qtbot.keyClick(QApplication.focusWidget() or song.window, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    assert not wanted - reached


def test_pages_and_pictures_have_names(song: Bench) -> None:
    page = song.view.clip_page
    for widget in (page.spectrogram, page.timeline, page.bars, page.verdict):
        assert widget.accessibleName()
    assert "Rock" in page.verdict.accessibleDescription()


def test_no_key_is_taken_twice(bench: Bench) -> None:
    keys = [key for group in keys_of(bench.window.menuBar()).values() for key, _ in group]
    assert len(keys) == len(set(keys)) > 15


@pytest.mark.parametrize("wanted", ["Ctrl + O", "Ctrl + V", "Space", "R", "Left", "Right", "F1"])
def test_f1_lists_the_keys(bench: Bench, qtbot: QtBot, wanted: str) -> None:
    qtbot.keyClick(bench.window, Qt.Key.Key_F1)
    dialog = bench.window.findChild(ShortcutsDialog)
    assert dialog is not None
    assert dialog.isVisible()
    listed = [key for group in keys_of(bench.window.menuBar()).values() for key, _ in group]
    assert wanted in listed
    dialog.close()


def test_space_presses_a_focused_button_instead_of_playing(song: Bench, qtbot: QtBot) -> None:
    button = song.view.clip_page.why_button
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert song.presenter.display.why_is_on
    assert song.player.state == "stopped"


def test_arrows_move_in_the_list_and_seek_elsewhere(
    bench: Bench, music: FloatArray, qtbot: QtBot
) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    bench.answer(make_result(music))
    bench.answer(make_result(music))
    rows = bench.view.sidebar.list
    rows.setFocus()
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    assert rows.current_key == rows.rows[1].key
    qtbot.keyClick(rows, Qt.Key.Key_Right)
    assert bench.player.position == pytest.approx(5.0)


def test_the_theme_changes_at_once_and_is_kept(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.window.choose_theme("light")
    assert current_colours() is LIGHT
    bench.window.choose_theme("dark")
    assert current_colours() is DARK
    assert bench.settings.get(THEME) == "dark"
    again = make_bench()
    assert current_colours() is DARK
    ticked = [a.text() for a in again.window._theme_menu.actions() if a.isChecked()]
    assert ticked == ["&Dark"]


def test_a_new_theme_repaints_the_picture(song: Bench) -> None:
    song.window.choose_theme("light")
    QApplication.processEvents()
    light = song.window.grab().toImage()
    song.window.choose_theme("dark")
    QApplication.processEvents()
    dark = song.window.grab().toImage()
    corner = (song.window.width() - 4, song.window.height() - 4)
    assert light.pixelColor(*corner).lightness() > 200
    assert dark.pixelColor(*corner).lightness() < 50


def test_colours_of_the_picture_are_kept(make_bench: MakeBench, qtbot: QtBot) -> None:
    bench = make_bench()
    transport = bench.view.clip_page.transport
    for wanted in ("Viridis", "40 dB"):
        next(a for a in transport.display_menu.actions() if a.text() == wanted).trigger()
    assert transport.display_menu.chosen == ("viridis", 40)
    assert transport.display_button.accessibleDescription() == "Viridis, 40 dB"
    again = make_bench()
    assert again.settings.get(COLOUR_MAP) == "viridis"
    assert again.settings.get(DB_RANGE) == 40
    assert again.view.clip_page.spectrogram._colours == ("viridis", 40)
    assert again.view.clip_page.transport.display_menu.chosen == ("viridis", 40)


def test_the_window_comes_back_as_it_was(make_bench: MakeBench) -> None:
    first = make_bench()
    # No wider than it must be: the offscreen screen is 800 pixels wide.
    first.window.resize(880, 700)
    first.view.splitter.setSizes([360, 520])
    sizes = first.view.splitter.sizes()
    first.window.close()
    again = make_bench()
    assert again.window.size() == QSize(880, 700)
    assert again.settings.get(SPLITTER) == sizes
    assert again.view.splitter.sizes() == sizes


def test_menus_hold_every_action(bench: Bench) -> None:
    titles = [action.text().replace("&", "") for action in bench.window.menuBar().actions()]
    assert titles == ["File", "Edit", "View", "Playback", "Help"]


def test_what_needs_a_clip_is_greyed_out_without_one(bench: Bench) -> None:
    assert not bench.tab._play.isEnabled()
    assert not bench.tab._why.isEnabled()
    assert not bench.tab.several.remove.isEnabled()
    actions = bench.tab.findChildren(QAction)
    assert any(a.text() == "&Paste songs" and a.isEnabled() for a in actions)
