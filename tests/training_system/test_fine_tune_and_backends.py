"""Starting from another model's weights, and the same steps under either backend."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.bundle.bundle import WEIGHTS_NAME, load_bundle
from fstmuse_core.bundle.manifest import MANIFEST_NAME, manifest_bytes, sealed
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.datasets.overlap import TRACKS_FILE, overlap
from fstmuse_core.networks.toy_model import build_toy_model
from fstmuse_core.runs.store import RUN_FILE, runs_folder
from fstmuse_core.system.errors import BundleError
from fstmuse_core.training.control import Control
from fstmuse_core.training.data_split import Parts
from fstmuse_core.training.run import find_base, transfer
from fstmuse_core.training.settings import settings_from
from tests.training_system.conftest import Event, Home, fstmuse

KNOWN = ["Folk", "Hip-Hop", "Rock"]
OPTIONS: dict[str, Any] = {"model": "toy-model", "epochs": 1, "batch_size": 16, "out": "tuned"}


@pytest.mark.parametrize(
    "genres",
    [("Folk", "Hip-Hop", "Rock"), ("Rock", "Folk", "Hip-Hop"), ("Classical", "Rock", "Jazz")],
)
def test_only_the_head_of_other_genres_is_new(trained: Home, genres: tuple[str, ...]) -> None:
    base = load_bundle(trained.last["bundle"])
    known = base.manifest.genres
    assert set(known) == {"Folk", "Hip-Hop", "Rock"}
    classifier = build_toy_model(len(genres))
    before = {v.path: np.asarray(v).copy() for v in classifier.serving.weights}
    transfer(classifier, base, genres)
    with np.load(base.path / WEIGHTS_NAME) as weights:
        for variable in classifier.serving.weights:
            path, value = variable.path, np.asarray(variable)
            if not path.startswith(("contributions/", "bias/")):
                np.testing.assert_array_equal(value, weights[path])
                continue
            # The last output is "none of these genres", which every model has.
            for place, genre in enumerate([*genres, "none"]):
                old = [*known, "none"].index(genre) if genre in (*known, "none") else None
                expected = before[path][..., place] if old is None else weights[path][..., old]
                np.testing.assert_array_equal(value[..., place], expected)


def test_a_stopped_fine_tuning_goes_on_without_the_model_it_began_with(
    home: Home, trained: Home, other_tones: Path, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    shutil.copytree(trained.last["bundle"], base)

    def stop(event: Event, control: Control) -> None:
        if event["event"] == "epoch":
            control.stop()

    options = {**OPTIONS, "epochs": 3, "dropout": 0.0, "data": [str(other_tones)]}
    assert home.train(**{**options, "out": "whole"}, fine_tune=str(base)) == 0
    whole = home.of_kind("epoch")[-1]
    assert not list(runs_folder().glob("whole-*/base"))
    assert home.train(**options, fine_tune=str(base), on=stop) == 0
    assert home.last["resumable"]
    shutil.rmtree(base)

    assert home.train(resume=home.of_kind("started")[0]["run"]) == 0
    assert home.of_kind("epoch")[-1]["loss"] == pytest.approx(whole["loss"], abs=1e-3)


def test_fine_tuning_to_other_genres(
    home: Home, trained: Home, tones: Path, other_tones: Path
) -> None:
    base = trained.last["bundle"]
    genres = ["Classical", "Rock", "Folk"]
    assert home.train(**OPTIONS, data=[str(other_tones)], genres=genres, fine_tune=base) == 0
    bundle = load_bundle(home.last["bundle"])
    assert bundle.manifest.genres == ("Classical", "Rock", "Folk")
    scaling = load_bundle(base).manifest.scaling
    np.testing.assert_array_equal(bundle.manifest.scaling.mean, scaling.mean)
    result = GenreClassifier(bundle).classify_file(tones / "Rock-0.wav")
    assert set(result.genres) == {"Classical", "Rock", "Folk"}
    # What the base learned from is known to the new model, too.
    run = json.loads((Path(home.of_kind("started")[0]["folder"]) / RUN_FILE).read_text())
    assert overlap(bundle, read_manifest(tones)).songs == 12
    assert overlap(bundle, Parts.from_dict(run["parts"]).test).sentence == ""


def test_what_the_base_knows_is_no_test(
    home: Home, trained: Home, tones: Path, other_tones: Path
) -> None:
    data, base = [str(tones), str(other_tones)], trained.last["bundle"]
    assert home.train(**OPTIONS, data=data, fine_tune=base) == 0
    run = json.loads((Path(home.of_kind("started")[0]["folder"]) / RUN_FILE).read_text())
    parts = Parts.from_dict(run["parts"])
    known = overlap(load_bundle(base), parts.train)
    assert known.songs == 12
    assert overlap(load_bundle(base), [*parts.validation, *parts.test]).sentence == ""
    said = "tones was trained on 12 of these 32 clips or on their artists: those are learned from"
    assert any(said in event["sentence"] for event in home.of_kind("warning"))


def test_a_base_that_knows_all_the_music_is_refused(home: Home, trained: Home, tones: Path) -> None:
    assert home.train(**OPTIONS, data=[str(tones)], fine_tune=trained.last["bundle"]) == 1
    assert "tones was trained on 12 of these 16 clips" in home.last["sentence"]
    assert "add music by other artists, or train without --fine-tune" in home.last["sentence"]


def test_a_base_that_knows_every_clip_is_refused_before_the_features_are_made(
    home: Home, trained: Home, tones: Path, tmp_path: Path
) -> None:
    run = json.loads((Path(trained.of_kind("started")[0]["folder"]) / RUN_FILE).read_text())
    music = tmp_path / "music"
    shutil.copytree(tones, music)
    learned = {track["artist"] for track in run["parts"]["train"]}
    table = (music / "manifest.csv").read_text().splitlines()
    kept = [line for line in table[1:] if line.split(",")[2] in learned]
    more = [line.replace("Song", "Other song") for line in kept]
    for line in kept:
        shutil.copy(music / line.split(",")[0], music / f"again-{line.split(',')[0]}")
    rows = [table[0], *kept, *(f"again-{line}" for line in more)]
    (music / "manifest.csv").write_text("\n".join(rows) + "\n")
    assert home.train(**OPTIONS, data=[str(music)], fine_tune=trained.last["bundle"]) == 1
    assert "tones was trained on" in home.last["sentence"]
    assert {event.get("stage") for event in home.of_kind("preparing")} == {"reading"}


def test_a_base_without_a_list_may_know_the_test(
    home: Home, trained: Home, other_tones: Path, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    shutil.copytree(trained.last["bundle"], base)
    (base / TRACKS_FILE).unlink()
    values = json.loads((base / MANIFEST_NAME).read_text(encoding="utf-8"))
    del values["files"][TRACKS_FILE]
    (base / MANIFEST_NAME).write_bytes(manifest_bytes(sealed(values)))
    assert home.train(**OPTIONS, data=[str(other_tones)], fine_tune=str(base)) == 0
    said = [event["sentence"] for event in home.of_kind("warning")]
    assert any("does not list what it was trained on" in sentence for sentence in said)
    assert overlap(load_bundle(home.last["bundle"]), read_manifest(other_tones)).songs is None


def test_a_model_of_another_network_is_refused(home: Home, tones: Path) -> None:
    assert home.train(**OPTIONS, data=[str(tones)], fine_tune="fst-muse") == 1
    assert "not that of toy-model" in home.last["sentence"]


@pytest.mark.parametrize(
    ("model", "base", "said"),
    [
        ("toy-gan", "fst-muse", "it is a classifier, which names genres; name a model that is a"),
        ("fst-muse", "toy-gan", "it is a generator, which makes music; name a model that is a"),
        ("toy-gan", "tagger", "it is a tagger, which hears for classifiers; name a model that is"),
        ("fst-muse", "fst-muse-wide", "it stands on the tagger alone and has no network"),
        ("toy-model", "fst-muse", "its network is that of fst-muse, not that of toy-model; train"),
    ],
)
def test_a_base_that_does_not_fit_is_said_in_words(model: str, base: str, said: str) -> None:
    settings = settings_from({"data": ["music"], "model": model, "fine_tune": base})
    with pytest.raises(BundleError) as refused:
        find_base(settings)
    assert said in str(refused.value)


def epoch_under_jax(home: Home, base: str, music: Path) -> Event:
    """The ``epoch`` event of a training in a process of its own, whose model is usable."""
    words = ["train", "--model=toy-model", "--epochs=1", "--batch-size=16", "--dropout=0"]
    words += ["--fine-tune", base, "--data", str(music), "--out=jax", "--events=-"]
    words += ["--genres", ",".join(KNOWN)]
    done = subprocess.run(
        fstmuse(*words),
        env={**home.environment, "KERAS_BACKEND": "jax"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert next(e for e in events if e["event"] == "started")["backend"] == "jax"
    assert load_bundle(events[-1]["bundle"]).manifest.versions["backend"] == "jax"
    return next(e for e in events if e["event"] == "epoch")


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="jax is not installed: pip install jax"
)
def test_both_backends_give_the_same_loss(home: Home, trained: Home, other_tones: Path) -> None:
    # From given weights and without dropout nothing is left that a backend draws itself; a
    # genre that the base does not know would be.
    base, data = trained.last["bundle"], [str(other_tones)]
    assert home.train(**OPTIONS, genres=KNOWN, dropout=0.0, fine_tune=base, data=data) == 0
    assert home.of_kind("started")[0]["backend"] == "tensorflow"
    one, two = home.of_kind("epoch")[0], epoch_under_jax(home, base, other_tones)
    assert two["loss"] == pytest.approx(one["loss"], abs=2e-3)
    assert two["val_loss"] == pytest.approx(one["val_loss"], abs=2e-2)
