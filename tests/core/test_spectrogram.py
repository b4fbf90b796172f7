"""The mel kernel against stored and known truths."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.audio.spectrogram import (
    DEFAULT_CONFIG,
    BandSums,
    MelStream,
    SpectrogramConfig,
    mel_filterbank,
    mel_frequencies,
    mel_spectrogram,
    mel_to_decibels,
)
from tests.rounding import mel_tolerance, sum_tolerance

pytestmark = pytest.mark.numeric

GOLDEN = Path(__file__).parent / "golden" / "mel.npz"


def test_equals_tensorflow_io_on_a_stored_sound() -> None:
    with np.load(GOLDEN, allow_pickle=False) as golden:
        mel = mel_spectrogram(golden["samples"])
        assert mel.shape == golden["mel"].shape == (44, 128)
        scale = golden["mel"].max()
        np.testing.assert_allclose(mel, golden["mel"], rtol=1e-4, atol=1e-5 * scale)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_samples", [1, 511, 2047, 2048, 2049, 70_000])
def test_a_stream_gives_the_frames_of_the_whole_clip(n_samples: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = rng.normal(size=n_samples).astype(np.float32)
    whole = mel_spectrogram(samples)
    stream, parts, at = MelStream(), [], 0
    while at < n_samples:
        size = int(rng.choice([1, 7, 512, 2048, 5000, 40_000])) if seed else 1 + at
        parts.append(stream.push(samples[at : at + size]))
        at += size
    parts.append(stream.flush())
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=mel_tolerance(whole))


def test_a_stream_can_be_used_again_and_keeps_no_view_of_the_block() -> None:
    rng = np.random.default_rng(1)
    samples = rng.normal(size=6000).astype(np.float32)
    stream = MelStream()
    stream.push(rng.normal(size=3000))
    stream.flush()
    block = samples[:3000].copy()
    first = stream.push(block)
    block[:] = 0
    rest = [stream.push(samples[3000:]), stream.flush()]
    got = np.concatenate([first, *rest])
    whole = mel_spectrogram(samples)
    np.testing.assert_allclose(got, whole, rtol=0, atol=mel_tolerance(whole))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"n_mels": 1},
        {"n_mels": 64},
        {"n_mels": 1000},  # most of them narrower than a bin
        {"n_fft": 512, "win_length": 400, "hop_length": 160},
        {"fmin": 500.0, "fmax": 4000.0},
        {"fmin": 1.0, "fmax": 2.0},  # no bin lies in between
        {"sample_rate": 44_100, "n_fft": 4096, "win_length": 4096, "fmax": 22_050.0},
        {"n_fft": 2049},
    ],
    ids=str,
)
def test_band_sums_are_the_product_with_the_filterbank(settings: dict[str, float]) -> None:
    config = SpectrogramConfig(**settings)  # type: ignore[arg-type]
    weights = mel_filterbank(config)
    sums = BandSums.from_config(config)
    magnitude = np.random.default_rng(0).random((5, sums.n_bins), dtype=np.float32)
    out = np.full((5, config.n_mels), np.nan, dtype=np.float32)

    sums.apply(magnitude, out)

    assert not weights[sums.n_bins :].any()
    product = magnitude.astype(np.float64) @ weights[: sums.n_bins].astype(np.float64)
    n_terms = int((weights > 0).sum(axis=0).max())
    np.testing.assert_allclose(out, product, rtol=sum_tolerance(n_terms), atol=0)


def test_a_frame_s_sums_are_the_same_to_the_bit_in_any_block() -> None:
    """Each frame is summed for itself, in the same order; a matrix product has no fixed one."""
    sums = BandSums.from_config(DEFAULT_CONFIG)
    magnitude = np.random.default_rng(1).random((300, sums.n_bins), dtype=np.float32)
    whole, parts = np.empty((2, 300, 128), dtype=np.float32)
    sums.apply(magnitude, whole)
    for start, stop in pairwise([0, 1, 3, 10, 17, 128, 300]):
        sums.apply(magnitude[start:stop], parts[start:stop])
    np.testing.assert_array_equal(parts, whole)


def test_a_clip_that_ends_with_a_window_has_no_frame_more() -> None:
    config = SpectrogramConfig(n_fft=512, win_length=512, hop_length=512)
    assert mel_spectrogram(np.ones(1024), config).shape == (2, 128)


def test_frames_of_thirty_seconds_and_of_nothing() -> None:
    assert DEFAULT_CONFIG.n_frames(30 * 22_050) == 1292
    assert mel_spectrogram(np.zeros(0)).shape == (0, 128)
    assert MelStream().flush().shape == (0, 128)
    assert not mel_spectrogram(np.zeros(5000)).any()


def test_a_full_scale_sine_peaks_in_its_band() -> None:
    frequency = mel_frequencies()[60]
    sine = np.sin(2 * np.pi * frequency * np.arange(22_050) / 22_050)
    frame = mel_spectrogram(sine)[20]
    assert abs(int(frame.argmax()) - 60) <= 1
    # A band gathers the main lobe's neighbours too, up to twice the peak.
    assert 1.0 <= frame.max() / 512 < 2.0
    assert 0.0 <= float(mel_to_decibels(frame).max()) < 6.1


def test_the_filterbank_has_no_weight_at_zero_hertz_and_none_above_fmax() -> None:
    weights = mel_filterbank()
    hertz = np.linspace(0, 11_025, 1025)
    assert weights.shape == (1025, 128)
    assert not weights[0].any()
    assert not weights[hertz > 8000].any()
    assert weights.max() <= 1.0


@pytest.mark.parametrize(
    "wrong",
    [{"n_mels": 0}, {"win_length": 4096}, {"fmax": 12_000.0}, {"fmin": 9000.0}, {"hop_length": 0}],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SpectrogramConfig(**wrong)  # type: ignore[arg-type]


def test_two_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="one channel"):
        mel_spectrogram(np.zeros((100, 2)))
