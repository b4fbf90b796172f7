"""Generator that another one starts from: its sizes and its weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fstmuse_core.bundle.bar_noise import N_BEAT_VALUES, Grid
from fstmuse_core.bundle.bundle import WEIGHTS_NAME, Bundle
from fstmuse_core.bundle.noise import NoiseShape
from fstmuse_core.bundle.weights import MAX_WEIGHTS_BYTES, read_weights
from fstmuse_core.networks.toy_gan import SHAPE
from fstmuse_core.system.errors import BundleError
from fstmuse_core.system.regular_files import read_regular
from fstmuse_core.system.zip_files import ZipTroubleError
from fstmuse_core.training.gan.model import GanModel, GanSizes

_TOLD = "genre_embedding/kernel"


def sizes_of(base: Bundle, otherwise: GanSizes) -> GanSizes:
    """Sizes of a generator, with those of the discriminator, which is not kept, from elsewhere.

    Raises
    ------
    BundleError
        If it was made without the beat grid, which the training needs.
    """
    architecture = base.manifest.architecture
    try:
        is_known = Grid.from_dict(architecture) is not None
        is_known = is_known and NoiseShape.from_dict(architecture) == SHAPE
        sizes = replace(
            otherwise, width=int(architecture["width"]), plane=int(architecture["plane"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _no_base(base) from error
    if not is_known:
        raise _no_base(base)
    return sizes


def _no_base(base: Bundle) -> BundleError:
    return BundleError(
        base.path,
        "it makes music without the beat grid, which a training cannot start from",
        "train without --fine-tune",
    )


def start_from(model: GanModel, base: Bundle, genres: tuple[str, ...]) -> None:
    """Give a generator the weights of another; of the genres, those that both know.

    Parameters
    ----------
    model : GanModel
        Of the base's sizes; changed.
    base : Bundle
    genres : tuple of str
        Genres that ``model`` learns, in the order of its condition.

    Raises
    ------
    BundleError
        If the weights are missing or do not fit.
    """
    known = base.manifest.genres
    try:
        weights = dict(read_weights(read_regular(base.path / WEIGHTS_NAME, MAX_WEIGHTS_BYTES)))
        old = weights[_TOLD]
        new = next(np.asarray(v).copy() for v in model.generator.variables if v.path == _TOLD)
        # An unknown genre begins as the mean of the known, which is music at least.
        new[: len(genres)] = old[: len(known)].mean(axis=0)
        for number, genre in enumerate(genres):
            if genre in known:
                new[number] = old[known.index(genre)]
        rest = old[len(known) :]
        if len(rest) not in (N_BEAT_VALUES, len(new) - len(genres)):
            raise ValueError(f"it is told {len(rest)} values beside the genre")
        new[len(genres) :] = 0.0
        new[len(genres) : len(genres) + len(rest)] = rest
        model.start_from({**weights, _TOLD: new})
    except (KeyError, ValueError, IndexError, OSError, ZipTroubleError) as error:
        raise BundleError(
            base.path, f"its weights do not fit this network ({error})", "retrain it"
        ) from error
