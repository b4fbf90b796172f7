"""A generator that is told of songs as it learns, asked for clips like one, and trained further."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.bundle.archive import export_model, read_archive
from fstmuse_core.bundle.bundle import LIKENESS_NAME, load_bundle
from fstmuse_core.bundle.likeness import N_LIKENESS_VALUES
from fstmuse_core.generate.generator import ClipGenerator, save_clip
from fstmuse_core.generate.recipe import read_recipe
from fstmuse_core.runs.store import RUN_FILE
from fstmuse_core.training.data_split import Parts
from fstmuse_core.training.gan import likeness, trainer
from tests.generate.conftest import tiny_manifest, write_tiny
from tests.training_system.conftest import Home
from tests.training_system.test_gan import SCALE
from tests.training_system.test_gan_beat import write_drums

ASKED: dict[str, Any] = {"model": "toy-gan", "epochs": 1, "batch_size": 4}


def _parts(home: Home) -> Parts:
    folder = Path(home.of_kind("started")[0]["folder"])
    return Parts.from_dict(json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))["parts"])


def test_it_is_told_of_songs_and_can_be_trained_further(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(trainer, "SCALE", SCALE)
    monkeypatch.setattr(trainer, "_LIKED_SONGS", 2)
    monkeypatch.setattr(likeness, "_FEWEST_SONGS", 4)
    drums = write_drums(tmp_path / "drums")
    assert home.train(**ASKED, out="told", data=[str(drums)]) == 0, home.said
    assert home.last["metrics"]["likeness"].keys() == {"asked", "genre", "others", "songs"}
    assert "Told to be like a song" in Path(home.last["card"]).read_text(encoding="utf-8")
    told = load_bundle(home.last["bundle"])
    before = _parts(home)

    generator = ClipGenerator(told)
    heard = generator.listen_to(drums / "Rock-0.wav")
    assert heard.genre in told.manifest.genres
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

    export_model("told", tmp_path / "told.fstmuse")
    assert LIKENESS_NAME in read_archive(tmp_path / "told.fstmuse").others

    assert home.train(**ASKED, out="more", data=[str(drums)], fine_tune=str(told.path)) == 0
    more = load_bundle(home.last["bundle"])
    assert (more.path / LIKENESS_NAME).read_bytes() == (told.path / LIKENESS_NAME).read_bytes()
    np.testing.assert_array_equal(more.manifest.scaling.mean, told.manifest.scaling.mean)
    command = more.manifest.training["command"]
    assert command.endswith("--fine-tune told")
    assert str(tmp_path) not in command
    # What chose the epoch and judged the base still does, and is not learned from.
    after = _parts(home)
    for part in ("train", "validation", "test"):
        names = [{t.path.name for t in parts.known(part)} for parts in (before, after)]
        assert names[0] == names[1]
    weights = [np.load(b.path / "weights.npz")["genre_embedding/kernel"] for b in (told, more)]
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
