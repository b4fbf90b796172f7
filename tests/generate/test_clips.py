"""Genre and seed in, a clip out: the same for the same recipe, and never a broken one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.levels import CEILING, TARGET_RMS
from fstmuse_core.audio.spectrogram import (
    DEFAULT_CONFIG,
    FloatArray,
    SpectrogramConfig,
    mel_spectrogram,
)
from fstmuse_core.bundle.bundle import Bundle, load_bundle, shipped_models_folder
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.generate.generator import (
    Blend,
    ClipGenerator,
    GenerationCancelledError,
    parse_blend,
    read_recipe,
    save_clip,
)
from fstmuse_core.generate.groove import MAX_SEED
from fstmuse_core.system.errors import BundleError, FstMuseError, GenerateError

from .conftest import SHAPE, tiny_manifest, write_tiny


def make(generator: ClipGenerator, genre: str = "Rock", **options: Any) -> FloatArray:
    options.setdefault("seconds", 2.0)
    options.setdefault("iterations", 4)
    return generator.generate(genre, **options).samples


def test_a_clip_is_as_long_and_as_loud_as_it_should_be(generator: ClipGenerator) -> None:
    clip = generator.generate("hip hop", 3.21, seed=4)

    assert clip.sample_rate == 22_050
    assert clip.samples.shape == (round(3.21 * 22_050),)
    assert clip.log_mel.shape == (DEFAULT_CONFIG.n_frames(clip.samples.size), 128)
    assert np.abs(clip.samples).max() <= CEILING
    assert np.sqrt(np.mean(clip.samples**2)) == pytest.approx(TARGET_RMS, rel=0.3)
    assert clip.recipe.genre == "Hip-Hop"
    assert clip.recipe.model_sha256 == generator.bundle.sha256


def test_the_mel_comes_first_and_is_what_is_heard(generator: ClipGenerator) -> None:
    told: list[object] = []
    clip = generator.generate(
        "Jazz", 3.0, seed=1, on_mel=told.append, progress=lambda fraction: told.append(fraction)
    )

    mel, *fractions = told
    assert isinstance(mel, np.ndarray)
    assert mel.shape == clip.log_mel.shape
    assert fractions == sorted(fractions)  # type: ignore[type-var]
    assert fractions[-1] == pytest.approx(1.0)
    np.testing.assert_allclose(
        mel / mel.mean(), np.exp(clip.log_mel) / np.exp(clip.log_mel).mean(), atol=0.05 * mel.max()
    )
    heard = mel_spectrogram(clip.samples)
    assert np.corrcoef(np.log(heard + 0.1).ravel(), np.log(mel + 0.1).ravel())[0, 1] > 0.8
    # The picture that is shown first is about as bright as the sound is loud.
    assert 0.3 < heard.mean() / mel.mean() < 3.0


def test_the_same_recipe_gives_the_same_samples(generator: ClipGenerator, tiny: Path) -> None:
    clip = generator.generate("Rock", 2.0, seed=7, blend=Blend("Jazz", 0.3))
    another = ClipGenerator(load_bundle(tiny)).make(clip.recipe)
    np.testing.assert_array_equal(clip.samples, another.samples)
    np.testing.assert_array_equal(clip.log_mel, another.log_mel)


def test_a_clip_does_not_depend_on_those_before_it(generator: ClipGenerator) -> None:
    first = make(generator, seed=1)
    make(generator, seed=2, seconds=5.0)
    np.testing.assert_array_equal(first, make(generator, seed=1))


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 2},
        {"genre": "Jazz"},
        {"blend": Blend("Jazz", 0.5)},
        {"iterations": 5},
    ],
)
def test_whatever_is_in_the_recipe_matters(generator: ClipGenerator, other: dict[str, Any]) -> None:
    assert not np.array_equal(make(generator, seed=1), make(generator, **{"seed": 1, **other}))


def test_a_blend_of_nothing_and_of_all_are_the_genres_themselves(generator: ClipGenerator) -> None:
    def mel(genre: str, blend: Blend | None = None) -> FloatArray:
        return generator.generate(genre, 1.0, blend=blend, iterations=1).log_mel

    np.testing.assert_array_equal(mel("Rock"), mel("Rock", Blend("Jazz", 0.0)))
    np.testing.assert_array_equal(mel("Jazz"), mel("Rock", Blend("Jazz", 1.0)))


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_a_file_tells_how_it_was_made(
    generator: ClipGenerator, tmp_path: Path, suffix: str
) -> None:
    clip = generator.generate("Rock", 1.0, seed=9, blend=Blend("jazz", 0.25), iterations=2)
    save_clip(tmp_path / f"clip.{suffix}", clip)

    recipe = read_recipe(tmp_path / f"clip.{suffix}")

    assert recipe == clip.recipe
    assert recipe.title == "Rock with 25 % Jazz, seed 9"
    np.testing.assert_array_equal(generator.make(recipe).samples, clip.samples)


def test_cancelling_before_and_while(generator: ClipGenerator) -> None:
    with pytest.raises(GenerationCancelledError):
        generator.generate("Rock", 1.0, cancelled=lambda: True)
    told: list[float] = []
    with pytest.raises(GenerationCancelledError):
        generator.generate("Rock", 1.0, progress=told.append, cancelled=lambda: len(told) > 5)
    assert len(told) == 6


# Bad input ------------------------------------------------------------------------------------


def test_an_unknown_genre_names_those_it_knows(generator: ClipGenerator) -> None:
    expected = r"^'polka': the model does not know this genre; it knows Rock, Jazz, Hip-Hop$"
    with pytest.raises(FstMuseError, match=expected):
        generator.generate("polka")
    with pytest.raises(FstMuseError, match=expected):
        generator.generate("Rock", blend=Blend("polka", 0.5))


@pytest.mark.parametrize("seconds", [0.0, -1.0, 10_000.0, float("nan"), float("inf")])
def test_lengths_that_cannot_be(generator: ClipGenerator, seconds: float) -> None:
    with pytest.raises(GenerateError, match=rf"^the length: {seconds:g} s cannot.*1 to 600 s can"):
        generator.generate("Rock", seconds)


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1, 10**30])
def test_seeds_that_cannot_be(generator: ClipGenerator, seed: int) -> None:
    with pytest.raises(GenerateError, match=f"^the seed: {seed} is out of range; use a number"):
        generator.generate("Rock", seed=seed)


@pytest.mark.parametrize("iterations", [0, 100_000])
def test_iterations_that_cannot_be(generator: ClipGenerator, iterations: int) -> None:
    with pytest.raises(GenerateError, match=f"^the iterations: {iterations} is out of range"):
        generator.generate("Rock", iterations=iterations)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_shares_that_cannot_be(generator: ClipGenerator, share: float) -> None:
    with pytest.raises(GenerateError, match=f"^the blend: {share:g} of Jazz is no share; use"):
        generator.generate("Rock", blend=Blend("Jazz", share))


def test_a_genre_with_itself(generator: ClipGenerator) -> None:
    with pytest.raises(GenerateError, match=r"^the blend: Hip-Hop is the genre already"):
        generator.generate("Hip-Hop", blend=Blend("hip hop", 0.5))


@pytest.mark.parametrize("text", ["", ":", ":0.3", "Jazz:", "Jazz:much", "Jazz:0.3:0.4"])
def test_blends_that_are_not_understood(text: str) -> None:
    with pytest.raises(GenerateError, match=r"^the blend: .*is not understood; write it as in"):
        parse_blend(text)


def test_a_classifier_makes_no_music_and_a_generator_knows_no_genre(tiny: Path) -> None:
    classifier = shipped_models_folder() / "fst-muse"
    with pytest.raises(BundleError, match=r"it is a classifier, .*name a model that is a gen"):
        ClipGenerator(load_bundle(classifier))
    with pytest.raises(BundleError, match=r"it is a generator, .*name a model that is a class"):
        GenreClassifier(load_bundle(tiny))


def test_a_generator_of_other_spectrograms(tmp_path: Path) -> None:
    other = SpectrogramConfig(sample_rate=16_000)
    folder = write_tiny(tmp_path / "other", replace(tiny_manifest(), spectrogram=other))
    with pytest.raises(BundleError, match="sample_rate 16000 instead of 22050"):
        ClipGenerator(load_bundle(folder))


def test_a_network_that_is_not_as_described(spoilt: Callable[..., Bundle]) -> None:
    for shape in (replace(SHAPE, local_noise=9), replace(SHAPE, margin_steps=0)):
        generator = ClipGenerator(spoilt(architecture=shape.to_dict()))
        with pytest.raises(BundleError, match="its network cannot be run"):
            generator.generate("Rock", 1.0)
    classifier = load_bundle(shipped_models_folder() / "toy-model")
    with pytest.raises(BundleError, match="its network cannot be run"):
        ClipGenerator(replace(spoilt(), litert=classifier.litert))
    with pytest.raises(BundleError, match="its network cannot be run"):
        ClipGenerator(replace(spoilt(), litert=b"no flatbuffer"))


def test_a_mel_with_values_that_are_no_numbers(
    generator: ClipGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, genre: object, noise: object, n_frames: int) -> FloatArray:
        made = np.zeros((n_frames, 128), np.float32)
        made[3, 4] = np.nan
        return made

    monkeypatch.setattr("fstmuse_core.bundle.litert.GeneratorNetwork.run", broken)
    with pytest.raises(GenerateError, match=r"^tiny-gan: it made NaN or infinity; "):
        generator.generate("Rock")


def test_a_mel_of_zeros(spoilt: Callable[..., Bundle]) -> None:
    silent = FeatureScaling(np.full(128, -30.0, np.float32), np.ones(128, np.float32))
    generator = ClipGenerator(spoilt(scaling=silent))
    with pytest.raises(GenerateError, match=r"^tiny-gan: what it made is silence; try another"):
        generator.generate("Rock", 1.0)


def test_a_network_beyond_all_bounds_still_gives_sound(spoilt: Callable[..., Bundle]) -> None:
    wild = FeatureScaling(np.zeros(128, np.float32), np.full(128, 1e4, np.float32))
    clip = ClipGenerator(spoilt(scaling=wild)).generate("Rock", 1.0, iterations=2)
    assert np.isfinite(clip.samples).all()
    assert np.abs(clip.samples).max() <= CEILING


def test_a_recipe_of_another_model(generator: ClipGenerator) -> None:
    recipe = replace(generator.recipe("Rock"), model_sha256="f" * 64)
    with pytest.raises(GenerateError, match=r"made with another one \(ffffffffffff\)"):
        generator.check_made(recipe)
    generator.check_made(generator.recipe("Rock"))
