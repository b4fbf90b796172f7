"""What can be set for which model, each thing declared once: its field, its range, its default.

A further model is one more entry in :data:`MODEL_KINDS`, with fields of its own in
:data:`FIELDS` if it has any; form, command line and what is remembered follow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Value = int | float | str | bool
Recipe = Mapping[str, Value]

DESIGNS = {"ours": "Ours", "original": "The 2023 report's"}
FINE_TUNE_RATE = 5e-4
_MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Whole:
    """A whole number from ``low`` to ``high``; ``off``, if given, is what 0 is called."""

    name: str
    caption: str
    tip: str
    low: int
    high: int
    off: str = ""

    def allows(self, value: object) -> bool:
        """Whether ``value`` may be entered."""
        if type(value) is not int:
            return False
        return self.is_off(value) or self.low <= value <= self.high

    def is_off(self, value: Value) -> bool:
        """Whether ``value`` is the one that the command line is given by leaving it out."""
        return bool(self.off) and value == 0


@dataclass(frozen=True)
class Real:
    """A number from ``low`` to ``high`` that the arrow keys change by ``step``."""

    name: str
    caption: str
    tip: str
    low: float
    high: float
    step: float
    decimals: int

    def allows(self, value: object) -> bool:
        """Whether ``value`` may be entered."""
        is_number = type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
        return is_number and self.low <= value <= self.high  # type: ignore[operator]


@dataclass(frozen=True)
class Choice:
    """One of several; ``choices`` are titles by what they stand for."""

    name: str
    caption: str
    tip: str
    choices: Mapping[str, str]

    def allows(self, value: object) -> bool:
        """Whether ``value`` may be entered."""
        return value in self.choices


@dataclass(frozen=True)
class Switch:
    """On or off; ``spoken`` is what a screen reader says."""

    name: str
    caption: str
    tip: str
    spoken: str

    def allows(self, value: object) -> bool:
        """Whether ``value`` may be entered."""
        return type(value) is bool


RecipeField = Whole | Real | Choice | Switch


@dataclass(frozen=True)
class ModelKind:
    """A model that can be trained.

    Attributes
    ----------
    title : str
    designs : tuple of str
        Keys of :data:`DESIGNS`.
    fields : tuple of str
        Names of its recipe's fields, in the order of the form.
    about : str
        What it is, in a sentence.
    defaults, originals : mapping
        Values of these fields, for our design and the report's.
    unused : mapping
        Fields that the report's design knows nothing of, with the reason.
    tips : mapping
        What a field means where that differs from its own tip.
    fine_tunes : bool
        Whether it can start from a model that there is.
    makes_music : bool
        Whether it makes music, and does not name it.
    """

    title: str
    designs: tuple[str, ...]
    fields: tuple[str, ...]
    about: str
    defaults: Recipe
    originals: Recipe
    unused: Mapping[str, str]
    tips: Mapping[str, str] = field(default_factory=dict)
    fine_tunes: bool = True
    makes_music: bool = False


_FIELDS: tuple[RecipeField, ...] = (
    Whole(
        "epochs",
        "Epochs",
        "How often all songs are gone through, 1 to 10,000. More takes longer; "
        "Stop ends early and keeps the best.",
        1,
        10_000,
    ),
    Whole(
        "batch_size",
        "Batch size",
        "Crops that are learned from at once, 1 to 4,096. Larger needs more memory.",
        1,
        4096,
    ),
    Real(
        "learning_rate",
        "Learning rate",
        "The largest step, above 0 up to 10. Too large and the loss stops being a number.",
        0.000001,
        10.0,
        0.0005,
        6,
    ),
    Real(
        "dropout",
        "Dropout",
        "Share of features left out at random, 0 to 0.95. More keeps small data sets "
        "from being learned by heart.",
        0.0,
        0.95,
        0.05,
        2,
    ),
    Real("l2", "L2", "Pull of the weights towards zero, 0 to 1. 0 is none.", 0.0, 1.0, 0.0001, 6),
    Whole(
        "seed",
        "Seed",
        "0 and up. The same seed and settings give the same model again.",
        0,
        _MAX_SEED,
    ),
    Whole(
        "cross_validate",
        "Cross-validation",
        "Folds, 2 to 20, or none. Train anew for each of them and test on the artists left out; "
        "as many times as long. It says more where there are few songs to test on.",
        2,
        20,
        "None",
    ),
    Choice(
        "augment",
        "Augmentation",
        "Light: another place, tempo, pitch and room. Full: also blanked stretches and "
        "blends of two songs. None: plain crops.",
        {"full": "Full", "light": "Light", "none": "None"},
    ),
    Switch(
        "balance",
        "As many of &each genre",
        "Take the same number of songs of every genre, as the report did; the rest is unused.",
        "As many songs of each genre",
    ),
)
FIELDS = {one.name: one for one in _FIELDS}

_CLASSIFIER_FIELDS = tuple(FIELDS)
_CLASSIFIER_DEFAULTS: Recipe = {
    "epochs": 30,
    "batch_size": 32,
    "learning_rate": 2e-3,
    "dropout": 0.2,
    "l2": 0.0,
    "seed": 0,
    "cross_validate": 0,
    "augment": "full",
    "balance": False,
}
_CLASSIFIER_ORIGINALS: Recipe = {
    "epochs": 10,
    "batch_size": 8,
    "learning_rate": 1e-3,
    "dropout": 0.0,
    "l2": 0.0,
    "augment": "none",
}
_NOT_OF_THE_REPORT = "The report's design has none of this."
_CLASSIFIER_UNUSED = {
    **dict.fromkeys(("dropout", "l2", "augment"), _NOT_OF_THE_REPORT),
    "cross_validate": "Only classifiers of our design can be cross-validated.",
}

_GAN_FIELDS = ("epochs", "batch_size", "learning_rate", "seed", "balance")
_GAN_DEFAULTS: Recipe = {
    "epochs": 13,
    "batch_size": 8,
    "learning_rate": 2e-4,
    "seed": 0,
    "balance": False,
}
_GAN_TIPS = {
    "epochs": "1 to 10,000. An epoch is up to 500 steps, some minutes; after each it is measured, "
    "and can be seen and heard. Stop ends early and keeps the best.",
    "learning_rate": "Of the generator, above 0 up to 10; the discriminator learns at twice that. "
    "It falls in the second half.",
}

MODEL_KINDS = {
    "fst-muse": ModelKind(
        "FstMuse",
        tuple(DESIGNS),
        _CLASSIFIER_FIELDS,
        "the larger network that names genres",
        _CLASSIFIER_DEFAULTS,
        _CLASSIFIER_ORIGINALS,
        _CLASSIFIER_UNUSED,
    ),
    "toy-model": ModelKind(
        "ToyModel",
        tuple(DESIGNS),
        _CLASSIFIER_FIELDS,
        "a small one, quick to train, for a few genres",
        {**_CLASSIFIER_DEFAULTS, "epochs": 20},
        _CLASSIFIER_ORIGINALS,
        _CLASSIFIER_UNUSED,
    ),
    "toy-gan": ModelKind(
        "ToyGan",
        tuple(DESIGNS),
        _GAN_FIELDS,
        "makes new music of the genres it has heard; takes hours",
        _GAN_DEFAULTS,
        {"epochs": 200, "batch_size": 1, "learning_rate": 1e-4},
        {"learning_rate": "The report's rates are fixed: 0.0001 and 0.00001."},
        _GAN_TIPS,
        fine_tunes=False,
        makes_music=True,
    ),
}
MODELS = {name: kind.title for name, kind in MODEL_KINDS.items()}


def default_recipe(model: str, design: str, *, fine_tunes: bool = False) -> Recipe:
    """The recipe that suits a model and a design; ``fine_tunes`` if it starts from another."""
    kind = MODEL_KINDS[model]
    if design == "original":
        return {**kind.defaults, **kind.originals}
    return {**kind.defaults, "learning_rate": FINE_TUNE_RATE} if fine_tunes else kind.defaults


def unused_fields(model: str, design: str) -> Mapping[str, str]:
    """Fields that a design of a model knows nothing of, with the reason."""
    return MODEL_KINDS[model].unused if design == "original" else {}


def field_tip(model: str, name: str) -> str:
    """What a field means for a model."""
    return MODEL_KINDS[model].tips.get(name, FIELDS[name].tip)


def checked_recipe(values: Mapping[str, object], model: str, design: str) -> Recipe:
    """The default recipe with those of ``values`` that may be entered."""
    unused = unused_fields(model, design)
    return {
        name: values[name]  # type: ignore[misc]
        if name in values and name not in unused and FIELDS[name].allows(values[name])
        else default
        for name, default in default_recipe(model, design).items()
    }


def recipe_words(recipe: Recipe, fields: Iterable[str]) -> list[str]:
    """Options of the command line; switches come last."""
    words, switches = [], []
    for name in fields:
        option, value = f"--{name.replace('_', '-')}", recipe[name]
        spec = FIELDS[name]
        if isinstance(spec, Whole) and spec.is_off(value):
            continue
        if isinstance(value, bool):
            switches += [option] if value else []
        else:
            words += [option, f"{value:g}" if isinstance(value, float) else str(value)]
    return [*words, *switches]
