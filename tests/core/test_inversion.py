"""A mel spectrogram becomes the sound that it was made of, as nearly as it can."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fstmuse_core.audio.levels import CEILING, TARGET_RMS, limit_peaks, set_loudness
from fstmuse_core.audio.reading import load_audio
from fstmuse_core.audio.spectrogram import (
    DEFAULT_CONFIG,
    SpectrogramConfig,
    mel_filterbank,
    mel_spectrogram,
)
from fstmuse_core.inversion import (
    InversionCancelledError,
    invert_mel,
    invert_stream,
    spectral_convergence,
)
from fstmuse_core.inversion.griffin_lim import MelSolver, Transform, fewest_eighths
from fstmuse_core.system.errors import InversionError

pytestmark = pytest.mark.numeric

Samples = npt.NDArray[np.float32]
HOP = DEFAULT_CONFIG.hop_length
SHORT = 64


def error_of(samples: Samples, mel: Samples) -> float:
    return spectral_convergence(mel_spectrogram(samples), mel)


def test_magnitudes_give_the_mel_bands(music: Samples) -> None:
    mel = mel_spectrogram(music).T
    solver = MelSolver(DEFAULT_CONFIG)
    magnitude = solver.solve(mel, 10)
    assert (magnitude >= 0).all()
    assert not magnitude[0].any()
    again = mel_filterbank()[: solver.n_bins].T @ magnitude
    assert spectral_convergence(again, mel) < 0.01


def test_music_comes_back(music: Samples) -> None:
    mel = mel_spectrogram(music)
    samples = invert_mel(mel)
    assert samples.dtype == np.float32
    assert samples.shape == (len(mel) * HOP,)
    assert error_of(samples, mel) < 0.05
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(np.sqrt(np.mean(music**2)), rel=0.1)


def test_each_genre_of_real_music_is_within_the_target(real_music: Path) -> None:
    with (real_music / "manifest.csv").open(encoding="utf-8") as stream:
        first = {row["genre"]: row for row in reversed(list(csv.DictReader(stream)))}
    for genre, row in first.items():
        mel = mel_spectrogram(load_audio(real_music / row["path"], start_s=10, duration_s=6))
        assert error_of(invert_mel(mel), mel) < 0.09, genre


def test_more_iterations_come_nearer(music: Samples) -> None:
    mel = mel_spectrogram(music[:60_000])
    errors = [error_of(invert_mel(mel, iterations=n), mel) for n in (1, 8, 32)]
    assert errors == sorted(errors, reverse=True)


def test_what_lies_above_the_bands_is_silent(music: Samples) -> None:
    samples = invert_mel(mel_spectrogram(music))
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    hertz = np.fft.rfftfreq(samples.size, 1 / DEFAULT_CONFIG.sample_rate)
    assert power[hertz > 8200].sum() < 1e-6 * power.sum()


def test_a_tone_keeps_its_pitch() -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440.0 * np.arange(66_150) / 22_050)
    samples = invert_mel(mel_spectrogram(tone))
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    assert spectrum.argmax() * 22_050 / samples.size == pytest.approx(440.0, abs=3.0)


@pytest.mark.parametrize("n_frames", [0, 1, 2, 3, 4, 63, 65, 130])
def test_clips_of_any_length(n_frames: int, music: Samples) -> None:
    mel = mel_spectrogram(music)[:n_frames]
    samples = invert_mel(mel, iterations=3)
    assert samples.shape == (n_frames * HOP,)
    assert np.isfinite(samples).all()


def test_silence_stays_silence() -> None:
    assert not invert_mel(np.zeros((90, 128), np.float32)).any()


def test_the_same_seed_gives_the_same_samples_in_any_process(music: Samples) -> None:
    mel = mel_spectrogram(music[:40_000])
    code = """
import sys, numpy as np
from fstmuse_core.inversion import invert_mel
mel = np.frombuffer(sys.stdin.buffer.read(), np.float32).reshape(-1, 128)
sys.stdout.buffer.write(invert_mel(mel, seed=5, iterations=8).tobytes())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], input=mel.tobytes(), capture_output=True, check=True
    )
    here = invert_mel(mel, seed=5, iterations=8)
    assert done.stdout == here.tobytes()
    assert here.tobytes() != invert_mel(mel, seed=6, iterations=8).tobytes()


