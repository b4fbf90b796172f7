"""What a training can be told, with defaults that fit, as the form and the command line do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

MODELS = {"fst-muse": "FstMuse", "toy-model": "ToyModel"}
DESIGNS = {"ours": "Ours", "original": "The 2023 report's"}
AUGMENTS = {"full": "Full", "light": "Light", "none": "None"}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EPOCHS = {("fst-muse", "ours"): 30, ("toy-model", "ours"): 20}


@dataclass(frozen=True)
class Recipe:
    """The numbers of a training; see the form's tool tips for what they mean."""

    epochs: int = 30
    batch_size: int = 32
    learning_rate: float = 2e-3
    dropout: float = 0.2
    l2: float = 0.0
    augment: str = "full"
    seed: int = 0
    balance: bool = False


def default_recipe(model: str, design: str) -> Recipe:
    """The recipe that suits a model and a design."""
    if design == "original":
        return Recipe(10, 8, 1e-3, 0.0, 0.0, "none")
    return Recipe(epochs=_EPOCHS[model, design])


@dataclass(frozen=True)
class TrainOptions:
    """Everything that the form asks; ``genres`` are those that the model is to name."""

    data: str
    model: str
    design: str
    genres: tuple[str, ...]
    name: str
    recipe: Recipe

    def arguments(self) -> list[str]:
        """What follows ``fstmuse train``."""
        recipe = self.recipe
        values = {
            "--model": self.model,
            "--design": self.design,
            "--data": self.data,
            "--genres": ",".join(self.genres),
            "--epochs": str(recipe.epochs),
            "--batch-size": str(recipe.batch_size),
            "--learning-rate": f"{recipe.learning_rate:g}",
            "--dropout": f"{recipe.dropout:g}",
            "--l2": f"{recipe.l2:g}",
            "--augment": recipe.augment,
            "--seed": str(recipe.seed),
            "--out": self.name,
        }
        words = [word for pair in values.items() for word in pair]
        return [*words, "--balance"] if recipe.balance else words


def name_trouble(name: str) -> str:
    """Why a model cannot be called ``name``; empty if it can."""
    if not name:
        return "Give the model a name."
    if _NAME.fullmatch(name) is None:
        return "Letters, digits, dots, dashes and underscores only, 64 at most."
    return ""


def free_name(data: str, taken: set[str]) -> str:
    """A name after the folder that no model has yet."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", Path(data).stem).strip("-").lower()[:40] or "music"
    return next_name(f"my-{stem.removeprefix('my-')}", taken)


def next_name(name: str, taken: set[str]) -> str:
    """``name`` itself if no model has it, else with the next number that is free."""
    if name not in taken:
        return name
    base, _, end = name.rpartition("-")
    base, number = (base, int(end) + 1) if base and end.isdigit() else (name, 2)
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"
