"""A generator trained on drums learns them on the beat grid, and makes clips at any tempo."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from fstmuse_core.bundle.bar_noise import Grid
from fstmuse_core.bundle.bundle import load_bundle
from fstmuse_core.generate.generator import BeatWish, ClipGenerator, save_clip
from fstmuse_core.generate.recipe import read_recipe
from fstmuse_core.training.gan import trainer
from tests.training_system.conftest import Home
from tests.training_system.test_gan import SCALE

RATE = 22_050
GENRES = {"Rock": 120.0, "Electronic": 100.0}


def write_drums(folder: Path) -> Path:
    """Two genres by six artists each, with a beat of their own."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(4)
    time = np.arange(4000) / RATE
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["path", "genre", "artist", "title", "seconds"])
        for genre, bpm in GENRES.items():
            for number in range(6):
                sound = 0.01 * rng.standard_normal(14 * RATE)
                for beat, start in enumerate(np.arange(0.2, 13.5, 60.0 / (bpm + number))):
                    tone = (90.0, 700.0)[beat % 4 > 0] * (1.0 + 0.05 * number)
                    first = round(start * RATE)
                    hit = np.exp(-time * 25.0) * np.sin(2 * np.pi * tone * time)
                    sound[first : first + 4000] += 0.5 * hit
                name = f"{genre}-{number}.wav"
                soundfile.write(folder / name, sound.astype(np.float32), RATE)
                table.writerow([name, genre, f"{genre} band {number}", f"Song {number}", 14.0])
    return folder


@pytest.fixture
def drums(tmp_path: Path) -> Path:
    return write_drums(tmp_path / "drums")


def test_drums_are_learned_in_bars(
    home: Home, drums: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(trainer, "SCALE", SCALE)
    asked: dict[str, Any] = {"model": "toy-gan", "epochs": 1, "batch_size": 4, "out": "drummer"}
    assert home.train(**asked, data=[str(drums)]) == 0, home.said
    assert any("with a steady beat: " in note["sentence"] for note in home.of_kind("note"))
    figures = home.last["metrics"]["figures"]
    # Drums are alike from bar to bar, noise is not.
    assert figures["real"]["bars"] > 0.3 > figures["noise"]["bars"]
    assert figures["made"].keys() == figures["real"].keys()
    card = Path(home.last["card"]).read_text(encoding="utf-8")
    assert "| Bars |" in card
    assert "no steady beat" not in card

    bundle = load_bundle(home.last["bundle"])
    grid = Grid.from_dict(bundle.manifest.architecture)
    assert grid is not None
    assert grid.beat == {"Electronic": 1.0, "Rock": 1.0}
    assert grid.tempos["Rock"][0] == pytest.approx(121.0, abs=3.0)

    generator = ClipGenerator(bundle)
    clip = generator.generate(
        "Rock", seed=3, iterations=4, beat=BeatWish(bpm=150.0, bars=4, loop=True)
    )
    assert clip.samples.size == round(4 * 4 * 60.0 / 150.0 * RATE)
    assert clip.recipe.groove is not None
    save_clip(tmp_path / "loop.wav", clip)
    again = generator.make(generator.again(read_recipe(tmp_path / "loop.wav")))
    assert np.array_equal(again.samples, clip.samples)
