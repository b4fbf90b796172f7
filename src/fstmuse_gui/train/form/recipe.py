"""Settings that the form asks for: how each is shown, and which model has it.

Defaults, ranges and choices stand in :mod:`fstmuse_core.runs.spec`. A further model is one more
entry in :data:`MODEL_KINDS`; a further setting is one more in :data:`FIELDS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fstmuse_core.runs import spec
from fstmuse_core.runs.spec import (
    ORIGINAL,
    QUICK,
    SETTINGS,
    ChoiceSetting,
    RealSetting,
    SwitchSetting,
    WholeSetting,
)

Value = int | float | str | bool
Recipe = Mapping[str, Value]

DESIGNS = dict(zip(spec.DESIGNS, ("Quick", "Deep", "The 2023 report's"), strict=True))
# Qt's spin boxes hold no larger number.
_MAX_INT = 2**31 - 1


@dataclass(frozen=True)
class Whole:
    """A whole number; ``off``, if given, is what 0 is called."""

    setting: WholeSetting
    caption: str
    tip: str
    off: str = ""

    @property
    def low(self) -> int:
        """Least number that can be entered."""
        return self.setting.low

    @property
    def high(self) -> int:
        """Largest number that can be entered."""
        return min(self.setting.high, _MAX_INT)

    def allows(self, value: object) -> bool:
        """True for values that can be entered."""
        return self.setting.allows(value) and self.high >= value  # type: ignore[operator]

    def is_off(self, value: Value) -> bool:
        """True for the value that the command line is given by leaving it out."""
        return bool(self.off) and value == self.setting.off


@dataclass(frozen=True)
class Real:
    """A number with ``decimals`` that the arrow keys change by ``step``."""

    setting: RealSetting
    caption: str
    tip: str
    step: float
    decimals: int

    @property
    def low(self) -> float:
        """Least number that can be entered."""
        return self.setting.low + self._nearest if self.setting.low_open else self.setting.low

    @property
    def high(self) -> float:
        """Largest number that can be entered."""
        return self.setting.high - self._nearest if self.setting.high_open else self.setting.high

    @property
    def _nearest(self) -> float:
        """Distance from an end that does not belong to the range."""
        return 1 / 10**self.decimals

    def allows(self, value: object) -> bool:
        """True for values that can be entered."""
        return self.setting.allows(value) and self.low <= value <= self.high  # type: ignore[operator]


@dataclass(frozen=True)
class Choice:
    """One of several; ``choices`` are titles by what they stand for."""

    setting: ChoiceSetting
    caption: str
    tip: str

    @property
    def choices(self) -> Mapping[str, str]:
        """Titles by choice, the strongest first."""
        return {name: name.capitalize() for name in reversed(self.setting.choices)}

    def allows(self, value: object) -> bool:
        """True for values that can be chosen."""
        return self.setting.allows(value)


@dataclass(frozen=True)
class Switch:
    """On or off; ``spoken`` is what a screen reader says."""

    setting: SwitchSetting
    caption: str
    tip: str
    spoken: str

    def allows(self, value: object) -> bool:
        """True for on and off."""
        return self.setting.allows(value)


RecipeField = Whole | Real | Choice | Switch


def _said(setting: WholeSetting | RealSetting) -> str:
    """Range as a tip says it: large numbers with their commas."""
    if isinstance(setting, RealSetting):
        return setting.range_text
    return f"{setting.low:,} to {setting.high:,}"


_FIELDS: tuple[RecipeField, ...] = (
    Whole(
        spec.EPOCHS,
        "Epochs",
        f"How often all songs are gone through, {_said(spec.EPOCHS)}. More takes longer; "
        "Stop ends early and keeps the best.",
    ),
    Whole(
        spec.BATCH_SIZE,
        "Batch size",
        f"Crops that are learned from at once, {_said(spec.BATCH_SIZE)}. Larger needs more memory.",
    ),
    Real(
        spec.LEARNING_RATE,
        "Learning rate",
        f"The largest step, {_said(spec.LEARNING_RATE)}. Too large and the loss becomes NaN.",
        step=0.0005,
        decimals=6,
    ),
    Real(
        spec.DROPOUT,
        "Dropout",
        f"Share of features left out at random, {_said(spec.DROPOUT)}. More keeps small data "
        "sets from being learned by heart.",
        step=0.05,
        decimals=2,
    ),
    Real(
        spec.L2,
        "L2",
        f"Pull of the weights towards zero, {_said(spec.L2)}. 0 is none.",
        step=0.0001,
        decimals=6,
    ),
    Whole(
        spec.SEED,
        "Seed",
        f"{spec.SEED.low} and up. The same seed and settings give the same model again.",
    ),
    Whole(
        spec.CROSS_VALIDATE,
        "Cross-validation",
        f"Folds, {_said(spec.CROSS_VALIDATE)}, or none. Retrain for each of them and test on the "
        "artists left out; as many times as long. It says more where there are few songs to test "
        "on.",
        off="None",
    ),
    Whole(
        spec.PATIENCE,
        "Stop early",
        f"Epochs in a row without a better one, {_said(spec.PATIENCE)}, after which it ends; the "
        "best is kept either way.",
        off="Never",
    ),
    Choice(
        spec.AUGMENT,
        "Augmentation",
        "Light: another place, tempo, pitch and room. Full: also blanked stretches and "
        "blends of two songs. None: plain crops.",
    ),
    Switch(
        spec.BALANCE,
        "As many of &each genre",
        "Take the same number of songs of every genre, as the report did; the rest is unused.",
        "As many songs of each genre",
    ),
)
FIELDS = {one.setting.name: one for one in _FIELDS}


# Models -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ModelKind:
    """A model that can be trained.

    Attributes
    ----------
    model : str
        Its name in :data:`fstmuse_core.runs.spec.MODELS`.
    title : str
    about : str
        Description in a sentence.
    reasons : mapping
        Reasons the report's design does not let people enter a field.
    tips : mapping
        Tips on a field where they differ from its own.
    makes_music : bool
        True for generators, False for classifiers.
    """

    model: str
    title: str
    about: str
    reasons: Mapping[str, str]
    tips: Mapping[str, str] = field(default_factory=dict)
    makes_music: bool = False

    @property
    def designs(self) -> tuple[str, ...]:
        """Keys of :data:`DESIGNS` that it can be trained by."""
        return tuple(design for design in DESIGNS if spec.DATA.is_for(self.model, design))

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of its recipe's fields, in the order of the form."""
        return tuple(
            name
            for name in FIELDS
            if any(SETTINGS[name].is_for(self.model, design) for design in self.designs)
        )

    @property
    def fine_tunes(self) -> bool:
        """True if it can start from a model that there is."""
        return any(spec.FINE_TUNE.is_for(self.model, design) for design in self.designs)


