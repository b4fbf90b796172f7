"""Generator and discriminator as one model that learns a step at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bar_noise import N_BEAT_VALUES
from fstmuse_core.networks.toy_gan import CROP_FRAMES, N_MELS, build_generator
from fstmuse_core.networks.toy_gan_critic import build_discriminator


class TwoOptimizers:
    """Two optimizers where one is expected.

    Parameters
    ----------
    generator, discriminator : keras.optimizers.Optimizer
    learned : callable
        Gives the variables that each of them changes.
    """

    def __init__(
        self,
        generator: Any,
        discriminator: Any,
        learned: Callable[[], tuple[list[Any], list[Any]]],
    ) -> None:
        self._both = (generator, discriminator)
        self._learned = learned

    def build(self, variables: object) -> None:
        """Make their moments, so that kept ones can be assigned."""
        for optimizer, learned in zip(self._both, self._learned(), strict=True):
            optimizer.build(learned)

    @property
    def variables(self) -> list[Any]:
        """Variables of both optimizers."""
        return [v for optimizer in self._both for v in optimizer.variables]

    @property
    def learning_rate(self) -> Any:
        """Learning rate of the generator's optimizer."""
        return self._both[0].learning_rate


Tensor = Any

# The discriminator learns faster (Heusel et al., two time-scale update rule, 2017).
_DISCRIMINATOR_RATE = 2.0
_BETA_1, _BETA_2 = 0.0, 0.99
# About the last twenty steps. The generator wanders while the rate is high, and a longer mean is a
# blurred one: with 500 steps the Fréchet distance was 6.8 where the generator's own was 2.7.
_AVERAGING = 0.95
# Steps from one averaging to the next: each costs a tenth of a step.
_AVERAGED_EVERY = 4
# From this share of the steps on the learning rates fall, in a straight line to nothing.
_FALLING_FROM = 0.5
# A generator that has learned waits for a discriminator that has not, which would undo it.
_WAITED = 250
# Weight of the frozen classifier's own opinion in the generator's loss.
_GENRE_WEIGHT = 0.05


@dataclass(frozen=True)
class GanSizes:
    """Sizes of the networks: their channels, see the networks."""

    width: int = 160
    plane: int = 16
    critic: int = 12


@dataclass(frozen=True, eq=False)
class Disguise:
    """Random changes of every crop that the discriminator sees, real or made.

    Zhao et al., "Differentiable augmentation for data-efficient GAN training", NeurIPS 2020.

    Attributes
    ----------
    frames : ndarray, shape ``(batch, 256)``
        0 where a stretch is blanked, 1 elsewhere.
    bands : ndarray, shape ``(batch, 128)``
        The same for bands.
    colour : ndarray, shape ``(batch, 128)``
        Added to every frame.
    """

    frames: FloatArray
    bands: FloatArray
    colour: FloatArray

    def arrays(self) -> list[FloatArray]:
        """In the order of the training models' inputs."""
        return [self.frames, self.bands, self.colour]


@dataclass(frozen=True, eq=False)
class GanBatch:
    """Inputs of a step.

    Attributes
    ----------
    real : ndarray, shape ``(batch, 256, 128)``
        Scaled crops.
    condition : ndarray, shape ``(batch, K + 2)`` or ``(batch, K + 19)``
        Genre, beat and song of the real ones, and asked of the generator; see
        :func:`fstmuse_core.bundle.bar_noise.condition`.
    noise : list of two lists of arrays
        Global, local and beat noise, for the discriminator's step and for the generator's.
    disguises : list of three Disguise
        For real and made ones in the discriminator's step, and in the generator's.
    """

    real: FloatArray
    condition: FloatArray
    noise: list[list[FloatArray]]
    disguises: list[Disguise]


