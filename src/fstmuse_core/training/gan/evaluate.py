"""Figures of a generator, as it is shipped, beside any labelled music."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import JUDGE_NAME, Bundle
from fstmuse_core.bundle.litert import GeneratorNetwork
from fstmuse_core.bundle.noise import draw_noise
from fstmuse_core.datasets.overlap import generator_overlap
from fstmuse_core.datasets.track import Track
from fstmuse_core.networks.toy_gan import CROP_FRAMES
from fstmuse_core.system.errors import BundleError, FstMuseError
from fstmuse_core.training.gan.crops import RealCrops
from fstmuse_core.training.gan.judges import Judge, judge_plan, read_judge
from fstmuse_core.training.gan.reference import WINDOWS_A_GENRE, Reference
from fstmuse_core.training.metrics import Ints
from fstmuse_core.training.preparation import read_features

_SEED = 0

Tell = Callable[[int, int], None]


def evaluate_generator(
    bundle: Bundle, tracks: Sequence[Track], tell: Tell, *, count: int = WINDOWS_A_GENRE
) -> dict[str, Any]:
    """The figures of a generator; see :meth:`Reference.compare`, ``set_aside``
    and ``note``.

    The judge is the one that came with the generator, and had no part in its training.

    Parameters
    ----------
    bundle : Bundle
        Of a generator.
    tracks : sequence of Track
        Those of its genres are what it is held against.
    tell : callable
        Told files read, of how many.
    count : int
        Windows of each genre.

    Raises
    ------
    BundleError
        If it has no judge, or one that does not fit.
    FstMuseError
        If there is no music of its genres.
    """
    network = GeneratorNetwork(bundle)
    manifest = bundle.manifest
    judge = _judge(bundle)
    known = [track for track in tracks if track.genre in manifest.genres]
    table, set_aside = read_features(known, tell, lambda: False)
    usable = [track for track in known if track.path in table.usable]
    there = {track.genre for track in usable}
    if not there:
        raise FstMuseError(
            "music",
            "none of it is of a genre the model makes",
            f"it makes {', '.join(manifest.genres)}",
        )
    genres = [index for index, genre in enumerate(manifest.genres) if genre in there]
    mels = table.of(usable)
    crops = RealCrops(usable, mels, manifest.genres, manifest.scaling)
    reference = Reference(judge, manifest.scaling, crops, mels, genres, _SEED, count=count)
    made = _made(network, len(manifest.genres), reference.labels)
    said = [f"{file.path.name}: {file.reason}" for file in set_aside]
    note = generator_overlap(bundle, usable)
    return {**reference.compare(made, manifest.genres), "set_aside": said, "note": note}


def _judge(bundle: Bundle) -> Judge:
    if JUDGE_NAME not in bundle.manifest.files:
        raise BundleError(bundle.path, "it has no judge to be measured by", "retrain it")
    try:
        return read_judge(judge_plan(bundle.manifest.genres), bundle.path / JUDGE_NAME)
    except (OSError, ValueError, KeyError) as error:
        raise BundleError(
            bundle.path, f"its judge cannot be used ({error})", "retrain it"
        ) from error


def _made(network: GeneratorNetwork, n_genres: int, labels: Ints) -> FloatArray:
    weights = np.eye(n_genres, dtype=np.float32)
    steps = network.shape.steps(CROP_FRAMES)
    pieces = [
        network.run(weights[label], draw_noise(network.shape, steps, seed), CROP_FRAMES)
        for seed, label in enumerate(labels)
    ]
    return np.stack(pieces)
