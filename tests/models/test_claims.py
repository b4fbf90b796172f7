"""Figures that come with a model from elsewhere: covered, checked, and called a claim."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from fstmuse_core.bundle.archive import ArchiveError, export_model, read_archive
from fstmuse_core.bundle.bundle import load_bundle, shipped_models_folder, write_bundle
from fstmuse_core.bundle.changes import delete_model, find_deleted, rename_model, restore_model
from fstmuse_core.bundle.figures import contradiction_in
from fstmuse_core.bundle.manifest import manifest_bytes, sealed
from fstmuse_core.bundle.model_list import Origin, describe, model_details
from fstmuse_core.cli import main
from fstmuse_core.library.rows import KnownModel
from fstmuse_core.library.truth import Label, known_before
from fstmuse_core.system.errors import BundleError
from tests.library_out.conftest import make_row
from tests.models.conftest import Parcel


@pytest.fixture
def own(mine: Path) -> Path:
    """A model of the user's, written as trainings write them."""
    bundle = load_bundle(mine)
    files = {name: (mine / name).read_bytes() for name in bundle.manifest.files}
    write_bundle(mine, bundle.manifest, files)
    return mine


def values_of(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "model.json").read_bytes())
    return values


@pytest.mark.parametrize("key", ["metrics", "genres", "training", "versions", "files"])
def test_nothing_in_a_description_can_be_changed_unnoticed(own: Path, key: str) -> None:
    values = values_of(own)
    values[key] = {} if isinstance(values[key], dict) else values[key][::-1]
    (own / "model.json").write_bytes(manifest_bytes(values))
    with pytest.raises(BundleError, match=r"model\.json has been changed"):
        load_bundle(own)


def test_renaming_deleting_and_moving_keep_it_covered(own: Path, tmp_path: Path) -> None:
    sha = load_bundle(own).sha256
    rename_model("mine", "My songs")
    delete_model("My-songs")
    entry = restore_model(find_deleted())
    bundle = load_bundle(entry.folder)
    assert bundle.manifest.digest
    assert bundle.sha256 == sha
    archive = read_archive(export_model("My-songs", tmp_path / "a.fstmuse"))
    assert archive.manifest.digest


def test_models_of_before_are_read_and_keep_their_hash(mine: Path) -> None:
    raw = (mine / "model.json").read_bytes()
    assert b"digest" not in raw
    assert load_bundle(mine).sha256 == hashlib.sha256(raw).hexdigest()
    assert load_bundle(mine).manifest.digest == ""


def forged(**metrics: Any) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest["metrics"].update(metrics)


def test_a_forged_figure_in_a_file_is_noticed(parcel: Parcel) -> None:
    forged(svm_accuracy=0.01)(parcel.manifest)
    with pytest.raises(ArchiveError, match=r"model\.json has been changed"):
        read_archive(parcel.pack(rehash=False))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (forged(accuracy=0.99), "it says that 99.0% are right"),
        (forged(macro_f1=0.99), "macro-F1 is 0.990"),
        (lambda m: m["metrics"]["genres"][0].update(recall=1.0), "100.0% of "),
        (lambda m: m["metrics"]["genres"][0].update(songs=5000), "5000 songs of "),
        (lambda m: m["metrics"]["genres"][0].update(artists=5000), "5000 artists of "),
        (lambda m: m["metrics"]["confusion"][0].__setitem__(0, 900), "of "),
        (forged(right=100_000), "it says that 100000 are right"),
    ],
)
def test_figures_that_contradict_each_other_are_refused(
    parcel: Parcel, change: Callable[[dict[str, Any]], Any], why: str
) -> None:
    """Also where the digest was made anew, as whoever forges them can."""
    change(parcel.manifest)
    with pytest.raises(ArchiveError, match="its figures contradict each other") as caught:
        read_archive(parcel.pack())
    assert why in str(caught.value)


@pytest.mark.parametrize("name", ["fst-muse", "toy-model", "toy-gan"])
def test_the_figures_of_the_starter_weights_agree(name: str) -> None:
    assert contradiction_in(load_bundle(shipped_models_folder() / name).manifest) == ""


def imported(folder: Path, *, covered: bool) -> None:
    values = values_of(folder)
    values["training"]["imported"] = {"file": "x.fstmuse", "at": "2026-01-01", "covered": covered}
    (folder / "model.json").write_bytes(manifest_bytes(sealed(values)))


def test_figures_of_an_imported_model_are_called_a_claim(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert model_details("mine").claim == ""
    imported(mine, covered=True)
    details = model_details("mine")
    assert details.claim.startswith("Figures and card are what its maker says")
    assert "did not protect" not in details.claim
    assert main(["models", "show", "mine"]) == 0
    shown = capsys.readouterr().out
    assert ", as its maker says" in shown
    assert "The card, as its maker wrote it:" in shown
    assert main(["models", "show", "mine", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["figures_are_claims"] is True
    imported(mine, covered=False)
    assert "did not protect them against changes" in model_details("mine").claim


def test_a_comparison_says_what_is_a_claim(
    mine: Path, tmp_path: Path, music: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for genre, sound in (("Folk", music), ("Rock", music[::-1])):
        (tmp_path / "data" / genre).mkdir(parents=True)
        soundfile.write(tmp_path / "data" / genre / "song.wav", sound, 22_050)
    imported(mine, covered=True)
    words = ["compare", "mine", "toy-model", "--data", str(tmp_path / "data")]
    accuracy = model_details("mine").figures.accuracy

    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "was not trained" not in shown, "who plays is not known"
    assert "of mine, these songs name no artist, so nothing tells whether" in shown
    rows = [f"{genre}/song.wav,{genre},Player of {genre},Song" for genre in ("Folk", "Rock")]
    table = "\n".join(["path,genre,artist,title", *rows])
    (tmp_path / "data" / "manifest.csv").write_text(table, "utf-8")
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "Of mine: as far as its maker says, it was not trained on these songs" in shown
    assert "Of ToyModel: as far as its record tells, it was not trained on" in shown
    assert shown.count("Of mine: its maker says ") == 1
    assert shown.endswith("elsewhere; what stands above was measured here.\n")
    assert main([*words, "--format", "json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["a"]["claimed_by_its_maker"] == accuracy
    assert values["b"]["claimed_by_its_maker"] is None


def test_that_a_library_is_new_to_an_imported_model_is_a_claim(mine: Path) -> None:
    row = make_row("/music/a song of one's own.mp3", artist="Nobody at all", title="Mine")
    labels = [Label(row.path, ("Rock",), ("Rock",))]

    def said() -> str:
        bundle = load_bundle(mine)
        model = KnownModel(bundle.sha256, "mine", "mine", bundle.manifest.genres, 1)
        return known_before(model, [row], labels)

    assert said() == ""
    imported(mine, covered=True)
    assert said().startswith("Mind: of mine, only its maker says that it was not trained on these")


def test_a_folder_from_elsewhere_is_no_model_of_ones_own(mine: Path, tmp_path: Path) -> None:
    other = tmp_path / "stranger"
    shutil.copytree(mine, other)
    details = describe(load_bundle(other))
    assert details.entry.origin is Origin.ELSEWHERE
    assert details.claim


def test_contradictions_of_an_installed_model_are_said_instead_of_shown(mine: Path) -> None:
    values = values_of(mine)
    values["metrics"]["accuracy"] = 0.99
    (mine / "model.json").write_bytes(manifest_bytes(values))
    details = model_details("mine")
    assert details.figures.accuracy is None
    assert "it says that 99.0% are right" in details.contradiction
