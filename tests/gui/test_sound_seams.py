"""Playing and recording as the window shows them; the sound card itself is tested elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray, mel_spectrogram
from fstmuse_core.workers.protocol import ClassifyLive, Partial
from fstmuse_gui.settings import OUTPUT_DEVICE
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.sound.devices import DeviceId, SoundDevice
from fstmuse_gui.widgets.file_list import RowState
from tests.gui.conftest import Bench
from tests.gui.fakes import FakeLister, make_classification, make_result


@pytest.fixture
def song(bench: Bench, music: FloatArray) -> Bench:
    """A window that shows a ten-second song."""
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.answer(make_result(music))
    return bench


def test_space_plays_and_pauses(song: Bench, qtbot: QtBot) -> None:
    assert song.player.loaded == "/m/a.mp3"
    qtbot.keyClick(song.window, Qt.Key.Key_Space)
    assert song.player.state == "playing"
    button = song.view.clip_page.transport.play_button
    assert button.accessibleName() == "Pause"
    qtbot.keyClick(song.window, Qt.Key.Key_Space)
    assert song.player.state == "paused"
    assert button.accessibleName() == "Play"


def test_arrows_and_home_seek(song: Bench, qtbot: QtBot) -> None:
    qtbot.keyClick(song.window, Qt.Key.Key_Right)
    assert song.player.position == pytest.approx(5.0)
    qtbot.keyClick(song.window, Qt.Key.Key_Left)
    assert song.player.position == 0.0
    qtbot.keyClick(song.window, Qt.Key.Key_Right)
    qtbot.keyClick(song.window, Qt.Key.Key_Home)
    assert song.player.position == 0.0


def test_cursors_stay_in_step_with_the_sound(song: Bench) -> None:
    song.player.position_changed.emit(7.25)
    page = song.view.clip_page
    assert page.spectrogram._cursor.value() == pytest.approx(7.25)
    assert page.spectrogram._cursor.isVisible()
    assert page.timeline._position == pytest.approx(7.25)
    assert page.transport._time.text() == "0:07  /  0:10"


def test_clicks_on_picture_and_timeline_seek(song: Bench) -> None:
    page = song.view.clip_page
    page.spectrogram.seek_requested.emit(3.0)
    assert song.player.position == pytest.approx(3.0)
    page.timeline.seek_requested.emit(4.0)
    assert song.player.position == pytest.approx(4.0)


def test_trouble_with_playing_is_a_sentence(song: Bench) -> None:
    song.player.failed.emit("Loudspeaker: no output device was found; plug one in")
    assert song.view.notice.text.startswith("Loudspeaker")


def test_nothing_is_played_where_nothing_is_shown(bench: Bench, qtbot: QtBot) -> None:
    qtbot.keyClick(bench.window, Qt.Key.Key_Space)
    assert bench.player.state == "stopped"
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.fail("a.mp3: it is empty")
    assert bench.player.loaded is None


def test_an_output_can_be_chosen_and_is_kept(bench: Bench) -> None:
    speakers = DeviceId("Speakers & more", "ALSA")
    FakeLister.outputs = (SoundDevice(speakers, 0, 2, 48_000, True),)
    menu = bench.tab._output_menu
    menu.aboutToShow.emit()
    texts = [action.text() for action in menu.actions()]
    assert texts == ["System default", "Speakers && more"]
    menu.actions()[1].trigger()
    assert bench.player.device == speakers
    assert DeviceId.parse(bench.settings.get(OUTPUT_DEVICE)) == speakers
    FakeLister.outputs = ()
    menu.aboutToShow.emit()
    assert menu.actions()[-1].text() == "Speakers && more (not connected)"
    assert menu.actions()[-1].isChecked()


# -- recording ---------------------------------------------------------------------------


def test_r_and_the_button_record(bench: Bench, qtbot: QtBot) -> None:
    qtbot.keyClick(bench.window, Qt.Key.Key_R)
    bench.view.drop_area.record_button.click()
    assert bench.recording.toggled == 2


def record(bench: Bench, music: FloatArray) -> int:
    """Begin a take and bring it half; the job number of its session."""
    bench.recording.started.emit()
    half = music[: len(music) // 2]
    bench.recording.samples_ready.emit(half)
    bench.recording.frames_ready.emit(mel_spectrogram(half))
    return bench.worker.last


def test_a_take_is_shown_and_classified_while_it_grows(bench: Bench, music: FloatArray) -> None:
    job = record(bench, music)
    page = bench.view.clip_page
    assert bench.view.page is page
    assert page.spectrogram.is_live
    assert bench.worker.submitted[-1][1] == ClassifyLive("fst-muse")
    np.testing.assert_array_equal(bench.worker.live[job][0], music[: len(music) // 2])
    assert page.transport._time.text() == "0:05"
    bench.worker.tell(Partial(job, make_classification()))
    QApplication.processEvents()
    assert page.bars.order[0] == "Rock"
    assert page.verdict.headline == "Rock"


def test_the_worker_is_asked_four_times_a_second_and_gets_every_sample(
    bench: Bench, music: FloatArray
) -> None:
    bench.recording.started.emit()
    job = bench.worker.last
    for block in np.array_split(music, 400):
        bench.recording.samples_ready.emit(block)
    assert 30 <= len(bench.worker.live[job]) <= 40
    bench.recording.finished.emit(Take(music, 22_050))
    np.testing.assert_array_equal(np.concatenate(bench.worker.live[job]), music)
    assert bench.worker.ended == [job]
    bench.answer(make_result(music))


def test_the_final_answer_makes_the_take_a_clip(
    bench: Bench, music: FloatArray, qtbot: QtBot
) -> None:
    job = record(bench, music)
    bench.recording.finished.emit(Take(music, 22_050))
    assert bench.worker.ended == [job]
    assert not bench.view.clip_page.spectrogram.is_live
    folk = {"Folk": 0.9, "Rock": 0.1} | dict.fromkeys(
        ("Pop", "Jazz", "Hip-Hop", "Electronic", "Punk"), 0.0
    )
    bench.answer(make_result(music, make_classification(folk, duration_s=10.0)))
    row = bench.view.sidebar.list.rows[0]
    assert row.title.startswith("Recording ")
    assert row.genre == "Folk"
    assert bench.view.clip_page.verdict.headline == "Folk"
    assert bench.player.loaded is music
    qtbot.keyClick(bench.window, Qt.Key.Key_Space)
    assert bench.player.state == "playing"


def test_files_wait_while_a_take_is_recorded(bench: Bench, music: FloatArray) -> None:
    record(bench, music)
    bench.presenter.open_paths(["/m/a.mp3"])
    assert len(bench.worker.submitted) == 1
    assert bench.view.clip_page.spectrogram.is_live, "the live picture stays"
    bench.recording.finished.emit(Take(music, 22_050))
    bench.answer(make_result(music))
    assert len(bench.worker.submitted) == 2


def test_a_take_outlives_a_session_that_failed(bench: Bench, music: FloatArray) -> None:
    record(bench, music)
    bench.fail("fst-muse: model.tflite is missing; get the bundle again")
    bench.recording.finished.emit(Take(music, 22_050))
    row = bench.view.sidebar.list.rows[0]
    assert row.state is RowState.FAILED
    assert "model.tflite" in row.sentence
    assert bench.presenter.clips.get(row.key) is not None
    bench.view.trouble_page.retry_button.click()
    job = bench.worker.last
    np.testing.assert_array_equal(np.concatenate(bench.worker.live[job]), music)
    bench.answer(make_result(music))
    assert bench.view.sidebar.list.rows[0].state is RowState.DONE


def test_an_empty_take_leaves_no_row(bench: Bench, music: FloatArray) -> None:
    bench.recording.started.emit()
    job = bench.worker.last
    bench.recording.finished.emit(Take(music[:0], 22_050))
    assert bench.worker.cancelled == [job]
    assert bench.view.sidebar.list.rows == []
    assert bench.view.page is bench.view.drop_area


def test_a_recording_is_not_lost_without_a_question(
    bench: Bench, music: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(bench, music)
    bench.recording.finished.emit(Take(music, 22_050))
    bench.answer(make_result(music))
    asked: list[str] = []

    def keep(question: str, _detail: str, _go_on: str) -> bool:
        asked.append(question)
        return False

    def go_on(names: list[str]) -> str:
        asked.append(names[0][:9])
        return ""

    monkeypatch.setattr(bench.view, "confirm", keep)
    monkeypatch.setattr(bench.view, "ask_unsaved", go_on)
    bench.window.close()
    assert bench.window.isVisible()
    bench.presenter.remove(bench.presenter.shown.key if bench.presenter.shown else None)
    assert len(bench.presenter.clips) == 1
    assert asked == ["Recording", "Discard a recording?"]


def test_closing_stops_everything(bench: Bench, qtbot: QtBot) -> None:
    bench.window.close()
    assert bench.player.is_closed
    assert bench.recording.is_closed
    assert not bench.worker.is_running
