"""Getting FMA from the Train tab."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from fstmuse_core.system.errors import FstMuseError
from fstmuse_gui.settings import Settings
from fstmuse_gui.train.data import fma
from fstmuse_gui.train.data.fma import ANOTHER_FOLDER, FmaDownloader, FmaSet, ask_fma_folder
from fstmuse_gui.train.data.presenter import FMA_FOLDER
from fstmuse_gui.widgets.dialogs import Question
from tests.gui_train.conftest import MakeTrainBench, TrainBench
from tests.narrowing import current


class Stubborn:
    """A fetcher that hears of a cancel only when the network lets it."""

    def __init__(self) -> None:
        self.network = threading.Event()
        self.threads: list[threading.Thread] = []

    def __call__(self, name: str, folder: Path, tell: object, cancelled: object) -> None:
        self.threads.append(threading.current_thread())
        self.network.wait()


@pytest.fixture
def stubborn() -> Iterator[Stubborn]:
    fetcher = Stubborn()
    yield fetcher
    fetcher.network.set()
    for thread in fetcher.threads:
        thread.join()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float, str]]:
    """What the user was asked; the answer is always the small set."""
    asked: list[tuple[float, float, str]] = []

    def answer(_parent: object, small: float, medium: float, folder: str) -> str:
        asked.append((small, medium, folder))
        return FmaSet.SMALL

    monkeypatch.setattr(fma, "ask_fma", answer)
    return asked


Fetcher = Callable[[str, Path, Callable[..., None], Callable[[], bool]], None]
GetBench = Callable[[Fetcher], TrainBench]


@pytest.fixture
def bench_with(make_bench: MakeTrainBench, tmp_path: Path) -> GetBench:
    """A window whose FMA comes from a stand-in."""

    def make(fetcher: Fetcher) -> TrainBench:
        folder = tmp_path / "FMA"
        folder.mkdir()
        return make_bench(fma=lambda parent: FmaDownloader(parent, fetcher=fetcher, folder=folder))

    return make


def press_in_question(value: str) -> None:
    """Answer the question that is about to be asked."""

    def act() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, Question)
        QTest.mouseClick(box.buttons[value], Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, act)


def test_fma_is_asked_for_got_and_used(
    bench_with: GetBench,
    tmp_path: Path,
    qtbot: QtBot,
    answers: list[tuple[float, float, str]],
) -> None:
    def fetch(
        name: str, folder: Path, tell: Callable[..., None], cancelled: Callable[[], bool]
    ) -> None:
        assert name == "fma-small"
        tell("fma_small.zip", 2**30, 7 * 2**30)

    bench = bench_with(fetch)
    with qtbot.waitSignals([bench.music.fma.getter.progressed, bench.music.fma.getter.got]):
        bench.view.empty_page.fetch_button.click()
    folder = str(tmp_path / "FMA")
    ((download, space, place),) = answers
    assert (download, space) == pytest.approx((7.534, 22.334))
    assert place == folder
    qtbot.waitUntil(lambda: bench.view.page is bench.view.data_page)
    assert bench.music.paths == (folder,)
    assert not bench.music.fma.is_running


def test_it_goes_to_another_folder_if_the_user_likes(
    bench_with: GetBench,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    went_to: list[Path] = []
    bench = bench_with(lambda name, folder, tell, cancelled: went_to.append(folder))
    chosen = iter(["", str(tmp_path)])

    def choose(_parent: object, folder: Path) -> str:
        assert folder == tmp_path / "FMA"
        path = next(chosen)
        press_in_question(FmaSet.SMALL if path else ANOTHER_FOLDER)
        return path

    monkeypatch.setattr(fma, "ask_fma_folder", choose)
    press_in_question(ANOTHER_FOLDER)
    with qtbot.waitSignal(bench.music.fma.getter.got) as got:
        bench.view.empty_page.fetch_button.click()
    assert got.args == [str(tmp_path)]
    assert went_to == [tmp_path]
    assert bench.music.fma.getter.folder == tmp_path
    assert settings.get(FMA_FOLDER) == str(tmp_path)


def test_the_folder_of_a_download_that_was_cut_is_known_the_next_time(
    bench_with: GetBench, tmp_path: Path, settings: Settings
) -> None:
    settings.set(FMA_FOLDER, str(tmp_path / "large disk"))
    assert bench_with(lambda *_: None).music.fma.getter.folder == tmp_path / "large disk"


def test_a_folder_is_looked_for_where_there_is_one(
    bench_with: GetBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun_at: list[str] = []

    def choose(_parent: object, _title: str, folder: str) -> str:
        begun_at.append(folder)
        return ""

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", choose)
    bench = bench_with(lambda *_: None)
    ask_fma_folder(bench.window, tmp_path / "not" / "there")
    assert begun_at == [str(tmp_path)]


@pytest.mark.parametrize("kept", ["", "fma_small.zip.part", "fma_metadata.zip"])
def test_fma_that_cannot_be_had_says_why(
    bench_with: GetBench, qtbot: QtBot, answers: object, kept: str
) -> None:
    def fail(name: str, folder: Path, *_: object) -> None:
        if kept:
            (folder / kept).write_bytes(b"x")
        raise FstMuseError("fma_small.zip", "there is no room for 7.2 GiB", "free some")

    bench = bench_with(fail)
    with qtbot.waitSignal(bench.music.fma.getter.trouble):
        bench.view.empty_page.fetch_button.click()
    why = "there is no room for 7.2 GiB; free some."
    promise = " What has come is kept for the next time." if kept else ""
    assert bench.view.notice.text.endswith(why + promise)
    assert current(bench.view.page) is bench.view.empty_page


def test_getting_fma_can_be_given_up(bench_with: GetBench, qtbot: QtBot, answers: object) -> None:
    def endless(
        name: str, folder: Path, tell: Callable[..., None], cancelled: Callable[[], bool]
    ) -> None:
        while not cancelled():
            time.sleep(0.001)

    bench = bench_with(endless)
    bench.view.empty_page.fetch_button.click()
    assert current(bench.view.page) is bench.view.busy_page
    with qtbot.waitSignal(bench.music.fma.getter.given_up):
        bench.view.busy_page.cancel_button.click()
    assert current(bench.view.page) is bench.view.empty_page


def test_a_download_beside_other_music_is_seen_and_offered(
    bench_with: GetBench, tmp_path: Path, qtbot: QtBot, answers: object
) -> None:
    may_end = threading.Event()

    def fetch(
        name: str, folder: Path, tell: Callable[..., None], cancelled: Callable[[], bool]
    ) -> None:
        tell("fma_small.zip", 2**30, 7 * 2**30)
        may_end.wait()

    bench = bench_with(fetch)
    box = bench.form.fma
    assert not box.isVisible()
    bench.survey()
    before = bench.music.paths
    with qtbot.waitSignal(bench.music.fma.getter.progressed):
        bench.tab._fetch.trigger()
    assert current(bench.view.page) is bench.view.data_page
    assert box.isVisible()
    assert box.text == "Getting FMA. fma_small.zip: 1.00 of 7.00 GiB"
    bench.presenter.train()
    with qtbot.waitSignal(bench.music.fma.getter.got):
        may_end.set()
    assert bench.music.paths == before
    assert box.text == "FMA has been downloaded."
    assert not box.cancel_button.isVisible()
    with qtbot.waitSignal(bench.music._work.surveyed):
        box.add_button.click()
    assert bench.music.paths == (*before, str(tmp_path / "FMA"))
    assert not box.isVisible()


def test_a_download_beside_other_music_can_be_given_up(
    bench_with: GetBench, qtbot: QtBot, stubborn: Stubborn, answers: object
) -> None:
    bench = bench_with(stubborn)
    bench.survey()
    bench.tab._fetch.trigger()
    box = bench.form.fma
    box.cancel_button.click()
    assert bench.music.fma.getter.is_cancelling
    assert "Cancelling" in box.text
    assert not box.cancel_button.isVisible()
    assert current(bench.view.page) is bench.view.data_page
    with qtbot.waitSignal(bench.music.fma.getter.given_up):
        stubborn.network.set()
    assert not box.isVisible()


def test_music_that_is_added_during_a_download_does_not_hide_it(
    bench_with: GetBench, qtbot: QtBot, stubborn: Stubborn, answers: object
) -> None:
    bench = bench_with(stubborn)
    bench.view.empty_page.fetch_button.click()
    assert current(bench.view.page) is bench.view.busy_page
    bench.survey()
    assert current(bench.view.page) is bench.view.data_page
    assert bench.form.fma.isVisible()
    with qtbot.waitSignal(bench.music.fma.getter.got) as got:
        stubborn.network.set()
    assert bench.form.fma.add_button.isVisible()
    bench.learn_from(got.args[0])
    assert not bench.form.fma.isVisible()


def test_the_next_begins_when_the_last_has_ended(
    bench_with: GetBench, qtbot: QtBot, stubborn: Stubborn, answers: list[object]
) -> None:
    bench = bench_with(stubborn)
    fma = bench.music.fma
    fma.ask()
    fma.ask()
    assert "being downloaded already" in bench.view.notice.text
    assert current(bench.view.page) is bench.view.busy_page
    bench.view.busy_page.cancel_button.click()
    assert current(fma.is_running)
    assert current(bench.view.page) is bench.view.busy_page
    assert "Cancelling" in bench.view.busy_page._detail.text()
    fma.ask()
    fma.getter.get(FmaSet.MEDIUM)
    assert "still ending" in bench.view.notice.text
    assert len(answers) == len(stubborn.threads) == 1

    with qtbot.waitSignal(fma.getter.given_up):
        stubborn.network.set()
    assert not current(fma.is_running)
    assert current(bench.view.page) is bench.view.empty_page
    with qtbot.waitSignal(fma.getter.got):
        fma.ask()
    assert len(stubborn.threads) == 2


def test_closing_does_not_wait_for_the_network(
    bench_with: GetBench, qtbot: QtBot, stubborn: Stubborn, answers: object
) -> None:
    bench = bench_with(stubborn)
    # Long after the window should be closed, so that a window that waits fails, and does not hang.
    late = threading.Timer(10.0, stubborn.network.set)
    late.start()
    bench.view.empty_page.fetch_button.click()
    qtbot.waitUntil(lambda: bool(stubborn.threads))

    bench.window.close()

    assert not bench.window.isVisible()
    assert not stubborn.network.is_set()
    late.cancel()
    late.join()
