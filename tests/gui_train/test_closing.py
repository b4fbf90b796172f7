"""Closing the window while a training runs: the question, and what its answers do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.bundle.bundle import load_bundle
from fstmuse_core.runs.events import Epoch, Failed, Preparing
from fstmuse_core.runs.store import RunState, list_runs, running_training, runs_folder
from fstmuse_gui.shared.tabs import Unsaved
from fstmuse_gui.train.data.reader import DataSetReader
from fstmuse_gui.train.results.presenter import past_runs
from fstmuse_gui.train.run import training
from fstmuse_gui.train.run.background import BackgroundTraining
from fstmuse_gui.train.run.closing import Closing
from fstmuse_gui.train.run.training import Training, begin_training, follow_training
from fstmuse_gui.widgets.dialogs import Question
from tests.gui_train.child import END
from tests.gui_train.conftest import LONG_MS, MakeTrainBench, TrainBench
from tests.gui_train.fakes import FakeTraining, make_started


def answer(how: Callable[[Question], object]) -> list[Question]:
    """When the question is asked, let ``how`` answer it; the questions asked."""
    asked: list[Question] = []

    def act() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, Question)
        asked.append(box)
        how(box)

    QTimer.singleShot(0, act)
    return asked


def press(value: str) -> Callable[[Question], object]:
    return lambda box: QTest.mouseClick(box.buttons[value], Qt.MouseButton.LeftButton)


# -- the question ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (Closing.KEEP, ["let go"]),
        (Closing.STOP, ["stop", "let go"]),
        (Closing.CANCEL, ["cancel", "let go"]),
    ],
)
def test_closing_asks_what_becomes_of_the_training(
    running: TrainBench, answer: Closing, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.view, "ask_closing", lambda *_: answer)
    training: FakeTraining = running.training
    running.window.close()
    assert not running.window.isVisible()
    assert training.heard == heard


class UnsavedTab:
    """Another tab, with things in it that lie in no file."""

    def __init__(self, title: str, what: str, *names: str) -> None:
        self.title, self.what, self.names = title, what, names
        self.heard: list[str] = []
        self.can_save = True

    def unsaved(self) -> Unsaved | None:
        return Unsaved(self.what, self.names, self.save) if self.names else None

    def save(self) -> bool:
        self.heard.append("save")
        return self.can_save

    def may_close(self) -> bool:
        self.heard.append("asked apart")
        return True

    def close(self) -> None:
        self.heard.append("close")


@pytest.mark.parametrize(
    ("pressed", "can_save", "heard", "is_closed"),
    [
        ("save", True, ["save", "close"], True),
        ("save", False, ["save"], False),
        ("discard", True, ["close"], True),
        ("", True, [], False),
    ],
)
def test_one_question_asks_about_all_that_is_unsaved_and_runs(
    running: TrainBench, pressed: str, can_save: bool, heard: list[str], is_closed: bool
) -> None:
    made = UnsavedTab("Generate", "take", "Rock, seed 1", "Rock, seed 2")
    taken = UnsavedTab("Classify", "recording", "Rain")
    made.can_save = can_save
    running.window.tabs.extend([made, taken])  # type: ignore[list-item]
    asked = answer(press(pressed))
    running.window.close()
    (question,) = asked
    assert question.windowTitle() == "Save 2 takes and 1 recording before closing?"
    text = question.accessibleDescription()
    assert all(name in text for name in ("Rock, seed 1", "Rock, seed 2", "Rain"))
    assert f"{running.tab.running} is still training. It goes on without the window" in text
    assert made.heard == heard
    assert running.window.isVisible() is not is_closed
    training: FakeTraining = running.training
    assert training.heard == (["let go"] if is_closed else [])
    del running.window.tabs[1:]  # the bench closes the window once more


def test_a_tab_that_stands_alone_asks_for_itself(
    running: TrainBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.view, "ask_closing", lambda *_: Closing.KEEP)
    other = UnsavedTab("Generate", "take")
    running.window.tabs.append(other)  # type: ignore[arg-type]
    running.window.close()
    assert other.heard == ["asked apart", "close"]


def test_closing_can_be_thought_better_of(
    running: TrainBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.view, "ask_closing", lambda *_: Closing.STAY)
    running.window.close()
    assert running.window.isVisible()
    assert running.training.heard == []


def test_stop_is_an_answer_once_there_is_something_to_keep(bench: TrainBench) -> None:
    bench.train(Preparing("reading", 0, 1))
    (asked,) = closed_and_stayed(bench)
    assert Closing.STOP not in asked.buttons
    bench.tell(make_started())
    (asked,) = closed_and_stayed(bench)
    assert "tested" in asked.buttons[Closing.STOP].accessibleDescription()
    bench.tell(Failed("the disk is full", "r1", True))
    bench.view.trouble_page.retry_button.click()
    bench.tell(Preparing("reading", 0, 1))
    (asked,) = closed_and_stayed(bench)
    assert "Resume" in asked.buttons[Closing.STOP].accessibleDescription()


def closed_and_stayed(bench: TrainBench) -> list[Question]:
    asked = answer(press(Closing.STAY))
    bench.window.close()
    return asked


def test_closing_without_a_training_asks_nothing(
    bench: TrainBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Closing:
        raise AssertionError("asked for no reason")

    monkeypatch.setattr(bench.view, "ask_closing", refuse)
    bench.window.close()
    assert not bench.window.isVisible()


# -- with real processes ---------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_child_left() -> Iterator[None]:
    """Those that were let go are ended after the test."""
    yield
    for child in training._let_go:
        child.kill()
        child.wait()
    training._let_go.clear()


def child_of(bench: TrainBench) -> subprocess.Popen[bytes]:
    training = bench.tab.live._training
    assert training is not None
    assert training._process is not None
    assert training._process._child is not None
    return training._process._child


@pytest.mark.parametrize(
    ("how", "word", "code"),
    [
        (press(Closing.KEEP), "", 0),
        (press(Closing.STOP), "stop", 0),
        (press(Closing.CANCEL), "cancel", 130),
        # The default button has the focus: Return keeps.
        (lambda box: QTest.keyClick(box, Qt.Key.Key_Return), "", 0),
    ],
    ids=["keep", "stop", "discard", "return"],
)
def test_the_child_hears_the_answer(
    how: Callable[[Question], object],
    word: str,
    code: int,
    make_bench: MakeTrainBench,
    own_folders: Path,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = tmp_path / "heard"
    monkeypatch.setenv("HEARD", str(heard))

    def start(arguments: list[str], parent: QObject) -> Training:
        command = (sys.executable, "-m", "tests.gui_train.child", "listens")
        return begin_training(arguments, parent, command)

    bench = make_bench(starter=start)
    bench.survey()
    bench.presenter.train()
    qtbot.waitUntil(lambda: bench.tab.live.has_learned, timeout=LONG_MS)
    child = child_of(bench)
    asked = answer(how)
    bench.window.close()
    assert not bench.window.isVisible()
    assert asked[0].windowTitle() == "my-library is still training"
    if not word:
        (runs_folder() / "r1" / END).touch()
    assert child.wait(LONG_MS / 1000) == code
    assert heard.read_text() == word


@pytest.mark.parametrize(
    "how",
    [press(Closing.STAY), lambda box: QTest.keyClick(box, Qt.Key.Key_Escape), Question.close],
    ids=["button", "escape", "closed"],
)
def test_who_does_not_answer_stays(
    how: Callable[[Question], object],
    running: TrainBench,
) -> None:
    asked = answer(how)
    running.window.close()
    assert len(asked) == 1
    assert running.window.isVisible()
    assert running.training.heard == []


def train_for_long(bench: TrainBench, music: Path, qtbot: QtBot) -> None:
    """The real program has done its first epoch of very many."""
    bench.learn_from(str(music))
    bench.form.recipe.controls["epochs"].setValue(5000)  # type: ignore[union-attr]
    bench.form.recipe.controls["batch_size"].setValue(8)  # type: ignore[union-attr]
    bench.form.name.setText("two-tones")
    bench.presenter.train()

    def has_learned() -> bool:
        assert bench.tab.live.is_running, bench.tab.live.sentence
        return any(isinstance(event, Epoch) for event in bench.tab.live._story)

    qtbot.waitUntil(has_learned, timeout=LONG_MS)


def make_real(make_bench: MakeTrainBench, front: int = 1) -> TrainBench:
    return make_bench(
        front=front,
        data=DataSetReader,
        starter=begin_training,
        follower=follow_training,
        lister=past_runs,
        background=BackgroundTraining,
    )


@pytest.mark.slow
@pytest.mark.timeout(3 * LONG_MS / 1000)
@pytest.mark.usefixtures("usual_priority")
def test_stop_leaves_a_model_behind(
    make_bench: MakeTrainBench,
    music: Path,
    own_folders: Path,
    qtbot: QtBot,
) -> None:
    bench = make_real(make_bench)
    train_for_long(bench, music, qtbot)
    child = child_of(bench)
    answer(press(Closing.STOP))
    bench.window.close()
    assert child.wait(LONG_MS / 1000) == 0
    (run,) = list_runs()
    assert run.state == RunState.STOPPED
    assert load_bundle(own_folders / "fstmuse" / "models" / "two-tones").name == "two-tones"


@pytest.mark.slow
@pytest.mark.timeout(3 * LONG_MS / 1000)
@pytest.mark.usefixtures("usual_priority")
def test_discard_leaves_nothing_behind(
    make_bench: MakeTrainBench,
    music: Path,
    own_folders: Path,
    qtbot: QtBot,
) -> None:
    bench = make_real(make_bench)
    train_for_long(bench, music, qtbot)
    child = child_of(bench)
    answer(press(Closing.CANCEL))
    bench.window.close()
    assert child.wait(LONG_MS / 1000) == 130
    assert list_runs() == []
    assert not (own_folders / "fstmuse" / "models").exists()


@pytest.mark.slow
@pytest.mark.timeout(3 * LONG_MS / 1000)
@pytest.mark.usefixtures("usual_priority")
def test_a_kept_training_is_found_by_the_next_window_and_can_be_ended_there(
    make_bench: MakeTrainBench,
    music: Path,
    own_folders: Path,
    qtbot: QtBot,
) -> None:
    bench = make_real(make_bench)
    train_for_long(bench, music, qtbot)
    child = child_of(bench)
    answer(press(Closing.KEEP))
    bench.window.close()
    assert running_training() is not None

    again = make_real(make_bench, front=0)
    # Its signal may have come while the window was still being shown.
    qtbot.waitUntil(lambda: again.tab._kept.is_running, timeout=LONG_MS)
    assert again.tab._built is None
    asked = answer(press(Closing.STAY))
    again.window.close()
    assert asked[0].windowTitle() == "two-tones is still training"
    assert again.window.isVisible()
    answer(press(Closing.STOP))
    again.window.close()
    assert child.wait(LONG_MS / 1000) == 0
    assert load_bundle(own_folders / "fstmuse" / "models" / "two-tones").name == "two-tones"
