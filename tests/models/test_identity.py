"""A model is found again by what it is, whatever it is called by now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fstmuse_core.bundle.bundle import load_bundle
from fstmuse_core.bundle.changes import delete_model, find_deleted, rename_model, restore_model
from fstmuse_core.bundle.find_by_hash import folder_of, names_by_hash, sha256_of, whereabouts
from fstmuse_core.bundle.manifest import manifest_bytes
from fstmuse_core.library.database import open_library
from fstmuse_core.library.queue import register


@pytest.fixture
def made(mine: Path) -> Path:
    """The same, as a training has made it."""
    values = json.loads((mine / "model.json").read_bytes())
    values["training"] = {**values["training"], "run": "mine-20260101-000000"}
    (mine / "model.json").write_bytes(manifest_bytes(values))
    return mine


def test_a_renamed_model_is_found_by_its_hash(made: Path) -> None:
    sha = load_bundle(made).sha256
    assert sha256_of("Mine") == sha
    assert whereabouts(sha).name == "mine"
    rename_model("mine", "My songs")
    assert whereabouts(sha).name == "My-songs"
    assert folder_of(sha) == made.with_name("My-songs")
    assert names_by_hash()[sha] == ("My-songs", "My songs")
    assert sha256_of("mine") == ""


def test_a_deleted_model_is_said_and_found_once_it_is_back(made: Path) -> None:
    sha = load_bundle(made).sha256
    delete_model("mine")
    gone = whereabouts(sha)
    assert gone.name == ""
    assert "fstmuse models restore mine" in gone.why_not("mine")
    restore_model(find_deleted("mine"))
    assert whereabouts(sha).name == "mine"
    assert whereabouts("0" * 64).deleted is None
    assert "no longer there" in whereabouts("0" * 64).why_not("mine")


def test_another_model_under_the_old_name_is_not_taken_for_it(made: Path) -> None:
    sha = load_bundle(made).sha256
    rename_model("mine", "first")
    values = json.loads((made.with_name("first") / "model.json").read_bytes())
    other = made
    other.mkdir()
    for file in made.with_name("first").iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    values["calibration"] = {"temperature": 2.0}
    values |= {"name": "mine", "title": "mine"}
    del values["made_as"]
    (other / "model.json").write_bytes(manifest_bytes(values))
    assert whereabouts(sha).name == "first"


def test_a_training_of_before_finds_its_model_by_its_run(made: Path) -> None:
    rename_model("mine", "other")
    assert whereabouts("", "mine-20260101-000000").name == "other"
    assert whereabouts("", "").name == ""
    delete_model("other")
    assert whereabouts("", "mine-20260101-000000").deleted is not None


def test_the_library_calls_models_as_they_are_called_by_now(made: Path, tmp_path: Path) -> None:
    with open_library(tmp_path / "library.db") as library:
        number = register(library, load_bundle(made))
        with library.writing() as db:
            row = "'music', ?, NULL, 0, NULL, NULL, '', 1, '[]', '[]', '', '[]'"
            db.execute(f"INSERT INTO results VALUES ({row})", (number,))
        rename_model("mine", "My songs")
        (model,) = library.models()
        assert (model.name, model.title) == ("My-songs", "My songs")
        delete_model("My-songs")
        assert library.models()[0].name == "mine"
        restore_model(find_deleted())
        assert library.models()[0].name == "My-songs"
