"""The Models tab in a window, with models in folders of the test."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from fstmuse_core.bundle.bundle import shipped_models_folder
from fstmuse_core.bundle.manifest import manifest_bytes
from fstmuse_core.bundle.model_list import ModelEntry, find_model
from fstmuse_core.bundle.noise import NoiseShape
from fstmuse_gui.main_window import MainWindow
from fstmuse_gui.models.presenter import ModelsPresenter
from fstmuse_gui.models.store import Importer, ModelStore
from fstmuse_gui.models.tab import ModelsTab
from fstmuse_gui.models.view import ModelsView
from fstmuse_gui.settings import Settings
from fstmuse_gui.shared.tabs import ModelSignals, TabContext
from fstmuse_gui.theme import ThemeController
from fstmuse_gui.workers.bridge import WorkerBridge
from tests.gui.conftest import nothing_left_behind, settings, theme
from tests.gui.fakes import FakeWorker

__all__ = ["nothing_left_behind", "settings", "theme"]

SHIPPED = ["fst-muse", "fst-muse-wide", "tagger", "toy-gan", "toy-model"]


class Importing:
    """Stands in for the import: copies the shipped ToyModel when the test lets it."""

    def __init__(self, models: Path) -> None:
        self.models = models
        self.error: Exception | None = None
        self.hold: Callable[[Callable[[], bool]], None] = lambda _cancelled: None
        self.paths: list[str] = []

    def __call__(
        self, path: str, *, tell: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> ModelEntry:
        self.paths.append(path)
        tell("Building the network from its weights")
        self.hold(cancelled)
        if self.error is not None:
            raise self.error
        add_model(self.models, Path(path).stem)
        return find_model(Path(path).stem)


def add_model(models: Path, name: str, title: str = "", **changes: Any) -> Path:
    """A copy of the shipped ToyModel among the user's own models."""
    folder = models / name
    shutil.copytree(shipped_models_folder() / "toy-model", folder)
    file = folder / "model.json"
    values = {**json.loads(file.read_bytes()), "name": name, "title": title or name, **changes}
    values.pop("digest", None)
    file.write_bytes(manifest_bytes(values))
    return folder


def add_generator(models: Path, name: str) -> Path:
    """Write what looks like a generator, with a few figures."""
    shares = {"Folk": 0.25, "Hip-Hop": 0.5, "Rock": 0.75}
    return add_model(
        models,
        name,
        kind="generator",
        architecture=NoiseShape().to_dict(),
        metrics={"accuracy": 0.5, "consistency": shares},
    )


@dataclass
class ModelsBench:
    """A window whose tab in front is the Models tab."""

    window: MainWindow
    tab: ModelsTab
    models: Path
    importing: Importing
    news: ModelSignals
    qtbot: QtBot

    @property
    def view(self) -> ModelsView:
        return self.tab.view

    @property
    def presenter(self) -> ModelsPresenter:
        return self.tab.presenter

    @property
    def store(self) -> ModelStore:
        return self.presenter._store

    @property
    def names(self) -> list[str]:
        """Names in the list."""
        return [entry.name for entry in self.view.sidebar.list.entries]

    def choose(self, name: str) -> None:
        """Click on a model and wait for its details."""
        with self.qtbot.waitSignal(self.store.detailed, check_params_cb=_about(name)):
            self.presenter.choose(name)
        QCoreApplication.processEvents()

    def settle(self, act: Callable[[], object], name: str = "") -> None:
        """Do something and wait for the list that follows, and for details."""
        # Details that were asked for before may come first; they do not count.
        is_wanted = _about(name) if name else lambda _details: True
        after_list: list[bool] = []

        def on_details(details: Any) -> None:
            if after_list:
                after_list.append(is_wanted(details))

        listed = self.store.listed.connect(lambda *_: after_list.append(False))
        detailed = self.store.detailed.connect(on_details)
        act()
        self.qtbot.waitUntil(lambda: any(after_list))
        self.store.listed.disconnect(listed)
        self.store.detailed.disconnect(detailed)
        QCoreApplication.processEvents()


def _about(name: str) -> Callable[[Any], bool]:
    return lambda details: details.entry.name == name


MakeModelsBench = Callable[..., ModelsBench]


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's own models, empty."""
    folder = tmp_path / "user" / "models"
    folder.mkdir(parents=True)
    monkeypatch.setattr("fstmuse_core.bundle.bundle.user_models_folder", lambda: folder)
    return folder


@pytest.fixture
def make_bench(
    qtbot: QtBot, settings: Settings, theme: ThemeController, own_models: Path
) -> Iterator[MakeModelsBench]:
    made: list[ModelsBench] = []

    def make(importer: Importer | None = None) -> ModelsBench:
        importing = Importing(own_models)
        context = TabContext(settings, WorkerBridge(FakeWorker))
        window = MainWindow(context, theme, [lambda c: ModelsTab(c, importer or importing)])
        (tab,) = window.tabs
        assert isinstance(tab, ModelsTab)
        bench = ModelsBench(window, tab, own_models, importing, context.models, qtbot)
        made.append(bench)
        with qtbot.waitSignals([bench.store.listed]), qtbot.waitExposed(window):
            window.show()
        if bench.names:
            bench.choose(bench.names[0])
        return bench

    yield make
    for bench in made:
        bench.window.close()
        bench.tab.deleteLater()
        bench.window._context.bridge.deleteLater()
        bench.window.deleteLater()


@pytest.fixture
def bench(make_bench: MakeModelsBench, own_models: Path) -> ModelsBench:
    """A window with the shipped models and one of the user's own, called "mine"."""
    add_model(own_models, "mine", "My songs")
    return make_bench()


def type_name(bench: ModelsBench, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    """Press F2, type, and press a key."""
    rows = bench.view.sidebar.list
    rows.setFocus()
    bench.qtbot.keyClick(rows, Qt.Key.Key_F2)
    editor = rows.findChild(QLineEdit)
    assert editor is not None
    bench.qtbot.keyClicks(editor, text)
    bench.qtbot.keyClick(editor, key)
