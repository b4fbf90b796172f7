"""The whole way with the real program: a folder, Train, the result, and the Classify tab."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QSpinBox
from pytestqt.qtbot import QtBot

from fstmuse_core.runs.events import Epoch
from fstmuse_core.runs.metrics import Metrics
from fstmuse_gui.train.data.reader import DataSetReader
from fstmuse_gui.train.results.presenter import past_runs
from fstmuse_gui.train.run.training import begin_training
from tests.gui_train.conftest import LONG_MS, MakeTrainBench

SECONDS = 6
RATE = 22_050
NAMES = ("two-tones", "typed")


@pytest.mark.slow
@pytest.mark.timeout(3 * LONG_MS / 1000)
@pytest.mark.usefixtures("usual_priority")
def test_a_folder_becomes_a_model(
    make_bench: MakeTrainBench,
    music: Path,
    own_folders: Path,
    qtbot: QtBot,
) -> None:
    bench = make_bench(data=DataSetReader, starter=begin_training, lister=past_runs)
    with qtbot.waitSignal(bench.music._work.surveyed, timeout=LONG_MS):
        bench.music.add(str(music))
    form = bench.view.form
    for name, value in {"epochs": 1, "batch_size": 8}.items():
        box = form.recipe.controls[name]
        assert isinstance(box, QSpinBox)
        box.setValue(value)
    form.name.setText("two-tones")
    form_arguments = list(bench.presenter.form.options.arguments())
    bench.presenter.train()
    with qtbot.waitSignal(bench.tab.live.ended, timeout=LONG_MS):
        pass
    assert bench.tab.live.sentence == ""
    assert any(isinstance(event, Epoch) for event in bench.tab.live._story)
    done = bench.tab.live.done
    assert done is not None
    assert (Path(done.bundle) / "model.json").is_file()
    assert bench.view.page is bench.view.results_page
    assert isinstance(done.metrics, Metrics)
    assert set(done.metrics.genres) == {"Folk", "Rock"}

    # What the window has begun is no other training than the command line's.
    words = form_arguments
    words[words.index("two-tones")] = "typed"
    command = [sys.executable, "-m", "fstmuse_core.cli", "train", *words]
    subprocess.run(command, check=True, capture_output=True, timeout=LONG_MS / 1000)
    clicked, typed = (np.load(Path(done.bundle).parent / n / "weights.npz") for n in NAMES)
    for name in clicked:
        np.testing.assert_allclose(clicked[name], typed[name], atol=1e-4, err_msg=name)
