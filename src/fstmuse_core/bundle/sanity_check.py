"""Trial of a network: its answers must make sense before it is one of the user's models."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from fstmuse_core.audio.features import WINDOW_FRAMES
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.audio.tagger_mel import N_MELS, PATCH_FRAMES
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.litert import GeneratorNetwork, LiteRtNetwork, WholeClipNetwork
from fstmuse_core.bundle.manifest import CLASSIFIER, GENERATOR, SEGMENTS, TAGGED, WHOLE_CLIP
from fstmuse_core.bundle.noise import draw_noise
from fstmuse_core.bundle.pattern_head import pattern_head
from fstmuse_core.bundle.tagger import TagOutputs
from fstmuse_core.bundle.tagger_head import TaggerHead, tagger_for, tagger_head, tagger_head_of
from fstmuse_core.system.errors import BundleError

_PROBES = 3
_STEPS = 12
_REMEDY = "export it once more or retrain it"


def try_out(bundle: Bundle) -> None:
    """Run a bundle as everybody does, on what is made up here.

    Raises
    ------
    BundleError
        If it cannot be run, gives NaN or infinity, or always gives the same.
    """
    _TRY_OUTS[bundle.manifest.kind](bundle)


def _try_classifier(bundle: Bundle) -> None:
    scores, *others = _ANSWERS[bundle.manifest.input](bundle)
    if not all(np.isfinite(values).all() for values in (scores, *others)):
        raise BundleError(bundle.path, "its answers hold NaN or infinity", _REMEDY)
    if np.ptp(scores, axis=0).max() == 0.0:
        raise BundleError(bundle.path, "it answers the same whatever it hears", _REMEDY)


def _of_segments(bundle: Bundle) -> list[FloatArray]:
    features = bundle.manifest.scaling.apply(_probes(bundle))
    answers = LiteRtNetwork(bundle, num_threads=1).run(features)
    head = pattern_head(bundle)
    evidence = () if head is None else (head.evidence(_noises(bundle, (WINDOW_FRAMES,))),)
    return [*answers, *evidence, *_of_experts(bundle)]


def _of_experts(bundle: Bundle) -> list[FloatArray]:
    """Chances for noise by the experts on a tagger, which must be installed."""
    head = tagger_head(bundle)
    if head is None:
        return []
    outputs = _outputs_for_noise(bundle, head).mean()
    joined = head.join(outputs, np.zeros(len(bundle.manifest.genres), np.float32), np.float32(0.0))
    return [joined.logits, joined.novelty]


def _of_tagged(bundle: Bundle) -> list[FloatArray]:
    head = tagger_head_of(bundle)
    joined = head.join_alone(_outputs_for_noise(bundle, head))
    return [joined.logits, joined.novelty]


def _outputs_for_noise(bundle: Bundle, head: TaggerHead) -> TagOutputs:
    tagger = tagger_for(bundle, head)
    noise = np.random.default_rng(0).gamma(1.0, size=(_PROBES, PATCH_FRAMES, N_MELS))
    patches = noise.astype(np.float32)
    third = tagger.third.run(patches) if tagger.third else None
    return tagger.together(tagger.first.run(patches), tagger.second.run(patches), third)


def _of_whole_clips(bundle: Bundle) -> list[FloatArray]:
    network = WholeClipNetwork(bundle, num_threads=1)
    return [np.stack([network.run(mel) for mel in _probes(bundle)])]


# The network's scores come first.
_ANSWERS: Mapping[str, Callable[[Bundle], list[FloatArray]]] = {
    SEGMENTS: _of_segments,
    WHOLE_CLIP: _of_whole_clips,
    TAGGED: _of_tagged,
}


def _probes(bundle: Bundle) -> FloatArray:
    """Magnitudes of silence and of noises of different colours."""
    mels = _noises(bundle, (_PROBES, bundle.manifest.segment_frames))
    mels[0] = 0.0
    return mels


def _noises(bundle: Bundle, shape: tuple[int, ...]) -> FloatArray:
    """Mel magnitudes of noises, shape ``(*shape, n_mels)``, each of a colour of its own."""
    rng = np.random.default_rng(0)
    n_mels = bundle.manifest.spectrogram.n_mels
    colours = rng.uniform(0.01, 1.0, (*shape[:-1], 1, n_mels))
    return np.asarray(rng.gamma(1.0, size=(*shape, n_mels)) * colours, dtype=np.float32)


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
