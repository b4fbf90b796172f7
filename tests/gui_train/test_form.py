"""The form: what can be entered, what is wrong with it, and the command line it stands for."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox
from pytestqt.qtbot import QtBot

from fstmuse_core.cli.train import command
from fstmuse_core.runs.spec import LEARNING_RATE
from fstmuse_core.tags.genres import genres_listed
from fstmuse_gui.settings import Settings
from fstmuse_gui.train.form.choices import Base, bases
from fstmuse_gui.train.form.presenter import TRAIN_BASE, TRAIN_MODEL, TRAIN_RECIPE
from fstmuse_gui.train.form.recipe import default_recipe
from tests.gui_train.conftest import MakeTrainBench, TrainBench
from tests.gui_train.fakes import GENRES, make_bases
from tests.narrowing import current


def test_one_genre_is_too_few(bench: TrainBench) -> None:
    bench.survey()
    chips = list(bench.view.form.chips.chips.values())
    for chip in chips[1:]:
        chip.click()
    assert not bench.view.form.train_button.isEnabled()
    assert "two genres" in bench.view.form.chips.accessibleDescription()
    chips[1].click()
    assert bench.view.form.train_button.isEnabled()


@pytest.mark.parametrize("name", ["", "my: model", "../away", "fst-muse", "x" * 65])
def test_a_bad_name_is_said_beside_the_field(bench: TrainBench, name: str, qtbot: QtBot) -> None:
    bench.survey()
    bench.view.form.name.clear()
    qtbot.keyClicks(bench.view.form.name, name or " ")
    assert bench.view.form.name_field.trouble
    assert not bench.presenter.can_train


def test_a_name_may_hold_blanks(bench: TrainBench) -> None:
    bench.survey()
    bench.view.form.name.setText("my own songs")
    assert not bench.view.form.name_field.trouble
    assert bench.presenter.can_train


def test_defaults_follow_model_and_design(bench: TrainBench) -> None:
    form = bench.view.form
    form.design.setCurrentIndex(form.design.findData("original"))
    form.design.activated.emit(form.design.currentIndex())
    assert bench.presenter.form.options.recipe == default_recipe("fst-muse", "original")
    assert not form.recipe.controls["dropout"].isEnabled()
    form.recipe.controls["epochs"].setValue(3)  # type: ignore[union-attr]
    form.recipe.defaults_button.click()
    assert bench.presenter.form.options.recipe["epochs"] == 10


@pytest.mark.parametrize("model", ["fst-muse", "toy-model", "toy-gan"])
def test_every_model_takes_the_genres_of_the_music(bench: TrainBench, model: str) -> None:
    bench.survey()
    form = bench.view.form
    form.model.setCurrentIndex(form.model.findData(model))
    form.model.activated.emit(form.model.currentIndex())
    assert set(bench.presenter.form.options.genres) == set(GENRES)
    assert form.left_out == ""


def test_what_is_left_out_is_said_with_how_to_learn_it(bench: TrainBench) -> None:
    bench.survey()
    bench.form.chips.chips["Pop"].click()
    assert bench.form.left_out == "Not learned: Pop."
    assert "Tick it to learn it." in bench.form._left_out.toolTip()
    bench.form.chips.chips["Jazz"].click()
    assert "Tick them to learn them." in bench.form._left_out.toolTip()
    assert "Pop" in bench.form.left_out
    for genre in ("Pop", "Jazz"):
        bench.form.chips.chips[genre].click()
    assert bench.form.left_out == ""


def test_genres_that_were_left_out_stay_so_when_music_is_added(bench: TrainBench) -> None:
    bench.survey()
    bench.form.chips.chips["Pop"].click()
    before = bench.form.chips.taken
    bench.learn_from("/music/other")
    assert "Pop" not in bench.form.chips.taken
    assert bench.form.chips.taken == before
    bench.form.model.setCurrentIndex(bench.form.model.findData("toy-model"))
    bench.form.model.activated.emit(bench.form.model.currentIndex())
    assert bench.form.chips.taken == before
    bench.form.chips.chips["Pop"].click()
    bench.form.chips.chips["Jazz"].click()
    bench.learn_from("/music/a third")
    assert set(bench.form.chips.taken) == set(GENRES) - {"Jazz"}


def test_the_command_holds_what_was_entered(bench: TrainBench) -> None:
    bench.survey()
    form = bench.form
    rate = form.recipe.controls["learning_rate"]
    assert isinstance(rate, QDoubleSpinBox)
    rate.setValue(0.0005)
    form.recipe.controls["balance"].setChecked(True)  # type: ignore[union-attr]
    form.name.setText("band-night")
    bench.presenter.train()
    words = bench.training.what
    assert isinstance(words, list)
    pairs = dict(zip(words[:-1:2], words[1::2], strict=True))
    assert pairs["--data"] == "/music/my library"
    assert pairs["--genres"].split(",")[0] == "Rock"
    assert pairs["--learning-rate"] == "0.0005"
    assert pairs["--out"] == "band-night"
    assert words[-1] == "--balance"
    assert "--fine-tune" not in words
    assert "--tensorboard" not in words


def test_the_command_line_can_be_copied(bench: TrainBench) -> None:
    bench.survey()
    bench.form.name.setText("band-night")
    bench.form.command.fold_button.click()
    bench.form.command.copy_button.click()
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("fstmuse train --model fst-muse --design ours --data '/music/my lib")
    bench.presenter.train()
    assert shlex.split(copied)[2:] == bench.training.what


def test_what_is_unfolded_comes_into_view_whole(bench: TrainBench, qtbot: QtBot) -> None:
    bench.survey()
    bench.window.resize(1000, 640)
    command, area = bench.form.command, bench.form._area
    command.fold_button.click()

    def is_seen() -> bool:
        button = command.copy_button
        corner = button.mapTo(area.viewport(), button.rect().bottomRight())
        return bool(area.viewport().rect().contains(corner)) and button.y() > 0

    qtbot.waitUntil(lambda: command.height() == command.sizeHint().height() and is_seen())
    qtbot.wait(50)
    assert is_seen()


def test_the_command_line_is_one_that_the_program_takes(bench: TrainBench, tmp_path: Path) -> None:
    bench.survey()
    bench.form.logs.show_logs(True, str(tmp_path))
    choose(bench.form.base, "fst-muse")
    arguments = bench.presenter.form.options.arguments()
    with command.make_context("train", list(arguments)) as context:
        given = context.params
    assert given["data"] == ("/music/my library",)
    assert given["fine_tune"] == "fst-muse"
    assert given["tensorboard"] == str(tmp_path)
    assert given["learning_rate"] == 5e-4


def choose(box: QComboBox, value: str) -> None:
    """As the user does."""
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_genres_of_any_name_reach_the_command_line(bench: TrainBench) -> None:
    genres = ("Rock", "Zouk, Kompa", 'The "new" one')
    options = dataclasses.replace(bench.presenter.form.options, genres=genres)
    words = options.arguments()
    assert genres_listed(words[words.index("--genres") + 1]) == list(genres)
    assert genres_listed(" rock, jazz ,,") == ["rock", "jazz"]


# -- starting from a model -------------------------------------------------------------


@pytest.fixture
def listed(bench: TrainBench, qtbot: QtBot) -> TrainBench:
    """The models to start from are known."""
    qtbot.waitUntil(lambda: bench.form.base.count() == 4)
    bench.survey()
    return bench


def test_a_model_to_start_from_lowers_the_learning_rate(listed: TrainBench) -> None:
    choose(listed.form.base, "fst-muse")
    options = listed.presenter.form.options
    assert options.fine_tune == "fst-muse"
    assert options.recipe["learning_rate"] == LEARNING_RATE.fine_tuned
    words = options.arguments()
    assert words[words.index("--fine-tune") + 1] == "fst-muse"
    choose(listed.form.base, "")
    assert listed.presenter.form.options.recipe == default_recipe("fst-muse", "ours")


def test_a_model_of_another_network_can_be_seen_and_says_why_not(listed: TrainBench) -> None:
    box = listed.form.base
    items = box.model()
    assert isinstance(items, QStandardItemModel)
    toy = items.item(box.findData("band-night"))
    assert not toy.isEnabled()
    assert "It is a ToyModel" in toy.toolTip()
    choose(listed.form.model, "toy-model")
    assert toy.isEnabled()
    assert not items.item(box.findData("fst-muse")).isEnabled()


def test_another_model_leaves_a_base_that_does_not_fit(listed: TrainBench) -> None:
    choose(listed.form.base, "fst-muse")
    choose(listed.form.model, "toy-model")
    assert listed.presenter.form.options.fine_tune == ""


def test_the_reports_design_always_learns_anew(listed: TrainBench) -> None:
    choose(listed.form.base, "fst-muse")
    choose(listed.form.design, "original")
    assert not listed.form.base.isEnabled()
    assert "always learns anew" in listed.form.base.toolTip()
    assert "--fine-tune" not in listed.presenter.form.options.arguments()
    dropout = listed.form.recipe.controls["dropout"]
    assert not dropout.isEnabled()
    assert "has none of this" in dropout.toolTip()


def test_the_models_tab_can_ask_to_fine_tune(make_bench: MakeTrainBench, qtbot: QtBot) -> None:
    bench = make_bench(front=0)
    bench.window._context.models.fine_tune_wanted.emit("band-night")
    assert bench.window.tab is bench.tab
    qtbot.waitUntil(lambda: bench.form.base.base == "band-night")
    assert bench.form.model.currentData() == "toy-model"
    assert bench.presenter.form.options.recipe["learning_rate"] == LEARNING_RATE.fine_tuned


def test_a_model_that_cannot_be_trained_further_is_said(listed: TrainBench, qtbot: QtBot) -> None:
    listed.presenter.form.fine_tune("a-generator")
    qtbot.waitUntil(lambda: "a-generator cannot be trained further" in listed.view.notice.text)
    assert listed.form.base.base == ""


def test_models_that_come_and_go_are_offered_and_not(
    make_bench: MakeTrainBench, qtbot: QtBot
) -> None:
    found = make_bases()
    bench = make_bench(bases=lambda: list(found))
    box = bench.form.base
    qtbot.waitUntil(lambda: box.count() == 4)
    choose(box, "fst-muse")
    found.append(Base("new", "new", "fst-muse", ("Rock", "Folk")))
    bench.window._context.models.changed.emit()
    qtbot.waitUntil(lambda: box.count() == 5)
    assert box.base == "fst-muse"
    del found[0]
    bench.window._context.models.changed.emit()
    qtbot.waitUntil(lambda: box.count() == 4)
    assert box.base == ""
    assert "The model fst-muse is gone" in bench.view.notice.text


def test_a_base_that_is_renamed_is_still_started_from(
    make_bench: MakeTrainBench, qtbot: QtBot
) -> None:
    found = make_bases()
    bench = make_bench(bases=lambda: list(found))
    box, news = bench.form.base, bench.window._context.models
    qtbot.waitUntil(lambda: box.count() == 4)
    bench.presenter.form.fine_tune("band-night")
    qtbot.waitUntil(lambda: box.base == "band-night")
    before = bench.presenter.form.options
    found[2] = dataclasses.replace(found[2], name="evening")
    news.renamed.emit("band-night", "evening")
    news.changed.emit()
    qtbot.waitUntil(lambda: box.known("evening") is not None)
    QCoreApplication.processEvents()
    after = bench.presenter.form.options
    assert after == dataclasses.replace(before, fine_tune="evening")
    assert bench.view.notice.text == ""


def test_a_base_may_be_renamed_before_the_tab_is_looked_at(
    make_bench: MakeTrainBench, settings: Settings, qtbot: QtBot
) -> None:
    settings.set(TRAIN_MODEL, "toy-model")
    settings.set(TRAIN_BASE, "band-night")
    found = make_bases()
    found[2] = dataclasses.replace(found[2], name="evening")
    bench = make_bench(front=0, bases=lambda: list(found))
    bench.window._context.models.renamed.emit("band-night", "evening")
    bench.window._tab_widget.setCurrentIndex(1)
    qtbot.waitUntil(lambda: bench.form.base.base == "evening")
    assert bench.view.notice.text == ""


def test_bases_are_the_models_whose_network_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path))
    models = tmp_path / "models"
    for name, text in (
        ("gan", '{"title": "G", "genres": [], "architecture": {"network": "other.place"}}'),
        ("cut", '{"title": "C"'),
        ("odd", '{"title": "O", "genres": ["Rock"], "architecture": null}'),
    ):
        (models / name).mkdir(parents=True)
        (models / name / "model.json").write_text(text)
    assert {base.name for base in bases()} == {"fst-muse", "toy-gan", "toy-model"}


# -- logs for TensorBoard --------------------------------------------------------------


def test_logs_are_off_until_asked_for_and_say_how_to_look(bench: TrainBench) -> None:
    bench.survey()
    logs = bench.form.logs
    bench.form.recipe.fold_button.setChecked(True)
    assert not logs.folder.isVisible()
    logs.box.click()
    assert logs.folder.isVisible()
    logs.folder.setText("/logs/mine and yours")
    assert bench.presenter.form.options.tensorboard == "/logs/mine and yours"
    logs.copy_button.click()
    assert QGuiApplication.clipboard().text() == "tensorboard --logdir '/logs/mine and yours'"
    logs.folder.clear()
    assert not current(bench.presenter.can_train)
    logs.box.click()
    assert current(bench.presenter.can_train)
    assert bench.presenter.form.options.tensorboard == ""


def test_the_folder_of_the_logs_can_be_chosen(
    bench: TrainBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.view, "ask_log_folder", lambda _folder: "/chosen")
    bench.form.logs.browse_button.click()
    assert bench.form.logs.folder.text() == "/chosen"
    monkeypatch.setattr(bench.view, "ask_log_folder", lambda _folder: "")
    bench.form.logs.browse_button.click()
    assert bench.form.logs.folder.text() == "/chosen"


# -- remembered ------------------------------------------------------------------------


def test_everything_entered_is_there_again(make_bench: MakeTrainBench, qtbot: QtBot) -> None:
    first = make_bench()
    first.survey()
    qtbot.waitUntil(lambda: first.form.base.count() == 4)
    choose(first.form.model, "toy-model")
    choose(first.form.base, "band-night")
    first.form.recipe.controls["epochs"].setValue(7)  # type: ignore[union-attr]
    first.form.chips.chips["Jazz"].click()
    first.form.logs.show_logs(True, "/logs")
    before = first.presenter.form.options
    first.window.close()
    again = make_bench()
    again.survey()
    qtbot.waitUntil(lambda: again.form.base.base == "band-night")
    after = again.presenter.form.options
    assert after.model == "toy-model"
    assert after.recipe == before.recipe
    assert set(after.genres) == set(GENRES) - {"Jazz"}
    assert after.tensorboard == "/logs"


def test_other_music_is_offered_whole_after_a_start(make_bench: MakeTrainBench) -> None:
    first = make_bench()
    first.survey()
    first.form.chips.chips["Jazz"].click()
    first.window.close()
    again = make_bench()
    again.learn_from("/music/other")
    assert set(again.presenter.form.options.genres) == set(GENRES)


def test_what_cannot_be_entered_is_not_remembered(make_bench: MakeTrainBench) -> None:
    first = make_bench(front=0)
    settings = first.window._context.settings
    settings.set(TRAIN_RECIPE, {"epochs": 0, "learning_rate": "fast", "l2": 0.5, "odd": 1})
    first.window._tab_widget.setCurrentIndex(1)
    recipe = first.presenter.form.options.recipe
    assert recipe == {**default_recipe("fst-muse", "ours"), "l2": 0.5}
