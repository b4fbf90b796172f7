"""Listen plays the resynthesis in place of the clip, and the clip again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QObject, Qt
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.inversion.resynthesis import Resynthesis
from fstmuse_core.workers.protocol import Done, Failed, Progress, ResynthesizeFile
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.workers.bridge import WorkerBridge
from tests.conftest import make_music
from tests.gui.conftest import Bench
from tests.gui.fakes import FakeWorker, make_result

SONG = make_music(8.0)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[FakeWorker]:
    """The stand-ins for the process that makes sound, in the order they were started."""
    made: list[FakeWorker] = []

    def make(on_event: Callable[[Any], None]) -> FakeWorker:
        made.append(FakeWorker(on_event))
        return made[-1]

    monkeypatch.setattr(
        "fstmuse_gui.classify.tab.sound_bridge",
        lambda _model, parent: WorkerBridge(make, parent),
    )
    return made


@pytest.fixture
def shown(workers: list[FakeWorker], bench: Bench, tmp_path: Path) -> Bench:
    """A window that shows a clip."""
    path = tmp_path / "song.wav"
    path.touch()
    bench.presenter.open_paths([str(path)])
    bench.answer(make_result(SONG))
    return bench


def asked(worker: FakeWorker) -> list[ResynthesizeFile]:
    return [request for _, request in worker.submitted]


def answer(worker: FakeWorker, samples: FloatArray) -> None:
    mel = np.zeros((1, 128), np.float32)
    worker.tell(Done(worker.last, Resynthesis(samples, 22_050, mel)))
    QCoreApplication.processEvents()


def test_the_resynthesis_plays_from_the_same_place(shown: Bench, workers: list[FakeWorker]) -> None:
    own = shown.player.loaded
    assert not workers  # the process is started when it is wanted
    shown.player.toggle()
    shown.player.seek(3.0)

    shown.view.clip_page.listen_button.click()

    (worker,) = workers
    assert asked(worker) == [ResynthesizeFile(own, None, None)]
    assert shown.player.loaded is own
    resynthesis = 0.5 * SONG
    worker.tell(Progress(worker.last, 0.4))
    answer(worker, resynthesis)
    assert shown.player.loaded is resynthesis
    assert (shown.player.position, shown.player.state) == (3.0, "playing")
    shown.view.clip_page.listen_button.click()
    assert shown.player.loaded == own
    assert (shown.player.position, shown.player.state) == (3.0, "playing")


def test_it_plays_at_once_and_says_so(shown: Bench, workers: list[FakeWorker]) -> None:
    page = shown.view.clip_page
    chip, button = page.transport.source_chip, page.listen_button
    assert button.text() == " Hear as model"
    button.click()
    workers[0].tell(Progress(workers[0].last, 0.4))
    QCoreApplication.processEvents()
    assert [button.share] == [0.4]
    assert button.accessibleDescription() == "40% done"
    assert [chip.isVisible()] == [False]
    answer(workers[0], 0.5 * SONG)
    assert shown.player.state == "playing"
    assert [button.share] == [None]
    assert chip.isVisible()
    assert chip.text() == " As the model hears it"
    chip.click()
    assert [chip.isVisible(), button.isChecked()] == [False, False]
    assert isinstance(shown.player.loaded, str), "the clip itself"


def test_the_chip_goes_with_the_clip(
    shown: Bench, workers: list[FakeWorker], tmp_path: Path
) -> None:
    page = shown.view.clip_page
    page.why_button.click()
    page.listen_button.click()
    answer(workers[0], 0.5 * SONG)
    assert page.transport.source_chip.text() == " What spoke for Rock"
    shown.presenter.open_paths([str(tmp_path / "other.wav")])
    shown.answer(make_result(SONG))
    assert not page.transport.source_chip.isVisible()


def test_with_why_only_what_spoke_for_the_genre(shown: Bench, workers: list[FakeWorker]) -> None:
    page = shown.view.clip_page
    page.listen_button.click()
    page.why_button.click()
    shown.presenter.display.explain("Jazz")
    assert [(r.why, r.model) for r in asked(workers[0])] == [
        (None, None),
        ("Rock", "fst-muse"),
        ("Jazz", "fst-muse"),
    ]
    assert workers[0].cancelled == [1, 2]
    resynthesis = 0.1 * SONG
    workers[0].tell(Done(2, Resynthesis(SONG, 22_050, SONG[:1])))  # no longer wanted
    answer(workers[0], resynthesis)
    assert shown.player.loaded is resynthesis


def test_another_clip_is_played_itself(
    shown: Bench, workers: list[FakeWorker], tmp_path: Path
) -> None:
    shown.view.clip_page.listen_button.click()
    answer(workers[0], 0.5 * SONG)
    other = tmp_path / "other.wav"
    other.touch()
    shown.presenter.open_paths([str(other)])
    shown.answer(make_result(SONG))
    assert not shown.view.clip_page.listen_button.isChecked()
    assert shown.player.loaded == str(other)


def test_a_failure_is_said_and_the_clip_goes_on(shown: Bench, workers: list[FakeWorker]) -> None:
    own = shown.player.loaded
    shown.view.clip_page.listen_button.click()
    workers[0].tell(Failed(workers[0].last, "song.wav: nothing in it spoke for Jazz"))
    QCoreApplication.processEvents()
    assert "nothing in it spoke" in shown.view.notice.text
    assert not shown.view.clip_page.listen_button.isChecked()
    assert shown.player.loaded is own


def test_a_recording_is_resynthesised_once_it_is_saved(
    workers: list[FakeWorker], bench: Bench, qtbot: QtBot
) -> None:
    bench.recording.started.emit()
    bench.recording.finished.emit(Take(SONG, 22_050))
    bench.answer(make_result(SONG))
    page = bench.view.clip_page
    assert not page.listen_button.isEnabled()
    assert "Save the recording first" in page.listen_button.toolTip()
    clip = bench.presenter.shown
    assert clip is not None
    clip.saved_as = "/music/take.wav"
    bench.presenter.changed.emit()
    qtbot.keyClick(bench.window, Qt.Key.Key_L)
    assert asked(workers[0]) == [ResynthesizeFile("/music/take.wav", None, None)]


def test_what_another_tab_plays_silences_the_clip(shown: Bench) -> None:
    sounds = shown.window._context.sounds
    told: list[str] = []
    sounds.started.connect(told.append)
    shown.player.toggle()
    assert told == ["Classify"]
    assert shown.player.state == "playing"
    sounds.started.emit("Generate")
    assert shown.player.state == "paused"


def test_the_process_ends_with_the_window(shown: Bench, workers: list[FakeWorker]) -> None:
    shown.view.clip_page.listen_button.click()
    assert workers[0].is_running
    assert isinstance(shown.tab.resynthesis, QObject)
    shown.window.close()
    assert not workers[0].is_running
