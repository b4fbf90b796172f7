"""The features of the 2023 report, computed with tensorflow-io as it did."""

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
