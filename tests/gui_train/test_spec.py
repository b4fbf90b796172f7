"""Settings of a training: command line, checks and form say what their one declaration says."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import math
import subprocess
import sys
from itertools import product
from typing import Any

import click
import pytest
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSpinBox
from pytestqt.qtbot import QtBot

from fstmuse_core.cli import train as cli_train
from fstmuse_core.runs import spec
from fstmuse_core.runs.spec import (
    DESIGNS,
    MODELS,
    SETTINGS,
    ChoiceSetting,
    RealSetting,
    WholeSetting,
)
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags import text_encoding
from fstmuse_core.training import settings as core_settings
from fstmuse_core.training.settings import TrainSettings, settings_from
from fstmuse_gui.train.form import recipe
from fstmuse_gui.train.form.recipe import FIELDS, MODEL_KINDS, default_recipe
from fstmuse_gui.train.form.recipe_form import RecipeForm

_OPTIONS = {option.name: option for option in cli_train.command.params}
# How it is run, and on what, is no setting of a model.
_NOT_SETTINGS = {
    *("quick", "resume", "runs", "layout", "events", "help"),
    *("processes", "coordinator", "rank", "hosts"),
}
_VARIANTS = [both for both in product(MODELS, DESIGNS) if spec.DATA.is_for(*both)]


def test_every_setting_is_an_option_and_a_field_of_the_settings() -> None:
    assert SETTINGS.keys() == _OPTIONS.keys() - _NOT_SETTINGS
    names = [field.name for field in dataclasses.fields(TrainSettings)]
    names.remove("title")  # "out" as it was given
    assert list(SETTINGS) == names
    for name, setting in SETTINGS.items():
        assert _OPTIONS[name].opts == [setting.option]


@pytest.mark.parametrize("name", list(SETTINGS))
def test_options_have_the_ranges_and_choices_of_the_settings(name: str) -> None:
    setting, kind = SETTINGS[name], _OPTIONS[name].type
    if isinstance(setting, WholeSetting):
        lowest = setting.low if setting.off is None else setting.off
        assert isinstance(kind, click.IntRange)
        assert (kind.min, kind.max, kind.min_open, kind.max_open) == (
            lowest,
            setting.high,
            False,
            False,
        )
    elif isinstance(setting, RealSetting):
        assert isinstance(kind, click.FloatRange)
        assert (kind.min, kind.max) == (setting.low, setting.high)
        assert (kind.min_open, kind.max_open) == (setting.low_open, setting.high_open)
    elif isinstance(setting, ChoiceSetting):
        assert isinstance(kind, click.Choice)
        assert tuple(kind.choices) == setting.choices


def test_no_option_has_a_default_of_its_own() -> None:
    with cli_train.command.make_context("train", []) as context:
        given = {name: context.params[name] for name in SETTINGS}
    assert set(given.values()) <= {None, ()}


@pytest.mark.parametrize("name", ["model", "design", "dropout", "l2", "augment", "seed"])
def test_help_says_the_defaults(name: str) -> None:
    option = _OPTIONS[name]
    assert isinstance(option, click.Option)
    assert f"[default: {_plain(SETTINGS[name].default)}]" in str(option.help)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize(("model", "design"), _VARIANTS)
@pytest.mark.parametrize("base", ["", "mine"])
def test_settings_have_the_declared_defaults(model: str, design: str, base: str) -> None:
    if base and not spec.FINE_TUNE.is_for(model, design):
        with pytest.raises(FstMuseError, match=r"can do that|has no network"):
            settings_from({"model": model, "design": design, "data": ["m"], "fine_tune": base})
        return
    given = {"model": model, "design": design, "data": ["m"], "fine_tune": base}
    found = settings_from(given)
    for name, setting in SETTINGS.items():
        if name not in given:
            wanted = setting.default_for(model, design, fine_tunes=bool(base))
            assert getattr(found, name) == wanted
            assert setting.allows(wanted)


def test_the_plain_settings_are_the_defaults() -> None:
    assert all(getattr(TrainSettings(), name) == s.default for name, s in SETTINGS.items())
    assert spec.TAG_ENCODING.default == text_encoding.AUTO


_EDGES: list[tuple[str, Any]] = [
    *((s.name, s.low - 1) for s in SETTINGS.values() if isinstance(s, WholeSetting)),
    *((s.name, s.high + 1) for s in SETTINGS.values() if isinstance(s, WholeSetting | RealSetting)),
    *((s.name, s.low) for s in SETTINGS.values() if isinstance(s, WholeSetting | RealSetting)),
    *((s.name, s.high) for s in SETTINGS.values() if isinstance(s, WholeSetting | RealSetting)),
    *((s.name, math.nan) for s in SETTINGS.values() if isinstance(s, RealSetting)),
    *((s.name, "other") for s in SETTINGS.values() if isinstance(s, ChoiceSetting)),
    *((s.name, s.choices[-1]) for s in SETTINGS.values() if isinstance(s, ChoiceSetting)),
]


@pytest.mark.parametrize(("name", "value"), _EDGES)
def test_checks_refuse_what_lies_outside(name: str, value: Any) -> None:
    setting = SETTINGS[name]
    if name == "design" and setting.allows(value):
        value = "ours"
    if name == "model" and setting.allows(value):
        value = "toy-model"
    if setting.allows(value):
        assert getattr(settings_from({"data": ["m"], name: value}), name) == value
        return
    with pytest.raises(FstMuseError) as caught:
        settings_from({"data": ["m"], name: value})
    assert str(caught.value) == f"{setting.option}: {value} cannot be used; {setting.needed}"


def test_what_a_model_does_not_know_is_refused() -> None:
    others: dict[str, Any] = {"dropout": 0.1, "l2": 0.1, "augment": "full", "cross_validate": 5}
    for (model, design), (name, value) in product(_VARIANTS, others.items()):
        given = {"model": model, "design": design, "data": ["m"], name: value}
        if SETTINGS[name].is_for(model, design):
            assert getattr(settings_from(given), name) == value
        else:
            with pytest.raises(FstMuseError, match="cannot be used"):
                settings_from(given)


# Form ---------------------------------------------------------------------------------------


def test_the_form_knows_every_model_and_design() -> None:
    assert set(MODEL_KINDS) == set(MODELS)
    assert tuple(recipe.DESIGNS) == DESIGNS


def test_the_form_has_the_declared_ranges(qtbot: QtBot) -> None:
    form = RecipeForm()
    qtbot.addWidget(form)
    for name, control in form.controls.items():
        setting, shown = SETTINGS[name], FIELDS[name]
        if isinstance(control, QSpinBox):
            assert isinstance(setting, WholeSetting)
            lowest = setting.low if setting.off is None else setting.off
            assert control.minimum() == lowest
            assert control.maximum() == min(setting.high, 2**31 - 1)
        elif isinstance(control, QDoubleSpinBox):
            assert isinstance(setting, RealSetting)
            nearest = 10.0 ** -control.decimals()
            low = setting.low + nearest * setting.low_open
            high = setting.high - nearest * setting.high_open
            assert control.minimum() == pytest.approx(low)
            assert control.maximum() == pytest.approx(high)
        elif isinstance(control, QComboBox):
            assert isinstance(setting, ChoiceSetting)
            offered = [control.itemData(row) for row in range(control.count())]
            assert sorted(offered) == sorted(setting.choices)
        assert shown.allows(setting.default)


@pytest.mark.parametrize(("model", "design"), _VARIANTS)
def test_the_form_offers_what_the_model_has(model: str, design: str) -> None:
    values = default_recipe(model, design)
    assert values == {name: SETTINGS[name].default_for(model, design) for name in values}
    open_fields = values.keys() - recipe.unused_fields(model, design).keys()
    assert open_fields == {
        name
        for name in FIELDS
        if SETTINGS[name].is_for(model, design) and not SETTINGS[name].is_fixed(model, design)
    }


# Where they stand ---------------------------------------------------------------------------


def test_command_line_and_checks_state_no_numbers_of_their_own() -> None:
    for module in (cli_train, core_settings):
        constants = [
            node.value
            for node in ast.walk(ast.parse(inspect.getsource(module)))
            if isinstance(node, ast.Constant) and type(node.value) in (int, float)
        ]
        assert set(constants) <= {0, 1}, module.__name__


def test_the_declaration_loads_nothing_heavy() -> None:
    code = (
        "import sys; import fstmuse_core.runs.spec; "
        "heavy = {'numpy', 'tensorflow', 'keras', 'PySide6', 'click', 'platformdirs'}; "
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