@keras.saving.register_keras_serializable("fstmuse")
class Disguised(layers.Layer):  # type: ignore[misc]
    """Applies a :class:`Disguise`."""

    def call(self, inputs: list[Tensor]) -> Tensor:
        mel, frames, bands, colour = inputs
        return (mel + colour[:, None, :]) * frames[:, :, None] * bands[:, None, :]

    def compute_output_shape(
        self, input_shape: list[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        return input_shape[0]


class _Adversary(layers.Layer):  # type: ignore[misc]
    """Hinge loss of the discriminator and share of scores on the right side, ``(batch, 2)``."""

    def call(self, inputs: list[Tensor]) -> Tensor:
        sign, *scores = inputs
        losses = [ops.mean(ops.relu(1.0 - sign * s), axis=1) for s in scores]
        right = [ops.mean(ops.cast(sign * s > 0, "float32"), axis=1) for s in scores]
        return ops.stack([sum(losses) / len(losses), sum(right) / len(right)], axis=1)


class _Author(layers.Layer):  # type: ignore[misc]
    """Loss of the generator, ``(batch, 2)``: in all, and what genre it is taken for."""

    def call(self, inputs: list[Tensor]) -> Tensor:
        genre, *scores, logits = inputs
        believed = sum(ops.mean(s, axis=1) for s in scores) / len(scores)
        n_genres = logits.shape[-1] - 1
        chances = ops.log_softmax(logits[..., :n_genres], axis=-1)
        missed = -ops.sum(chances * genre[..., :n_genres], axis=-1)
        return ops.stack([_GENRE_WEIGHT * missed - believed, missed], axis=1)


def _first_column(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return ops.mean(y_pred[:, 0])


def _second_column(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return ops.mean(y_pred[:, 1])


class GanModel:
    """ToyGan with all that its training needs; speaks like the Keras model of a classifier.

    Parameters
    ----------
    n_genres : int
    features : keras.Model
        From :func:`fstmuse_core.networks.toy_gan_critic.frozen_features`.
    learning_rate : float
        Of the generator, until half of the steps are done.
    steps : int
        In all.
    sizes : GanSizes
    n_likeness : int
        Values that are told of a song.
    """

    def __init__(
        self,
        n_genres: int,
        features: Any,
        *,
        learning_rate: float,
        steps: int,
        sizes: GanSizes,
        n_likeness: int = 0,
    ) -> None:
        self._rate, self._steps, self._waits = learning_rate, steps, 0
        self.n_told = told = n_genres + N_BEAT_VALUES + n_likeness
        self.generator = build_generator(told, width=sizes.width, plane=sizes.plane)
        self.averaged = build_generator(told, width=sizes.width, plane=sizes.plane)
        self.averaged.trainable = False
        self.averaged.set_weights(self.generator.get_weights())
        self._features = features
        self._discriminator = build_discriminator(told, features, width=sizes.critic)
        self._discriminator_step = _discriminator_step(self._discriminator, learning_rate)
        self._generator_step = _generator_step(self.generator, self._discriminator, learning_rate)
        self.optimizer = TwoOptimizers(
            self._generator_step.optimizer,
            self._discriminator_step.optimizer,
            self._variables_learned,
        )
        self._losses: list[tuple[float, float]] = []

    def start_from(self, weights: Mapping[str, FloatArray]) -> None:
        """Take the weights of a generator that has learned, by the paths of the variables.

        Raises
        ------
        KeyError, ValueError
            If one is missing or has another shape.
        """
        for variable in self.generator.variables:
            variable.assign(weights[variable.path])
        self.averaged.set_weights(self.generator.get_weights())
        self._waits = min(_WAITED, self._steps // 10)

    @property
    def variables(self) -> list[Any]:
        """Variables that learning changes."""
        frozen = {id(variable) for variable in self._features.variables}
        own = [v for v in self._discriminator.variables if id(v) not in frozen]
        return [*self.generator.variables, *self.averaged.variables, *own]

    @property
    def trainable_variables(self) -> list[Any]:
        """An empty list, for ``optimizer.build``: each optimizer knows its own."""
        return []

    def reset_metrics(self) -> None:
        """Keras adds a batch's figures to those before unless told otherwise."""
        self._generator_step.reset_metrics()
        self._discriminator_step.reset_metrics()

    def train_on_batch(self, batch: GanBatch, targets: object) -> tuple[float, float]:
        """One step of each; the discriminator's loss, and how often it is right."""
        self._set_rates()
        made = self.generator.predict_on_batch([batch.condition, *batch.noise[0]])
        size = len(batch.real)
        sign = np.repeat(np.array([1.0, -1.0], np.float32), size)[:, None]
        mels = np.concatenate([np.asarray(batch.real), np.asarray(made)])
        disguise = [
            np.concatenate(pair)
            for pair in zip(*(d.arrays() for d in batch.disguises[:2]), strict=True)
        ]
        genres = np.concatenate([batch.condition, batch.condition])
        self._discriminator_learns(True)
        loss, right = self._discriminator_step.train_on_batch(
            [mels, genres, *disguise, sign], np.zeros((2 * size, 2), np.float32)
        )
        self._discriminator_learns(False)
        inputs = [batch.condition, *batch.noise[1], *batch.disguises[2].arrays()]
        author, missed = self._generator_step.train_on_batch(
            inputs, np.zeros((size, 2), np.float32)
        )
        self._average()
        self._losses.append((float(author), float(missed)))
        return float(loss), float(right)

    def mean_losses(self) -> dict[str, float]:
        """Means of the generator's losses since the last call."""
        losses = np.array(self._losses or [(0.0, 0.0)])
        self._losses = []
        author, missed = losses.mean(axis=0)
        return {"generator_loss": float(author), "genre_loss": float(missed)}

    def _variables_learned(self) -> tuple[list[Any], list[Any]]:
        self._discriminator_learns(True)
        return self.generator.trainable_variables, self._discriminator.trainable_variables

    def _discriminator_learns(self, learns: bool) -> None:
        self._discriminator.trainable = learns
        self._features.trainable = False

    def _set_rates(self) -> None:
        done = self._steps_done()
        left = 1.0 - done / self._steps
        rate = self._rate * min(1.0, max(0.0, left) / (1.0 - _FALLING_FROM))
        self._generator_step.optimizer.learning_rate = 0.0 if done < self._waits else rate
        self._discriminator_step.optimizer.learning_rate = _DISCRIMINATOR_RATE * rate

    def _steps_done(self) -> int:
        return int(np.asarray(self._generator_step.optimizer.iterations))

    def _average(self) -> None:
        steps = self._steps_done()
        if steps % _AVERAGED_EVERY:
            return
        rounds = steps // _AVERAGED_EVERY
        keep = min(_AVERAGING**_AVERAGED_EVERY, (1.0 + rounds) / (10.0 + rounds))
        for mean, value in zip(self.averaged.variables, self.generator.variables, strict=True):
            mean.assign(keep * mean + (1.0 - keep) * value)


def _disguise_inputs() -> list[Tensor]:
    return [
        keras.Input((CROP_FRAMES,), name="frames"),
        keras.Input((N_MELS,), name="bands"),
        keras.Input((N_MELS,), name="colour"),
    ]


def _discriminator_step(discriminator: Any, learning_rate: float) -> Any:
    mel, genre = (keras.Input(v.shape[1:], name=v.name) for v in discriminator.inputs)
    disguise = _disguise_inputs()
    sign = keras.Input((1,), name="sign")
    *scores, _ = discriminator([Disguised(name="disguised")([mel, *disguise]), genre])
    outputs = _Adversary(name="adversary")([sign, *scores])
    model = keras.Model([mel, genre, *disguise, sign], outputs, name="discriminator_step")
    return _compiled(model, _DISCRIMINATOR_RATE * learning_rate, "accuracy")


def _generator_step(generator: Any, discriminator: Any, learning_rate: float) -> Any:
    inputs = [keras.Input(v.shape[1:], name=v.name) for v in generator.inputs]
    disguise = _disguise_inputs()
    mel = Disguised(name="disguised")([generator(inputs), *disguise])
    *scores, logits = discriminator([mel, inputs[0]])
    outputs = _Author(name="author")([inputs[0], *scores, logits])
    model = keras.Model([*inputs, *disguise], outputs, name="generator_step")
    return _compiled(model, learning_rate, "missed")


def _compiled(model: Any, learning_rate: float, metric: str) -> Any:
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate, beta_1=_BETA_1, beta_2=_BETA_2),
        loss=_first_column,
        metrics=[keras.metrics.MeanMetricWrapper(_second_column, name=metric)],
        # XLA makes CPU training slower; JAX knows nothing else.
        jit_compile="auto" if keras.backend.backend() == "jax" else False,
    )
    return model
