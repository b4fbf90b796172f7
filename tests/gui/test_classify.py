"""Songs come in, answers come out: dropping, opening, pasting, lists, failures, verdicts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.classification import Doubt
from fstmuse_core.jobs.messages import (
    Cancelled,
    ClassifyFile,
    Progress,
    Started,
    WorkerLost,
)
from fstmuse_core.spectrogram import FloatArray
from fstmuse_gui.settings import LAST_FOLDER, MODEL, RECENT_FILES
from fstmuse_gui.widgets.file_list import RowState
from tests.gui.conftest import Bench, MakeBench
from tests.gui.fakes import make_classification, make_result

UNSURE = {"Pop": 0.3, "Jazz": 0.2, "Rock": 0.3, "Folk": 0.1, "Hip-Hop": 0.05} | {
    "Electronic": 0.03,
    "Punk": 0.02,
}


def urls(*paths: str | Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drag(bench: Bench, data: QMimeData) -> bool:
    event = QDragEnterEvent(
        QPoint(500, 300),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.ignore()
    QApplication.sendEvent(bench.window, event)
    return event.isAccepted()


def drop(bench: Bench, data: QMimeData) -> None:
    assert drag(bench, data)
    event = QDropEvent(
        QPointF(500, 300),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(bench.window, event)


def asked_for(bench: Bench) -> list[str]:
    return [
        request.path for _, request in bench.worker.submitted if isinstance(request, ClassifyFile)
    ]


# -- coming in ---------------------------------------------------------------------------


def test_an_empty_window_invites(bench: Bench) -> None:
    assert bench.view.page is bench.view.drop_area


def test_a_dropped_song_is_classified(bench: Bench, music: FloatArray) -> None:
    data = urls("/music/song.mp3")
    assert drag(bench, data)
    assert bench.view.drop_area._is_hot
    drop(bench, data)
    assert not bench.view.drop_area._is_hot
    assert asked_for(bench) == ["/music/song.mp3"]
    bench.answer(make_result(music))
    assert bench.view.page is bench.view.clip_page
    assert bench.view.clip_page.verdict.headline == "Rock"
    assert bench.view.clip_page.verdict.sentence == "84 % sure."


def test_what_is_no_file_cannot_be_dropped(bench: Bench) -> None:
    data = QMimeData()
    data.setText("no file by that name")
    assert not drag(bench, data)
    QApplication.sendEvent(bench.window, QDragLeaveEvent())
    assert not bench.view.drop_area._is_hot


def test_a_dropped_folder_gives_its_songs(bench: Bench, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "album"
    folder.mkdir()
    for name in ("b.wav", "a.wav", "notes.txt"):
        (folder / name).write_bytes(b"x")
    with qtbot.waitSignal(bench.presenter._gatherer.finished) as found:
        drop(bench, urls(folder, "/other.mp3"))
    assert found.args == [3]
    names = [row.title for row in bench.view.sidebar.list.rows]
    assert names == ["a.wav", "b.wav", "other.mp3"]


def test_an_empty_folder_says_so(bench: Bench, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    with qtbot.waitSignal(bench.presenter.message) as said:
        drop(bench, urls(folder))
    assert said.args == ["There are no songs in there."]
    assert bench.view.page is bench.view.drop_area


def test_a_long_search_shows_itself_and_can_be_cancelled(
    bench: Bench, tmp_path: Path, qtbot: QtBot
) -> None:
    go_on = threading.Event()

    def slow(_paths: object, _on_error: object) -> Iterator[Path]:
        for number in range(1000):
            yield tmp_path / f"{number}.mp3"
            if number == 40:
                go_on.wait(10)

    bench.presenter._gatherer._find = slow
    with qtbot.waitSignal(bench.presenter._patience.timeout):
        bench.presenter.open_paths([str(tmp_path)])
    qtbot.waitUntil(lambda: len(bench.presenter.clips) == 32)
    assert "Looking for songs: 32 so far" in bench.view.sidebar._work_text.text()
    go_on.set()
    bench.view.sidebar.cancel_button.click()
    assert not bench.presenter._gatherer.is_running
    assert {clip.state for clip in bench.presenter.clips} == {RowState.CANCELLED}
    QApplication.processEvents()
    assert len(bench.presenter.clips) == 32, "what was found meanwhile does not come late"


def test_a_search_without_finds_shows_that_it_goes_on(
    bench: Bench, tmp_path: Path, qtbot: QtBot
) -> None:
    go_on = threading.Event()

    def barren(_paths: object, _on_error: object) -> Iterator[Path]:
        go_on.wait(10)
        yield from ()

    bench.presenter._gatherer._find = barren
    with qtbot.waitSignal(bench.presenter._patience.timeout):
        bench.presenter.open_paths([str(tmp_path)])
    assert bench.view.page is bench.view.busy_page
    go_on.set()
    bench.view.busy_page.cancel_button.click()
    assert bench.view.page is bench.view.drop_area


def test_a_folder_that_cannot_be_read_is_told_of(
    bench: Bench, tmp_path: Path, qtbot: QtBot
) -> None:
    def refused(_paths: object, on_error: Any) -> Iterator[Path]:
        on_error("secret: the folder cannot be read; check its permissions")
        yield tmp_path / "song.mp3"

    bench.presenter._gatherer._find = refused
    with qtbot.waitSignal(bench.presenter._gatherer.finished):
        bench.presenter.open_paths([str(tmp_path)])
    assert bench.view.notice.text.startswith("secret: ")
    assert len(bench.presenter.clips) == 1


def test_a_second_folder_waits_for_the_first(bench: Bench, tmp_path: Path, qtbot: QtBot) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.mp3").write_bytes(b"x")
    with qtbot.waitSignal(bench.presenter._gatherer.finished):
        drop(bench, urls(tmp_path / "one"))
        drop(bench, urls(tmp_path / "two"))
    assert [row.title for row in bench.view.sidebar.list.rows] == ["one.mp3", "two.mp3"]


def test_open_asks_and_remembers_the_folder(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    asked: list[Any] = []

    def choose(folder: str, suffixes: list[str]) -> list[str]:
        asked.append((folder, ".mp3" in suffixes))
        return ["/music/a.mp3", "/music/b.mp3"]

    monkeypatch.setattr(bench.view, "ask_open_files", choose)
    qtbot.keyClick(bench.window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert asked == [("", True)]
    assert len(bench.presenter.clips) == 2
    assert bench.settings.get(LAST_FOLDER) == "/music"


@pytest.mark.parametrize("as_text", [False, True], ids=["urls", "text"])
def test_paste(bench: Bench, music_file: Path, qtbot: QtBot, as_text: bool) -> None:
    data = urls(music_file)
    if as_text:
        data = QMimeData()
        data.setText(f'"{music_file}"\nnot a file\n')
    QGuiApplication.clipboard().setMimeData(data)
    qtbot.keyClick(bench.window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert asked_for(bench) == [str(music_file)]


def test_pasting_nothing_useful_says_so(bench: Bench, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("hello")
    with qtbot.waitSignal(bench.presenter.message) as said:
        qtbot.keyClick(bench.window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert "no file" in said.args[0]
    assert bench.window.statusBar().currentMessage() == said.args[0]


def test_recent_files_can_be_opened_again(make_bench: MakeBench) -> None:
    first = make_bench()
    first.presenter.open_paths(["/music/a&b.mp3"])
    assert first.settings.get(RECENT_FILES) == ["/music/a&b.mp3"]
    again = make_bench()
    menu = again.tab._recent_menu
    assert [action.text() for action in menu.actions()] == ["a&&b.mp3"]
    menu.actions()[0].trigger()
    assert asked_for(again) == ["/music/a&b.mp3"]


# -- several -----------------------------------------------------------------------------


def test_several_files_make_a_list(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3", "/m/c.mp3"])
    assert asked_for(bench) == ["/m/a.mp3"], "one at a time"
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
    assert asked_for(bench) == ["/m/a.mp3", "/m/c.mp3"]


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


def test_an_answer_of_the_model_before_is_ignored(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    old = bench.worker.last
    bench.presenter.choose_model("toy-model")
    assert bench.worker.cancelled == [old]
    bench.worker.tell(Cancelled(old))
    QApplication.processEvents()
    assert bench.view.sidebar.list.rows[0].state is RowState.WAITING


# -- answers -----------------------------------------------------------------------------


def test_not_sure_is_said_with_its_reason(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    sentence = "Not sure: this sounds like speech, not music."
    bench.answer(
        make_result(music, make_classification(UNSURE, doubt=Doubt.SPEECH, sentence=sentence))
    )
    verdict = bench.view.clip_page.verdict
    assert verdict.headline == "Not sure"
    assert verdict.sentence == "This sounds like speech, not music."
    row = bench.view.sidebar.list.rows[0]
    assert row.genre is None
    assert row.status() == "Not sure"
    assert not any(bar._leads for bar in bench.view.clip_page.bars._rows.values())


def test_warnings_are_shown_and_go_with_their_clip(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    warned = make_classification(warnings=("the sound may be clipped",))
    bench.answer(make_result(music, warned))
    verdict = bench.view.clip_page.verdict
    assert verdict._warnings.count() == 1
    bench.answer(make_result(music))
    bench.view.sidebar.list.select(bench.view.sidebar.list.rows[1].key)
    assert verdict._warnings.count() == 0


def test_a_failure_is_a_calm_sentence_in_place(bench: Bench) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.fail("a.mp3: it holds no sound; choose another file")
    page = bench.view.trouble_page
    assert bench.view.page is page
    assert page.sentence == "a.mp3: it holds no sound; choose another file"
    page.retry_button.click()
    assert len(bench.worker.submitted) == 2
    bench.fail("a.mp3: it holds no sound; choose another file")
    page.remove_button.click()
    assert len(bench.presenter.clips) == 0


def test_work_shows_progress_only_when_it_takes_long(
    bench: Bench, music: FloatArray, qtbot: QtBot
) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.worker.tell(Started(bench.worker.last))
    QApplication.processEvents()
    assert bench.view.page is bench.view.drop_area, "quick work does not flash by"
    with qtbot.waitSignal(bench.presenter._patience.timeout):
        pass
    assert bench.view.page is bench.view.busy_page
    bench.worker.tell(Progress(bench.worker.last, 0.42))
    QApplication.processEvents()
    assert bench.view.busy_page._bar.value() == 420
    bench.answer(make_result(music))
    assert bench.view.page is bench.view.clip_page


def test_work_can_be_cancelled_and_taken_up_again(bench: Bench, qtbot: QtBot) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    with qtbot.waitSignal(bench.presenter._patience.timeout):
        pass
    bench.view.busy_page.cancel_button.click()
    assert bench.worker.cancelled == [1]
    assert bench.view.page is bench.view.trouble_page
    assert asked_for(bench) == ["/m/a.mp3", "/m/b.mp3"], "the next goes on"
    bench.view.trouble_page.retry_button.click()
    assert bench.view.sidebar.list.rows[0].state is RowState.WAITING


def test_everything_can_be_cancelled(bench: Bench) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3", "/m/c.mp3"])
    assert bench.view.sidebar._work.isVisible()
    bench.view.sidebar.cancel_button.click()
    assert {row.state for row in bench.view.sidebar.list.rows} == {RowState.CANCELLED}
    assert not bench.presenter.queue.is_busy
    assert not bench.view.sidebar._work.isVisible()


def test_a_dead_worker_is_told_of_calmly(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.worker.tell(WorkerLost("The helper process was started again."))
    QApplication.processEvents()
    notice = bench.view.notice
    assert notice.isVisible()
    assert notice.text == "The helper process was started again."
    bench.answer(make_result(music))
    assert bench.view.page is bench.view.clip_page, "the job goes on under its number"
    notice.close_button.click()
    assert not notice.isVisible()


def test_without_a_model_the_window_says_what_to_do(make_bench: MakeBench) -> None:
    bench = make_bench(models=[])
    assert "fstmuse doctor" in bench.view.notice.text
    bench.presenter.open_paths(["/m/a.mp3"])
    assert bench.worker.submitted == []


def test_a_model_that_is_gone_gives_way_to_another(make_bench: MakeBench, settings: Any) -> None:
    settings.set(MODEL, "my-own")
    bench = make_bench()
    assert bench.view.sidebar.model_chooser.currentData() == "fst-muse"


def test_odd_names_stay_on_one_line(bench: Bench) -> None:
    bench.presenter.open_paths(["/m/a\nb \N{MUSICAL NOTE}.mp3"])
    assert bench.view.sidebar.list.rows[0].title == "a\\nb \N{MUSICAL NOTE}.mp3"


# -- why ---------------------------------------------------------------------------------


def test_why_shows_the_best_genre_and_any_other(
    bench: Bench, music: FloatArray, qtbot: QtBot
) -> None:
    bench.presenter.open_paths(["/m/a.mp3"])
    bench.answer(make_result(music))
    page = bench.view.clip_page
    page.why_button.click()
    assert page.spectrogram.heat_is_shown
    assert page.why_chooser.currentText() == "Rock"
    assert "spoke for Rock" in page._about.text()
    qtbot.mouseClick(page.bars._rows["Jazz"], Qt.MouseButton.LeftButton)
    assert page.why_chooser.currentText() == "Jazz"
    qtbot.keyClick(bench.window, Qt.Key.Key_W)
    assert not page.spectrogram.heat_is_shown
    assert not page.why_chooser.isVisible()
    assert not page.why_button.isChecked()


def test_why_stays_on_from_clip_to_clip(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    bench.answer(make_result(music))
    bench.answer(make_result(music))
    bench.presenter.set_why(True)
    bench.view.sidebar.list.select(bench.view.sidebar.list.rows[1].key)
    assert bench.view.clip_page.spectrogram.heat_is_shown
