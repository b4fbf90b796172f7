"""A training: what it was begun with, the model it starts from, and the name of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fstmuse_core.bundle.bundle import (
    WEIGHTS_NAME,
    Bundle,
    bundle_folders,
    find_bundle,
    load_bundle,
    name_key,
)
from fstmuse_core.bundle.changes import free_name
from fstmuse_core.bundle.known_networks import is_reported
from fstmuse_core.bundle.manifest import CLASSIFIER, GENERATOR, TAGGED
from fstmuse_core.bundle.weights import MAX_WEIGHTS_BYTES, read_weights
from fstmuse_core.runs.spec import GAN
from fstmuse_core.system.errors import BundleError, FstMuseError
from fstmuse_core.system.regular_files import read_regular
from fstmuse_core.system.zip_files import ZipTroubleError
from fstmuse_core.training.settings import TrainSettings

if TYPE_CHECKING:
    # They load Keras, which the command does in a thread of its own.
    from fstmuse_core.networks.blocks import Classifier
    from fstmuse_core.training.data_split import Parts


@dataclass(frozen=True, eq=False)
class Run:
    """Its folder, settings, music and warnings."""

    folder: Path
    settings: TrainSettings
    parts: Parts
    warnings: tuple[str, ...]
    is_resumed: bool


# Of a run: a copy of the model, for the user's may be renamed or deleted before a resume.
_FOLDER = "base"
_HEAD = ("contributions/", "bias/")


def find_base(settings: TrainSettings) -> Bundle:
    """The model named by ``settings.fine_tune``.

    Raises
    ------
    BundleError
        If there is none by that name, it is of another kind, or its network is another than
        ``settings.model``.
    """
    bundle = _named(settings.fine_tune)
    wanted = f"fstmuse_core.networks.{settings.model.replace('-', '_')}"
    found = bundle.manifest.architecture.get("network")
    if is_reported(found):
        raise BundleError(
            bundle.path,
            "it is of the report's design, which always learns anew",
            "start from one of FstMuse's own models",
        )
    bundle.require_kind(GENERATOR if settings.model == GAN else CLASSIFIER)
    if bundle.manifest.input == TAGGED:
        raise BundleError(
            bundle.path,
            "it stands on the tagger alone and has no network that could be trained further",
            "leave --fine-tune out, or start from another model",
        )
    if found != wanted:
        network = str(found).rpartition(".")[2].replace("_", "-")
        raise BundleError(
            bundle.path,
            f"its network is that of {network}, not that of {settings.model}",
            f"train it as --model {network}",
        )
    return bundle


def _named(name: str) -> Bundle:
    """Load an installed model or, of a folder anywhere, what stands beside its weights."""
    try:
        return find_bundle(name, installed_only=True)
    except BundleError:
        # Its network is not run, so that nobody has to check it.
        if Path(name).is_dir():
            return load_bundle(name)
        raise


def keep_base(base: Bundle, run: Path) -> None:
    """Copy a model into the folder of the run that starts from it."""
    shutil.copytree(base.path, run / _FOLDER)


def kept_base(settings: TrainSettings, run: Path) -> Bundle | None:
    """The model that a run starts from, or ``None`` if it starts from nothing."""
    if not settings.fine_tune:
        return None
    folder = run / _FOLDER
    return load_bundle(folder) if folder.is_dir() else find_base(settings)


def forget_base(run: Path) -> None:
    """Remove the copy from a run that is done."""
    shutil.rmtree(run / _FOLDER, ignore_errors=True)


def transfer(classifier: Classifier, base: Bundle, genres: tuple[str, ...]) -> None:
    """Give a network the weights of a bundle; in the head those of the genres that both name.

    Parameters
    ----------
    classifier : Classifier
        Of the same network; changed.
    base : Bundle
    genres : tuple of str
        Genres that ``classifier`` names, in the order of its outputs.

    Raises
    ------
    BundleError
        If the weights are missing or do not fit.
    """
    known = base.manifest.genres
    # The last output of either is "none of these genres".
    pairs = [(genres.index(genre), known.index(genre)) for genre in genres if genre in known]
    pairs.append((len(genres), len(known)))
    here, there = (list(places) for places in zip(*pairs, strict=True))
    try:
        weights = read_weights(read_regular(base.path / WEIGHTS_NAME, MAX_WEIGHTS_BYTES))
        for variable in classifier.serving.weights:
            value = weights[variable.path]
            if variable.path.startswith(_HEAD):
                head = np.asarray(variable).copy()
                head[..., here] = value[..., there]
                value = head
            variable.assign(value)
    except (KeyError, ValueError, IndexError, OSError, ZipTroubleError) as error:
        raise BundleError(
            base.path, f"its weights do not fit this network ({error})", "retrain it"
        ) from error


def check_out(name: str, run: str) -> None:
    """Refuse a name by which another model is meant already.

    Parameters
    ----------
    name : str
    run : str
        A model that this run has made may be replaced by it.

    Raises
    ------
    FstMuseError
    """
    other = next((known for known in _others(run) if name_key(known) == name_key(name)), None)
    if other is not None:
        raise FstMuseError("--out", f"there is a model called {other} already", "choose another")


def name_at_end(settings: TrainSettings, run: str, warn: Callable[[str], None]) -> TrainSettings:
    """Settings with another name if a model has taken this one since the run began."""
    out, title = free_name(settings.out, settings.title or settings.out, _others(run))
    if out != settings.out:
        warn(f"a model called {settings.out} has come meanwhile, so this one is called {out}")
    return replace(settings, out=out, title=title)


def _others(run: str) -> list[str]:
    return [name for name, folder in bundle_folders().items() if _made_by(folder) != run]


def _made_by(folder: Path) -> str:
    try:
        return str(load_bundle(folder).manifest.training.get("run", ""))
    except BundleError:
        return ""
