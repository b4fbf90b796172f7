"""The whole way with the real program: a folder, Train, the result, and the Classify tab."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from fstmuse_gui.train.data_work import DataWork
from fstmuse_gui.train.events import Epoch
from fstmuse_gui.train.history import past_runs
from fstmuse_gui.train.process import OwnTraining
from tests.gui_train.conftest import MakeTrainBench

SECONDS = 6
RATE = 22_050
LONG_MS = 240_000


@pytest.mark.slow
def test_a_folder_becomes_a_model(
    make_bench: MakeTrainBench,
    music: Path,
    own_folders: Path,
    qtbot: QtBot,
) -> None:
    def start(arguments: list[str], parent: QObject) -> OwnTraining:
        return OwnTraining(arguments, parent)

    bench = make_bench(data=DataWork, starter=start, lister=past_runs)
    with qtbot.waitSignal(bench.music._work.surveyed, timeout=LONG_MS):
        bench.music.add(str(music))
    form = bench.view.form
    form.recipe.controls["epochs"].setValue(1)
    form.recipe.controls["batch_size"].setValue(8)
    form.name.setText("two-tones")
    bench.presenter.train()
    with qtbot.waitSignal(bench.tab.live.ended, timeout=LONG_MS):
        pass
    assert bench.tab.live.sentence == ""
    assert any(isinstance(event, Epoch) for event in bench.tab.live._story)
    done = bench.tab.live.done
    assert done is not None
    assert (Path(done.bundle) / "model.json").is_file()
    assert bench.view.page is bench.view.results_page
    assert set(done.metrics.genres) == {"Folk", "Rock"}
