"""An exported model to spoil, and a folder for the user's own models."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.bundle.archive import ArchiveError, export_model, read_archive
from fstmuse_core.bundle.bundle import shipped_models_folder
from fstmuse_core.bundle.manifest import manifest_bytes, sealed
from fstmuse_core.system.errors import FstMuseError


@dataclass
class Parcel:
    """The contents of an exported model, to be changed and packed again."""

    folder: Path
    files: dict[str, bytes]
    manifest: dict[str, Any]

    def weights(self) -> dict[str, Any]:
        """The arrays."""
        with np.load(io.BytesIO(self.files["weights.npz"]), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}

    def set_weights(self, arrays: Mapping[str, Any]) -> None:
        """Put other arrays in."""
        stream = io.BytesIO()
        np.savez_compressed(stream, **arrays)
        self.files["weights.npz"] = stream.getvalue()

    def pack(
        self,
        *,
        name: str = "parcel.fstmuse",
        rehash: bool = True,
        write: Callable[[zipfile.ZipFile], None] = lambda _archive: None,
    ) -> Path:
        """Write it as a file; ``write`` may add entries of its own."""
        if rehash:
            self.manifest["files"] = {
                n: hashlib.sha256(data).hexdigest() for n, data in self.files.items()
            }
            self.manifest = sealed(self.manifest)
        path = self.folder / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("model.json", json.dumps(self.manifest))
            for entry, data in self.files.items():
                archive.writestr(entry, data)
            write(archive)
        return path


class Bomb:
    """Tells by a file that it was unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


def refusal(path: Path, kind: type[FstMuseError] = ArchiveError) -> str:
    """The line that says why a file is not read."""
    with pytest.raises(kind) as caught:
        read_archive(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{path.name}: ")
    assert caught.value.remedy
    return text


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped ToyModel as one file."""
    return export_model("toy-model", tmp_path_factory.mktemp("exported"))


@pytest.fixture
def parcel(exported: Path, tmp_path: Path) -> Parcel:
    """The same, unpacked."""
    with zipfile.ZipFile(exported) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return Parcel(tmp_path, files, json.loads(files.pop("model.json")))


@pytest.fixture(autouse=True)
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's own models, empty."""
    folder = tmp_path / "user" / "models"
    monkeypatch.setattr("fstmuse_core.bundle.bundle.user_models_folder", lambda: folder)
    return folder


@pytest.fixture
def mine(own_models: Path) -> Path:
    """A model of the user's own, called "mine", without a digest as models of before."""
    own_models.mkdir(parents=True)
    folder = own_models / "mine"
    shutil.copytree(shipped_models_folder() / "toy-model", folder)
    values = json.loads((folder / "model.json").read_bytes()) | {"name": "mine", "title": "mine"}
    values.pop("digest", None)
    (folder / "model.json").write_bytes(manifest_bytes(values))
    return folder
