"""Nothing that belongs to one clip is seen or said beside the next."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from fstmuse_gui.classify.record_panel import RecordPanel
from fstmuse_gui.sound.buffers import Take
from tests.conftest import make_music
from tests.gui.conftest import Bench
from tests.gui.fakes import make_result
from tests.gui.test_redrawing import tone
from tests.narrowing import current

QUIET = "The input was very quiet; move closer or turn it up."


def row_of_brightest(image: QImage) -> int:
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    pixels = np.frombuffer(grey.constBits(), np.uint8).reshape(-1, grey.bytesPerLine())
    inner = pixels[:, grey.width() // 3 : grey.width() * 2 // 3]
    return int(np.argmax(inner.mean(axis=1)))


@pytest.fixture
def three(bench: Bench) -> Bench:
    """Three clips of one length, low to high; the last is shown."""
    bench.window.choose_theme("dark")
    for hertz in (200.0, 1000.0, 4000.0):
        bench.presenter.open_paths([f"/music/{hertz:.0f}.wav"])
        bench.answer(make_result(tone(hertz, 30.0)))
    return bench


def keys(bench: Bench) -> list[int]:
    return [clip.key for clip in bench.presenter.clips]


def test_each_clip_of_one_length_is_drawn_and_saved(three: Bench) -> None:
    picture = three.view.clip_page.spectrogram
    rows = []
    for key in (*keys(three), keys(three)[0]):
        three.view.sidebar.list.select(key)
        saved = row_of_brightest(picture.picture())
        QCoreApplication.processEvents()
        assert abs(saved - row_of_brightest(picture.picture())) <= 2
        rows.append(saved)
    assert rows[0] > rows[1] > rows[2], "higher tones stand higher"
    assert rows[3] == rows[0]


def test_the_picture_that_is_saved_is_that_of_the_clip(
    three: Bench, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, rows = tmp_path_factory.mktemp("saved"), []
    for key in keys(three):
        three.view.sidebar.list.select(key)
        target = str(folder / f"{key}.png")
        monkeypatch.setattr(three.view, "ask_save_path", lambda *_args, to=target: to)
        clip = three.presenter.shown
        assert clip is not None
        three.presenter.saving.save_picture(clip)
        three.presenter.saving._background.close()
        rows.append(row_of_brightest(QImage(target)))
    assert rows[0] > rows[1] > rows[2]


def test_zoom_and_cursor_are_the_clip_s_own(three: Bench) -> None:
    picture = three.view.clip_page.spectrogram
    picture.zoom(0.1)
    three.player.seek(12.0)
    three.view.sidebar.list.select(keys(three)[0])
    assert picture.visible_range == pytest.approx((0.0, 30.0))
    assert not picture._cursor.isVisible()
    assert three.player.position == 0.0
    assert three.view.clip_page.transport._time.text() == "0:00  /  0:30"


def test_a_low_page_begins_at_its_top(three: Bench) -> None:
    three.window.resize(700, 360)
    QCoreApplication.processEvents()
    bar = three.view._panes[three.view.clip_page].verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    three.view.sidebar.list.select(keys(three)[0])
    assert bar.value() == 0


def test_the_same_clip_keeps_its_zoom(three: Bench) -> None:
    picture = three.view.clip_page.spectrogram
    picture.zoom(0.5)
    before = picture.visible_range
    three.presenter._show(keys(three)[-1])
    assert picture.visible_range == before


def test_a_recording_s_warning_is_its_own(bench: Bench) -> None:
    panel = bench.view.record_panel
    bench.recording.started.emit()
    bench.recording.finished.emit(Take(make_music(5.0), 22_050, (QUIET,)))
    assert panel.sentence.text() == QUIET
    assert panel.sentence.isVisible()
    recorded = bench.presenter.shown
    assert recorded is not None
    bench.presenter.open_paths(["/music/other.wav"])
    # Its room is kept, so that nothing below moves.
    assert not panel.sentence.text()
    bench.view.sidebar.list.select(recorded.key)
    assert panel.sentence.text() == QUIET


def test_what_is_said_of_the_microphone_itself_stays(qtbot: QtBot) -> None:
    panel = RecordPanel()
    qtbot.addWidget(panel)
    panel.show_sentence("No microphone is connected.")
    panel.show_warning(QUIET)
    panel.show_warning("")
    assert panel.sentence.text() == "No microphone is connected."


def test_an_error_about_a_clip_goes_with_it(three: Bench) -> None:
    notice = three.view.notice
    three.player.failed.emit("4000.wav cannot be played; choose another output")
    assert notice.isVisible()
    three.view.sidebar.list.select(keys(three)[0])
    assert not notice.isVisible()
    notice.say("The helper process stopped unexpectedly and was started again.")
    three.view.sidebar.list.select(keys(three)[1])
    assert notice.isVisible(), "that is not about a clip"


def test_while_a_take_is_recorded_nothing_is_done_to_the_clip_before(three: Bench) -> None:
    page, tab = three.view.clip_page, three.tab
    assert page.listen_button.isEnabled()
    own = [*tab._needs_result, tab._listen, tab.several.remove, tab._correct]
    can = [action for action in own if action.isEnabled()]
    assert {tab._listen, tab.several.remove} <= set(can)
    three.recording.started.emit()
    assert current(three.presenter.shown) is None
    assert not page.listen_button.isEnabled()
    assert not any(action.isEnabled() for action in own)
    three.presenter.display.set_why(True)
    assert not page.spectrogram.heat_is_shown, "that is of the clip before"
    three.recording.finished.emit(Take(np.zeros(0, np.float32), 22_050))
    again = three.presenter.shown
    assert again is not None
    assert again.key == keys(three)[-1]
    assert page.listen_button.isEnabled()
    assert all(action.isEnabled() for action in can)
