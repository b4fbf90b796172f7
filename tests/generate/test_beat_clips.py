"""Clips with a beat: whole bars, a tempo that is kept, loops that close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.audio.levels import CEILING, TARGET_RMS
from fstmuse_core.audio.spectrogram import FloatArray, mel_spectrogram
from fstmuse_core.bundle.bundle import load_bundle, write_bundle
from fstmuse_core.generate.arrange import LEAD_FRAMES, LOOP_EDGE, closed_loop
from fstmuse_core.generate.generator import BeatWish, ClipGenerator, read_recipe, save_clip
from fstmuse_core.generate.groove import Groove
from fstmuse_core.system.errors import BundleError, GenerateError

from .conftest import SHAPE, TINY, tiny_manifest
from .grid import GRID, drums

RATE = 22_050


@pytest.fixture
def drummer(grid_generator: ClipGenerator, monkeypatch: pytest.MonkeyPatch) -> ClipGenerator:
    """A generator that strikes a drum on each beat."""

    def run(self: object, told: FloatArray, noise: Mapping[str, FloatArray], n: int) -> FloatArray:
        return drums(told, noise, n)

    monkeypatch.setattr("fstmuse_core.bundle.litert.GeneratorNetwork.run", run)
    return grid_generator


def strokes(samples: FloatArray) -> np.ndarray:
    """Seconds at which the power rises most, one for each stroke."""
    hop = 64
    power = np.square(samples[: len(samples) // hop * hop].reshape(-1, hop)).mean(axis=1)
    smooth = np.convolve(power, np.ones(4) / 4)[: len(power)]
    loud = smooth > 0.25 * smooth.max()
    return np.flatnonzero(loud & ~np.concatenate([[False], loud[:-1]])) * hop / RATE


# Tempo and bars -------------------------------------------------------------------------------


@pytest.mark.parametrize("bpm", [72.0, 120.0, 124.5, 180.0])
def test_the_tempo_asked_for_is_the_tempo_of_the_sound(drummer: ClipGenerator, bpm: float) -> None:
    clip = drummer.generate("Rock", beat=BeatWish(bpm=bpm, bars=4))
    beat_s = 60.0 / bpm
    at = strokes(clip.samples)
    assert len(at) == 16
    # The first one begins the clip.
    np.testing.assert_allclose(at, np.arange(16) * beat_s, atol=0.06)
    assert float(np.polyfit(np.arange(16), at, 1)[0]) == pytest.approx(beat_s, rel=0.004)


@pytest.mark.parametrize("loop", [False, True])
def test_bars_are_whole_to_the_sample(grid_generator: ClipGenerator, loop: bool) -> None:
    wish = BeatWish(bpm=124.0, bars=3, loop=loop)
    clip = grid_generator.generate("Electronic", beat=wish, iterations=2)
    assert clip.recipe.groove is not None
    assert clip.samples.size == round(3 * 4 * 60 / 124 * RATE)
    assert clip.recipe.seconds == pytest.approx(3 * 4 * 60 / 124)
    assert clip.recipe.title == "Electronic, 124 bpm, seed 0"
    assert np.abs(clip.samples).max() <= CEILING
    assert np.sqrt(np.mean(clip.samples**2)) == pytest.approx(TARGET_RMS, rel=0.4)


def test_a_length_in_seconds_is_kept(grid_generator: ClipGenerator) -> None:
    clip = grid_generator.generate("Rock", 3.3, beat=BeatWish(bpm=100.0), iterations=2)
    assert clip.samples.size == round(3.3 * RATE)
    assert clip.recipe.groove is not None
    assert clip.recipe.groove.bars == 2


def test_the_picture_is_that_of_the_sound(drummer: ClipGenerator) -> None:
    for loop in (False, True):
        clip = drummer.generate("Rock", beat=BeatWish(bpm=120.0, bars=2, loop=loop))
        heard = mel_spectrogram(clip.samples).mean(axis=1)
        shown = np.exp(clip.log_mel).mean(axis=1)
        assert len(heard) == len(shown)
        assert np.corrcoef(heard, shown)[0, 1] > 0.8


def test_music_without_a_beat_runs_as_it_is(grid_generator: ClipGenerator) -> None:
    for genre in ("Classical", "Jazz"):
        clip = grid_generator.generate(genre, 2.0, iterations=2)
        assert clip.recipe.groove is None
        assert clip.samples.size == 2 * RATE
    assert grid_generator.recipe("Jazz", 2.0, beat=BeatWish(bpm=90.0)).groove is not None


def test_what_is_asked_matters(grid_generator: ClipGenerator) -> None:
    base = BeatWish(bpm=120.0, bars=8, form="AB")

    def mel(**changes: Any) -> FloatArray:
        wish = replace(base, **changes)
        return grid_generator.generate("Rock", seed=3, beat=wish, iterations=1).log_mel

    first = mel()
    np.testing.assert_array_equal(first, mel())
    for change in ({"form": "AA"}, {"variation": 0.2}, {"loop": True}, {"renewed": {"B": 9}}):
        assert np.abs(mel(**change) - first).max() > 0.01
    # Of a section that is renewed the others know nothing but at their edges.
    far = slice(60, 250)
    np.testing.assert_allclose(mel(renewed={"B": 9})[far], first[far], atol=1e-3)


# Loops ----------------------------------------------------------------------------------------


def spectra(samples: FloatArray, at: int, n: int = 512) -> FloatArray:
    part = samples[at - n // 2 : at + n // 2] * np.hanning(n).astype(np.float32)
    return np.log(np.abs(np.fft.rfft(part)) + 1e-4)


def test_a_loop_leads_into_itself(grid_generator: ClipGenerator) -> None:
    wish = BeatWish(bpm=110.0, bars=4, loop=True)
    samples = grid_generator.generate("Rock", seed=2, beat=wish).samples
    n = samples.size
    twice = np.concatenate([samples, samples])
    steps = np.abs(np.diff(twice))
    # No step at the joint that would not be elsewhere.
    assert steps[n - 1] <= np.quantile(steps, 0.999)
    # High frequencies tell a click, and the level a hole: neither is more than elsewhere.
    places = np.linspace(2_000, n - 2_000, 60).astype(int)
    high = np.array([spectra(twice, at)[150:].mean() for at in places])
    assert spectra(twice, n)[150:].mean() <= high.max()
    levels = np.array([np.std(twice[at - 256 : at + 256]) for at in places])
    assert levels.min() <= np.std(twice[n - 256 : n + 256]) <= levels.max()


def test_what_a_loop_ends_with_knows_its_beginning(drummer: ClipGenerator) -> None:
    clip = drummer.generate("Rock", beat=BeatWish(bpm=120.0, bars=2, loop=True))
    three = strokes(np.tile(clip.samples, 3))
    # One stroke a beat through both joints.
    np.testing.assert_allclose(np.diff(three), 0.5, atol=0.02)


def test_a_peak_at_the_beginning_of_a_loop_turns_its_end_down_too() -> None:
    n, hop = 30_000, 512
    samples = np.full(n + (2 * LOOP_EDGE + LEAD_FRAMES) * hop, 0.1, np.float32)
    begin = (LOOP_EDGE + LEAD_FRAMES) * hop
    samples[begin + 1500] = 30.0
    loop = closed_loop(samples, begin, n)
    assert loop.size == n
    assert loop[0] < 0.9 * loop[n // 2]
    assert loop[-1] == pytest.approx(loop[0], rel=0.001)


# Recipes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_a_file_tells_its_groove(
    grid_generator: ClipGenerator, tmp_path: Path, suffix: str
) -> None:
    wish = BeatWish(bpm=133.0, bars=2, form="AB", variation=0.5, loop=True, renewed={"A": 4})
    clip = grid_generator.generate("Rock", seed=9, beat=wish, iterations=2)
    save_clip(tmp_path / f"clip.{suffix}", clip)

    recipe = read_recipe(tmp_path / f"clip.{suffix}")

    assert recipe == clip.recipe
    assert recipe.to_dict()["format_version"] == 2
    assert recipe.groove == Groove(133.0, 2, "AB", 0.5, True, {"A": 4})
    again = grid_generator.make(grid_generator.again(recipe))
    np.testing.assert_array_equal(again.samples, clip.samples)


def test_recipes_of_before_are_read(generator: ClipGenerator, tmp_path: Path) -> None:
    clip = generator.generate("Rock", 1.0, seed=9, iterations=2)
    values = clip.recipe.to_dict()
    assert values["format_version"] == 1
    assert "groove" not in values
    save_clip(tmp_path / "old.wav", clip)
    assert generator.again(read_recipe(tmp_path / "old.wav")) == clip.recipe


def test_a_recipe_of_another_model(generator: ClipGenerator, grid_generator: ClipGenerator) -> None:
    old = generator.recipe("Rock", 8.0, seed=4)
    made = grid_generator.again(old)
    assert made.groove == grid_generator.recipe("Rock", 8.0, seed=4).groove
    new = grid_generator.recipe("Rock", seed=4, beat=BeatWish(bars=4))
    with pytest.raises(GenerateError, match="it was trained without a beat"):
        generator.again(new)
    beat = replace(new, genre="Classical", model_sha256="f" * 64)
    with pytest.raises(GenerateError, match="its music had no steady beat"):
        grid_generator.again(beat)


def test_a_loop_of_another_length_than_its_bars_is_refused(grid_generator: ClipGenerator) -> None:
    recipe = grid_generator.recipe("Rock", beat=BeatWish(bpm=120.0, bars=4, loop=True))
    with pytest.raises(GenerateError, match=r"a loop of 4 bars at 120 .* lasts 8 s, not 9 s"):
        replace(recipe, seconds=9.0)


def test_a_bundle_whose_grid_makes_no_sense(tmp_path: Path) -> None:
    files = {"model.tflite": TINY.read_bytes(), "weights.npz": b"", "CARD.md": b"#\n"}
    wrong = {**GRID.to_dict(), "shared_pattern": 99}
    manifest = replace(tiny_manifest(), architecture={**SHAPE.to_dict(), "grid": wrong})
    write_bundle(tmp_path / "odd", manifest, files)
    with pytest.raises(BundleError, match="shared_pattern 99 of the beat grid"):
        load_bundle(tmp_path / "odd")


def test_cells_that_are_not_numbers(
    grid_generator: ClipGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, told: object, noise: object, n: int) -> FloatArray:
        return np.full((n, 128), np.nan, np.float32)

    monkeypatch.setattr("fstmuse_core.bundle.litert.GeneratorNetwork.run", broken)
    with pytest.raises(GenerateError, match=r"^tiny-grid: it made NaN or infinity"):
        grid_generator.generate("Rock", beat=BeatWish(bars=2))
