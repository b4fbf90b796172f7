"""Convolutions whose largest singular value is fixed, so that a discriminator cannot run away.

Miyato et al., "Spectral normalization for generative adversarial networks", ICLR 2018: one
step of the power iteration at each use in training; gradients flow through the division.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

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
