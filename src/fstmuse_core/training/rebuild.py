"""One of our networks around weights that came from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.manifest import CLASSIFIER, GENERATOR, SEGMENTS, WHOLE_CLIP
from fstmuse_core.networks.blocks import Classifier
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.export import litert_bytes, weights_bytes

Weights = Mapping[str, FloatArray]


class Wanted(Protocol):
    """Description of what is to be built, besides the function that builds it."""

    @property
    def n_genres(self) -> int: ...

    @property
    def architecture(self) -> Mapping[str, Any]: ...

    @property
    def n_frames(self) -> int: ...


def rebuild_classifier(
    build: Callable[[int], Classifier], wanted: Wanted, weights: Weights
) -> tuple[bytes, bytes]:
    """``model.tflite`` and ``weights.npz`` of a classifier.

    Raises
    ------
    FstMuseError
        If the weights are not exactly those of the network.
    """
    classifier = build(wanted.n_genres)
    assign_all(classifier.serving.weights, weights)
    return litert_bytes(classifier), weights_bytes(classifier.serving)


def rebuild_whole_clip(
    build: Callable[[int, int], Any], wanted: Wanted, weights: Weights
) -> tuple[bytes, bytes]:
    """``model.tflite`` and ``weights.npz`` of one of the report's classifiers.

    Its weights are of eight bits where its record says so.

    Raises
    ------
    FstMuseError
        If the weights are not exactly those of the network.
    """
    from fstmuse_core.training.original import packaging as original_export

    network = build(wanted.n_genres, wanted.n_frames)
    assign_all(network.weights, weights)
    is_quantised = wanted.architecture.get("quantised") is True
    return original_export.litert_bytes(network, is_quantised=is_quantised), weights_bytes(network)


def rebuild_generator(
    build: Callable[..., Any], wanted: Wanted, weights: Weights
) -> tuple[bytes, bytes]:
    """``model.tflite`` and ``weights.npz`` of a generator of the size that its record says.

    Raises
    ------
    FstMuseError
        If the weights are not exactly those of the network.
    """
    from fstmuse_core.bundle.bar_noise import N_BEAT_VALUES, Grid
    from fstmuse_core.bundle.likeness import N_LIKENESS_VALUES, likeness_tagger
    from fstmuse_core.bundle.noise import NoiseShape
    from fstmuse_core.networks.toy_gan import fits
    from fstmuse_core.training.gan import export as gan_export

    shape = NoiseShape.from_dict(wanted.architecture)
    if not fits(shape):
        raise FstMuseError("weights", "it takes other noise than our network")
    sizes = {name: int(wanted.architecture[name]) for name in ("width", "plane")}
    has_grid = Grid.from_dict(wanted.architecture) is not None
    n_conditions = wanted.n_genres + (N_BEAT_VALUES if has_grid else 0)
    n_conditions += N_LIKENESS_VALUES if likeness_tagger(wanted.architecture) else 0
    generator = build(n_conditions, shape, **sizes)
    assign_all(generator.weights, weights)
    return gan_export.litert_bytes(generator, shape), weights_bytes(generator)


def assign_all(variables: Iterable[Any], weights: Weights) -> None:
    """Give each variable its array; names and shapes must be the same on both sides."""
    wanted = {variable.path: variable for variable in variables}
    for names, what in (
        (wanted.keys() - weights.keys(), "lacks"),
        (weights.keys() - wanted.keys(), "has more than its network, such as"),
    ):
        if names:
            raise FstMuseError(
                "weights", f"it {what} {min(names)!r}, so it fits no network of ours"
            )
    for path, variable in wanted.items():
        shape = tuple(variable.shape)
        if weights[path].shape != shape:
            raise FstMuseError(
                "weights", f"its {path!r} has the shape {weights[path].shape} instead of {shape}"
            )
    for path, variable in wanted.items():
        variable.assign(weights[path])


# By the kind of bundle and the input of its network.
REBUILDERS: Mapping[tuple[str, str], Callable[..., tuple[bytes, bytes]]] = {
    (CLASSIFIER, SEGMENTS): rebuild_classifier,
    (CLASSIFIER, WHOLE_CLIP): rebuild_whole_clip,
    (GENERATOR, SEGMENTS): rebuild_generator,
}
