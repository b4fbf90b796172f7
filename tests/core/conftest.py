"""A model to test with, and ways to spoil it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fstmuse_core.bundle.bundle import shipped_models_folder
from fstmuse_core.bundle.manifest import manifest_bytes
from fstmuse_core.classify.classifier import GenreClassifier


@pytest.fixture(autouse=True)
def no_models_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the user has trained out of the tests."""
    monkeypatch.setattr(
        "fstmuse_core.bundle.bundle.user_models_folder", lambda: tmp_path / "no models"
    )


@pytest.fixture
def bundle_copy(tmp_path: Path) -> Path:
    """A copy of the shipped FstMuse bundle that may be damaged: no digest covers it."""
    folder = tmp_path / "model copy"
    shutil.copytree(shipped_models_folder() / "fst-muse", folder)
    values = json.loads((folder / "model.json").read_bytes())
    values.pop("digest", None)
    (folder / "model.json").write_bytes(manifest_bytes(values))
    return folder


@pytest.fixture(scope="session")
def classifier() -> GenreClassifier:
    """The shipped FstMuse."""
    return GenreClassifier.load(str(shipped_models_folder() / "fst-muse"))
