"""Files that show a generated spectrogram and let it be heard."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from fstmuse_core.audio.reading import write_audio
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.inversion import invert_mel
from fstmuse_core.inversion.loudness import set_loudness
from fstmuse_core.runs.store import write_bytes

_ITERATIONS = 16
_ROWS_A_BAND = 2
# Scaled log-mel from black to white.
_DARKEST, _BRIGHTEST = -3.0, 3.0


def write_sample(stem: Path, scaled: FloatArray, magnitudes: FloatArray) -> dict[str, str]:
    """Write a piece as picture, numbers and sound; return the three paths.

    Parameters
    ----------
    stem : Path
        Of the files, without suffix.
    scaled, magnitudes : ndarray of float32, shape ``(frames, 128)``
        Scaled log-mel, and what it stands for.
    """
    stem.parent.mkdir(exist_ok=True)
    picture, numbers, sound = (stem.with_name(stem.name + end) for end in (".png", ".npy", ".wav"))
    write_bytes(picture, mel_png(scaled))
    stream = io.BytesIO()
    np.save(stream, scaled.astype(np.float16), allow_pickle=False)
    write_bytes(numbers, stream.getvalue())
    samples = set_loudness(invert_mel(magnitudes, iterations=_ITERATIONS))
    write_audio(sound, samples, DEFAULT_CONFIG.sample_rate)
    return {"picture": str(picture), "mel": str(numbers), "sound": str(sound)}


def mel_png(scaled: FloatArray) -> bytes:
    """Encode scaled log-mel as a PNG file in shades of grey, low frequencies at the bottom."""
    from PIL import Image

    share = np.clip((scaled.T[::-1] - _DARKEST) / (_BRIGHTEST - _DARKEST), 0.0, 1.0)
    levels = np.repeat(np.rint(255.0 * share).astype(np.uint8), _ROWS_A_BAND, axis=0)
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, format="PNG")
    return stream.getvalue()
