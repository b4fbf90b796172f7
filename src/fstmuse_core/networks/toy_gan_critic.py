"""The judge of ToyGan while it learns, and its convolutions of bounded gain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from fstmuse_core.networks.blocks import N_MELS, SEGMENT_FRAMES
from fstmuse_core.networks.toy_gan import CROP_FRAMES

Tensor = Any

_TINY = 1e-12
# What a leaky rectifier takes from a signal, given back (He et al., 2015). With one, scores of
# a discriminator of a few layers stay so small that the generator runs away from it.
NORM = 2.0**0.5


class _Spectral(layers.Layer):  # type: ignore[misc]
    """Mixin for layers that have a ``kernel`` whose last axis is the output."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        self.direction = self.add_weight(
            name="direction",
            shape=(1, self.kernel.shape[-1]),
            initializer="random_normal",
            trainable=False,
        )

    def normalised(self, kernel: Tensor, training: bool | None) -> Tensor:
        """The kernel, scaled so that its largest singular value is :data:`NORM`."""
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        fixed = ops.stop_gradient(matrix)
        left = _unit(ops.matmul(self.direction, ops.transpose(fixed)))
        right = _unit(ops.matmul(left, fixed))
        if training:
            self.direction.assign(right)
        largest = ops.sum(ops.matmul(left, matrix) * right)
        return kernel * (NORM / ops.maximum(largest, _TINY))


def _unit(vector: Tensor) -> Tensor:
    return vector / (ops.sqrt(ops.sum(ops.square(vector))) + _TINY)


@keras.saving.register_keras_serializable("fstmuse")
class SpectralConv2D(_Spectral, layers.Conv2D):  # type: ignore[misc]
    """A spectrally normalised ``Conv2D`` without activation."""

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        kernel = self.normalised(self.kernel, training)
        return self.convolution_op(inputs, kernel) + self.bias


@keras.saving.register_keras_serializable("fstmuse")
class SpectralConv1D(_Spectral, layers.Conv1D):  # type: ignore[misc]
    """A spectrally normalised ``Conv1D`` without activation."""

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        kernel = self.normalised(self.kernel, training)
        return self.convolution_op(inputs, kernel) + self.bias


@keras.saving.register_keras_serializable("fstmuse")
class SpectralDense(_Spectral, layers.Dense):  # type: ignore[misc]
    """A spectrally normalised ``Dense`` without activation or bias."""

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(units, **{**options, "use_bias": False})

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        return ops.matmul(inputs, self.normalised(self.kernel, training))


# Toy gan critic -----------------------------------------------------------------------------

_SLOPE = 0.2
# Share of the features that each score does without, so that no song is known by heart.
_FORGOTTEN = 0.2


def frozen_features(classifier: Any) -> Any:
    """The features of a trained classifier, for :func:`build_discriminator`.

    Parameters
    ----------
    classifier : keras.Model
        The training view of a :class:`fstmuse_core.networks.blocks.Classifier`.

    Returns
    -------
    keras.Model
        Input ``(batch, 128, 128, 1)``; outputs: its middle and its last features, and its
        logits. Not trainable.
    """
    outputs = [classifier.get_layer(name).output for name in ("middle_relu", "high_relu")]
    # Frozen means the same answer each time, in training too.
    classifier.get_layer("dropout").rate = 0.0
    model = keras.Model(classifier.input, [*outputs, classifier.output], name="frozen")
    model.trainable = False
    return model


def build_discriminator(n_conditions: int, features: Any, *, width: int = 16) -> Any:
    """The discriminator.

    Parameters
    ----------
    n_conditions : int
        As the generator's.
    features : keras.Model
        From :func:`frozen_features`.
    width : int
        Channels of the first convolution.

    Returns
    -------
    keras.Model
        Inputs ``mel (batch, 256, 128)``, scaled, and ``genre (batch, n_conditions)``. Outputs:
        scores of each view, shapes ``(batch, n)``, above zero for real; and last the logits
        that the frozen classifier gives, ``(batch, K + 1)``.
    """
    mel = keras.Input((CROP_FRAMES, N_MELS), name="mel")
    genre = keras.Input((n_conditions,), name="genre")
    # All three at once only in the middle of the crop: a generator that is convolutional in
    # time cannot be good there alone, and it halves the time that a step takes.
    edge = (CROP_FRAMES - SEGMENT_FRAMES) // 2
    segment = layers.Cropping1D(edge, name="segment")(mel)
    segment = layers.Reshape((SEGMENT_FRAMES, N_MELS, 1), name="segment_plane")(segment)
    middle, high, logits = features(segment, training=False)
    scores = [
        *_see_spectrogram(segment, genre, width),
        _see_envelope(mel, genre),
        _see_changes(mel, genre),
        _see_features(middle, genre, "middle"),
        _see_features(high, genre, "high"),
    ]
    return keras.Model([mel, genre], [*scores, logits], name="toy_gan_discriminator")


