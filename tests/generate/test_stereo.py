"""Clips in stereo: as wide as asked, of one colour with the mono clip, and its two halves."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.audio.levels import CEILING, limit_side
from fstmuse_core.generate.arrange import widen
from fstmuse_core.generate.generator import (
    BeatWish,
    ClipGenerator,
    GeneratedClip,
    Recipe,
    read_recipe,
    save_part,
)

from .conftest import Run

RATE = 22_050
LOOP = BeatWish(bpm=120.0, bars=2, form="A", loop=True)


def music(seconds: float = 4.0) -> np.ndarray:
    """Noise of the colour of music, with beats."""
    rng = np.random.default_rng(0)
    spectrum = np.fft.rfft(rng.standard_normal(round(seconds * RATE)))
    pink = np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 20.0))
    beats = np.exp(-6.0 * (np.arange(len(pink)) / RATE * 2.0 % 1.0))
    return np.asarray(0.2 * pink / pink.std() * beats, dtype=np.float32)


def made(generator: ClipGenerator, *, stereo: bool, beat: BeatWish | None = None) -> GeneratedClip:
    return generator.generate("Rock", 2.0, 4, iterations=3, beat=beat, stereo=stereo)


def likeness(one: np.ndarray, other: np.ndarray, low: float, high: float) -> float:
    """Correlation of two channels between two frequencies in hertz."""
    spectra = [np.fft.rfft(channel) for channel in (one, other)]
    frequency = np.fft.rfftfreq(len(one), 1.0 / RATE)
    a, b = (s[(frequency >= low) & (frequency < high)] for s in spectra)
    power = np.sqrt(np.square(np.abs(a)).sum() * np.square(np.abs(b)).sum())
    return float((a * b.conj()).real.sum() / power)


@pytest.mark.parametrize("beat", [None, LOOP])
def test_the_mean_of_both_channels_is_the_mono_clip(
    grid_generator: ClipGenerator, beat: BeatWish | None
) -> None:
    mono, stereo = (made(grid_generator, stereo=s, beat=beat) for s in (False, True))
    assert mono.samples.ndim == 1
    assert stereo.samples.shape == (len(mono.samples), 2)
    assert np.abs(stereo.mono - mono.samples).max() < 1e-6
    assert np.abs(stereo.samples).max() <= 1.0
    assert np.abs(stereo.samples[:, 0] - stereo.samples[:, 1]).max() > 0.01


def test_channels_differ_above_the_bass_and_keep_their_colour() -> None:
    sound = music()
    left, right = widen(sound, RATE, wraps=False).T
    assert likeness(left, right, 20.0, 140.0) > 0.99
    for low, high in ((400.0, 1000.0), (1000.0, 2500.0), (2500.0, 8000.0)):
        assert likeness(left, right, low, high) < 0.65
    spectra = [np.abs(np.fft.rfft(channel)) for channel in (sound, left, right)]
    bands = np.geomspace(60, 7000, 40) * len(sound) / RATE
    levels = [np.log10(np.add.reduceat(s**2, bands.astype(int))[:-1]) * 10.0 for s in spectra]
    for channel in levels[1:]:
        # Louder by up to 10 log10(1 + 0.6^2) = 1.3 dB, and by no more anywhere.
        assert (channel - levels[0]).min() > -0.4
        assert (channel - levels[0]).max() < 1.7


def test_a_loop_closes_in_both_channels() -> None:
    sound = music()
    turned = np.roll(widen(sound, RATE, wraps=True), 12_345, axis=0)
    # Wherever a loop is cut, it is the same: there is no joint.
    np.testing.assert_allclose(
        turned, widen(np.roll(sound, 12_345), RATE, wraps=True), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("wraps", [False, True])
def test_the_side_makes_room_for_peaks(wraps: bool) -> None:
    loud = music()
    loud *= CEILING / np.abs(loud).max()
    side = np.float32(0.8) * np.roll(loud, 7)
    assert np.abs(loud + side).max() > 1.2
    limited = limit_side(side, loud, wraps=wraps)
    assert max(np.abs(loud + limited).max(), np.abs(loud - limited).max()) <= CEILING + 1e-6
    even = np.full_like(side, 0.3)
    gain = limit_side(even, loud, wraps=wraps) / even
    assert 0.0 <= gain.min() < 0.9
    assert gain.max() <= 1.0 + 1e-5
    # It moves gently, and for a loop over its joint too.
    moves = np.abs(np.diff(gain, append=gain[:1] if wraps else gain[-1:]))
    assert 0.0 < moves.max() < 1e-3
    quiet, tenth = (np.float32(0.1) * sound for sound in (side, loud))
    np.testing.assert_array_equal(limit_side(quiet, tenth, wraps=wraps), quiet)


def test_a_recipe_says_so_and_gives_the_same_again(
    generate: Run, tiny_grid: Path, tmp_path: Path
) -> None:
    first, second, mono = (tmp_path / f"{n}.flac" for n in ("first", "second", "mono"))
    asked = ("--genre", "Rock", "--seconds", "2", "--seed", "5", "--iterations", "2")
    outcome = generate(*asked, "--stereo", "--json", "--model", tiny_grid, "-o", first)
    recipe = json.loads(outcome.out)[0]["recipe"]
    assert (recipe["stereo"], recipe["format_version"]) == (True, 3)
    assert read_recipe(first).title.endswith("bpm, stereo, seed 5")
    assert generate("--recipe", first, "--model", tiny_grid, "-o", second).code == 0
    assert generate(*asked, "--model", tiny_grid, "-o", mono).code == 0
    assert soundfile.info(second).channels == 2
    assert soundfile.info(mono).channels == 1
    assert "stereo" not in read_recipe(mono).to_dict()
    np.testing.assert_array_equal(soundfile.read(first)[0], soundfile.read(second)[0])
    refused = generate("--recipe", first, "--stereo", "--model", tiny_grid)
    assert refused.code == 2
    assert "leave out --stereo" in refused.err


def test_recipes_of_before_are_mono(tiny: Path) -> None:
    old = ClipGenerator.load(str(tiny)).recipe("Rock", 2.0, 3).to_dict()
    assert "stereo" not in old
    assert not Recipe.from_dict(old).stereo
    for value in ("yes", 1, None):
        with pytest.raises(ValueError, match=r"Expected `bool`, got .* - at `\$.stereo`"):
            Recipe.from_dict({**old, "stereo": value})


def test_a_loop_is_written_with_its_tempo_in_stereo_too(
    generate: Run, tiny_grid: Path, tmp_path: Path
) -> None:
    file = tmp_path / "loop.wav"
    beat = ("--bpm", "120", "--bars", "2", "--loop", "--iterations", "2", "--stereo")
    assert generate("--genre", "Rock", *beat, "--model", tiny_grid, "-o", file).code == 0
    data = file.read_bytes()
    acid, sampler = data.index(b"acid") + 8, data.index(b"smpl") + 8
    assert struct.unpack_from("<f", data, acid + 20) == (120.0,)
    first, last = struct.unpack_from("<2I", data, sampler + 44)
    assert (first, last + 1) == (0, soundfile.info(file).frames)


def test_a_part_fades_in_both_channels(grid_generator: ClipGenerator, tmp_path: Path) -> None:
    clip = made(grid_generator, stereo=True)
    ones = replace(clip, samples=np.full_like(clip.samples, 0.5))
    save_part(tmp_path / "part.flac", ones, 0.5, 1.5)
    part, rate = soundfile.read(tmp_path / "part.flac")
    assert part.shape == (rate, 2)
    np.testing.assert_allclose(part[[0, -1]], 0.0, atol=1e-4)
    np.testing.assert_allclose(part[64:-64], 0.5, atol=1e-4)
    np.testing.assert_allclose(part, part[::-1], atol=1e-4)
