"""The Train tab in a window, with stand-ins for training and data set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QCoreApplication, QObject
from pytestqt.qtbot import QtBot

from fstmuse_core.runs import spec
from fstmuse_gui.classify.tab import ClassifyFactories, ClassifyTab
from fstmuse_gui.main_window import MainWindow
from fstmuse_gui.settings import Settings
from fstmuse_gui.shared.models import ModelInfo
from fstmuse_gui.shared.tabs import TabContext
from fstmuse_gui.theme import ThemeController
from fstmuse_gui.train.data.presenter import DataPresenter
from fstmuse_gui.train.data.reader import DataSetReader
from fstmuse_gui.train.form.form import TrainForm
from fstmuse_gui.train.form.presenter import TRAIN_DESIGN
from fstmuse_gui.train.presenter import TrainPresenter
from fstmuse_gui.train.results.presenter import PastRun
from fstmuse_gui.train.run.background import BackgroundTraining
from fstmuse_gui.train.run.closing import Closing
from fstmuse_gui.train.tab import TrainFactories, TrainTab
from fstmuse_gui.train.view import TrainView
from fstmuse_gui.workers.bridge import WorkerBridge
from tests.gui.conftest import nothing_left_behind, settings, theme
from tests.gui.fakes import MODELS, FakeLister, FakePlayer, FakeRecording, FakeWorker
from tests.gui_train.fakes import (
    FakeTraining,
    check_at_once,
    make_bases,
    make_cache,
    make_epoch,
    make_progress,
    make_started,
    read_at_once,
)

__all__ = ["nothing_left_behind", "settings", "theme"]


# What a training, loading TensorFlow included, may take where all cores are busy.
LONG_MS = 900_000


@dataclass
class TrainBench:
    """A window with both tabs, the Train tab in front."""

    window: MainWindow
    classify: ClassifyTab
    tab: TrainTab
    begun: list[FakeTraining]
    models: list[ModelInfo]
    runs: list[PastRun]
    players: list[FakePlayer]
    qtbot: QtBot

    @property
    def view(self) -> TrainView:
        return self.tab.view

    @property
    def presenter(self) -> TrainPresenter:
        return self.tab.presenter

    @property
    def music(self) -> DataPresenter:
        return self.presenter.data

    @property
    def form(self) -> TrainForm:
        return self.view.form

    @property
    def player(self) -> FakePlayer:
        """What the tab plays pieces with, once something has been played."""
        return self.players[-1]

    @property
    def training(self) -> FakeTraining:
        """The one begun last."""
        return self.begun[-1]

    def survey(self) -> None:
        """A data set has been chosen and read."""
        self.learn_from("/music/my library")

    def learn_from(self, *paths: str) -> None:
        """These data sets have been added and read."""
        with self.qtbot.waitSignal(self.music._work.surveyed):
            self.music.add(*paths)
        QCoreApplication.processEvents()

    def train(self, *events: Any) -> None:
        """A training has been begun and has said this."""
        self.survey()
        self.presenter.train()
        self.tell(*events)

    def tell(self, *events: Any) -> None:
        """Let the training say this."""
        for event in events:
            self.training.told.emit(event)
        QCoreApplication.processEvents()


MakeTrainBench = Callable[..., TrainBench]


@pytest.fixture
def make_bench(
    qtbot: QtBot,
    settings: Settings,
    theme: ThemeController,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[MakeTrainBench]:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path / "data"))
    settings.set(TRAIN_DESIGN, spec.OURS)  # Quick, which is the default, has few settings
    made: list[TrainBench] = []

    def make(front: int = 1, **factories: Any) -> TrainBench:
        begun: list[FakeTraining] = []
        models = list(MODELS)
        runs: list[PastRun] = []
        players: list[FakePlayer] = []

        def start(what: object, parent: QObject) -> FakeTraining:
            begun.append(FakeTraining(what, parent))
            return begun[-1]

        def play(parent: QObject) -> FakePlayer:
            players.append(FakePlayer(parent))
            return players[-1]

        options: dict[str, Any] = {
            "data": lambda parent: DataSetReader(
                parent, reader=read_at_once, checker=check_at_once
            ),
            "starter": start,
            "follower": start,
            "lister": lambda: list(runs),
            "bases": make_bases,
            "corrections": lambda: 0,
            "player": play,
            "cache": make_cache,
            "background": lambda parent: BackgroundTraining(parent, finder=lambda: None),
            **factories,
        }
        bridge = WorkerBridge(FakeWorker)
        window = MainWindow(
            TabContext(settings, bridge),
            theme,
            [
                lambda context: ClassifyTab(
                    context,
                    ClassifyFactories(
                        player=FakePlayer,
                        recording=lambda _panel, _settings, parent: FakeRecording(parent),
                        lister=FakeLister,
                        models=lambda: models,
                    ),
                ),
                lambda context: TrainTab(context, TrainFactories(**options)),
            ],
        )
        classify, tab = window.tabs
        assert isinstance(classify, ClassifyTab)
        assert isinstance(tab, TrainTab)
        bench = TrainBench(window, classify, tab, begun, models, runs, players, qtbot)
        made.append(bench)
        with qtbot.waitExposed(window):
            window.show()
        window._tab_widget.setCurrentIndex(front)
        return bench

    yield make
    monkeypatch.setattr("fstmuse_gui.train.tab.ask_closing", lambda *_: Closing.KEEP)
    for bench in made:
        if bench.tab._built is not None:
            monkeypatch.setattr(bench.view, "ask_closing", lambda *_: Closing.KEEP)
        bench.window.close()
        bench.tab.deleteLater()
        bench.classify.deleteLater()
        bench.window._context.bridge.deleteLater()
        bench.window.deleteLater()


@pytest.fixture
def bench(make_bench: MakeTrainBench) -> TrainBench:
    """A window that is shown."""
    return make_bench()


@pytest.fixture
def running(bench: TrainBench) -> TrainBench:
    """A training in its second epoch."""
    bench.train(make_started(), make_progress(1), make_epoch(1), make_progress(2))
    return bench


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Genre folders with two clips each."""
    root = tmp_path_factory.mktemp("tones")
    t = np.arange(22_050 * 4) / 22_050
    for genre, pitch in (("rock", 110.0), ("folk", 330.0)):
        (root / genre).mkdir()
        for number in range(2):
            sound = 0.3 * np.sin(2 * np.pi * pitch * (1 + number / 10) * t)
            soundfile.write(root / genre / f"{number}.wav", sound, 22_050)
    return root


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Two genres that nobody could mistake, six artists each."""
    rng = np.random.default_rng(0)
    t = np.arange(6 * 22_050) / 22_050
    root = tmp_path / "music"
    for genre, pitch in (("rock", 110.0), ("folk", 660.0)):
        for artist in range(6):
            tone = np.sin(2 * np.pi * pitch * (1 + 0.02 * artist) * t) * (0.6 + 0.4 * np.cos(8 * t))
            sound = 0.3 * tone + 0.02 * rng.normal(size=t.size)
            path = root / genre / f"artist {artist}" / "song.wav"
            path.parent.mkdir(parents=True)
            soundfile.write(path, sound.astype(np.float32), 22_050)
    return root


@pytest.fixture
def usual_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings that do not give way to other programs.

    Where all cores are busy, one that does gets next to nothing, and a wait for it is in vain.
    """
    monkeypatch.setattr("fstmuse_gui.train.run.training._lower_priority", lambda child: None)


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folders, of this process and of those that it starts."""
    home = tmp_path / "home"
    for variable in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setitem(os.environ, variable, str(home))
    data = str(home / "fstmuse")
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: data)
    return home
