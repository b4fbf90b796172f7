"""Finding a model again by what it is, whatever it is called by now.

A model's hash stays the same when it is renamed, deleted and restored, so whoever remembers a
model remembers that. See :func:`fstmuse_core.bundle.manifest.manifest_sha256`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fstmuse_core.bundle import bundle as bundles
from fstmuse_core.bundle.changes import DeletedModel, list_deleted
from fstmuse_core.bundle.manifest import manifest_sha256, manifest_values, read_manifest_bytes
from fstmuse_core.bundle.model_list import IMPORT_RECORD
from fstmuse_core.system.errors import BundleError
from fstmuse_core.system.strict_json import parse_json


@dataclass(frozen=True)
class Whereabouts:
    """Present place of a model that was remembered.

    ``name`` is what it is called by now, empty if it is not installed; ``deleted`` is set if it
    can be restored.
    """

    name: str = ""
    deleted: DeletedModel | None = None

    def why_not(self, title: str) -> str:
        """Reason it cannot be used; ``title`` is what it was called."""
        if self.deleted is not None:
            return (
                f"{self.deleted.title} was deleted: bring it back in the Models tab, or with "
                f"fstmuse models restore {self.deleted.name}"
            )
        return f"{title} is no longer there: it was deleted for good, or moved away"


def folder_of(sha256: str) -> Path | None:
    """The folder of the installed model with this hash, or ``None``."""
    return _first(bundles.bundle_folders().values(), sha256, "") if sha256 else None


def sha256_of(name: str) -> str:
    """Hash of the installed model of this name; empty if there is none that can be read."""
    key = bundles.name_key(name)
    for known, folder in bundles.bundle_folders().items():
        if bundles.name_key(known) == key:
            return _hash(folder)
    return ""


def names_by_hash() -> dict[str, tuple[str, str]]:
    """Name and title of each installed model, by its hash."""
    found = {}
    for folder in bundles.bundle_folders().values():
        try:
            raw = read_manifest_bytes(folder)
            title = str(parse_json(raw, allow_infinity=True)["title"])
        except (BundleError, ValueError, KeyError, TypeError):
            continue
        found[manifest_sha256(raw)] = folder.name, title
    return found


def whereabouts(sha256: str, run: str = "") -> Whereabouts:
    """Find a model by its hash or, where that is not known, by the training that made it.

    Parameters
    ----------
    sha256 : str
        Empty if nobody knows it.
    run : str, optional
        Name of a training, for those that did not keep the hash of their model.
    """
    folder = _first(bundles.bundle_folders().values(), sha256, run)
    if folder is not None:
        return Whereabouts(folder.name)
    deleted = {model.folder: model for model in list_deleted()}
    folder = _first(deleted, sha256, run)
    return Whereabouts(deleted=deleted[folder]) if folder is not None else Whereabouts()


def _first(folders: Iterable[Path], sha256: str, run: str) -> Path | None:
    if sha256:
        return next((folder for folder in folders if _hash(folder) == sha256), None)
    return next((folder for folder in folders if run and _run(folder) == run), None)


def _hash(folder: Path) -> str:
    try:
        return manifest_sha256(read_manifest_bytes(folder))
    except BundleError:
        return ""


def _run(folder: Path) -> str:
    """The training that made a model here; one that was imported was made elsewhere."""
    try:
        training = manifest_values(folder)["training"]
        return "" if IMPORT_RECORD in training else str(training.get("run", ""))
    except (BundleError, KeyError, TypeError, AttributeError):
        return ""
