"""What of a library a model was trained on, as far as its record tells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fstmuse_core.bundle import load_bundle
from fstmuse_core.datasets.track import Track
from fstmuse_core.errors import BundleError
from fstmuse_core.library.rows import HeardModel, LibraryRow
from fstmuse_core.library.truth import Label
from fstmuse_core.models.entries import describe
from fstmuse_core.models.identity import folder_of
from fstmuse_core.models.overlap import overlap

_CLAIMED = "only its maker says that it was not trained on these songs or their artists"
_GONE = "it is no longer installed, so nothing tells whether it was trained on this music"


def known_before(model: HeardModel, rows: Sequence[LibraryRow], labels: Sequence[Label]) -> str:
    """A sentence if a model was trained on labelled files, or if that is a claim; else empty.

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
    found = _found(model, tracks)
    return found and f"Mind: of {model.name}, {found}."


def _found(model: HeardModel, tracks: Sequence[Track]) -> str:
    folder = folder_of(model.sha256)
    if folder is None:
        return _GONE
    try:
        bundle = load_bundle(folder)
        found = overlap(bundle, tracks).sentence
    except BundleError:
        return _GONE
    is_claimed = describe(bundle).entry.is_claimed
    return _CLAIMED if is_claimed and not found else found
