"""Whether what a network answers makes sense, before it becomes one of the user's models."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from fstmuse_core.bundle import Bundle
from fstmuse_core.bundle_manifest import CLASSIFIER, GENERATOR
from fstmuse_core.classify import GenreClassifier
from fstmuse_core.errors import BundleError
from fstmuse_core.generate.network import GeneratorNetwork
from fstmuse_core.generation_noise import draw_noise
from fstmuse_core.spectrogram import FloatArray

_PROBES = 3
_SECONDS = 6
_STEPS = 12
_REMEDY = "export it once more or train it anew"


def try_out(bundle: Bundle) -> None:
    """Run a bundle as everybody does, on what is made up here.

    Raises
    ------
    BundleError
        If it cannot be run, gives what is no number, or always gives the same.
    """
    _TRY_OUTS[bundle.manifest.kind](bundle)


def _try_classifier(bundle: Bundle) -> None:
    classifier = GenreClassifier(bundle)
    answers = classifier.network.run(_segments(bundle))
    samples = 0.1 * np.random.default_rng(1).standard_normal(
        _SECONDS * bundle.manifest.spectrogram.sample_rate
    )
    probabilities = classifier.classify_samples(samples).probabilities
    if not all(np.isfinite(values).all() for values in (*answers, probabilities)):
        raise BundleError(bundle.path, "what it answers is no number", _REMEDY)
    if np.ptp(answers[0], axis=0).max() == 0.0:
        raise BundleError(bundle.path, "it answers the same whatever it hears", _REMEDY)


def _segments(bundle: Bundle) -> FloatArray:
    """Network input for silence and for noises of different colours."""
    manifest = bundle.manifest
    rng = np.random.default_rng(0)
    shape = (_PROBES, manifest.segment_frames, manifest.spectrogram.n_mels)
    mels = rng.gamma(1.0, size=shape) * rng.uniform(0.01, 1.0, (_PROBES, 1, shape[2]))
    mels[0] = 0.0
    return manifest.scaling.apply(mels.astype(np.float32))


def _try_generator(bundle: Bundle) -> None:
    network = GeneratorNetwork(bundle)
    genre = np.eye(len(bundle.manifest.genres), dtype=np.float32)[0]
    n_frames = _STEPS * network.shape.frames_per_step
    first, second = (
        network.run(genre, draw_noise(network.shape, _STEPS, seed), n_frames) for seed in (0, 1)
    )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise BundleError(bundle.path, "what it makes is no sound", _REMEDY)
    if np.ptp(first) == 0.0 or np.array_equal(first, second):
        raise BundleError(bundle.path, "it makes the same whatever it is given", _REMEDY)


_TRY_OUTS: Mapping[str, Callable[[Bundle], None]] = {
    CLASSIFIER: _try_classifier,
    GENERATOR: _try_generator,
}
