"""The Generate tab in a window, with stand-ins for the process and the sound card."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QObject
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_core.bundle.bar_noise import Grid
from fstmuse_core.generate.arrange import widen
from fstmuse_core.generate.generator import GeneratedClip, Recipe
from fstmuse_core.generate.groove import BeatWish, groove_for
from fstmuse_core.generate.like import Like, LikedSong
from fstmuse_core.generate.recipe import Blend
from fstmuse_core.workers.protocol import Done, Failed, MakeClip, Partial, Progress, Started
from fstmuse_gui.generate.form import GenerateForm
from fstmuse_gui.generate.presenter import GeneratePresenter
from fstmuse_gui.generate.tab import GenerateFactories, GenerateTab
from fstmuse_gui.generate.view import GenerateView, TakePage
from fstmuse_gui.main_window import MainWindow
from fstmuse_gui.settings import Settings
from fstmuse_gui.shared.models import ModelInfo
from fstmuse_gui.shared.tabs import TabContext
from fstmuse_gui.theme import ThemeController
from fstmuse_gui.workers.bridge import WorkerBridge
from tests.conftest import make_music
from tests.gui.conftest import nothing_left_behind, settings, theme
from tests.gui.fakes import MODELS, FakePlayer, FakeWorker, make_classification, make_image

__all__ = ["nothing_left_behind", "settings", "theme"]

GENERATORS = [ModelInfo("toy-gan", "ToyGan", ("Classical", "Electronic", "Pop", "Rock"))]
# With a beat; with one that has to be asked for; without one.
GRID_MODEL = ModelInfo(
    "grid-gan",
    "GridGan",
    ("Electronic", "Jazz", "Classical", "Rock"),
    Grid(
        tempos={"Electronic": [124.0, 124.0], "Jazz": [100.0, 140.0], "Rock": [90.0, 130.0]},
        beat={"Electronic": 0.9, "Jazz": 0.3, "Classical": 0.0, "Rock": 0.8},
    ),
)
# The same, told of songs.
TOLD_MODEL = replace(GRID_MODEL, name="told-gan", title="ToldGan", knows_songs=True)
TOY = {"Rock": 0.6, "Folk": 0.3, "Hip-Hop": 0.1}


def heard_in(request: MakeClip, bpm: float | None = 124.0) -> LikedSong:
    """Findings on the song that a clip is to be like."""
    return LikedSong(Like(Path(request.like).name[:200], 16 * (0.5,)), "Rock", bpm)


def recipe_of(request: MakeClip) -> Recipe:
    """Recipe that the process would answer with first, but for what it heard."""
    blend = None if request.blend is None else Blend(*request.blend)
    wish, genre, like = request.beat or BeatWish(), request.genre, None
    grid = GRID_MODEL.grid if request.model in (GRID_MODEL.name, TOLD_MODEL.name) else None
    if request.like:
        heard = heard_in(request)
        like, genre, wish = heard.like, genre or heard.genre, heard.wish(wish, has_beat=True)
    groove = groove_for(wish, grid, genre, request.seconds, request.seed, request.model)
    has_bars = groove is not None and (groove.loop or wish.bars is not None)
    return Recipe(
        model=request.model,
        model_sha256="0" * 64,
        genre=genre,
        seed=request.seed,
        seconds=groove.seconds if groove is not None and has_bars else request.seconds,
        blend=blend,
        groove=groove,
        stereo=request.stereo,
        like=like,
    )


def make_clip(request: MakeClip) -> GeneratedClip:
    """Clip that the process would answer with, but for the sound itself."""
    recipe = recipe_of(request)
    samples = make_music(recipe.seconds, seed=request.seed % 97)
    log_mel = np.log(mel_spectrogram(samples) + 1e-3)
    if recipe.stereo:
        samples = widen(samples, 22_050, wraps=False)
    return GeneratedClip(samples, 22_050, log_mel, recipe)


@dataclass
class GenerateBench:
    """A window with the Generate tab, with its parts in reach."""

    window: MainWindow
    tab: GenerateTab
    worker: FakeWorker
    player: FakePlayer
    settings: Settings
    context: TabContext
    bpm_heard: float | None = 124.0

    @property
    def view(self) -> GenerateView:
        return self.tab.view

    @property
    def form(self) -> GenerateForm:
        return self.view.form

    @property
    def page(self) -> TakePage:
        return self.view.take_page

    @property
    def presenter(self) -> GeneratePresenter:
        return self.tab.presenter

    @property
    def asked(self) -> list[MakeClip]:
        """Requests to the process, in order."""
        return [request for _, request in self.worker.submitted]

    def tell(self, *events: Any) -> None:
        """Let the process say this."""
        for event in events:
            self.worker.tell(event)
        QCoreApplication.processEvents()

    def begin(self) -> int:
        """The process begins with its latest job; its number."""
        job, _ = self.worker.submitted[-1]
        self.tell(Started(job), Progress(job, 0.1))
        return job

    def draw(self) -> int:
        """The spectrogram of the latest job is there."""
        job = self.begin()
        clip = make_clip(self.asked[-1])
        if self.asked[-1].like:
            self.tell(Partial(job, heard_in(self.asked[-1], self.bpm_heard)))
        self.tell(Partial(job, clip.recipe), Partial(job, make_image(clip.mono)))
        self.tell(Progress(job, 0.45))
        return job

    def sound(self) -> int:
        """The sound of the latest job is there."""
        job = self.draw()
        self.tell(Partial(job, make_clip(self.asked[-1])))
        return job

    def finish(self) -> int:
        """The latest job is done."""
        job = self.sound()
        opinions = (
            make_classification(duration_s=self.asked[-1].seconds),
            make_classification(TOY, duration_s=self.asked[-1].seconds),
        )
        named = [
            replace(opinion, model=model.name)
            for opinion, model in zip(opinions, MODELS, strict=True)
        ]
        self.tell(Done(job, tuple(named)))
        return job

    def make(self, genre: str = "Rock", seed: int | None = None) -> None:
        """A take is made, from the click to its end."""
        self.form.genre.setCurrentText(genre)
        if seed is not None:
            self.form.lock.setChecked(True)
            self.form.seed.setValue(seed)
        self.form.generate_button.click()
        self.finish()

    def fail(self, sentence: str) -> None:
        """The latest job fails."""
        self.tell(Failed(self.begin(), sentence))


MakeGenerateBench = Callable[..., GenerateBench]


@pytest.fixture
def make_bench(
    qtbot: QtBot, settings: Settings, theme: ThemeController, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeGenerateBench]:
    made: list[GenerateBench] = []

    def make(generators: list[ModelInfo] = GENERATORS) -> GenerateBench:
        workers: list[FakeWorker] = []

        def make_worker(on_event: Callable[[Any], None]) -> FakeWorker:
            workers.append(FakeWorker(on_event))
            return workers[-1]

        def factory(context: TabContext) -> GenerateTab:
            factories = GenerateFactories(
                player=FakePlayer,
                bridge=lambda _model, parent: WorkerBridge(make_worker, parent),
                generators=lambda: list(generators),
                judges=lambda: MODELS,
            )
            return GenerateTab(context, factories)

        context = TabContext(settings, WorkerBridge(FakeWorker))
        window = MainWindow(context, theme, [factory])
        tab = window.tabs[0]
        assert isinstance(tab, GenerateTab)
        with qtbot.waitExposed(window):
            window.show()
        assert isinstance(tab.presenter, QObject)
        player = tab.findChild(FakePlayer)
        assert player is not None
        bench = GenerateBench(window, tab, workers[0], player, settings, context)
        made.append(bench)
        return bench

    yield make
    for bench in made:
        monkeypatch.setattr(bench.view, "ask_unsaved", lambda _names: "discard")
        bench.window.close()
        bench.tab.deleteLater()
        bench.context.bridge.deleteLater()
        bench.window.deleteLater()


@pytest.fixture
def bench(make_bench: MakeGenerateBench) -> GenerateBench:
    """A window that is shown."""
    return make_bench()
