"""The model that a fine-tuning starts from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fstmuse_core.bundle.bundle import WEIGHTS_NAME, Bundle, find_bundle, load_bundle
from fstmuse_core.bundle.weights import MAX_WEIGHTS_BYTES, read_weights
from fstmuse_core.system.errors import BundleError
from fstmuse_core.system.regular_files import read_regular
from fstmuse_core.system.zip_files import ZipTroubleError
from fstmuse_core.training.settings import TrainSettings

if TYPE_CHECKING:
    from fstmuse_core.networks.blocks import Classifier

# Of a run: a copy of the model, for the user's may be renamed or deleted before a resume.
_FOLDER = "base"
_HEAD = ("contributions/", "bias/")


def find_base(settings: TrainSettings) -> Bundle:
    """The model named by ``settings.fine_tune``.

    Raises
    ------
    BundleError
        If there is none by that name, or its network is another than ``settings.model``.
    """
    bundle = _named(settings.fine_tune)
    wanted = f"fstmuse_core.networks.{settings.model.replace('-', '_')}"
    found = bundle.manifest.architecture.get("network")
    if found != wanted:
        raise BundleError(
            bundle.path,
            f"its network is {str(found).rpartition('.')[2]}, not that of {settings.model}",
            "give --model the model that it was trained as",
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
        What ``classifier`` names, in the order of its outputs.

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
