"""The whole way with the real program: a folder, Train, the result, and the Classify tab."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
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


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Two genres that nobody could mistake, six artists each."""
    rng = np.random.default_rng(0)
    t = np.arange(SECONDS * RATE) / RATE
    root = tmp_path / "music"
    for genre, pitch in (("rock", 110.0), ("folk", 660.0)):
        for artist in range(6):
            tone = np.sin(2 * np.pi * pitch * (1 + 0.02 * artist) * t) * (0.6 + 0.4 * np.cos(8 * t))
            sound = 0.3 * tone + 0.02 * rng.normal(size=t.size)
            path = root / genre / f"artist {artist}" / "song.wav"
            path.parent.mkdir(parents=True)
            soundfile.write(path, sound.astype(np.float32), RATE)
    return root


@pytest.mark.slow
def test_a_folder_becomes_a_model(
    make_bench: MakeTrainBench,
    music: Path,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setitem(os.environ, variable, str(tmp_path / "home"))
    monkeypatch.setattr(
        "platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path / "home" / "fstmuse")
    )

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
