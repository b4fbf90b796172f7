"""Learn beside the corrections: in a process of its own, and what has changed is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.runs.metrics import Learned
from fstmuse_core.workers.protocol import Done, Failed, LearnCorrections
from fstmuse_gui.widgets.verdict import CorrectionBar
from tests.gui.conftest import Bench
from tests.gui.fakes import FakeWorker, make_result
from tests.gui.test_correcting import bar, settle, song

__all__ = ["song"]

LEARNED = Learned(
    "my-fst-muse", "my FstMuse", "ab" * 32, "FstMuse", 9, 5, 9, 3, 6, 3, 8, ("Zouk",), 48, 5, 30, 31
)


@pytest.fixture
def worker(bench: Bench) -> list[FakeWorker]:
    """The process that learns, once there is one."""
    made: list[FakeWorker] = []

    def make(on_event: object) -> FakeWorker:
        made.append(FakeWorker(on_event))  # type: ignore[arg-type]
        return made[-1]

    bench.window._context.learner._make_worker = make
    return made


@pytest.fixture
def corrected(
    bench: Bench, worker: list[FakeWorker], song: Path, music: FloatArray, qtbot: QtBot
) -> CorrectionBar:
    """A song that was said to be Jazz."""
    bench.presenter.open_paths([str(song)])
    bench.answer(make_result(music))
    settle(bench, qtbot)
    bench.presenter.correcting.correct("Jazz")
    settle(bench, qtbot)
    return bar(bench)


def answer(worker: FakeWorker, event: object) -> None:
    worker.tell(event)
    QCoreApplication.processEvents()


def test_there_is_nothing_to_learn_before_a_correction(
    bench: Bench, worker: list[FakeWorker], song: Path, music: FloatArray, qtbot: QtBot
) -> None:
    bench.presenter.open_paths([str(song)])
    bench.answer(make_result(music))
    settle(bench, qtbot)
    assert not bar(bench).learn_button.isVisibleTo(bench.window)


def test_learn_runs_in_a_process_and_says_what_changed(
    bench: Bench, corrected: CorrectionBar, worker: list[FakeWorker], qtbot: QtBot
) -> None:
    assert corrected.learn_button.isVisibleTo(bench.window)
    qtbot.mouseClick(corrected.learn_button, Qt.MouseButton.LeftButton)
    assert isinstance(worker[0].submitted[-1][1], LearnCorrections)
    assert not corrected.learn_button.isEnabled()
    assert corrected.learned.startswith("Learning")
    with qtbot.waitSignal(bench.window._context.models.changed):
        answer(worker[0], Done(worker[0].last, LEARNED))
    assert corrected.learned == (
        "my FstMuse names 8 of your 9 songs as you do, 6 of 9 when left out; FstMuse 3."
    )
    assert "New to it: Zouk." in corrected._learned.toolTip()
    assert corrected.learn_button.isEnabled()


def test_what_has_learned_can_be_used(
    bench: Bench, corrected: CorrectionBar, worker: list[FakeWorker], qtbot: QtBot
) -> None:
    corrected.learn_requested.emit()
    answer(worker[0], Done(worker[0].last, LEARNED))
    with qtbot.waitSignal(bench.window._context.models.wanted) as wanted:
        qtbot.mouseClick(corrected.use_button, Qt.MouseButton.LeftButton)
    assert wanted.args == ["my-fst-muse"]


def test_why_nothing_was_learned_is_said(
    bench: Bench, corrected: CorrectionBar, worker: list[FakeWorker], qtbot: QtBot
) -> None:
    corrected.learn_requested.emit()
    answer(worker[0], Failed(worker[0].last, "tagger: it is missing; install FstMuse again"))
    assert corrected.learned == (
        "Nothing was learned: tagger: it is missing; install FstMuse again."
    )
    assert not corrected.use_button.isVisibleTo(bench.window)
    assert corrected.learn_button.isEnabled()


def test_one_learning_at_a_time(
    bench: Bench, corrected: CorrectionBar, worker: list[FakeWorker]
) -> None:
    corrected.learn_requested.emit()
    corrected.learn_requested.emit()
    assert len(worker[0].submitted) == 1


def test_the_process_ends_with_the_window(
    bench: Bench, corrected: CorrectionBar, worker: list[FakeWorker]
) -> None:
    corrected.learn_requested.emit()
    assert worker[0].is_running
    bench.window.close()
    assert not worker[0].is_running


def test_a_picture_of_what_was_learned(
    bench: Bench, corrected: CorrectionBar, worker: list[FakeWorker], pictures: Path
) -> None:
    bench.window.resize(1280, 800)
    corrected.learn_requested.emit()
    answer(worker[0], Done(worker[0].last, LEARNED))
    QCoreApplication.processEvents()
    assert bench.window.grab().save(str(pictures / "learned.png"))
    assert corrected.use_button.isVisibleTo(bench.window)
