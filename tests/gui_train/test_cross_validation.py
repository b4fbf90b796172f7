"""The form's cross-validation: what can be entered, and what the command line gets of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSpinBox
from pytestqt.qtbot import QtBot

from fstmuse_core.cli.train import command
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.settings import settings_from
from fstmuse_gui.train.form.presenter import TRAIN_RECIPE
from fstmuse_gui.train.form.recipe import FIELDS, MODEL_KINDS, default_recipe
from fstmuse_gui.train.words import accuracy_sentences
from tests.gui_train.conftest import MakeTrainBench, TrainBench
from tests.gui_train.test_form import choose
from tests.gui_train.test_words_and_numbers import few


def folds_of(bench: TrainBench) -> QSpinBox:
    control = bench.form.recipe.controls["cross_validate"]
    assert isinstance(control, QSpinBox)
    return control


def test_none_unless_asked_for(bench: TrainBench) -> None:
    bench.survey()
    assert folds_of(bench).text() == "None"
    assert "--cross-validate" not in bench.presenter.form.options.arguments()
    assert settings_from({"data": ["m"]}).cross_validate == 0


@pytest.mark.parametrize("model", ["fst-muse", "toy-model"])
def test_the_command_is_given_the_folds(bench: TrainBench, model: str) -> None:
    bench.survey()
    choose(bench.form.model, model)
    folds_of(bench).setValue(5)
    arguments = bench.presenter.form.options.arguments()
    with command.make_context("train", list(arguments)) as context:
        assert context.params["cross_validate"] == 5
    assert "--cross-validate 5" in bench.form.command._text.toPlainText()
    bench.presenter.train()
    assert bench.training.what == arguments


def test_the_form_takes_the_folds_that_the_command_takes() -> None:
    for folds in range(-1, 23):
        given = {"data": ["m"], "cross_validate": folds}
        try:
            settings_from(given)
        except FstMuseError:
            assert not FIELDS["cross_validate"].allows(folds)
        else:
            assert FIELDS["cross_validate"].allows(folds)
    assert not FIELDS["cross_validate"].allows(True)
    assert not FIELDS["cross_validate"].allows(5.0)


def test_one_fold_cannot_be_entered(bench: TrainBench, qtbot: QtBot) -> None:
    bench.survey()
    bench.form.recipe.fold_button.click()
    folds = folds_of(bench)
    folds.stepUp()
    assert folds.value() == 2
    folds.stepDown()
    assert folds.value() == 0
    folds.selectAll()
    qtbot.keyClicks(folds, "1")
    assert folds.value() == 0
    qtbot.keyClicks(folds, "2")
    qtbot.keyClick(folds, Qt.Key.Key_Return)
    assert folds.value() == 12
    folds.selectAll()
    qtbot.keyClicks(folds, "1")
    qtbot.keyClick(folds, Qt.Key.Key_Return)
    assert folds.value() != 1


def test_only_classifiers_of_our_design_have_it(bench: TrainBench) -> None:
    bench.survey()
    folds = folds_of(bench)
    folds.setValue(5)
    choose(bench.form.design, "original")
    assert not folds.isEnabled()
    assert "Only classifiers of our design" in folds.toolTip()
    assert "--cross-validate" not in bench.presenter.form.options.arguments()
    with pytest.raises(FstMuseError, match="--cross-validate"):
        settings_from({"data": ["m"], "design": "original", "cross_validate": 5})
    assert "cross_validate" not in MODEL_KINDS["toy-gan"].fields


def test_it_is_remembered_and_one_fold_is_not(make_bench: MakeTrainBench) -> None:
    first = make_bench()
    first.survey()
    folds_of(first).setValue(3)
    settings = first.window._context.settings
    first.window.close()
    second = make_bench()
    assert folds_of(second).value() == 3
    second.window.close()
    settings.set(TRAIN_RECIPE, {**default_recipe("fst-muse", "ours"), "cross_validate": 1})
    assert folds_of(make_bench()).value() == 0


def test_the_field_is_named_where_a_test_had_few_songs(bench: TrainBench) -> None:
    sentence = accuracy_sentences(few())[1]
    assert FIELDS["cross_validate"].caption in sentence
    assert bench.form.recipe.fold_button.text().strip() in sentence
