"""Our ToyGan: noise, a genre and a beat in, a scaled log-mel spectrogram of any length out.

Music with a steady beat is made on the beat grid: a step is a beat, a quarter of a step a
sixteenth, 64 frames a bar, whatever the tempo. Music without one is made as it runs.

The generator works in one dimension at first (time, with the bands as channels: chords, beats
and form are cheap there) and in two from a quarter of the resolution on. There is no batch
normalisation, so averaged weights are as good as trained ones; each unit is normalised over
its own channels and then scaled and shifted by the genre and the noise of the piece.

Level: the crops it learns from are divided by their own mean magnitude, over all of
``CROP_FRAMES`` frames (5.9 s), twice a classifier's segment. So what comes out has mean level
one over about six seconds, and louder and quieter passages within.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from fstmuse_core.bundle.noise import NoiseShape

Tensor = Any

N_MELS = 128
CROP_FRAMES = 256
_SLOPE = 0.2
# Of the convolutions over whole steps; their sum is how many steps they reach to either side.
_DILATIONS = (1, 2, 4)
SHAPE = NoiseShape(
    frames_per_step=16, margin_steps=8, global_noise=128, local_noise=64, beat_noise=9
)


# Values of noise beyond which a network would not fit into memory.
_MOST_NOISE = 512


def fits(shape: NoiseShape) -> bool:
    """True for noise that :func:`build_generator` can take; it was 8 values a frame once."""
    values = (shape.global_noise, shape.local_noise, shape.beat_noise)
    return (
        shape.frames_per_step == SHAPE.frames_per_step
        and shape.margin_steps == SHAPE.margin_steps
        and max(values) <= _MOST_NOISE
    )


@keras.saving.register_keras_serializable("fstmuse")
class Conditioned(layers.Layer):  # type: ignore[misc]
    """Normalises each place over its channels, then scales and shifts them by a style.

    Inputs ``(batch, ..., channels)`` and ``(batch, style)``; pixel norm as in Karras et al.,
    "Progressive growing of GANs", ICLR 2018, and FiLM (Perez et al., AAAI 2018).
    """

    def build(self, input_shape: list[tuple[int | None, ...]]) -> None:
        features, style = input_shape
        self.channels: int = features[-1]  # type: ignore[assignment]
        self.n_axes = len(features) - 2
        self.kernel = self.add_weight(
            name="kernel",
            shape=(style[-1], 2 * self.channels),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
        )
        self.bias = self.add_weight(name="bias", shape=(2 * self.channels,), initializer="zeros")

    def call(self, inputs: list[Tensor]) -> Tensor:
        x, style = inputs
        power = ops.mean(ops.square(x), axis=-1, keepdims=True)
        x = x * ops.rsqrt(power + 1e-6)
        affine = ops.matmul(style, self.kernel) + self.bias
        affine = ops.reshape(affine, (-1, *(1,) * self.n_axes, 2 * self.channels))
        return x * (1.0 + affine[..., : self.channels]) + affine[..., self.channels :]

    def compute_output_shape(
        self, input_shape: list[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        return input_shape[0]


def build_generator(
    n_conditions: int, shape: NoiseShape = SHAPE, *, width: int = 192, plane: int = 24
) -> Any:
    """The generator.

    Parameters
    ----------
    n_conditions : int
        Genres, and two values on the beat.
    shape : NoiseShape
        Of its noise; 16 frames a step, and a margin that holds what the network reaches.
    width : int
        Channels where time is the only axis.
    plane : int
        Channels at the coarsest grid of time and frequency; a multiple of 8.

    Returns
    -------
    keras.Model
        Inputs by name as :func:`fstmuse_core.bundle.noise.draw_noise` gives them, and
        ``genre (batch, n_conditions)`` as :func:`fstmuse_core.bundle.bar_noise.condition` does;
        any number of steps. Output ``(batch, 16 * n_steps, 128)``, scaled log-mel.
    """
    genre = keras.Input((n_conditions,), name="genre")
    whole = keras.Input((shape.global_noise,), name="global_noise")
    local = keras.Input((None, shape.local_noise), name="local_noise")
    beat = keras.Input((None, shape.beat_noise), name="beat_noise")

    style = _style(genre, whole)
    x = _steps(local, beat, style, width, shape)
    margin = shape.margin_steps
    local_inside = layers.Cropping1D(margin, name="local_inside")(local)
    beat_inside = layers.Cropping1D(16 * margin, name="beat_inside")(beat)
    x = _quarters(x, local_inside, beat_inside, style, width)
    y = _plane(x, beat_inside, style, plane)
    envelope = layers.Conv1D(N_MELS, 3, padding="same", name="envelope")(_leaky(x, "envelope"))
    smooth = _repeat(envelope, 4, "envelope_frames")
    y = layers.Add(name="log_mel")([y, smooth])
    return keras.Model([genre, whole, local, beat], y, name="toy_gan")


def serving_generator(generator: Any) -> Any:
    """The generator for one piece at a time, to be written as a LiteRT file."""
    inputs = [
        keras.Input(batch_shape=(1, *value.shape[1:]), name=value.name)
        for value in generator.inputs
    ]
    return keras.Model(inputs, generator(inputs), name="toy_gan_serving")


def _style(genre: Tensor, whole: Tensor) -> Tensor:
    """Style of the piece as a whole, 128 values."""
    named = layers.Dense(64, name="genre_embedding")(genre)
    x = layers.Concatenate(name="style_inputs")([named, whole])
    for i in (1, 2):
        x = _leaky(layers.Dense(128, name=f"style_{i}")(x), f"style_{i}")
    return x


def _steps(local: Tensor, beat: Tensor, style: Tensor, width: int, shape: NoiseShape) -> Tensor:
    """A vector a step (0.37 s) that knows what goes on within some three seconds."""
    x = layers.Concatenate(name="course")([local, _fold(beat, 16, "beat_by_step")])
    x = layers.Conv1D(width, 1, name="steps")(x)
    for dilation in _DILATIONS:
        name = f"step_unit_{dilation}"
        y = _leaky(Conditioned(name=f"{name}_norm")([x, style]), name)
        y = _dilated(y, width, dilation, f"{name}_conv")
        x = layers.Add(name=name)([layers.Cropping1D(dilation, name=f"{name}_cut")(x), y])
    edge = shape.margin_steps - sum(_DILATIONS)
    return layers.Cropping1D(edge, name="steps_inside")(x)


def _quarters(x: Tensor, local: Tensor, beat: Tensor, style: Tensor, width: int) -> Tensor:
    """A vector for every four frames (93 ms)."""
    x = _unfold(layers.Conv1D(4 * width, 1, name="quarters")(x), 4, "quarters")
    course = layers.Concatenate(name="quarter_course")(
        [_fold(beat, 4, "beat_by_quarter"), _unfold(local, 4, "local_by_quarter")]
    )
    course = layers.Conv1D(width, 3, padding="same", name="quarter_noise")(course)
    x = layers.Add(name="quarter_sum")([x, course])
    for i in (1, 2):
        name = f"quarter_unit_{i}"
        y = _leaky(Conditioned(name=f"{name}_norm")([x, style]), name)
        y = layers.Conv1D(width, 3, padding="same", name=f"{name}_conv")(y)
        x = layers.Add(name=name)([x, y])
    return x


def _plane(x: Tensor, beat: Tensor, style: Tensor, channels: int) -> Tensor:
    """Time by frequency: 32 bands at a quarter of the frames, 64 at half, 128 at all."""
    half, few = channels // 2, channels // 8
    y = layers.Conv1D(32 * channels, 1, name="to_plane")(x)
    y = layers.Reshape((-1, 32, channels), name="plane_32")(y)
    y = _plane_unit(y, style, "plane_32")
    y = _double(y, half, "plane_64")
    accents = layers.Conv1D(64 * half, 1, name="accents")(_fold(beat, 2, "beat_by_half"))
    accents = layers.Reshape((-1, 64, half), name="accents_64")(accents)
    y = layers.Add(name="plane_64_accented")([y, accents])
    y = _plane_unit(y, style, "plane_64")
    # A unit at full resolution as well would take as long as all before it.
    y = _double(y, few, "plane_128")
    y = layers.Conv2D(1, 3, padding="same", name="detail")(_leaky(y, "detail"))
    return layers.Reshape((-1, N_MELS), name="detail_128")(y)


def _plane_unit(x: Tensor, style: Tensor, name: str) -> Tensor:
    y = _leaky(Conditioned(name=f"{name}_norm")([x, style]), f"{name}_unit")
    y = layers.Conv2D(x.shape[-1], 3, padding="same", name=f"{name}_conv")(y)
    return layers.Add(name=f"{name}_unit")([x, y])


def _double(x: Tensor, channels: int, name: str) -> Tensor:
    """Twice the bands, each with values of its own; twice the frames, each repeated."""
    bands = x.shape[2]
    x = layers.Conv2D(2 * channels, 1, name=f"{name}_split")(x)
    flat = layers.Reshape((-1, 2 * bands * channels), name=f"{name}_flat")(x)
    flat = _repeat(flat, 2, f"{name}_frames")
    return layers.Reshape((-1, 2 * bands, channels), name=name)(flat)


# The next two say with slices and reshapes of known shape what a dilated convolution and
# repeating would: LiteRT then knows every shape before it runs. Where it must find them out
# as it goes, its second answer is not its first (ai-edge-litert 2.3, XNNPACK).


def _dilated(x: Tensor, channels: int, dilation: int, name: str) -> Tensor:
    """A convolution over three places that lie ``dilation`` apart, without padding."""
    cuts = ((0, 2 * dilation), (dilation, dilation), (2 * dilation, 0))
    taps = [layers.Cropping1D(cut, name=f"{name}_{i}")(x) for i, cut in enumerate(cuts)]
    return layers.Conv1D(channels, 1, name=name)(layers.Concatenate(name=f"{name}_taps")(taps))


def _repeat(x: Tensor, times: int, name: str) -> Tensor:
    """Each place so many times, shape ``(batch, n, channels)`` to ``(batch, times * n, ...)``."""
    side_by_side = layers.Concatenate(name=f"{name}_copies")([x] * times)
    return _unfold(side_by_side, times, name)


def _fold(x: Tensor, frames: int, name: str) -> Tensor:
    """Fold a number of frames into one place with as many more channels."""
    return layers.Reshape((-1, frames * x.shape[-1]), name=name)(x)


def _unfold(x: Tensor, places: int, name: str) -> Tensor:
    """Each place as so many, with as many fewer channels."""
    return layers.Reshape((-1, x.shape[-1] // places), name=f"{name}_unfolded")(x)


def _leaky(x: Tensor, name: str) -> Tensor:
    return layers.LeakyReLU(_SLOPE, name=f"{name}_leaky")(x)
