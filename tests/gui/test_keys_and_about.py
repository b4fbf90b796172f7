"""Keys that work from anywhere, the list of keys by tab, and what About says."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_gui.classify.tab import ClassifyFactories, ClassifyTab
from fstmuse_gui.main_window import MainWindow
from fstmuse_gui.models.tab import ModelsTab
from fstmuse_gui.settings import Settings, places
from fstmuse_gui.shared.tabs import TabContext
from fstmuse_gui.theme import ThemeController
from fstmuse_gui.widgets.about import AboutDialog
from fstmuse_gui.widgets.dialogs import ShortcutsDialog
from fstmuse_gui.workers.bridge import WorkerBridge
from tests.gui.conftest import Bench
from tests.gui.fakes import MODELS, FakeLister, FakePlayer, FakeRecording, FakeWorker

_CTRL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(
    qtbot: QtBot,
    settings: Settings,
    theme: ThemeController,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> MainWindow:
    """The window with all its tabs."""
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path / "data"))
    bridge = WorkerBridge(FakeWorker)

    def classify(context: TabContext) -> ClassifyTab:
        factories = ClassifyFactories(
            player=FakePlayer,
            recording=lambda _panel, _settings, parent: FakeRecording(parent),
            lister=FakeLister,
            models=lambda: MODELS,
            corrections=lambda: CorrectionStore(tmp_path / "corrections"),
        )
        return ClassifyTab(context, factories)

    made = MainWindow(TabContext(settings, bridge), theme, [classify, ModelsTab])
    qtbot.addWidget(made, before_close_func=lambda w: w.close())
    with qtbot.waitExposed(made):
        made.show()
    return made


def texts(dialog: ShortcutsDialog | AboutDialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel)]


def test_tabs_are_reached_by_keys_from_anywhere(window: MainWindow, qtbot: QtBot) -> None:
    assert window.tab.title == "Classify"
    qtbot.keyClick(window, Qt.Key.Key_2, _CTRL)
    assert window.tab.title == "Models"
    qtbot.keyClick(window, Qt.Key.Key_1, _CTRL)
    assert window.tab.title == "Classify"
    qtbot.keyClick(window, Qt.Key.Key_Tab, _CTRL)
    assert window.tab.title == "Models"
    qtbot.keyClick(window, Qt.Key.Key_Tab, _CTRL)
    assert window.tab.title == "Classify", "round and round"
    qtbot.keyClick(window, Qt.Key.Key_Tab, _CTRL | _SHIFT)
    assert window.tab.title == "Models"


def test_also_from_a_text_field(window: MainWindow, qtbot: QtBot) -> None:
    field = QLineEdit(window.tab.widget)
    field.show()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClick(field, Qt.Key.Key_Tab, _CTRL)
    assert window.tab.title == "Models"


def test_the_list_of_keys_is_by_tab_that_in_front_first(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_2, _CTRL)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    dialog = window.findChild(ShortcutsDialog)
    assert dialog is not None
    said = texts(dialog)
    headings = {"In Models", "Everywhere", "In Classify", "On the spectrogram"}
    found = [text for text in said if text in headings]
    assert (found[0], set(found)) == ("In Models", headings)
    assert said.index("In Models") < said.index("F2")
    assert {"Ctrl + Tab", "Ctrl + 1", "Shift + drag"} <= set(said)
    dialog.close()


def test_about_says_licence_credits_and_where_data_is_kept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path))
    opened: list[str] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    bench.window._show_about()
    (about,) = bench.window.findChildren(AboutDialog)
    said = "\n".join(texts(about))
    for words in ("MIT licence", "non-commercial", "musicnn by Jordi Pons", "Emotify", "TRACKS"):
        assert words in said
    for path in places().values():
        assert str(path) in said
    buttons = {b.accessibleName(): b for b in about.findChildren(QPushButton)}
    buttons["Open the folder of library, corrections, models, trainings, undo of tags"].click()
    assert opened == [str(tmp_path)]
    about.close()
