"""Building blocks that the classifiers share; Keras alone, so any backend runs them.

A classifier is a trunk (log-mel segment to a grid of features) and a head that is additive
over the grid: the logits are the plain mean of one contribution per cell, plus a bias. The
contributions are therefore an exact answer to "what spoke for this genre, and where".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

SEGMENT_FRAMES = 128
N_MELS = 128

Tensor = Any

# Keras' own default of 0.99 leaves the statistics of a short run near their initial values.
_MOMENTUM = 0.9


@dataclass(frozen=True, eq=False)
class Classifier:
    """Two views of the same layers.

    Attributes
    ----------
    serving : keras.Model
        Input ``(batch, 128, 128, 1)``: frames by mel bands, scaled. Outputs a dictionary:
        ``logits (batch, K)``; ``novelty (batch, 1)``, higher is less like the genres; and
        ``activation (batch, T, F, K)``, whose mean over T and F is the logits less a bias.
    training : keras.Model
        The same input; output ``(batch, K + 1)``: the logits and, last, the logit of
        "none of these genres".
    """

    serving: Any
    training: Any


@keras.saving.register_keras_serializable("fstmuse")
class BandGain(layers.Layer):  # type: ignore[misc]
    """A learned gain per frequency row and channel, 1 at first.

    It lets the head weigh the same feature differently in the bass and in the treble.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.gain = self.add_weight(
            name="gain", shape=(1, 1, input_shape[2], input_shape[3]), initializer="ones"
        )

    def call(self, inputs: Tensor) -> Tensor:
        return inputs * self.gain

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape


def conv_unit(x: Tensor, filters: int, name: str, *, size: int = 3, strides: int = 1) -> Tensor:
    """Convolution, batch normalisation, ReLU."""
    x = layers.Conv2D(
        filters, size, strides=strides, padding="same", use_bias=False, name=f"{name}_conv"
    )(x)
    x = layers.BatchNormalization(momentum=_MOMENTUM, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def residual_unit(x: Tensor, name: str) -> Tensor:
    """A convolution unit of the same width, added to its input."""
    return layers.Add(name=f"{name}_add")([x, conv_unit(x, x.shape[-1], name)])


def pool(x: Tensor, name: str) -> Tensor:
    """Halve time and frequency."""
    return layers.MaxPooling2D(2, name=f"{name}_pool")(x)


def segment_input() -> Tensor:
    """The input that every classifier has."""
    return keras.Input((SEGMENT_FRAMES, N_MELS, 1), name="segment")


def additive_classifier(
    name: str, inputs: Tensor, features: Tensor, n_genres: int, *, dropout: float
) -> Classifier:
    """Put the additive head on a trunk.

    Parameters
    ----------
    name : str
        Name of the serving model.
    inputs, features : tensor
        Of the trunk; ``features`` has shape ``(batch, T, F, channels)``.
    n_genres : int
        K, two or more.
    dropout : float
        Share of feature channels dropped in training.
    """
    x = BandGain(name="band_gain")(features)
    x = layers.SpatialDropout2D(dropout, name="dropout")(x)
    # One logit more than there are genres: "none of these", learned from other music.
    cells = layers.Conv2D(n_genres + 1, 1, use_bias=False, name="contributions")(x)
    joined = layers.GlobalAveragePooling2D(name="mean")(cells)
    joined = Bias(name="bias")(joined)

    logits = joined[:, :n_genres]
    novelty = joined[:, n_genres:] - ops.logsumexp(logits, axis=-1, keepdims=True)
    outputs = {"logits": logits, "novelty": novelty, "activation": cells[..., :n_genres]}
    return Classifier(
        serving=keras.Model(inputs, outputs, name=name),
        training=keras.Model(inputs, joined, name=f"{name}_training"),
    )


@keras.saving.register_keras_serializable("fstmuse")
class Bias(layers.Layer):  # type: ignore[misc]
    """Adds a learned vector, 0 at first."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.bias = self.add_weight(name="bias", shape=(input_shape[-1],), initializer="zeros")

    def call(self, inputs: Tensor) -> Tensor:
        return inputs + self.bias

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape
