"""A model that comes or goes outside the window is in its lists, and out of them."""

from __future__ import annotations

import shutil
from pathlib import Path

from pytestqt.qtbot import QtBot

from fstmuse_core.bundle.manifest import MANIFEST_NAME
from fstmuse_gui.shared.models import ModelWatch
from fstmuse_gui.shared.tabs import ModelSignals
from tests.gui_models.conftest import add_model


def test_models_that_come_change_and_go(qtbot: QtBot, own_models: Path) -> None:
    shutil.rmtree(own_models, ignore_errors=True)
    news = ModelSignals()
    watch = ModelWatch(news)
    watch.start()

    with qtbot.waitSignal(news.changed):
        add_model(own_models, "mine", "Mine")
    with qtbot.waitSignal(news.changed):
        shutil.rmtree(own_models / "mine")


def test_what_the_window_did_itself_is_told_once(qtbot: QtBot, own_models: Path) -> None:
    own_models.mkdir(parents=True, exist_ok=True)
    news = ModelSignals()
    watch = ModelWatch(news)
    watch.start()
    told: list[None] = []
    news.changed.connect(lambda: told.append(None))

    add_model(own_models, "mine", "Mine")
    news.changed.emit()
    (own_models / "a file").touch()  # not a model either
    qtbot.wait(900)

    assert (own_models / "mine" / MANIFEST_NAME).is_file()
    assert len(told) == 1
