"""A generator trained on drums: learned on the beat grid, told of songs, trained further."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from fstmuse_core.bundle.archive import export_model, read_archive
from fstmuse_core.bundle.bar_noise import Grid
from fstmuse_core.bundle.bundle import LIKENESS_NAME, load_bundle, user_models_folder
from fstmuse_core.bundle.likeness import N_LIKENESS_VALUES
from fstmuse_core.generate.generator import BeatWish, ClipGenerator, save_clip
from fstmuse_core.generate.recipe import read_recipe
from fstmuse_core.runs.store import RUN_FILE
from fstmuse_core.training.data_split import Parts
from fstmuse_core.training.gan import likeness, trainer
from tests.generate.conftest import tiny_manifest, write_tiny
from tests.training_system.conftest import Home, make_home
from tests.training_system.test_gan import SCALE

RATE = 22_050
GENRES = {"Rock": 120.0, "Electronic": 100.0}
ASKED: dict[str, Any] = {"model": "toy-gan", "epochs": 1, "batch_size": 4}


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


@pytest.fixture(scope="module")
def drums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drums(tmp_path_factory.mktemp("drums") / "music")


def small(patch: pytest.MonkeyPatch) -> None:
    """Little work, and few songs are enough to be told of."""
    patch.setattr(trainer, "SCALE", SCALE)
    patch.setattr(trainer, "_LIKED_SONGS", 2)
    patch.setattr(likeness, "_FEWEST_SONGS", 4)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, drums: Path, shared_cache: Path) -> Home:
    """A whole training on drums; its folders are the user's only while it runs."""
    with pytest.MonkeyPatch.context() as patch:
        small(patch)
        home = make_home(tmp_path_factory.mktemp("told"), shared_cache, patch)
        assert home.train(**ASKED, out="told", data=[str(drums)]) == 0, home.said
    return home


def test_drums_are_learned_in_bars(told: Home, tmp_path: Path) -> None:
    assert any("with a steady beat: " in note["sentence"] for note in told.of_kind("note"))
    figures = told.last["metrics"]["figures"]
    # Drums are alike from bar to bar, noise is not.
    assert figures["real"]["bars"] > 0.3 > figures["noise"]["bars"]
    assert figures["made"].keys() == figures["real"].keys()
    card = Path(told.last["card"]).read_text(encoding="utf-8")
    assert "| Bars |" in card
    assert "no steady beat" not in card

    bundle = load_bundle(told.last["bundle"])
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


def _parts(home: Home) -> Parts:
    folder = Path(home.of_kind("started")[0]["folder"])
    return Parts.from_dict(json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))["parts"])


def test_it_is_told_of_songs_and_can_be_trained_further(
    home: Home, told: Home, drums: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert told.last["metrics"]["likeness"].keys() == {"asked", "genre", "others", "songs"}
    assert "Told to be like a song" in Path(told.last["card"]).read_text(encoding="utf-8")
    base = load_bundle(told.last["bundle"])

    generator = ClipGenerator(base)
    heard = generator.listen_to(drums / "Rock-0.wav")
    assert heard.genre in base.manifest.genres
    assert heard.bpm == pytest.approx(120.0, abs=2.0)
    assert heard.note == ""
    clip = generator.generate(heard.genre, 3.0, seed=2, iterations=2, like=heard.like)
    plain = generator.generate(heard.genre, 3.0, seed=2, iterations=2)
    assert not np.array_equal(clip.log_mel, plain.log_mel)
    save_clip(tmp_path / "like.flac", clip)
    recipe = read_recipe(tmp_path / "like.flac")
    assert recipe.like == heard.like
    assert recipe.title.startswith(f"{heard.genre} like Rock-0.wav")
    assert np.array_equal(generator.make(generator.again(recipe)).samples, clip.samples)

    small(monkeypatch)
    shutil.copytree(base.path, user_models_folder() / "told")
    export_model("told", tmp_path / "told.fstmuse")
    assert LIKENESS_NAME in read_archive(tmp_path / "told.fstmuse").others

    assert home.train(**ASKED, out="more", data=[str(drums)], fine_tune=str(base.path)) == 0
    more = load_bundle(home.last["bundle"])
    assert (more.path / LIKENESS_NAME).read_bytes() == (base.path / LIKENESS_NAME).read_bytes()
    np.testing.assert_array_equal(more.manifest.scaling.mean, base.manifest.scaling.mean)
    command = more.manifest.training["command"]
    assert command.endswith("--fine-tune told")
    assert str(tmp_path) not in command
    # What chose the epoch and judged the base still does, and is not learned from.
    both = _parts(told), _parts(home)
    for part in ("train", "validation", "test"):
        names = [{t.path.name for t in parts.known(part)} for parts in both]
        assert names[0] == names[1]
    weights = [np.load(b.path / "weights.npz")["genre_embedding/kernel"] for b in (base, more)]
    assert weights[0].shape[0] == 2 + 2 + N_LIKENESS_VALUES
    # Two steps change little, and a new network would share nothing.
    assert np.corrcoef(weights[0].ravel(), weights[1].ravel())[0, 1] > 0.9


def test_a_generator_without_the_beat_grid_is_no_base(
    home: Home, tones: Path, tmp_path: Path
) -> None:
    network = {"network": "fstmuse_core.networks.toy_gan", "width": 16, "plane": 8}
    manifest = tiny_manifest()
    architecture = {**manifest.architecture, **network}
    tiny = write_tiny(tmp_path / "tiny-gan", replace(manifest, architecture=architecture))
    assert home.train(**ASKED, data=[str(tones)], out="x", fine_tune=str(tiny)) == 1
    assert "without the beat grid, which a training cannot start from" in home.last["sentence"]
