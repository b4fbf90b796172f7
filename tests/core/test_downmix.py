"""Channels to one: nothing that sounds in any of them is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fstmuse_core.audio.downmix import Downmix
from fstmuse_core.audio.reading import load_audio
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.classify.result import Doubt

from ..conftest import make_music

Samples = npt.NDArray[np.float32]
RATE = 22_050


def mix(samples: Samples, *sizes: int) -> Samples:
    downmix = Downmix(samples.shape[1], RATE)
    parts, at = [], 0
    for size in sizes or (len(samples),):
        parts.append(downmix.push(samples[at : at + size]))
        at += size
    return np.concatenate([*parts, downmix.push(samples[at:]), downmix.flush()])


def rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


def test_channels_that_do_not_cancel_are_averaged(music: Samples) -> None:
    other = make_music(10.0, seed=9)
    stereo = np.stack([music, 0.5 * other], axis=1)
    np.testing.assert_allclose(mix(stereo), stereo.mean(axis=1), atol=1e-6)
    wide = np.stack([music, other, 0.3 * music, 0 * music], axis=1)
    np.testing.assert_allclose(mix(wide), wide.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("level", [1.0, 0.8])
def test_a_channel_upside_down_does_not_cancel_the_other(music: Samples, level: float) -> None:
    mixed = mix(np.stack([music, -level * music], axis=1))
    np.testing.assert_allclose(mixed, music * (1 + level) / 2, atol=1e-5)


def test_pairs_of_channels_do_not_cancel(music: Samples) -> None:
    other = make_music(10.0, seed=9)
    surround = np.stack([music, -music, 0.3 * other, 0 * music, other, -other], axis=1)
    assert rms(mix(surround)) > 0.3 * rms(music)
    four = np.stack([music, -music, music, -music], axis=1)
    np.testing.assert_allclose(mix(four), music, atol=1e-5)


@pytest.mark.parametrize("channel", range(6))
def test_sound_in_one_channel_alone_is_heard(music: Samples, channel: int) -> None:
    surround = np.zeros((music.size, 6), np.float32)
    surround[:, channel] = music
    np.testing.assert_allclose(mix(surround), music / 6, atol=1e-6)


def test_a_cable_that_is_crossed_on_the_way(music: Samples) -> None:
    right = music.copy()
    right[5 * RATE :] *= -1
    mixed = mix(np.stack([music, right], axis=1))
    np.testing.assert_allclose(mixed[: 5 * RATE - 3000], music[: 5 * RATE - 3000], atol=1e-5)
    assert rms(mixed[-2 * RATE :]) > 0.9 * rms(music[-2 * RATE :])
    jumps = np.abs(np.diff(mixed))
    assert jumps.max() <= 1.2 * np.abs(np.diff(music)).max()


def test_blocks_of_any_size_give_the_same(music: Samples) -> None:
    stereo = np.stack([music, -0.9 * music + 0.1 * make_music(10.0, seed=4)], axis=1)
    whole = mix(stereo)
    np.testing.assert_allclose(mix(stereo, 100, 5000, 1, 77_777), whole, atol=1e-6)
    assert whole.size == music.size


def test_files_are_mixed_so(make_file: Callable[..., Path], music: Samples) -> None:
    path = make_file("antiphase.wav", np.stack([music, -music], axis=1))
    np.testing.assert_allclose(load_audio(path), music, atol=1e-3)


def test_antiphase_music_is_answered(
    classifier: GenreClassifier, make_file: Callable[..., Path], music: Samples
) -> None:
    answer = classifier.classify_file(make_file("a.wav", np.stack([music, -music], axis=1)))
    plain = classifier.classify_samples(music)
    assert answer.verdict.doubt is not Doubt.SILENCE
    np.testing.assert_allclose(answer.probabilities, plain.probabilities, atol=0.02)
