"""Several songs at once, and several models."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.workers.protocol import Cancelled, ClassifyFile, Progress, Started
from fstmuse_gui.settings import MODEL
from fstmuse_gui.widgets.file_list import RowState
from tests.gui.conftest import Bench
from tests.gui.fakes import make_classification, make_result


def test_several_files_make_a_list(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3", "/m/c.mp3"])
    assert bench.asked_for() == ["/m/a.mp3"], "one at a time"
    bench.answer(make_result(music))
    bench.fail("b.mp3: it is empty; choose another file")
    bench.worker.tell(Started(bench.worker.last))
    bench.worker.tell(Progress(bench.worker.last, 0.5))
    QApplication.processEvents()
    rows = bench.view.sidebar.list.rows
    assert [row.state for row in rows] == [RowState.DONE, RowState.FAILED, RowState.WORKING]
    assert rows[0].spoken() == "a.mp3, Rock 84\xa0%"
    assert rows[1].spoken() == (
        "b.mp3, Could not be heard: b.mp3: it is empty; choose another file"
    )
    assert rows[2].status() == "Listening 50\xa0%"
    assert bench.view.clip_page._title.text() == "a.mp3", "the first stays chosen"


def test_a_clip_looked_at_is_taken_first(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3", "/m/c.mp3"])
    bench.view.sidebar.list.select(bench.view.sidebar.list.rows[2].key)
    bench.answer(make_result(music))
    assert bench.asked_for() == ["/m/a.mp3", "/m/c.mp3"]


def test_a_file_is_listed_once(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/a.mp3"])
    bench.answer(make_result(music))
    bench.presenter.open_paths(["/m/a.mp3"])
    assert len(bench.view.sidebar.list.rows) == 1
    assert len(bench.worker.submitted) == 1


def test_a_failed_file_dropped_again_is_tried_again(bench: Bench) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.fail("a.mp3: it is empty")
    bench.presenter.open_paths(["/m/a.mp3"])
    assert len(bench.worker.submitted) == 2
    assert bench.view.sidebar.list.rows[0].state is RowState.WAITING


def test_removing_keeps_the_rest(bench: Bench, music: FloatArray, qtbot: QtBot) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    bench.answer(make_result(music))
    rows = bench.view.sidebar.list
    qtbot.keyClick(rows, Qt.Key.Key_Delete)
    assert [row.title for row in rows.rows] == ["b.mp3"]
    qtbot.keyClick(rows, Qt.Key.Key_Delete)
    assert rows.rows == []
    assert bench.view.page is bench.view.drop_area
    assert bench.worker.cancelled == [2], "the running one is given up"


def test_another_model_classifies_everything_again(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    bench.answer(make_result(music))
    bench.answer(make_result(music))
    bench.presenter.choose_model("toy-model")
    assert bench.settings.get(MODEL) == "toy-model"
    assert bench.worker.submitted[-1][1] == ClassifyFile("/m/a.mp3", "toy-model")
    toy = make_classification({"Folk": 0.2, "Hip-Hop": 0.7, "Rock": 0.1})
    bench.answer(make_result(music, toy))
    assert bench.view.clip_page.verdict.headline == "Hip-Hop"
    assert "ToyModel" in bench.view.clip_page._about.text()


def test_a_model_that_is_gone_is_not_used(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.answer(make_result(music))
    asked = bench.asked_for()
    bench.window._context.models.wanted.emit("my-library")
    assert bench.view.notice.text == "The model my-library is gone; clips are heard with FstMuse."
    assert bench.view.sidebar.model_chooser.currentData() == "fst-muse"
    assert bench.settings.get(MODEL) == "fst-muse"
    assert bench.asked_for() == asked
    bench.presenter.open_paths(["/m/b.mp3"])
    assert bench.asked_for() == [*asked, "/m/b.mp3"]


def test_an_answer_of_the_model_before_is_ignored(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    old = bench.worker.last
    bench.presenter.choose_model("toy-model")
    assert bench.worker.cancelled == [old]
    bench.worker.tell(Cancelled(old))
    QApplication.processEvents()
    assert bench.view.sidebar.list.rows[0].state is RowState.WAITING


def test_music_like_a_song_is_asked_for(bench: Bench, music: FloatArray, qtbot: QtBot) -> None:
    like = bench.tab.several.like
    assert not like.isEnabled()
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.answer(make_result(music))
    assert like.isEnabled()
    assert like in bench.view.sidebar.list.actions()
    with qtbot.waitSignal(bench.window._context.data.music_like_wanted) as wanted:
        like.trigger()
    assert wanted.args == [["/m/a.mp3"]]
