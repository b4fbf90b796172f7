"""What of a library a model was trained on, as far as its record tells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fstmuse_core.bundle import load_bundle
from fstmuse_core.datasets.track import Track
from fstmuse_core.errors import BundleError
from fstmuse_core.library.rows import HeardModel, LibraryRow
from fstmuse_core.library.truth import Label
from fstmuse_core.models.identity import folder_of
from fstmuse_core.models.overlap import overlap

_GONE = "it is no longer installed, so nothing tells whether it was trained on this music"


def known_before(model: HeardModel, rows: Sequence[LibraryRow], labels: Sequence[Label]) -> str:
    """A sentence if a model was trained on labelled files, or if nobody can tell; else empty.

    Songs are told by artist and title, so those without tags are not recognised.
    """
    labelled = {label.path for label in labels}
    tracks = [
        Track(Path(row.path), "", row.artist, row.title or Path(row.path).stem, row.seconds)
        for row in rows
        if row.path in labelled
    ]
    if not tracks:
        return ""
    folder = folder_of(model.sha256)
    try:
        found = overlap(load_bundle(folder), tracks).sentence if folder is not None else _GONE
    except BundleError:
        found = _GONE
    return found and f"Mind: of {model.name}, {found}."
