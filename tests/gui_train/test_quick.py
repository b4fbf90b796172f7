"""Quick trainings in the window: the default, and what is said of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from fstmuse_core.runs import spec
from fstmuse_core.runs.events import Done
from fstmuse_gui.settings import Settings
from fstmuse_gui.train.data.reader import DataSetReader
from fstmuse_gui.train.form.presenter import TRAIN_DESIGN
from fstmuse_gui.train.run.training import begin_training
from tests.gui_train.conftest import LONG_MS, MakeTrainBench, TrainBench
from tests.gui_train.fakes import make_started
from tests.training_system.test_quick import write_songs


@pytest.fixture
def quick(make_bench: MakeTrainBench, settings: Settings) -> TrainBench:
    """A window whose Train tab was never changed."""
    settings.set(TRAIN_DESIGN, TRAIN_DESIGN.default)
    bench = make_bench()
    bench.form.design.setCurrentIndex(bench.form.design.findData(spec.QUICK))
    bench.form.defaults_requested.emit()
    return bench


def test_quick_is_what_the_tab_opens_with() -> None:
    assert TRAIN_DESIGN.default == spec.QUICK


def test_the_command_holds_what_a_quick_training_takes(quick: TrainBench) -> None:
    quick.survey()
    words = quick.presenter.form.options.arguments()
    assert words[words.index("--design") + 1] == "quick"
    assert not {"--epochs", "--batch-size", "--learning-rate", "--dropout", "--balance"} & set(
        words
    )


def test_settings_of_networks_are_out_of_reach(quick: TrainBench) -> None:
    controls = quick.form.recipe.controls
    assert not controls["epochs"].isEnabled()
    assert "no network" in controls["epochs"].toolTip()
    assert controls["seed"].isEnabled()
    assert not quick.form.base.isEnabled()


def test_a_small_network_and_a_generator_are_trained_deep(quick: TrainBench) -> None:
    form = quick.form
    for model in ("toy-model", "toy-gan"):
        form.design.setCurrentIndex(form.design.findData(spec.QUICK))
        form.model.setCurrentIndex(form.model.findData(model))
        form._on_model()
        assert form.design.currentData() == spec.OURS


def test_the_page_says_that_it_takes_seconds(quick: TrainBench) -> None:
    clips = {"train": 40, "validation": 0, "test": 40}
    quick.train(replace(make_started(), design=spec.QUICK, clips=clips, artists=clips))
    assert quick.view.run_page.where == "This takes seconds"
    assert "40 clips by 40 artists" in quick.view.run_page._head.lines[1]


@pytest.mark.slow
def test_a_real_quick_training_ends_with_a_result(
    make_bench: MakeTrainBench,
    settings: Settings,
    tmp_path: Path,
    own_folders: Path,
    usual_priority: None,
    qtbot: QtBot,
) -> None:
    bench = make_bench(starter=begin_training, data=DataSetReader)
    form = bench.form
    form.design.setCurrentIndex(form.design.findData(spec.QUICK))
    form.defaults_requested.emit()
    bench.learn_from(str(write_songs(tmp_path / "songs", {"Folk": 6, "Rock": 6})))
    form.name.setText("in-seconds")
    with qtbot.waitSignal(bench.tab.live.ended, timeout=LONG_MS):
        bench.presenter.train()
    done = bench.tab.live.done
    assert isinstance(done, Done), bench.tab.live.sentence
    assert done.metrics.n_songs == 12  # type: ignore[union-attr]
