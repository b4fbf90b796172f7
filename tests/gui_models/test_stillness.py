"""Nothing of the Models tab moves under the pointer while models come and go."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize

from tests.gui.stillness import still
from tests.gui_models.conftest import ModelsBench, add_generator

SIZES = [QSize(1024, 640), QSize(1280, 800)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_models_come_and_go(bench: ModelsBench, own_models: Path, size: QSize) -> None:
    bench.window.resize(size)
    window, sidebar = bench.window, bench.view.sidebar
    bench.choose("fst-muse")
    for text in ("A short notice.", "A notice that takes more than a line. " * 8, ""):
        with still(window):
            bench.view.notice.say(text)
    add_generator(own_models, "my-band")
    with still(window):
        bench.settle(bench.news.changed.emit)
    for step in ("Reading it", "Building the network from its weights", "Testing it"):
        with still(window):
            sidebar.show_work("somebody-elses-model.fstmuse", step)
    with still(window):
        sidebar.show_work("")
    with still(window):
        sidebar.undo_bar.say("Deleted a model with a name that is rather long")
    with still(window):
        sidebar.undo_bar.hide()
    with still(window):
        sidebar.show_deleted([])
