"""The window and its dialogs fit small screens, and all that can be touched can be reached."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QCoreApplication, QMargins, QRect, QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QMainWindow, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from fstmuse_gui.models.view import ModelsView
from fstmuse_gui.settings import GEOMETRY, Settings
from fstmuse_gui.shared.tabs import LazyPage
from fstmuse_gui.widgets.dialogs import Answer, Question, ShortcutsDialog, fitted
from fstmuse_gui.widgets.scroll_pane import ScrollPane, SidePane
from tests.conftest import make_music
from tests.gui.conftest import Bench, MakeBench
from tests.gui.fakes import make_classification, make_result
from tests.gui.reach import SIZES, check_breadth, check_sizes, unreachable
from tests.narrowing import current

ROOM = QRect(0, 0, 1024, 640)
FRAME = QMargins(2, 30, 2, 2)


@pytest.mark.parametrize(
    ("rect", "wanted"),
    [
        (QRect(100, 100, 400, 300), QRect(100, 100, 400, 300)),
        (QRect(0, 0, 1240, 820), QRect(2, 30, 1020, 608)),
        (QRect(900, 500, 400, 300), QRect(622, 338, 400, 300)),
        (QRect(-3000, -50, 400, 300), QRect(2, 30, 400, 300)),
        (QRect(2500, 5000, 2000, 300), QRect(2, 338, 1020, 300)),
    ],
)
def test_a_window_is_put_on_the_screen_with_its_frame(rect: QRect, wanted: QRect) -> None:
    assert fitted(rect, FRAME, ROOM) == wanted
    assert ROOM.contains(fitted(rect, FRAME, ROOM).marginsAdded(FRAME))


def test_on_a_second_screen_it_stays_there() -> None:
    second = QRect(1024, 0, 1280, 720)
    assert fitted(QRect(1100, 50, 600, 400), FRAME, second) == QRect(1100, 50, 600, 400)
    assert second.contains(fitted(QRect(2200, 50, 600, 400), FRAME, second))


def test_a_place_off_all_screens_is_not_taken_again(
    settings: Settings, make_bench: MakeBench
) -> None:
    away = QMainWindow()
    away.setGeometry(9000, 7000, 3000, 2000)
    settings.set(GEOMETRY, bytes(QByteArray(away.saveGeometry()).data()))
    away.deleteLater()
    bench = make_bench()
    assert bench.window.screen().availableGeometry().contains(bench.window.geometry())


# Panes ----------------------------------------------------------------------------------------


def test_a_pane_scrolls_below_the_least_size_only(qtbot: QtBot) -> None:
    inside = QWidget()
    column = QVBoxLayout(inside)
    picture = QWidget()
    picture.setMinimumSize(200, 100)
    picture.sizeHint = lambda: QSize(200, 900)  # type: ignore[method-assign]
    words = QLabel("many words " * 8)
    words.setWordWrap(True)
    column.addWidget(picture, 1)
    column.addWidget(words)
    pane = ScrollPane(inside)
    qtbot.addWidget(pane)
    pane.resize(400, 300)
    with qtbot.waitExposed(pane):
        pane.show()
    assert pane.verticalScrollBar().maximum() == 0, "it gets less than it prefers"
    assert inside.height() == pane.viewport().height()
    pane.resize(400, 120)
    assert pane.verticalScrollBar().maximum() > 0
    picture.setMinimumHeight(20)
    qtbot.waitUntil(lambda: pane.verticalScrollBar().maximum() == 0)


def test_a_side_is_never_narrower_than_its_controls(qtbot: QtBot) -> None:
    inside = QWidget()
    inside.setMinimumSize(240, 500)
    pane = SidePane(inside)
    qtbot.addWidget(pane)
    assert pane.minimumSizeHint().width() >= 240
    assert pane.minimumSizeHint().height() < 200


# The Classify tab and the window's own dialogs --------------------------------------------------


def test_an_empty_window_can_be_reached_all_over(bench: Bench) -> None:
    check_sizes(bench.window)
    check_breadth(bench.window)


def test_the_list_of_keys_is_as_narrow_as_one_column(bench: Bench) -> None:
    dialog = ShortcutsDialog(bench.window.menuBar(), bench.window)
    dialog.show()
    check_sizes(dialog)
    check_breadth(dialog)
    dialog.close()


def test_a_narrow_window_stacks_its_parts_and_keeps_their_widths(bench: Bench) -> None:
    splitter = bench.view.splitter
    bench.window.resize(1240, 820)
    splitter.setSizes([400, 840])
    widths = splitter.sizes()
    bench.window.resize(*SIZES[5])
    QCoreApplication.processEvents()
    assert current(splitter.is_stacked)
    assert splitter.widths() == widths
    parts = [splitter.widget(index) for index in (0, 1)]
    assert {part.width() for part in parts if part} == {splitter.width()}
    bench.window.resize(1240, 820)
    QCoreApplication.processEvents()
    assert not current(splitter.is_stacked)
    assert splitter.sizes() == widths
    bench.window.resize(*SIZES[5])
    QCoreApplication.processEvents()
    splitter.set_widths([440, 800])
    bench.window.resize(1240, 820)
    QCoreApplication.processEvents()
    assert splitter.sizes()[0] > widths[0]


def test_parts_that_were_never_side_by_side_get_the_widths_that_they_ask_for(qtbot: QtBot) -> None:
    # As in a tab that is built when it is first looked at: it is small before it is laid out.
    view = ModelsView()
    page = LazyPage(lambda: page.put(view))
    qtbot.addWidget(page)
    page.resize(1240, 760)
    page.show()
    qtbot.waitUntil(lambda: view.splitter.width() == 1240)
    assert not view.splitter.is_stacked
    assert view.splitter.sizes()[0] == view.sidebar.sizeHint().width()


def test_a_clip_with_all_that_can_stand_beside_it(bench: Bench) -> None:
    for n in range(6):
        bench.presenter.open_paths([f"/music/A rather long name of a song {n}.mp3"])
        warnings = ("the sound may be clipped", "54 % of the clip is silence and was not counted")
        bench.answer(make_result(make_music(5.0), make_classification(warnings=warnings)))
    bench.presenter.display.set_why(True)
    bench.view.clip_page.correction.show_count(12)
    bench.view.record_panel.show_sentence("Microphone: no input device was found; plug one in.")
    bench.view.notice.say("The helper process stopped unexpectedly and was started again.")
    check_sizes(bench.window)


def test_the_recorder_takes_one_row_where_it_is_low(bench: Bench) -> None:
    panel = bench.view.record_panel
    bench.window.resize(1240, 820)
    assert panel.inputs.isVisible()
    assert not panel.more.isVisible()
    bench.window.resize(*SIZES[0])
    QCoreApplication.processEvents()
    rows = (panel.inputs, panel.meter, panel.check_level, panel.elapsed_bar)
    assert not any(part.isVisible() for part in rows)
    assert panel.record.isVisible()
    assert panel.height() <= panel.record.sizeHint().height() + 4
    assert unreachable(bench.window) == []
    panel.more.click()
    assert all(part.isVisible() for part in rows)
    check_sizes(bench.window)
    bench.window.resize(1240, 820)
    assert not panel.more.isVisible()
    assert panel.inputs.isVisible()


@pytest.mark.parametrize("state", ["failed", "busy", "recording"])
def test_other_states(bench: Bench, state: str) -> None:
    if state == "recording":
        bench.recording.started.emit()
        bench.view.record_panel.show_state("recording")
    else:
        bench.presenter.open_paths(["/music/notes.mp3"])
        bench.presenter._show_wait()
    if state == "failed":
        bench.fail("notes.mp3: it holds no sound that can be read; choose a sound or video file")
    check_sizes(bench.window)
    if state == "recording":
        from fstmuse_gui.sound.buffers import Take

        bench.recording.finished.emit(Take(make_music(1.0)[:0], 22_050))


def test_a_question_keeps_its_answers_in_sight(bench: Bench) -> None:
    meaning = "It ends now. The best model so far is tested\nand kept; a minute later it is there."
    answers = [Answer(str(n), f"Answer {n}", meaning) for n in range(5)]
    answers.append(Answer("stay", "Don't close the window", is_default=True))
    question = Question(bench.window, "It is still training", "What is to become of it?", answers)
    question.show()
    check_sizes(question)
    default = question.buttons["stay"]
    assert question.rect().contains(
        QRect(default.mapTo(question, default.rect().topLeft()), default.size())
    )
    question.close()
    question.deleteLater()


# On screens of their own ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "height", "scale", "theme"),
    [
        (1024, 640, 1, "light"),
        (1280, 720, 1, "dark"),
        (1366, 768, 1.5, "light"),
        (1280, 800, 2, "dark"),
        (1024, 640, 2, "light"),
    ],
)
def test_the_window_on_a_small_screen(
    tmp_path: Path, pictures: Path, width: int, height: int, scale: float, theme: str
) -> None:
    screen = {"name": "small", "x": 0, "y": 0, "width": width, "height": height, "dpr": 1}
    config = tmp_path / "screens.json"
    config.write_text(json.dumps({"screens": [{**screen, "logicalDpi": 96, "logicalBaseDpi": 96}]}))
    folder = pictures / f"{width}x{height} at {scale}"
    folder.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": f"offscreen:configfile={config}",
        "QT_SCALE_FACTOR": str(scale),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path]),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.gui.small_screen", str(folder), theme],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.pop("scale") == scale
    assert len(told) == 9
    assert all(found == [] for found in told.values()), told
    for title in ("Classify", "Library", "Generate", "Train", "Models"):
        picture = QImage(str(folder / f"{theme} {title}.png"))
        assert not picture.isNull()
        assert picture.width() <= width
        assert picture.height() <= height


def test_bars_are_whole_where_the_sidebar_leaves_little(bench: Bench, qtbot: QtBot) -> None:
    bench.presenter.open_paths(["/music/song.mp3"])
    bench.answer(make_result(make_music(5.0), make_classification()))
    bar = bench.view._panes[bench.view.clip_page].horizontalScrollBar()
    for width in (720, 780, 840, 900):
        bench.window.resize(width, 640)
        qtbot.waitUntil(lambda: bar.maximum() == 0)


def test_a_clip_is_read_without_scrolling_sideways(bench: Bench, qtbot: QtBot) -> None:
    long = {"Progressive Electronic Rock from the North": 0.9, "Folk": 0.06, "Jazz": 0.04}
    bench.presenter.open_paths(["/music/A rather long name of a song.mp3"])
    bench.answer(make_result(make_music(5.0), make_classification(long)))
    bench.presenter.display.set_why(True)
    page = bench.view.clip_page
    bar = bench.view._panes[page].horizontalScrollBar()
    for width, height in (SIZES[0], SIZES[4], SIZES[2]):
        bench.window.resize(width, height)
        qtbot.waitUntil(lambda: bar.maximum() == 0)
    assert page.save_button.text().strip() == "Save"
    bench.window.resize(*SIZES[4])
    assert page.save_button.text() == ""
    assert page.save_button.accessibleName()
    bench.view.show_trouble("This clip could not be heard", "It is damaged and cut. " * 4)
    other = bench.view._panes[bench.view.trouble_page].horizontalScrollBar()
    qtbot.waitUntil(lambda: other.maximum() == 0)
