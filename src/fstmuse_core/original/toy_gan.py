"""The report's ToyGan, layer by layer, as it was in 2023.

It is kept to be compared with; ours is :mod:`fstmuse_core.networks.toy_gan`. Why it never made
proper audio:

- Its generator ends in a sigmoid, so nothing is above 1, but learns from magnitudes that were
  never normalised and reach the hundreds: the discriminator needs to look at no more.
- The report turned its output into sound with time and frequency swapped, by a filterbank
  (librosa's, Slaney's scale with area norm, to 11,025 Hz) and a power (2) that are not those
  of the forward transform (HTK without norm, to 8,000 Hz, power 1), and wrote the samples at
  1,000 Hz.
- 99 of 100 of its parameters are in one dense layer: 171 million from 500 clips. It makes
  30 s and nothing else, knows no genre, and takes some 2 million million multiply-adds a
  step: 26 s and 6.2 GiB on two cores, three and a half hours for an epoch of 500 clips.
- Its discriminator has no pooling and 36.6 million places in its last layer, of which each
  has a weight of its own; dropout is all that keeps it from learning 500 clips by heart.
- Batches of one, and a discriminator that learns ten times more slowly than the generator.
"""

from __future__ import annotations

from typing import Any

from fstmuse_core.original.features import N_FRAMES, N_MELS
from fstmuse_core.spectrogram import FloatArray

NOISE = 128
QUARTER_FRAMES = 323
GENERATOR_RATE, DISCRIMINATOR_RATE = 1e-4, 1e-5
LABEL_NOISE = 0.15
_CHANNELS = 128
_SLOPE = 0.2
_DROPOUT = 0.4


def build_original_generator(quarter_frames: int = QUARTER_FRAMES) -> Any:
    """The generator; 172,014,081 parameters.

    Parameters
    ----------
    quarter_frames : int
        Frames before the two upsamplings; another than the report's for tests alone.

    Returns
    -------
    keras.Model
        Input ``(batch, 128)``, standard normal noise; output ``(batch, 1291, 128, 1)``, within
        0 and 1.
    """
    import keras
    from keras import layers

    bands = N_MELS // 4
    blocks: list[Any] = []
    for size, is_doubled in ((5, True), (5, True), (4, False), (4, False)):
        if is_doubled:
            blocks.append(layers.UpSampling2D())
        blocks.append(layers.Conv2D(_CHANNELS, size, padding="same"))
        blocks.append(layers.LeakyReLU(_SLOPE))
    return keras.Sequential(
        [
            keras.Input((NOISE,)),
            layers.Dense(quarter_frames * bands * _CHANNELS),
            layers.LeakyReLU(_SLOPE),
            layers.Reshape((quarter_frames, bands, _CHANNELS)),
            *blocks,
            layers.Conv2D(1, 4, padding="same", activation="sigmoid"),
            # 1292 frames come out; the clips have 1291.
            layers.Cropping2D(((0, 1), (0, 0))),
        ],
        name="original_toy_gan_generator",
    )


def build_original_discriminator(frames: int = N_FRAMES) -> Any:
    """The discriminator; 37,633,281 parameters.

    Returns
    -------
    keras.Model
        Input ``(batch, frames, 128, 1)``; output ``(batch, 1)``, 0 for real and 1 for made.
    """
    import keras
    from keras import layers

    blocks: list[Any] = []
    for filters in (32, 64, 128, 256):
        blocks += [layers.Conv2D(filters, 5), layers.LeakyReLU(_SLOPE), layers.Dropout(_DROPOUT)]
    return keras.Sequential(
        [
            keras.Input((frames, N_MELS, 1)),
            *blocks,
            layers.Flatten(),
            layers.Dropout(_DROPOUT),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="original_toy_gan_discriminator",
    )


def generate_original(generator: Any, seed: int) -> FloatArray:
    """One clip, shape ``(1291, 128)``, taken for magnitudes."""
    import numpy as np

    noise = np.random.default_rng(seed).standard_normal((1, NOISE), dtype=np.float32)
    return np.asarray(generator.predict_on_batch(noise))[0, :, :, 0]
