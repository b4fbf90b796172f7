"""Which kind of data set a path is, and its tracks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from fstmuse_core.datasets.collection import KINDS, Collection, Kind, SetAside
from fstmuse_core.datasets.corrections.store import corrections_folder
from fstmuse_core.datasets.corrections.tracks import (
    RESERVED_NAME,
    holds_corrections,
    read_corrections,
)
from fstmuse_core.datasets.fma import TRACKS_FILE, find_metadata, read_fma
from fstmuse_core.datasets.folders import genre_folders, read_folders
from fstmuse_core.datasets.manifest import MANIFEST_FILE, read_manifest
from fstmuse_core.datasets.tags import read_tagged
from fstmuse_core.errors import FstMuseError


def data_path(name: str | os.PathLike[str]) -> Path:
    """The absolute path of a data set as the user names it.

    ``corrections`` stands for the user's own corrections, also where a folder is called so;
    that one is named by ``./corrections``.
    """
    return corrections_folder() if os.fspath(name) == RESERVED_NAME else Path(os.path.abspath(name))


def detect_kind(path: Path) -> Kind:
    """How the genres of the data set at ``path`` can be learnt.

    The user's own corrections are known by their file. Of others, a ``manifest.csv`` comes
    first, then FMA's metadata, then folders named after genres; any other folder of music is
    read by its tags.

    Raises
    ------
    FstMuseError
        If there is nothing at ``path``.
    """
    if holds_corrections(path):
        return "corrections"
    if not path.exists():
        raise FstMuseError(path, "there is no such folder", "check the name")
    if path.is_file():
        if path.suffix.lower() == ".csv" and path.name != TRACKS_FILE:
            return "manifest"
        if path.name == TRACKS_FILE:
            return "fma"
        raise FstMuseError(path, "it is a file, not a data set", "name the folder it is in")
    if (path / MANIFEST_FILE).is_file():
        return "manifest"
    if find_metadata(path) is not None:
        return "fma"
    return "folders" if genre_folders(path) else "tags"


def load_tracks(
    path: Path,
    kind: str | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Collection:
    """Tracks of a data set of any kind.

    Parameters
    ----------
    path : Path
        A folder, a manifest or FMA's ``tracks.csv``.
    kind : str, optional
        One of :data:`~fstmuse_core.datasets.collection.KINDS`; found out if not given.
    progress : callable, optional
        Called with files read and files in all, where files must be read.
    cancelled : callable, optional
        Asked before each file is read; what was read up to there is returned.

    Raises
    ------
    FstMuseError
        If ``path`` is not such a data set or holds no usable track.
    """
    path = Path(path)
    if kind is not None and kind not in KINDS:
        raise FstMuseError("kind", f"{kind!r} is not one of {', '.join(KINDS)}")
    found = kind or detect_kind(path)
    if found == "fma":
        collection = read_fma(path.parent if path.is_file() else path)
    elif found == "manifest":
        root = path.parent if path.is_file() else path
        set_aside: list[SetAside] = []
        tracks = read_manifest(path, set_aside)
        collection = Collection(root, "manifest", tuple(tracks), tuple(set_aside))
    elif found == "corrections":
        collection = read_corrections(path, progress=progress, cancelled=cancelled)
    elif found == "folders":
        collection = read_folders(path, progress=progress, cancelled=cancelled)
    else:
        collection = read_tagged(path, progress=progress, cancelled=cancelled)
    if not collection.tracks and not (cancelled and cancelled()):
        raise FstMuseError(path, "none of its files can be used", _why_none(collection))
    return collection


def _why_none(collection: Collection) -> str:
    reasons = [aside.reason for aside in collection.set_aside]
    most = max(set(reasons), key=reasons.count)
    return f"{reasons.count(most)} of {len(reasons)}: {most}"
