"""A window with stand-ins for worker and sound card; whatever a test leaves behind fails it."""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtGui import QDragLeaveEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.workers.protocol import ClassifyFile, ClipResult, Done, Failed, Started
from fstmuse_gui.classify.presenter import ClassifyPresenter
from fstmuse_gui.classify.tab import ClassifyFactories, ClassifyTab
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.main_window import MainWindow
from fstmuse_gui.settings import Settings
from fstmuse_gui.shared.tabs import TabContext
from fstmuse_gui.theme import ThemeController
from fstmuse_gui.workers.bridge import WorkerBridge
from tests.gui.fakes import MODELS, FakeLister, FakePlayer, FakeRecording, FakeWorker


@dataclass
class Bench:
    """A window on the bench, with its parts in reach."""

    window: MainWindow
    tab: ClassifyTab
    worker: FakeWorker
    bridge: WorkerBridge
    player: FakePlayer
    recording: FakeRecording
    settings: Settings

    @property
    def view(self) -> ClassifyView:
        return self.tab.view

    @property
    def presenter(self) -> ClassifyPresenter:
        return self.tab.presenter

    def asked_for(self) -> list[str]:
        """Paths of the files that the worker was given, in order."""
        requests = [request for _, request in self.worker.submitted]
        return [request.path for request in requests if isinstance(request, ClassifyFile)]

    def answer(self, result: ClipResult) -> None:
        """Let the worker finish its latest job."""
        self.worker.tell(Started(self.worker.last))
        self.worker.tell(Done(self.worker.last, result))
        QCoreApplication.processEvents()

    def fail(self, sentence: str) -> None:
        """Let the worker fail at its latest job."""
        self.worker.tell(Started(self.worker.last))
        self.worker.tell(Failed(self.worker.last, sentence))
        QCoreApplication.processEvents()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.ini")


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[ThemeController]:
    controller = ThemeController(qapp)
    yield controller
    qapp.styleHints().unsetColorScheme()
    controller.deleteLater()


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(
    qtbot: QtBot,
    settings: Settings,
    theme: ThemeController,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[MakeBench]:
    made: list[Bench] = []
    corrections = tmp_path / "corrections"

    def make(models: list[Any] = MODELS) -> Bench:
        workers: list[FakeWorker] = []

        def make_worker(on_event: Callable[[Any], None]) -> FakeWorker:
            workers.append(FakeWorker(on_event))
            return workers[-1]

        bridge = WorkerBridge(make_worker)

        def factory(context: TabContext) -> ClassifyTab:
            factories = ClassifyFactories(
                player=FakePlayer,
                recording=lambda _panel, _settings, parent: FakeRecording(parent),
                lister=FakeLister,
                models=lambda: models,
                corrections=lambda: CorrectionStore(corrections),
                unsaved=lambda: tmp_path / "unsaved",
                handed_out=lambda: tmp_path / "handed out",
            )
            return ClassifyTab(context, factories)

        window = MainWindow(TabContext(settings, bridge), theme, [factory])
        tab = window.tabs[0]
        assert isinstance(tab, ClassifyTab)
        player = tab.findChild(FakePlayer)
        recording = tab.findChild(FakeRecording)
        assert player is not None
        assert recording is not None
        bench = Bench(window, tab, workers[0], bridge, player, recording, settings)
        made.append(bench)
        with qtbot.waitExposed(window):
            window.show()
        return bench

    yield make
    for bench in made:
        # Qt keeps a bare pointer to the window that a drag was last over.
        QApplication.sendEvent(bench.window, QDragLeaveEvent())
        monkeypatch.setattr(bench.view, "ask_unsaved", lambda _names: "discard")
        bench.window.close()
        bench.tab.deleteLater()
        bench.bridge.deleteLater()
        bench.window.deleteLater()


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """A window that is shown."""
    return make_bench()


_files_seen: set[Path] = set()


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a running timer or a window alive."""
    # To look through all that TensorFlow and Qt hold takes a second, after each of hundreds of
    # tests. So it is done once for each file, and then only what a test has made is looked at.
    if request.node.path not in _files_seen:
        _files_seen.add(request.node.path)
        gc.unfreeze()
        with warnings.catch_warnings():
            # What the tests of other files have left is not the fault of this one.
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
    gc.freeze()
    threads = set(threading.enumerate())
    windows = set(map(id, QApplication.topLevelWidgets()))
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    left = [thread.name for thread in threading.enumerate() if thread not in threads]
    assert not left, f"threads left behind: {left}"
    widgets = [w for w in QApplication.topLevelWidgets() if id(w) not in windows]
    assert not widgets, f"windows left behind: {widgets}"
    timers = [
        (timer.parent(), timer.interval())
        for timer in gc.get_objects()
        if isinstance(timer, QTimer) and _is_running(timer)
    ]
    assert not timers, f"timers left running: {timers}"


def _is_running(timer: QTimer) -> bool:
    try:
        return timer.isActive()
    except RuntimeError:  # its C++ half is gone
        return False
