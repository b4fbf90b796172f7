"""A selected region: drawn, looped, classified alone, saved, and gone with the clip."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.workers.protocol import ClassifyFile, ClassifyLive, Done, Failed, SavePart
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.widgets.region import Region
from tests.gui.conftest import Bench
from tests.gui.fakes import make_classification, make_result
from tests.narrowing import current

_JAZZ = {"Jazz": 0.71, "Rock": 0.2, "Pop": 0.09, "Punk": 0.0, "Folk": 0.0} | {
    "Electronic": 0.0,
    "Hip-Hop": 0.0,
}
_LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def song(bench: Bench, music: FloatArray) -> Bench:
    """A window that shows a ten-second song."""
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    bench.answer(make_result(music))
    bench.answer(make_result(music))
    return bench


def answer_region(bench: Bench, music: FloatArray) -> None:
    bench.presenter.region.classify()
    result = make_result(music, make_classification(_JAZZ, duration_s=6.0))
    bench.worker.tell(Done(bench.worker.last, result))
    QTest.qWait(0)


# pyqtgraph passes over moves that follow one another faster.
_MOUSE_MS = 25


def drag(widget: QWidget, start: int, end: int, *, y: int = 12, shift: bool = False) -> None:
    keys = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    kinds = QEvent.Type
    path = [(kinds.MouseButtonPress, start), (kinds.MouseMove, (start + end) // 2)]
    for kind, x in [*path, (kinds.MouseMove, end), (kinds.MouseButtonRelease, end)]:
        at = QPointF(x, y)
        button = Qt.MouseButton.NoButton if kind == kinds.MouseMove else _LEFT
        held = Qt.MouseButton.NoButton if kind == kinds.MouseButtonRelease else _LEFT
        where = QPointF(widget.mapToGlobal(at))
        QApplication.sendEvent(widget, QMouseEvent(kind, at, where, button, held, keys))
        QTest.qWait(_MOUSE_MS)


@pytest.mark.parametrize(
    ("ends", "name"),
    [
        ((12.2, 30.8), "0:12 to 0:31"),
        ((3.04, 4.5), "0:03.0 to 0:04.5"),
        ((65.0, 59.6), "1:00 to 1:05"),
    ],
)
def test_a_region_is_named_by_its_times(ends: tuple[float, float], name: str) -> None:
    region = Region.between(*ends, 100.0)
    assert region is not None
    assert region.name == name


def test_a_region_lies_within_the_clip_and_is_not_a_click() -> None:
    assert Region.between(8.0, 99.0, 10.0) == Region(8.0, 10.0)
    assert Region.between(5.0, 5.05, 10.0) is None


def test_dragging_on_the_timeline_selects_and_a_click_still_goes_there(song: Bench) -> None:
    timeline = song.view.clip_page.timeline
    drag(timeline, timeline.width() // 2, timeline.width() // 4)
    region = song.presenter.region.region
    assert region is not None
    assert region.start_s == pytest.approx(2.5, abs=0.05)
    assert region.end_s == pytest.approx(5.0, abs=0.05)
    assert song.player.position == 0.0
    assert song.view.clip_page.region.bar.isVisible()
    QTest.mouseClick(timeline, _LEFT, pos=QPoint(timeline.width() // 2, 12))
    assert song.player.position == pytest.approx(5.0, abs=0.05)
    assert song.presenter.region.region == region


def test_shift_and_dragging_on_the_picture_selects_without_moving_it(song: Bench) -> None:
    picture = song.view.clip_page.spectrogram
    picture.zoom(0.5)
    seen = picture.visible_range
    canvas = picture._canvas.viewport()
    drag(canvas, canvas.width() // 5, canvas.width() * 3 // 5, shift=True)
    assert picture.visible_range == seen
    region = song.presenter.region.region
    assert region is not None
    assert region.part == pytest.approx((3.5, 5.5), abs=0.05)
    drag(canvas, 500, 200, y=canvas.height() // 2)
    assert picture.visible_range[0] > seen[0] + 0.5, "without Shift the picture moves"
    assert song.presenter.region.region == region


def test_the_keyboard_selects_from_where_it_plays(song: Bench, qtbot: QtBot) -> None:
    song.presenter.playback.seek(2.0)
    qtbot.keyClick(song.window, Qt.Key.Key_BracketLeft)
    to_the_end = song.presenter.region.region
    assert to_the_end is not None
    assert to_the_end.part == pytest.approx((2.0, 10.0), abs=0.1)
    song.presenter.playback.seek(7.0)
    qtbot.keyClick(song.window, Qt.Key.Key_BracketRight)
    assert current(song.presenter.region.region) == Region(2.0, 7.0)
    qtbot.keyClick(song.window, Qt.Key.Key_Escape)
    assert current(song.presenter.region.region) is None
    assert not song.view.clip_page.region.bar.isVisible()


def test_a_region_is_looped_and_follows_its_edges(song: Bench, qtbot: QtBot) -> None:
    region = song.presenter.region
    region.select(2.0, 7.0)
    qtbot.keyClick(song.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert (song.player.loop, song.player.state) == ((2.0, 7.0), "playing")
    assert song.view.clip_page.region.bar.loop_button.isChecked()
    region.select(3.0, 7.0)
    assert current(song.player.loop) == (3.0, 7.0)
    region.clear()
    assert current(song.player.loop) is None
    assert song.player.state == "playing"


def test_the_answer_to_a_region_is_named_after_it(song: Bench, music: FloatArray) -> None:
    region, page = song.presenter.region, song.view.clip_page
    region.select(2.0, 8.0)
    answer_region(song, music)
    assert song.worker.submitted[-1][1] == ClassifyFile("/m/a.mp3", "fst-muse", (2.0, 8.0))
    assert page.part == "0:02 to 0:08 alone"
    assert page.verdict.headline == "Jazz"
    assert region.answer is not None
    assert region.answer.timeline.start_s[0] == pytest.approx(2.0)
    assert not page.correction.isVisible(), "what is said of a clip is said of all of it"
    page.whole_button.click()
    assert (page.part, page.verdict.headline) == ("", "Rock")
    assert page.correction.isVisible()


def test_no_region_and_no_answer_of_it_stays_on_the_next_clip(
    song: Bench, music: FloatArray
) -> None:
    page, rows = song.view.clip_page, song.view.sidebar.list
    song.presenter.region.select(2.0, 8.0)
    song.presenter.region.toggle_loop()
    answer_region(song, music)
    rows.select(rows.rows[1].key)
    assert song.presenter.region.region is None
    assert (page.part, page.verdict.headline) == ("", "Rock")
    assert not page.region.bar.isVisible()
    assert song.player.loop is None
    assert page.timeline._region is None
    rows.select(rows.rows[0].key)
    assert (page.part, song.presenter.region.answer) == ("", None)


def test_an_answer_that_comes_too_late_is_for_nobody(song: Bench, music: FloatArray) -> None:
    rows = song.view.sidebar.list
    song.presenter.region.select(2.0, 8.0)
    song.presenter.region.classify()
    job = song.worker.last
    rows.select(rows.rows[1].key)
    assert job in song.worker.cancelled
    song.worker.tell(Done(job, make_result(music, make_classification(_JAZZ))))
    QTest.qWait(0)
    assert song.view.clip_page.verdict.headline == "Rock"


def test_another_region_takes_the_answer_away(song: Bench, music: FloatArray) -> None:
    song.presenter.region.select(2.0, 8.0)
    answer_region(song, music)
    song.presenter.region.select(1.0, 8.0)
    assert song.view.clip_page.part == ""
    assert song.presenter.region.answer is None


def test_a_region_that_cannot_be_classified_is_a_sentence(song: Bench) -> None:
    song.presenter.region.select(2.0, 8.0)
    song.presenter.region.classify()
    song.worker.tell(Failed(song.worker.last, "a.mp3: it is gone; open it again"))
    QTest.qWait(0)
    assert song.view.notice.text == "a.mp3: it is gone; open it again"
    assert song.view.clip_page.region.bar.classify_button.isEnabled()


def test_the_result_that_is_saved_is_the_one_that_is_seen(
    song: Bench, music: FloatArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    asked: list[str] = []
    target = tmp_path / "out.json"

    def ask(_title: str, suggestion: str, _kinds: str) -> str:
        asked.append(Path(suggestion).name)
        return str(target)

    monkeypatch.setattr(song.view, "ask_save_path", ask)
    song.presenter.region.select(2.0, 8.0)
    answer_region(song, music)
    clip = song.presenter.shown
    assert clip is not None
    song.presenter.saving.save_json(clip)
    qtbot.waitUntil(target.exists)
    told = json.loads(target.read_text("utf-8"))
    assert told["region_s"] == [2.0, 8.0]
    assert told["genre"] == "Jazz"
    assert told["segments"][0]["start_s"] == pytest.approx(2.0)
    assert asked == ["a 0.02 to 0.08.json"]


def test_a_region_of_a_file_is_saved_by_the_worker(
    song: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = str(tmp_path / "part.wav")
    monkeypatch.setattr(song.view, "ask_save_path", lambda *_args: target)
    said: list[str] = []
    song.presenter.message.connect(said.append)
    song.presenter.region.select(2.0, 8.0)
    song.presenter.region.save()
    assert song.worker.submitted[-1][1] == SavePart("/m/a.mp3", (2.0, 8.0), target)
    song.worker.tell(Done(song.worker.last, None))
    QTest.qWait(0)
    assert said[-1] == "Saved part.wav"


def test_a_region_of_a_recording_is_classified_and_saved(
    bench: Bench, music: FloatArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    bench.recording.started.emit()
    bench.recording.finished.emit(Take(music, 22_050))
    bench.answer(make_result(music))
    bench.presenter.region.select(2.0, 8.0)
    answer_region(bench, music)
    assert isinstance(bench.worker.submitted[-1][1], ClassifyLive)
    np.testing.assert_array_equal(bench.worker.live[bench.worker.last][0], music[44_100:176_400])
    target = tmp_path / "part.wav"
    monkeypatch.setattr(bench.view, "ask_save_path", lambda *_args: str(target))
    bench.presenter.region.save()
    qtbot.waitUntil(target.exists)
    assert soundfile.info(target).frames == 6 * 22_050
