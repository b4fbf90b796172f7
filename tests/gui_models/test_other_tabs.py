"""News between the Models tab and the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.workers.protocol import ClassifyFile, Done
from fstmuse_gui.classify.tab import ClassifyFactories, ClassifyTab
from fstmuse_gui.main_window import MainWindow
from fstmuse_gui.models.tab import ModelsTab
from fstmuse_gui.settings import MODEL, Settings
from fstmuse_gui.shared.models import installed_models
from fstmuse_gui.shared.tabs import TabContext
from fstmuse_gui.theme import ThemeController
from fstmuse_gui.widgets.file_list import RowState
from fstmuse_gui.workers.bridge import WorkerBridge
from tests.gui.fakes import (
    FakeLister,
    FakePlayer,
    FakeRecording,
    FakeWorker,
    make_classification,
    make_result,
)
from tests.gui_models.conftest import (
    Importing,
    ModelsBench,
    add_model,
)
from tests.narrowing import current


def test_use_and_fine_tune_are_told(bench: ModelsBench) -> None:
    bench.choose("mine")
    with bench.qtbot.waitSignal(bench.news.wanted) as used:
        bench.view.details.use_button.click()
    assert used.args == ["mine"]
    with bench.qtbot.waitSignal(bench.news.fine_tune_wanted) as tuned:
        bench.view.details.tune_button.click()
    assert tuned.args == ["mine"]


@dataclass
class TwoTabs:
    """A window with the Classify tab in front, which uses the model "mine"."""

    window: MainWindow
    classify: ClassifyTab
    models: ModelsTab
    worker: list[FakeWorker]


@pytest.fixture
def two_tabs(
    qtbot: QtBot, settings: Settings, theme: ThemeController, own_models: Path
) -> Iterator[TwoTabs]:
    add_model(own_models, "mine", "My songs")
    settings.set(MODEL, "mine")
    workers: list[FakeWorker] = []

    def make_worker(on_event: Callable[[Any], None]) -> FakeWorker:
        workers.append(FakeWorker(on_event))
        return workers[-1]

    context = TabContext(settings, WorkerBridge(make_worker))
    window = MainWindow(
        context,
        theme,
        [
            lambda c: ClassifyTab(
                c,
                ClassifyFactories(
                    player=FakePlayer,
                    recording=lambda _panel, _settings, parent: FakeRecording(parent),
                    lister=FakeLister,
                    models=installed_models,
                ),
            ),
            lambda c: ModelsTab(c, Importing(own_models)),
        ],
    )
    classify, models = window.tabs
    assert isinstance(classify, ClassifyTab)
    assert isinstance(models, ModelsTab)
    with qtbot.waitExposed(window):
        window.show()
    yield TwoTabs(window, classify, models, workers)
    window.close()
    for item in (models, classify, context.bridge, window):
        item.deleteLater()


def test_the_classify_tab_follows_a_rename_and_forgets_what_was_deleted(
    two_tabs: TwoTabs, settings: Settings, qtbot: QtBot
) -> None:
    store = two_tabs.models.presenter._store
    news = two_tabs.window._context.models
    chooser = two_tabs.classify.view.sidebar.model_chooser
    assert chooser.currentData() == "mine"
    with qtbot.waitSignal(news.changed):
        store.rename("mine", "Jazz")
    assert chooser.currentData() == "Jazz"
    assert settings.get(MODEL) == "Jazz"
    with qtbot.waitSignal(news.changed):
        store.delete("Jazz")
    assert chooser.currentData() == "fst-muse"
    assert chooser.findData("Jazz") < 0


def test_a_rename_has_nothing_classified_again(
    two_tabs: TwoTabs, music: FloatArray, qtbot: QtBot
) -> None:
    classify, worker = two_tabs.classify, two_tabs.worker[0]
    news = two_tabs.window._context.models
    classify.open_paths(["/m/a.mp3", "/m/b.mp3"])
    answer = replace(make_classification(), model="mine")
    worker.tell(Done(worker.last, make_result(music, answer)))
    QCoreApplication.processEvents()
    under_way = worker.last
    with qtbot.waitSignal(news.changed):
        two_tabs.models.presenter._store.rename("mine", "Jazz")
    first, second = classify.presenter.clips
    assert first.state is RowState.DONE
    assert first.result is not None
    assert first.result.classification.model == "Jazz", "by which it is asked for its reasons"
    assert "Jazz" in classify.view.clip_page._about.text()
    assert worker.cancelled == [under_way]
    assert [request for _, request in worker.submitted] == [
        ClassifyFile("/m/a.mp3", "mine"),
        ClassifyFile("/m/b.mp3", "mine"),
        ClassifyFile("/m/b.mp3", "Jazz"),
    ]
    assert second.state is RowState.WAITING


def test_a_model_in_use_that_is_deleted_is_said_and_used_again_when_it_is_back(
    two_tabs: TwoTabs, settings: Settings, qtbot: QtBot
) -> None:
    store, news = two_tabs.models.presenter._store, two_tabs.window._context.models
    view = two_tabs.classify.view
    with qtbot.waitSignal(store.deleted) as deleted, qtbot.waitSignal(news.changed):
        store.delete("mine")
    assert view.sidebar.model_chooser.currentData() == "fst-muse"
    assert view.notice.text == "The model My songs is gone; clips are heard with FstMuse."
    with qtbot.waitSignal(news.changed):
        store.restore(deleted.args[0])
    assert view.sidebar.model_chooser.currentData() == settings.get(MODEL) == "mine"
    assert view.notice.text == ""


def test_use_brings_the_classify_tab_to_the_front(two_tabs: TwoTabs, qtbot: QtBot) -> None:
    store = two_tabs.models.presenter._store
    with qtbot.waitSignal(store.listed):
        two_tabs.window._tab_widget.setCurrentIndex(1)
    with qtbot.waitSignal(store.detailed, check_params_cb=lambda d: d.entry.name == "toy-model"):
        two_tabs.models.presenter.choose("toy-model")
    with qtbot.waitSignal(two_tabs.window._context.models.wanted):
        two_tabs.models.view.details.use_button.click()
    assert two_tabs.window.tab is two_tabs.classify
    assert two_tabs.classify.view.sidebar.model_chooser.currentData() == "toy-model"


def test_a_model_dropped_on_another_tab_goes_where_models_are(
    two_tabs: TwoTabs, qtbot: QtBot
) -> None:
    assert current(two_tabs.window.tab) is two_tabs.classify
    with qtbot.waitSignal(two_tabs.models.presenter._store.imported):
        two_tabs.window.open_paths(["/m/Theirs.FSTMUSE"])
    assert current(two_tabs.window.tab) is two_tabs.models
    assert two_tabs.worker[0].submitted == []
    two_tabs.window._tab_widget.setCurrentIndex(0)
    two_tabs.window.open_paths(["/m/song.mp3"])
    assert current(two_tabs.window.tab) is two_tabs.classify