def _see_spectrogram(plane: Tensor, genre: Tensor, width: int) -> list[Tensor]:
    x = plane
    for i, factor in enumerate((1, 2, 4, 5)):
        x = SpectralConv2D(
            factor * width, 3 if i else 5, strides=2, padding="same", name=f"patch_{i}"
        )(x)
        x = _leaky(x, f"patch_{i}")
    patches = _scores_2d(x, genre, "patches")
    x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]), name="columns")(x)
    x = _leaky(SpectralConv1D(128, 1, name="column")(x), "column")
    for dilation in (1, 2):
        x = SpectralConv1D(
            128, 3, dilation_rate=dilation, padding="same", name=f"seconds_{dilation}"
        )(x)
        x = _leaky(x, f"seconds_{dilation}")
    return [patches, _scores_1d(x, genre, "seconds")]


def _see_changes(mel: Tensor, genre: Tensor) -> Tensor:
    """Differences from a beat and from a bar before: what returns, and what is new.

    Without it a generator on the beat grid makes all bars alike.
    """
    x = _cells(mel, 4, "change")
    beat, bar = 4, 16
    now = layers.Cropping1D((bar, 0), name="change_now")(x)
    earlier = [
        layers.Cropping1D((bar - lag, lag), name=f"change_{lag}_before")(x) for lag in (beat, bar)
    ]
    y = layers.Concatenate(name="changes")(
        [layers.Subtract(name=f"change_{i}")([now, before]) for i, before in enumerate(earlier)]
    )
    for i, dilation in enumerate((1, 2, 4)):
        y = SpectralConv1D(96, 3, dilation_rate=dilation, padding="same", name=f"change_look_{i}")(
            y
        )
        y = _leaky(y, f"change_look_{i}")
    return _scores_1d(y, genre, "change")


def _cells(mel: Tensor, frames: int, name: str) -> Tensor:
    """Means of so many frames and two bands, ``(batch, 256 / frames, 64)``."""
    x = layers.Reshape((CROP_FRAMES // frames, frames, N_MELS // 2, 2), name=f"{name}_cells")(mel)
    return Mean((2, 4), name=name)(x)


def _see_envelope(mel: Tensor, genre: Tensor) -> Tensor:
    """Two frames and two bands at once, so that a look at all the seconds is cheap."""
    x = _cells(mel, 2, "envelope")
    for i, (channels, strides, dilation) in enumerate(
        ((96, 1, 1), (128, 2, 1), (128, 2, 1), (128, 1, 2), (128, 1, 4))
    ):
        x = SpectralConv1D(
            channels,
            5 if i < 3 else 3,
            strides=strides,
            dilation_rate=dilation,
            padding="same",
            name=f"envelope_{i}",
        )(x)
        x = _leaky(x, f"envelope_{i}")
    return _scores_1d(x, genre, "envelope")


@keras.saving.register_keras_serializable("fstmuse")
class Mean(layers.Layer):  # type: ignore[misc]
    """Mean over some axes."""

    def __init__(self, axes: Sequence[int], **options: Any) -> None:
        super().__init__(**options)
        self.axes = tuple(axes)

    def call(self, inputs: Tensor) -> Tensor:
        return ops.mean(inputs, axis=self.axes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axes": self.axes}


def _see_features(x: Tensor, genre: Tensor, name: str) -> Tensor:
    """Scores from a map of the frozen classifier's features."""
    x = _leaky(SpectralConv2D(64, 3, padding="same", name=f"{name}_look")(x), f"{name}_look")
    return _scores_2d(x, genre, name)


def _scores_2d(x: Tensor, genre: Tensor, name: str) -> Tensor:
    return _scores_1d(
        layers.Reshape((x.shape[1] * x.shape[2], x.shape[3]), name=f"{name}_cells")(x), genre, name
    )


def _scores_1d(x: Tensor, genre: Tensor, name: str) -> Tensor:
    """A score per place: how real, and how much of the genre."""
    x = layers.Dropout(_FORGOTTEN, name=f"{name}_some")(x)
    plain = SpectralConv1D(1, 1, name=f"{name}_real")(x)
    wanted = SpectralDense(x.shape[-1], name=f"{name}_genre")(genre)
    of_genre = layers.Dot(axes=(2, 1), name=f"{name}_projection")([x, wanted])
    flat = layers.Reshape((x.shape[1],), name=f"{name}_flat")(plain)
    return layers.Add(name=f"{name}_scores")([flat, of_genre])


def _leaky(x: Tensor, name: str) -> Tensor:
    return layers.LeakyReLU(_SLOPE, name=f"{name}_leaky")(x)
