"""Settings of a training, filled with the defaults of its model and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from fstmuse_core.bundle.changes import clean_title, name_of
from fstmuse_core.runs import spec
from fstmuse_core.runs.spec import GAN, ORIGINAL, OURS, QUICK, SETTINGS
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.strict_json import typed
from fstmuse_core.tags.genres import class_name
from fstmuse_core.tags.text_encoding import encoding_of

_LISTS = tuple(s.name for s in SETTINGS.values() if isinstance(s, spec.ListSetting))


@dataclass(frozen=True)
class TrainSettings:
    """All settings of ``fstmuse train``; the same settings give the same model.

    Their ranges and choices stand in :mod:`fstmuse_core.runs.spec`.

    Attributes
    ----------
    model, design : str
    data : tuple of str
        Folders or files that hold the music.
    kinds : tuple of str
        Ways to read them, see :func:`fstmuse_core.datasets.detect.kinds_of`.
    tag_encoding : str
        Encoding of texts in old tags, see :func:`fstmuse_core.tags.reading.read_tags`.
    genres : tuple of str
        Genres that the model learns; empty for all that the data has.
    epochs, batch_size : int
    learning_rate : float
        Peak; the rate rises to it over the first steps and falls as a cosine after.
    dropout, l2 : float
        Share of feature channels dropped; weight of the squared convolution kernels in the
        loss.
    augment : str
        "none": plain crops; "light": another place, tempo, pitch and room; "full": also
        blanked stretches and blends of two songs.
    patience : int
        Epochs without a better one after which it ends; 0 to go on to the last.
    seed : int
    out, title : str
        Name of the model that is made, and the name that people read.
    balance : bool
        The same number of songs of each genre.
    tensorboard : str
        Folder for TensorBoard's logs; empty for none.
    fine_tune : str
        Name or folder of a model to start from; empty to start from nothing.
    cross_validate : int
        Folds in which network and head are retrained and tested at the end; 0 for none: then
        the linear head alone is, where the test has few songs. A quick training is always
        cross-validated, with five folds if this is 0.
    """

    model: str = spec.MODEL.default
    design: str = spec.DESIGN.default
    data: tuple[str, ...] = spec.DATA.default
    kinds: tuple[str, ...] = spec.KINDS.default
    tag_encoding: str = spec.TAG_ENCODING.default
    genres: tuple[str, ...] = spec.GENRES.default
    epochs: int = spec.EPOCHS.default
    batch_size: int = spec.BATCH_SIZE.default
    learning_rate: float = spec.LEARNING_RATE.default
    dropout: float = spec.DROPOUT.default
    l2: float = spec.L2.default
    augment: str = spec.AUGMENT.default
    patience: int = spec.PATIENCE.default
    seed: int = spec.SEED.default
    out: str = spec.OUT.default
    title: str = spec.OUT.default
    balance: bool = spec.BALANCE.default
    tensorboard: str = spec.TENSORBOARD.default
    fine_tune: str = spec.FINE_TUNE.default
    cross_validate: int = spec.CROSS_VALIDATE.default

    def named(self, title: str) -> TrainSettings:
        """Return the same for a model of this title; raises ``BundleError`` if none can have it."""
        return replace(self, out=name_of(title), title=clean_title(title))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), **{name: list(getattr(self, name)) for name in _LISTS}}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainSettings:
        """Inverse of :meth:`to_dict`; unknown keys are ignored, ``None`` means the default.

        Raises
        ------
        ValueError
            If a value is of another type; it says which.
        """
        return typed({k: v for k, v in values.items() if v is not None}, cls)


def settings_from(options: Mapping[str, Any]) -> TrainSettings:
    """Fill in the defaults of model and design, and check the settings.

    Parameters
    ----------
    options : mapping
        As the command line gives them; ``None`` where an option was not given.

    Raises
    ------
    FstMuseError
        If a value makes no sense; it is named.
    """
    given = {key: value for key, value in options.items() if value is not None}
    model = given.get("model") or spec.MODEL.default
    design = given.get("design") or spec.DESIGN.default
    fine_tunes = bool(given.get("fine_tune"))
    defaults = {
        name: setting.default_for(model, design, fine_tunes=fine_tunes)
        for name, setting in SETTINGS.items()
    }
    names = {field.name for field in fields(TrainSettings)}
    values = {**defaults, "model": model, "design": design, **given}
    known = {name: value for name, value in values.items() if name in names}
    lists = {name: tuple(str(value) for value in known[name]) for name in _LISTS}
    settings = TrainSettings(**{**known, **lists})
    settings = replace(settings, genres=_canonical(settings.genres))
    _check(settings)
    if settings.out:
        return settings.named(settings.out)
    return settings


def _canonical(names: tuple[str, ...]) -> tuple[str, ...]:
    # Music may name genres that are in no table; whether this music does is seen when it is read.
    genres = [class_name(name) for name in names]
    return tuple(dict.fromkeys(genre for genre in genres if genre))


def _check(settings: TrainSettings) -> None:
    for name, setting in SETTINGS.items():
        value = getattr(settings, name)
        if not setting.allows(value):
            said = repr(value) if isinstance(setting, spec.TextSetting) else value
            raise _refusal(setting.option, said, setting.needed)
    if not settings.data:
        raise FstMuseError("--data", "no music was named", "name the folder that holds it")
    encoding_of(settings.tag_encoding)
    if len(settings.genres) == 1:
        raise _refusal(spec.GENRES.option, settings.genres[0], "two genres or more are needed")
    _check_variant(settings)


def _check_variant(settings: TrainSettings) -> None:
    """Refuse values that mean nothing to the model or the design."""
    model, design = settings.model, settings.design
    if design == QUICK:
        _check_quick(settings)
        return
    values = {name: getattr(settings, name) for name in SETTINGS}
    for name, setting in SETTINGS.items():
        if setting.is_fixed(model, design) and values[name] != setting.default_for(model, design):
            needed = "the report's ToyGan has rates of its own: leave the option out"
            raise _refusal(setting.option, values[name], needed)
    unused = {
        name: values[name]
        for name, setting in SETTINGS.items()
        if not setting.is_for(model, design) and values[name] != setting.unused
    }
    is_gan = model == GAN
    for setting, needed in (
        (spec.CROSS_VALIDATE, f"only classifiers of --design {OURS} can be"),
        (spec.FINE_TUNE, f"only models of --design {OURS} can do that"),
        (spec.PATIENCE, "only classifiers can end early by themselves"),
    ):
        if setting.name in unused:
            raise _refusal(setting.option, unused[setting.name], needed)
    if unused:
        option = f"--model {GAN}" if is_gan else f"--design {ORIGINAL}"
        needed = (
            "these are for classifiers: leave them out"
            if is_gan
            else "the report's design had none: leave these options out or take --design ours"
        )
        raise _refusal(option, "with augmentation, dropout or l2 it", needed)


def _check_quick(settings: TrainSettings) -> None:
    """Refuse what means something to networks only."""
    if not spec.DATA.is_for(settings.model, QUICK):
        needed = f"a quick training makes classifiers: leave --model out, or take --design {OURS}"
        raise _refusal("--model", f"{settings.model} with --design {QUICK}", needed)
    for name, setting in SETTINGS.items():
        value = getattr(settings, name)
        if not setting.is_for(settings.model, QUICK) and value != setting.unused:
            needed = f"a quick training has no network: leave it out, or take --design {OURS}"
            raise _refusal(setting.option, value, needed)


def _refusal(option: str, value: object, needed: str) -> FstMuseError:
    return FstMuseError(option, f"{value} cannot be used", needed)
