"""Clips and regions leave the window as files, dragged or copied."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDrag, QDragEnterEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.workers.protocol import Done, Failed, SavePart
from fstmuse_gui.sound.buffers import Take
from tests.gui.conftest import Bench
from tests.gui.fakes import make_classification, make_result
from tests.narrowing import current

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def dragged(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Paths of each drag that was begun."""
    seen: list[list[str]] = []

    def note(drag: QDrag, _actions: Qt.DropAction) -> Qt.DropAction:
        seen.append([url.toLocalFile() for url in drag.mimeData().urls()])
        drag.deleteLater()
        return Qt.DropAction.CopyAction

    monkeypatch.setattr(QDrag, "exec", note)
    monkeypatch.setattr(QApplication, "mouseButtons", lambda: LEFT)
    return seen


def clipboard_paths() -> list[str]:
    return [url.toLocalFile() for url in QGuiApplication.clipboard().mimeData().urls()]


def test_selected_songs_are_dragged_as_they_lie(
    bench: Bench, music: FloatArray, dragged: list[list[str]]
) -> None:
    bench.presenter.open_paths(["/m/a.mp3", "/m/b.mp3"])
    bench.answer(make_result(music))
    rows = bench.view.sidebar.list
    rows.selectAll()
    start = rows.visualRect(rows.model().index(0, 0)).center()
    QTest.mousePress(rows.viewport(), LEFT, pos=start)
    QTest.mouseMove(rows.viewport(), start + QPoint(5, 40))
    QTest.mouseMove(rows.viewport(), start + QPoint(5, 60))
    QTest.mouseRelease(rows.viewport(), LEFT, pos=start + QPoint(5, 60))
    assert dragged == [["/m/a.mp3", "/m/b.mp3"]]


def test_an_unsaved_recording_becomes_a_file(
    bench: Bench, music: FloatArray, tmp_path: Path
) -> None:
    bench.recording.started.emit()
    sides = np.stack([music, -music / 2], axis=1)
    bench.recording.finished.emit(Take(music, 22_050, (), sides, 44_100))
    bench.answer(make_result(music))
    shown = bench.presenter.shown
    assert shown is not None
    shown.title = "Rain: roof"
    bench.tab.files_out.copy_clips.trigger()
    (path,) = clipboard_paths()
    assert Path(path).name == "Rain_ roof.wav"
    assert tmp_path in Path(path).parents
    assert soundfile.info(path).samplerate == 44_100
    assert soundfile.info(path).channels == 2
    assert shown.would_be_lost, "that file is not the user's"


def select(bench: Bench, music: FloatArray) -> None:
    bench.presenter.open_paths(["/m/Ferry blues.mp3"])
    bench.answer(make_result(music))
    bench.presenter.region.select(2.0, 8.0)


def test_a_region_is_dragged_out_by_its_name(
    bench: Bench, music: FloatArray, dragged: list[list[str]]
) -> None:
    select(bench, music)

    def answer() -> None:
        bench.worker.tell(Done(bench.worker.last, None))

    QTimer.singleShot(0, answer)
    name = bench.view.clip_page.region.bar._name
    QTest.mousePress(name, LEFT, pos=QPoint(4, 4))
    QTest.mouseMove(name, QPoint(6, 4))
    assert dragged == [], "a hand that shakes drags nothing"
    QTest.mouseMove(name, QPoint(60, 4))
    (paths,) = dragged
    assert [Path(path).name for path in paths] == ["Ferry blues 0.02 to 0.08.wav"]
    request = bench.worker.submitted[-1][1]
    assert request == SavePart("/m/Ferry blues.mp3", (2.0, 8.0), paths[0])
    assert bench.presenter.region.region is not None
    assert bench.presenter.region.region.part == (2.0, 8.0), "the picture was not dragged"


def test_a_region_that_cannot_be_read_is_told_of(bench: Bench, music: FloatArray) -> None:
    select(bench, music)
    QGuiApplication.clipboard().setText("before")
    QTimer.singleShot(0, lambda: bench.worker.tell(Failed(bench.worker.last, "it is gone")))
    bench.tab.files_out.copy_region.trigger()
    assert bench.view.notice.text == "it is gone"
    assert QGuiApplication.clipboard().text() == "before"


def test_what_the_window_drags_out_it_does_not_take_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/m/a.mp3")])
    nothing = Qt.KeyboardModifier.NoModifier
    event = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, LEFT, nothing)
    monkeypatch.setattr(QDragEnterEvent, "source", lambda _event: bench.view)
    bench.window.dragEnterEvent(event)
    assert not event.isAccepted()


def test_old_files_go(bench: Bench, tmp_path: Path, music: FloatArray) -> None:
    folder = tmp_path / "handed out"
    old, new = (folder / str(time.time_ns() - days * 86_400 * 10**9) for days in (8, 6))
    for each in (old, new):
        each.mkdir(parents=True)
    bench.tab.files_out._new_path("song")
    assert [old.exists(), new.exists()] == [False, True]


def test_the_answer_to_a_region_is_copied_while_it_is_shown(
    bench: Bench, music: FloatArray, qtbot: QtBot
) -> None:
    select(bench, music)
    bench.presenter.region.classify()
    bench.worker.tell(Done(bench.worker.last, make_result(music, make_classification())))
    qtbot.waitUntil(lambda: bench.presenter.region.answer is not None)
    bench.tab.several.copy.trigger()
    copied = QGuiApplication.clipboard().text()
    assert copied == "Ferry blues.mp3, 0:02 to 0:08: Rock, 84 % sure."
    assert current(bench.tab.files_out.copy_region.isEnabled())
