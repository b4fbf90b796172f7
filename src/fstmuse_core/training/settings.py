"""What a training is asked to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags.genres import class_name
from fstmuse_core.tags.text_encoding import AUTO, encoding_of

MODELS = ("toy-model", "fst-muse", "toy-gan")
GAN = "toy-gan"
DESIGNS = ("ours", "original")
AUGMENTS = ("none", "light", "full")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MAX_BATCH = 4096
_MOST_EPOCHS = 10_000
_MOST_RATE = 10.0
_MOST_FOLDS = 20
_LISTS = ("data", "kinds", "genres")
# ToyGan after 34 epochs instead of 13 on the starter's music: Fréchet distance 8.0 instead of 9.2,
# but a fifth of the pairs of a genre hardly differed, instead of 3 %.
_EPOCHS = {("toy-model", "ours"): 20, ("fst-muse", "ours"): 30, (GAN, "ours"): 13}
# The report's own.
_ORIGINAL_EPOCHS = 10
_ORIGINAL_BATCH = 8
_ORIGINAL_GAN_EPOCHS = 200
# Of its generator; its discriminator has another.
_ORIGINAL_GAN_RATE = 1e-4
_GAN_BATCH = 8


@dataclass(frozen=True)
class TrainSettings:
    """Everything that ``fstmuse train`` can be told; the same settings give the same model.

    Attributes
    ----------
    model, design : str
        One of :data:`MODELS`; "ours" or "original".
    data : tuple of str
        Folders or files that hold the music.
    kinds : tuple of str
        How they are read, see :func:`fstmuse_core.datasets.detect.kinds_of`.
    tag_encoding : str
        Of texts in old tags, see :func:`fstmuse_core.tags.reading.read_tags`.
    genres : tuple of str
        What the model is to name; empty for all that the data has.
    epochs, batch_size : int
    learning_rate : float
        At its highest; it rises to it over the first steps and falls as a cosine after.
    dropout, l2 : float
        Share of feature channels dropped; weight of the squared convolution kernels in the
        loss.
    augment : str
        "none": plain crops; "light": another place, tempo, pitch and room; "full": also
        blanked stretches and blends of two songs.
    seed : int
    out : str
        Name of the model that is made.
    balance : bool
        The same number of songs of each genre.
    tensorboard : str
        Folder for TensorBoard's logs; empty for none.
    fine_tune : str
        Name or folder of a model to start from; empty to start from nothing.
    cross_validate : int
        Folds in which network and head are trained anew and tested at the end; 0 for none: then
        the linear head alone is, where the test has few songs.
    """

    model: str = "fst-muse"
    design: str = "ours"
    data: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    tag_encoding: str = AUTO
    genres: tuple[str, ...] = ()
    epochs: int = 0
    batch_size: int = 32
    learning_rate: float = 2e-3
    dropout: float = 0.2
    l2: float = 0.0
    augment: str = "full"
    seed: int = 0
    out: str = ""
    balance: bool = False
    tensorboard: str = ""
    fine_tune: str = ""
    cross_validate: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), **{name: list(getattr(self, name)) for name in _LISTS}}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainSettings:
        """Inverse of :meth:`to_dict`; unknown keys are ignored, ``None`` means the default."""
        names = {field.name for field in fields(cls)}
        given = {k: v for k, v in values.items() if k in names and v is not None}
        for key in _LISTS:
            given[key] = tuple(str(v) for v in given.get(key, ()))
        return cls(**given)


def settings_from(options: Mapping[str, Any]) -> TrainSettings:
    """Settings with defaults that fit the model and design, checked.

    Parameters
    ----------
    options : mapping
        As the command line gives them; ``None`` where an option was not given.

    Raises
    ------
    FstMuseError
        If a value makes no sense; it is named.
    """
    model = options.get("model") or "fst-muse"
    design = options.get("design") or "ours"
    defaults: dict[str, Any] = {"epochs": _EPOCHS.get((model, design), _ORIGINAL_EPOCHS)}
    if (model, design) == (GAN, "original"):
        defaults |= {"epochs": _ORIGINAL_GAN_EPOCHS, "batch_size": 1}
        defaults |= {"learning_rate": _ORIGINAL_GAN_RATE}
        defaults |= {"dropout": 0.0, "augment": "none"}
    elif design == "original":
        defaults |= {"batch_size": _ORIGINAL_BATCH, "learning_rate": 1e-3, "dropout": 0.0}
        defaults |= {"augment": "none"}
    elif model == GAN:
        defaults |= {"batch_size": _GAN_BATCH, "learning_rate": 2e-4, "dropout": 0.0}
        defaults |= {"augment": "none"}
    elif options.get("fine_tune"):
        defaults["learning_rate"] = 5e-4
    given = {key: value for key, value in options.items() if value is not None}
    settings = TrainSettings.from_dict({**defaults, **given})
    settings = replace(settings, genres=_canonical(settings.genres))
    _check(settings)
    return settings


def _canonical(names: tuple[str, ...]) -> tuple[str, ...]:
    # Music may name genres that are in no table; whether this music does is seen when it is read.
    genres = [class_name(name) for name in names]
    return tuple(dict.fromkeys(genre for genre in genres if genre))


def _check(settings: TrainSettings) -> None:
    def require(fine: bool, option: str, value: object, needed: str) -> None:
        if not fine:
            raise FstMuseError(option, f"{value} cannot be used", needed)

    s = settings
    require(s.model in MODELS, "--model", s.model, f"known are {', '.join(MODELS)}")
    require(s.design in DESIGNS, "--design", s.design, f"known are {', '.join(DESIGNS)}")
    require(s.augment in AUGMENTS, "--augment", s.augment, f"known are {', '.join(AUGMENTS)}")
    if not s.data:
        raise FstMuseError("--data", "no music was named", "name the folder that holds it")
    encoding_of(s.tag_encoding)
    require(len(s.genres) != 1, "--genres", ", ".join(s.genres), "two genres or more are needed")
    require(1 <= s.epochs <= _MOST_EPOCHS, "--epochs", s.epochs, f"1 to {_MOST_EPOCHS} is needed")
    require(1 <= s.batch_size <= _MAX_BATCH, "--batch-size", s.batch_size, f"1 to {_MAX_BATCH}")
    rate = s.learning_rate
    require(0.0 < rate <= _MOST_RATE, "--learning-rate", rate, f"above 0 up to {_MOST_RATE:g}")
    require(0.0 <= s.dropout < 1.0, "--dropout", s.dropout, "0 up to but not 1 is needed")
    require(0.0 <= s.l2 <= 1.0, "--l2", s.l2, "0 to 1 is needed")
    require(0 <= s.seed < 2**32, "--seed", s.seed, "0 to 4294967295 is needed")
    is_folds = s.cross_validate == 0 or 2 <= s.cross_validate <= _MOST_FOLDS
    require(is_folds, "--cross-validate", s.cross_validate, f"0, or 2 to {_MOST_FOLDS} folds")
    is_ours = s.model != GAN and s.design == "ours"
    require(
        is_ours or not s.cross_validate,
        "--cross-validate",
        s.cross_validate,
        "only classifiers of --design ours can be",
    )
    is_name = not s.out or _NAME.fullmatch(s.out) is not None
    require(is_name, "--out", repr(s.out), "letters, digits, dots, dashes and underscores only")
    plain = s.augment == "none" and s.dropout == 0.0 and s.l2 == 0.0
    if (s.model, s.design) == (GAN, "original"):
        require(
            rate == _ORIGINAL_GAN_RATE,
            "--learning-rate",
            rate,
            "the report's ToyGan has rates of its own: leave the option out",
        )
    if s.model == GAN:
        require(not s.fine_tune, "--fine-tune", s.fine_tune, "only classifiers can do that")
        require(
            plain,
            f"--model {GAN}",
            "with augmentation, dropout or l2 it",
            "these are for classifiers: leave them out",
        )
    elif s.design == "original":
        require(not s.fine_tune, "--fine-tune", s.fine_tune, "only --design ours can do that")
        require(
            plain,
            "--design original",
            "with augmentation, dropout or l2 it",
            "the report's design had none: leave these options out or take --design ours",
        )
