"""List of the models: where each comes from, and all that is known of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from fstmuse_core.bundle import bundle as bundles
from fstmuse_core.bundle.bundle import CARD_NAME, WEIGHTS_NAME, Bundle, name_key
from fstmuse_core.bundle.figures import ModelFigures, contradiction_in, figures_of
from fstmuse_core.bundle.manifest import MANIFEST_NAME
from fstmuse_core.system.errors import BundleError

IMPORT_RECORD = "imported"


class Origin(StrEnum):
    """Origin of a model."""

    SHIPPED = "shipped"
    OWN = "own"
    IMPORTED = "imported"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class ModelEntry:
    """A line of the list of models.

    Attributes
    ----------
    name, title : str
        Names that ``--model`` takes and that people read.
    kind : str
        "classifier" or another kind of bundle; empty if it cannot be read.
    genres : tuple of str
    folder : Path
    origin : Origin
    made_at : float
        Time at which its weights were written, in seconds since 1970.
    size_bytes : int
        Of all its files.
    sha256 : str
        Of the bundle; empty if it cannot be read.
    trouble : str
        Reason it cannot be used; empty if it can.
    """

    name: str
    title: str
    kind: str
    genres: tuple[str, ...]
    folder: Path
    origin: Origin
    made_at: float
    size_bytes: int
    sha256: str = ""
    trouble: str = ""

    @property
    def is_shipped(self) -> bool:
        """True if it came with the program, so that it stays as it is."""
        return self.origin is Origin.SHIPPED

    @property
    def is_claimed(self) -> bool:
        """True if figures and card are what somebody else says of it."""
        return self.origin in (Origin.IMPORTED, Origin.ELSEWHERE)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        made = datetime.fromtimestamp(self.made_at, UTC).isoformat(timespec="seconds")
        values = {**asdict(self), "folder": str(self.folder), "made_at": made}
        return {**values, "genres": list(self.genres), "origin": self.origin.value}


@dataclass(frozen=True)
class ModelDetails:
    """All that is known of a model.

    Attributes
    ----------
    entry : ModelEntry
    figures : ModelFigures
    command : str
        The command that made it; empty if it is not known.
    card : str
        Its card as Markdown; empty if it has none.
    imported : mapping
        ``file``, ``sha256``, ``name`` and ``at`` of an imported one; else empty.
    """

    entry: ModelEntry
    figures: ModelFigures
    command: str
    card: str
    imported: Mapping[str, Any]
    contradiction: str = ""

    @property
    def claim(self) -> str:
        """A sentence if figures and card are what somebody else says; empty of own models."""
        if not self.entry.is_claimed:
            return ""
        said = "Figures and card are what its maker says; nothing of it was measured here."
        if self.imported and not self.imported.get("covered"):
            said += " The file did not protect them against changes."
        return said


def list_models() -> list[ModelEntry]:
    """Every model, those that came with the program first; damaged ones say their trouble.

    Returns
    -------
    list of ModelEntry
        With ``name``, which :meth:`GenreClassifier.load` takes, ``kind`` and ``genres``.

    Examples
    --------
    >>> "fst-muse" in [model.name for model in list_models()]
    True
    """
    return [_read(folder)[0] for folder in bundles.bundle_folders().values()]


def find_model(name: str) -> ModelEntry:
    """The model by that name, in any spelling.

    Raises
    ------
    BundleError
        If there is none; those there are are named.
    """
    return _read(_find_folder(name))[0]


def model_details(name: str) -> ModelDetails:
    """All that is known of the model by that name; ``BundleError`` if there is none."""
    entry, bundle = _read(_find_folder(name))
    if bundle is None:
        return ModelDetails(entry, ModelFigures(), "", "", {})
    return describe(bundle)


def describe(bundle: Bundle) -> ModelDetails:
    """All that is known of a bundle, wherever it lies."""
    training = bundle.manifest.training
    imported = training.get(IMPORT_RECORD)
    return ModelDetails(
        _entry(bundle),
        figures_of(bundle.manifest),
        str(training.get("command") or ""),
        _card(bundle),
        imported if isinstance(imported, Mapping) else {},
        contradiction_in(bundle.manifest),
    )


def _find_folder(name: str) -> Path:
    folders = bundles.bundle_folders()
    key = name_key(name)
    for known in (name, *folders):
        if known in folders and name_key(known) == key:
            return folders[known]
    names = ", ".join(folders) or "none is installed"
    raise BundleError(name, "there is no model by that name", f"models: {names}")


def _read(folder: Path) -> tuple[ModelEntry, Bundle | None]:
    try:
        bundle = bundles.load_bundle(folder)
    except BundleError as error:
        trouble = f"{error.reason}; {error.remedy}" if error.remedy else error.reason
        origin = Origin.SHIPPED if _is_shipped(folder) else Origin.OWN
        size, made_at = _measure(folder)
        entry = ModelEntry(
            folder.name, folder.name, "", (), folder, origin, made_at, size, trouble=trouble
        )
        return entry, None
    return _entry(bundle), bundle


def _entry(bundle: Bundle) -> ModelEntry:
    folder, manifest = bundle.path, bundle.manifest
    origin = Origin.IMPORTED if IMPORT_RECORD in manifest.training else Origin.OWN
    if origin is Origin.OWN and not _lies_in(folder, bundles.user_models_folder()):
        origin = Origin.ELSEWHERE
    size, made_at = _measure(folder)
    return ModelEntry(
        folder.name,
        manifest.title,
        manifest.kind,
        manifest.genres,
        folder,
        Origin.SHIPPED if _is_shipped(folder) else origin,
        made_at,
        size,
        bundle.sha256,
        _missing_tagger(manifest.tagger),
    )


def _missing_tagger(sha256: str) -> str:
    """Trouble of a model whose tagger, which has this hash, is not installed; else empty."""
    if not sha256:
        return ""
    from fstmuse_core.bundle.tagger import tagger_folder

    try:
        tagger_folder(sha256)
    except BundleError as error:
        return f"{error.subject}: {error.reason}; {error.remedy}"
    return ""


def _is_shipped(folder: Path) -> bool:
    return _lies_in(folder, bundles.shipped_models_folder())


def _lies_in(folder: Path, root: Path) -> bool:
    return folder.resolve().parent == root.resolve()


def _measure(folder: Path) -> tuple[int, float]:
    """Bytes of all files and when the weights were written; a file may go while it is read."""
    size, times = 0, {WEIGHTS_NAME: 0.0, MANIFEST_NAME: 0.0}
    try:
        for file in folder.iterdir():
            state = file.stat()
            size += state.st_size
            if file.name in times:
                times[file.name] = state.st_mtime
    except OSError:
        pass
    return size, times[WEIGHTS_NAME] or times[MANIFEST_NAME]


def _card(bundle: Bundle) -> str:
    if CARD_NAME not in bundle.manifest.files:
        return ""
    try:
        return (bundle.path / CARD_NAME).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
