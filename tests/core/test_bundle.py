"""A model on disk is used only if it is whole and made for us."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fstmuse_core.audio.spectrogram import SpectrogramConfig
from fstmuse_core.bundle.bundle import (
    bundle_folders,
    find_bundle,
    load_bundle,
    shipped_models_folder,
    write_bundle,
)
from fstmuse_core.bundle.noise import NoiseShape
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.system.errors import BundleError
from fstmuse_core.tags.genres import FST_MUSE_GENRES, TOY_MODEL_GENRES


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "model.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def refusal(folder: Path, **options: Any) -> str:
    with pytest.raises(BundleError) as caught:
        load_bundle(folder, **options)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("name", "genres"), [("toy-model", TOY_MODEL_GENRES), ("fst-muse", FST_MUSE_GENRES)]
)
def test_shipped_bundles_are_sound_and_small(name: str, genres: tuple[str, ...]) -> None:
    bundle = load_bundle(shipped_models_folder() / name)
    assert bundle.manifest.genres == genres
    assert set(bundle.manifest.files) >= {"model.tflite", "weights.npz", "CARD.md"}
    assert sum(f.stat().st_size for f in bundle.path.iterdir()) < 10e6
    assert bundle.sha256 == hashlib.sha256((bundle.path / "model.json").read_bytes()).hexdigest()
    card = (bundle.path / "CARD.md").read_text()
    for genre in genres:
        assert genre in card


@pytest.mark.parametrize("name", ["fst-muse", "FstMuse", "fst_muse", "FST MUSE"])
def test_models_are_found_by_any_spelling(name: str) -> None:
    assert find_bundle(name).name == "fst-muse"


def test_an_unknown_model_names_those_there_are() -> None:
    with pytest.raises(BundleError, match=r"models: .*fst-muse.*toy-model|toy-model.*fst-muse"):
        find_bundle("polka-net")


@pytest.mark.parametrize("file", ["model.tflite", "weights.npz", "CARD.md"])
def test_a_changed_file_is_refused(bundle_copy: Path, file: str) -> None:
    data = bytearray((bundle_copy / file).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle_copy / file).write_bytes(data)
    assert f"{file} has been changed or cut" in refusal(bundle_copy)


@pytest.mark.parametrize("file", ["model.tflite", "weights.npz"])
def test_a_truncated_or_missing_file_is_refused(bundle_copy: Path, file: str) -> None:
    path = bundle_copy / file
    path.write_bytes(path.read_bytes()[:-1])
    assert "changed or cut" in refusal(bundle_copy)
    path.unlink()
    assert f"{file} is missing" in refusal(bundle_copy)


def test_another_format_version_is_refused(bundle_copy: Path) -> None:
    edit(bundle_copy, lambda values: values.update(format_version=2))
    assert "format version 2; this program reads version 1" in refusal(bundle_copy)


def test_another_sample_rate_is_refused(bundle_copy: Path) -> None:
    edit(bundle_copy, lambda values: values["spectrogram"].update(sample_rate=16_000))
    assert "sample_rate 16000 instead of 22050" in refusal(bundle_copy)
    config = dataclasses.replace(SpectrogramConfig(), sample_rate=16_000)
    assert load_bundle(bundle_copy, config=config).manifest.spectrogram == config


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.pop("scaling"),
        lambda v: v.update(genres=["Rock"]),
        lambda v: v.update(genres=["Rock", "Rock"]),
        lambda v: v["calibration"].update(temperature=0),
        lambda v: v["thresholds"].update(unknown=1),
        lambda v: v.update(segment_hop_frames=0),
        lambda v: v["scaling"].update(std=[0.0] * 128),
        lambda v: v["scaling"].update(mean=[0.0] * 4, std=[1.0] * 4),
        lambda v: v.update(files=None),
        lambda v: v["spectrogram"].update(fmax="high"),
    ],
)
def test_a_malformed_description_is_refused(
    bundle_copy: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    edit(bundle_copy, change)
    assert "malformed" in refusal(bundle_copy)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda v: v.pop("genres"), "missing required field `genres`"),
        (lambda v: v.pop("architecture"), "'architecture' is missing"),
        (lambda v: v.update(genres="Rock"), "Expected `array`, got `str` - at `$.genres`"),
        (lambda v: v.update(genres=["Rock", 7]), "Expected `str`, got `int` - at `$.genres[1]`"),
        (lambda v: v.update(segment_frames="128"), "Expected `int`, got `str`"),
        (lambda v: v.update(segment_hop_frames=True), "Expected `int`, got `bool`"),
        (lambda v: v.update(calibration=2.0), "Expected `object`, got `float`"),
        (lambda v: v["calibration"].clear(), "missing required field `temperature`"),
        (lambda v: v["calibration"].update(temperature=math.inf), "temperature inf is out of"),
        (lambda v: v["thresholds"].update(novelty=None), "got `null` - at `$.thresholds.novelty`"),
        (lambda v: v["scaling"].update(mean=[[0.0]] * 128), "Expected `float`, got `array`"),
        (lambda v: v["scaling"].pop("offset"), "'scaling' has other entries than offset, mean"),
        (lambda v: v["spectrogram"].update(power=2), "'spectrogram' has other entries than"),
        (lambda v: v["spectrogram"].update(n_mels=128.0), "Expected `int`, got `float`"),
        (lambda v: v["files"].update({"CARD.md": 5}), "Expected `str`, got `int`"),
    ],
)
def test_what_is_malformed_in_a_description_is_named(
    bundle_copy: Path, change: Callable[[dict[str, Any]], None], why: str
) -> None:
    edit(bundle_copy, change)
    sentence = refusal(bundle_copy)
    assert "model.json is malformed" in sentence
    assert why in sentence


def test_not_a_description_at_all_is_refused(bundle_copy: Path, tmp_path: Path) -> None:
    manifest = bundle_copy / "model.json"
    manifest.write_text("{")
    assert "damaged (not JSON)" in refusal(bundle_copy)
    manifest.write_text("[]")
    assert "does not describe a FstMuse model" in refusal(bundle_copy)
    assert "there is no model.json" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["../outside.txt", "sub/file", ".."])
def test_files_outside_the_folder_are_refused(bundle_copy: Path, name: str) -> None:
    edit(bundle_copy, lambda values: values["files"].update({name: "0" * 64}))
    assert "outside its folder" in refusal(bundle_copy)


def test_a_network_that_does_not_fit_is_refused(bundle_copy: Path) -> None:
    edit(bundle_copy, lambda values: values["genres"].append("Polka"))
    with pytest.raises(BundleError, match="its network cannot be run"):
        GenreClassifier(load_bundle(bundle_copy))
    litert = bundle_copy / "model.tflite"
    litert.write_bytes(b"not a flatbuffer")
    sha = hashlib.sha256(litert.read_bytes()).hexdigest()
    edit(bundle_copy, lambda values: values["files"].update({"model.tflite": sha}))
    with pytest.raises(BundleError, match="its network cannot be run"):
        GenreClassifier(load_bundle(bundle_copy))


def test_writing_replaces_the_old_bundle_whole(bundle_copy: Path, tmp_path: Path) -> None:
    bundle = load_bundle(bundle_copy)
    files = {name: (bundle_copy / name).read_bytes() for name in bundle.manifest.files}
    target = tmp_path / "written"
    target.mkdir()
    (target / "left-over.bin").write_bytes(b"old")
    sha = write_bundle(target, bundle.manifest, files)
    written = load_bundle(target)
    assert written.sha256 == sha
    assert written.manifest.to_dict() == bundle.manifest.to_dict()
    assert {f.name for f in target.iterdir()} == {*files, "model.json"}
    assert {f.name for f in tmp_path.iterdir()} - {".replacing"} == {bundle_copy.name, "written"}


def test_the_users_own_bundle_wins(
    bundle_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fstmuse_core.bundle.bundle.user_models_folder", lambda: tmp_path / "mine")
    own = tmp_path / "mine" / "fst-muse"
    own.parent.mkdir()
    bundle_copy.rename(own)
    assert bundle_folders()["fst-muse"] == own
    assert find_bundle("fst-muse").path == own
    assert find_bundle("fst-muse").is_current()
    bundle = find_bundle("fst-muse")
    edit(own, lambda values: values.update(title="Another"))
    assert not bundle.is_current()


def as_generator(values: dict[str, Any]) -> None:
    values["kind"] = "generator"
    values["architecture"] |= NoiseShape().to_dict()


def test_a_generator_names_no_genres(bundle_copy: Path) -> None:
    edit(bundle_copy, as_generator)
    bundle = load_bundle(bundle_copy)
    bundle.require_kind("generator")
    with pytest.raises(BundleError, match=r"it is a generator.* a classifier, which names genres"):
        GenreClassifier(bundle)


def test_a_classifier_makes_no_music(bundle_copy: Path) -> None:
    with pytest.raises(BundleError, match=r"it is a classifier.* a generator, which makes music"):
        load_bundle(bundle_copy).require_kind("generator")


@pytest.mark.parametrize("entry", ["local_noise", "margin_steps"])
def test_a_generator_says_what_noise_it_takes(bundle_copy: Path, entry: str) -> None:
    def change(values: dict[str, Any]) -> None:
        as_generator(values)
        del values["architecture"][entry]

    edit(bundle_copy, change)
    assert f"'{entry}' is missing" in refusal(bundle_copy)


def test_an_unknown_kind_is_refused(bundle_copy: Path) -> None:
    edit(bundle_copy, lambda values: values.update(kind="oracle"))
    assert "'oracle' is no kind of model" in refusal(bundle_copy)