_NOT_QUICK = "A quick training has no network of its own, and none of this."
_NOT_OF_THE_REPORT = "The report's design has none of this."
_CLASSIFIER_REASONS = {
    **dict.fromkeys(("dropout", "l2", "augment"), _NOT_OF_THE_REPORT),
    "cross_validate": "Only classifiers of our design can be cross-validated.",
    "patience": "Only networks learn in epochs.",
}
_GAN_RATES = f"{spec.LEARNING_RATE.default_for(spec.GAN, ORIGINAL):g} and 0.00001"
_GAN_TIPS = {
    "epochs": f"{_said(spec.EPOCHS)}. An epoch is up to 500 steps, some minutes; after each it is "
    "measured, and can be seen and heard. Stop ends early and keeps the best.",
    "learning_rate": f"Of the generator, {_said(spec.LEARNING_RATE)}; the discriminator learns at "
    "twice that. It falls in the second half.",
}
_KINDS = (
    ModelKind("fst-muse", "FstMuse", "the larger network that names genres", _CLASSIFIER_REASONS),
    ModelKind(
        "toy-model",
        "ToyModel",
        "a small one, quick to train, for a few genres",
        _CLASSIFIER_REASONS,
    ),
    ModelKind(
        spec.GAN,
        "ToyGan",
        "makes new music of the genres it has heard; takes hours",
        {"learning_rate": f"The report's rates are fixed: {_GAN_RATES}."},
        _GAN_TIPS,
        makes_music=True,
    ),
)
MODEL_KINDS = {kind.model: kind for kind in _KINDS}
MODELS = {name: kind.title for name, kind in MODEL_KINDS.items()}


def default_recipe(model: str, design: str, *, fine_tunes: bool = False) -> Recipe:
    """Recipe that suits a model and a design; ``fine_tunes`` if it starts from another."""
    return {
        name: FIELDS[name].setting.default_for(model, design, fine_tunes=fine_tunes)
        for name in MODEL_KINDS[model].fields
    }


def unused_fields(model: str, design: str) -> Mapping[str, str]:
    """Fields that nothing can be entered into for a design of a model, with the reason."""
    kind = MODEL_KINDS[model]
    return {
        name: _NOT_QUICK if design == QUICK else kind.reasons[name]
        for name in kind.fields
        if not SETTINGS[name].is_for(model, design) or SETTINGS[name].is_fixed(model, design)
    }


def field_tip(model: str, name: str) -> str:
    """Meaning of a field for a model."""
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
        option, value = SETTINGS[name].option, recipe[name]
        shown = FIELDS[name]
        if isinstance(shown, Whole) and shown.is_off(value):
            continue
        if isinstance(value, bool):
            switches += [option] if value else []
        else:
            words += [option, f"{value:g}" if isinstance(value, float) else str(value)]
    return [*words, *switches]
