"""Features of the report of 2023, what its classifiers share, and its ToyGan."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.system.errors import FstMuseError

SAMPLE_RATE = 22_050
N_FRAMES = 1291
N_MELS = 128
_N_FFT = 2048
_STRIDE = 512
_FMAX = 8000


def import_tensorflow_io() -> Any:
    """``tensorflow_io``, without its complaints.

    Its last release warns twice on import that its native operations do not load on today's
    TensorFlow; ``spectrogram`` and ``melscale`` are plain TensorFlow and need none of them.

    Raises
    ------
    FstMuseError
        If it is not installed: on Windows there is none for Python past 3.11.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="unable to load libtensorflow_io_plugins")
        warnings.filterwarnings("ignore", message="file system plugins are not loaded")
        try:
            import tensorflow_io
        except ImportError as error:
            raise FstMuseError(
                "tensorflow-io",
                f"it cannot be imported ({error})",
                "the original features need it: use Linux or macOS, or Python 3.11 on Windows",
            ) from error
    return tensorflow_io


def tfio_mel(samples: npt.ArrayLike) -> FloatArray:
    """Magnitude mel spectrogram of a clip, straight from tensorflow-io.

    Parameters
    ----------
    samples : array of float, shape ``(n,)``
        Mono at 22,050 Hz.

    Returns
    -------
    ndarray of float32, shape ``(ceil(n / 512), 128)``
    """
    tfio = import_tensorflow_io()
    audio = np.asarray(samples, dtype=np.float32)
    spectrum = tfio.audio.spectrogram(audio, nfft=_N_FFT, window=_N_FFT, stride=_STRIDE)
    mel = tfio.audio.melscale(spectrum, rate=SAMPLE_RATE, mels=N_MELS, fmin=0, fmax=_FMAX)
    return np.asarray(mel, dtype=np.float32)


def original_features(samples: npt.ArrayLike) -> FloatArray:
    """Input of the original networks: :func:`tfio_mel` cut or zero-padded to 1291 frames.

    Returns
    -------
    ndarray of float32, shape ``(1291, 128, 1)``
    """
    mel = tfio_mel(samples)[:N_FRAMES]
    return np.pad(mel, ((0, N_FRAMES - len(mel)), (0, 0)))[..., None]


def whole_clip_network(name: str, trunk: list[Any], n_genres: int, n_frames: int) -> Any:
    """Convolutions, one hidden dense layer and a softmax; compiled with Adam and cross-entropy.

    Layers have the names that Keras gives those of a first network, whatever was built before:
    weights are kept by them.
    """
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((n_frames, N_MELS, 1)),
            *trunk,
            layers.Flatten(),
            layers.Dense(32, activation="relu", name="dense"),
            layers.Dense(n_genres, activation="softmax", name="dense_1"),
        ],
        name=name,
    )
    model.compile(
        optimizer="adam",
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    return model


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
