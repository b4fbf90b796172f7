"""The tagger's input: its numbers are librosa's, whatever the level."""

import librosa
import numpy as np
import pytest
import soxr

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.audio.tagger_mel import (
    N_MELS,
    PATCH_FRAMES,
    first_sample,
    n_patches,
    slaney_filterbank,
    tagger_patch,
)

RATE = 22_050


@pytest.fixture(scope="module")
def music() -> FloatArray:
    """Ten seconds of a gliding chord over noise, at the level that patches are brought to."""
    seconds = np.arange(10 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * f * (1 + 0.02 * seconds) * seconds) for f in (110, 440, 1760))
    noise = np.random.default_rng(0).standard_normal(seconds.size)
    return np.asarray(0.1 * chord + 0.02 * noise, dtype=np.float32)


def test_filterbank_and_patches_are_librosa_s_of_the_whole_clip(music: FloatArray) -> None:
    """Cut from 22,050 Hz piece by piece, they differ from the whole by rounding alone.

    One test, so one process: librosa's functions are compiled and kept at their first use, and
    two processes that do so at once can leave code there that crashes all later ones.
    """
    filters = librosa.filters.mel(sr=16_000, n_fft=512, n_mels=96).T
    np.testing.assert_allclose(slaney_filterbank(), filters, atol=1e-8)

    whole = soxr.resample(music, RATE, 16_000)
    power = librosa.feature.melspectrogram(
        y=whole, sr=16_000, n_fft=512, hop_length=256, n_mels=96, pad_mode="constant"
    )
    for patch in range(n_patches(music.size)):
        frames = slice(patch * PATCH_FRAMES, (patch + 1) * PATCH_FRAMES)
        begin = max(0, patch * PATCH_FRAMES * 256 - 256)
        sound = whole[begin : (patch + 1) * PATCH_FRAMES * 256 + 256]
        gain = 0.15 / np.sqrt(np.mean(np.square(sound)))
        expected = np.log10(10_000 * gain**2 * power[:, frames].T + 1)
        found = tagger_patch(music, patch)
        assert found.shape == (PATCH_FRAMES, N_MELS)
        # The first patch is levelled over the silence before the clip too.
        np.testing.assert_allclose(found, expected, atol=0.01 if patch == 0 else 1e-3)


def test_level_does_not_matter(music: FloatArray) -> None:
    loud, quiet = tagger_patch(music, 1), tagger_patch(music * np.float32(0.01), 1)
    np.testing.assert_allclose(loud, quiet, atol=1e-4)


def test_silence_and_ends_are_finite() -> None:
    silence = np.zeros(3 * RATE, dtype=np.float32)
    assert n_patches(silence.size) == 1
    assert (tagger_patch(silence, 0) == 0).all()


def test_patches_are_whole() -> None:
    assert n_patches(0) == n_patches(65_973) == 0
    assert n_patches(65_974) == 1
    assert first_sample(1) == 65_974