def test_the_same_samples_on_one_core_and_on_two(
    music: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    mel = mel_spectrogram(music[:100_000])
    found = set()
    for cores in (1, 2, 64):
        monkeypatch.setattr("os.cpu_count", lambda n=cores: n)
        found.add(invert_mel(mel, iterations=6).tobytes())
    assert len(found) == 1


@pytest.fixture
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretches of 1.5 s instead of half a minute."""
    monkeypatch.setattr("fstmuse_core.inversion._STRETCH_FRAMES", SHORT)


def frame_errors(samples: Samples, mel: Samples) -> Samples:
    """Spectral convergence frame by frame."""
    error = np.linalg.norm(mel_spectrogram(samples) - mel, axis=1)
    return np.asarray(error / np.linalg.norm(mel, axis=1), np.float32)


def test_stretches_leave_no_seam(music: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    mel = mel_spectrogram(music)
    whole = invert_mel(mel)
    monkeypatch.setattr("fstmuse_core.inversion._STRETCH_FRAMES", SHORT)
    parts = invert_mel(mel)
    assert parts.size == whole.size
    starts = np.arange(SHORT, len(mel) - 8, SHORT)
    around = (starts[:, None] + np.arange(-4, 4)).reshape(-1)
    in_one_go = frame_errors(whole, mel)[around].mean()
    assert frame_errors(parts, mel)[around].mean() < 1.25 * in_one_go
    # A click would be a step that music of this kind does not take.
    step = np.abs(np.diff(parts))
    at = (starts * HOP)[:, None] + np.arange(-3, 3)
    assert step[at].max() < np.quantile(step, 0.9999)


@pytest.mark.usefixtures("short_stretches")
def test_a_stream_gives_the_samples_of_the_whole_clip(music: Samples) -> None:
    mel = mel_spectrogram(music)
    pieces = np.split(mel, [1, 50, 51, 200, 390])
    streamed = np.concatenate(list(invert_stream(pieces, iterations=4, seed=1)))
    np.testing.assert_array_equal(streamed, invert_mel(mel, iterations=4, seed=1))


@pytest.mark.usefixtures("short_stretches")
def test_progress_rises_to_one_and_cancelling_ends_it(music: Samples) -> None:
    mel = mel_spectrogram(music)
    told: list[float] = []
    invert_mel(mel, iterations=4, progress=told.append)
    assert told == sorted(told)
    assert len(told) > 4
    assert told[-1] == 1.0
    told.clear()
    with pytest.raises(InversionCancelledError):
        invert_mel(mel, progress=told.append, cancelled=lambda: len(told) >= 3)
    assert len(told) == 3


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused(music: Samples, value: float) -> None:
    mel = mel_spectrogram(music)
    mel[7, 3] = value
    with pytest.raises(InversionError, match=r"1 of its \d+ values are NaN or infinity"):
        invert_mel(mel)


def test_magnitudes_below_zero_are_refused() -> None:
    with pytest.raises(InversionError, match="below zero"):
        invert_mel(np.full((9, 128), -1.0, np.float32))


@pytest.mark.parametrize("options", [{"iterations": 0}, {"iterations": 5000}, {"seed": -1}])
def test_options_out_of_range_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        invert_mel(np.zeros((9, 128), np.float32), **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="shape"):
        invert_mel(np.zeros((9, 4), np.float32))


@pytest.mark.parametrize(
    "config",
    [
        SpectrogramConfig(sample_rate=16_000, n_fft=1024, win_length=1024, hop_length=256),
        SpectrogramConfig(n_fft=2048, win_length=1024, hop_length=256, fmax=11_025.0),
        SpectrogramConfig(n_fft=1200, win_length=1200, hop_length=300, n_mels=64),
    ],
)
def test_other_settings_work_too(config: SpectrogramConfig, music: Samples) -> None:
    mel = mel_spectrogram(music[:60_000], config)
    again = mel_spectrogram(invert_mel(mel, config)[:60_000], config)
    assert spectral_convergence(again, mel) < 0.12


def test_the_thinned_transform_holds_the_same_spectrum(music: Samples) -> None:
    import scipy.signal

    n_bins = 600
    eighths = fewest_eighths(DEFAULT_CONFIG, 744)
    assert eighths == 6
    low = scipy.signal.sosfiltfilt(
        scipy.signal.butter(8, 5000, fs=22_050, output="sos"), music[: 40 * HOP]
    )
    thin = Transform(DEFAULT_CONFIG, 37, eighths)
    full = Transform(DEFAULT_CONFIG, 37)
    few = scipy.signal.resample(low, 40 * thin.hop).astype(np.float32)
    expected = full.forward(low.astype(np.float32).reshape(40, -1), 0, 37, n_bins)[8:-8]
    got = thin.forward(few.reshape(40, -1), 0, 37, n_bins)[8:-8] / thin.scale
    assert np.linalg.norm(got - expected) < 0.01 * np.linalg.norm(expected)


def test_loudness_is_set_and_peaks_are_turned_down_gently() -> None:
    rng = np.random.default_rng(0)
    quiet = 0.01 * rng.normal(size=66_150).astype(np.float32)
    quiet[30_000] = 0.5
    loud = set_loudness(quiet)
    assert np.abs(loud).max() <= CEILING
    assert np.sqrt(np.mean(loud[:20_000] ** 2)) == pytest.approx(TARGET_RMS, rel=0.1)
    gain = loud[np.abs(quiet) > 1e-3] / quiet[np.abs(quiet) > 1e-3]
    assert np.abs(np.diff(gain)).max() < 0.01 * gain.max()


def test_pauses_do_not_make_the_rest_louder() -> None:
    tone = np.sin(np.arange(44_100)).astype(np.float32)
    half = np.concatenate([tone, np.zeros_like(tone)])
    np.testing.assert_allclose(
        set_loudness(half)[:40_000], set_loudness(tone)[:40_000], rtol=0.02, atol=1e-3
    )


def test_silence_and_what_is_below_full_scale_are_left_alone() -> None:
    for samples in (np.zeros(5000, np.float32), np.empty(0, np.float32)):
        assert set_loudness(samples) is samples
    low = 0.5 * np.ones(3000, np.float32)
    assert limit_peaks(low) is low
