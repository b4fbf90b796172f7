"""Songs come in: dropped, opened, pasted, opened again."""

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

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.errors import FstMuseError
from fstmuse_gui.settings import LAST_FOLDER, RECENT_FILES
from fstmuse_gui.widgets.file_list import RowState
from tests.gui.conftest import Bench, MakeBench
from tests.gui.fakes import make_result
from tests.narrowing import current


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


def test_an_empty_window_invites(bench: Bench) -> None:
    assert bench.view.page is bench.view.drop_area


def test_a_dropped_song_is_classified(bench: Bench, music: FloatArray) -> None:
    data = urls("/music/song.mp3")
    assert drag(bench, data)
    assert current(bench.view.drop_area._is_highlighted)
    drop(bench, data)
    assert not current(bench.view.drop_area._is_highlighted)
    assert bench.asked_for() == ["/music/song.mp3"]
    bench.answer(make_result(music))
    assert bench.view.page is bench.view.clip_page
    assert bench.view.clip_page.verdict.headline == "Rock"
    assert bench.view.clip_page.verdict.sentence == "84 % sure."


def test_what_is_no_file_cannot_be_dropped(bench: Bench) -> None:
    data = QMimeData()
    data.setText("no file by that name")
    assert not drag(bench, data)
    assert not bench.view.drop_area._is_highlighted


def test_a_song_that_is_dragged_away_again_leaves_nothing(bench: Bench) -> None:
    assert drag(bench, urls("/music/song.mp3"))
    assert current(bench.view.drop_area._is_highlighted)
    QApplication.sendEvent(bench.window, QDragLeaveEvent())
    assert not current(bench.view.drop_area._is_highlighted)
    assert bench.asked_for() == []


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

    def slow(*_: object) -> Iterator[Path]:
        for number in range(1000):
            yield tmp_path / f"{number}.mp3"
            if number == 40:
                go_on.wait(120)

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

    def barren(*_: object) -> Iterator[Path]:
        go_on.wait(120)
        yield from ()

    bench.presenter._gatherer._find = barren
    with qtbot.waitSignal(bench.presenter._patience.timeout):
        bench.presenter.open_paths([str(tmp_path)])
    assert current(bench.view.page) is bench.view.busy_page
    go_on.set()
    bench.view.busy_page.cancel_button.click()
    assert current(bench.view.page) is bench.view.drop_area


def test_a_folder_that_cannot_be_read_is_told_of(
    bench: Bench, tmp_path: Path, qtbot: QtBot
) -> None:
    def refused(_paths: object, on_error: Any, _cancelled: object) -> Iterator[Path]:
        on_error("secret: the folder cannot be read; check its permissions")
        yield tmp_path / "song.mp3"

    bench.presenter._gatherer._find = refused
    with qtbot.waitSignal(bench.presenter._gatherer.finished):
        bench.presenter.open_paths([str(tmp_path)])
    assert bench.view.notice.text.startswith("secret: ")
    assert len(bench.presenter.clips) == 1


def test_a_search_that_cannot_go_on_says_so_and_ends(
    bench: Bench, tmp_path: Path, qtbot: QtBot
) -> None:
    def broken(*_: object) -> Iterator[Path]:
        yield tmp_path / "song.mp3"
        raise FstMuseError("processes", "none can be started", "close other programs")

    bench.presenter._gatherer._find = broken
    with qtbot.waitSignal(bench.presenter._gatherer.finished):
        bench.presenter.open_paths([str(tmp_path)])
    assert bench.view.notice.text.startswith("processes: none can be started")
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
    assert bench.asked_for() == [str(music_file)]


def test_pasting_nothing_useful_says_so(bench: Bench, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("hello")
    with qtbot.waitSignal(bench.presenter.message) as said:
        qtbot.keyClick(bench.window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert "no file" in said.args[0]
    assert bench.window.toast.text == said.args[0]


def test_recent_files_can_be_opened_again(make_bench: MakeBench) -> None:
    first = make_bench()
    first.presenter.open_paths(["/music/a&b.mp3"])
    assert first.settings.get(RECENT_FILES) == ["/music/a&b.mp3"]
    again = make_bench()
    menu = again.tab._recent_menu
    assert [action.text() for action in menu.actions()] == ["a&&b.mp3"]
    menu.actions()[0].trigger()
    assert again.asked_for() == ["/music/a&b.mp3"]
