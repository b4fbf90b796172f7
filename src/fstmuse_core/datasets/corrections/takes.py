"""Recordings that are kept with their correction."""

from __future__ import annotations

import io

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray


def flac(samples: FloatArray, sample_rate: int) -> bytes:
    """A FLAC file of 16-bit samples, shape ``(n,)``, within [-1, 1]; the rate is in hertz."""
    import soundfile

    # The upper half of 32 bits, as libsndfile makes WAV but not FLAC files: a recording that
    # is saved as a WAV file later shall be the same sound.
    wide = np.clip(np.rint(samples.astype(np.float64) * 2.0**31), -(2.0**31), 2.0**31 - 1.0)
    pcm = np.floor(wide / 65536.0).astype(np.int16)
    stream = io.BytesIO()
    soundfile.write(stream, pcm, sample_rate, format="FLAC", subtype="PCM_16")
    return stream.getvalue()
