"""Detection of the kind of a data set, and its tracks."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from fstmuse_core.datasets.corrections.store import corrections_folder
from fstmuse_core.datasets.corrections.tracks import (
    RESERVED_NAME,
    holds_corrections,
    read_corrections,
)
from fstmuse_core.datasets.examine import one_process
from fstmuse_core.datasets.fma import TRACKS_FILE, find_metadata, read_fma
from fstmuse_core.datasets.folders import (
    Cancelled,
    Progress,
    genre_folders,
    is_library,
    read_folders,
    read_tagged,
)
from fstmuse_core.datasets.manifest import is_manifest, load_manifest, manifest_in
from fstmuse_core.datasets.track import AUTO, CHOICES, KINDS, Collection, Kind, in_one_spelling
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.wording import counted, listed
from fstmuse_core.tags import text_encoding


def data_path(name: str | os.PathLike[str]) -> Path:
    """The absolute path of a data set as the user names it.

    ``corrections`` stands for the user's own corrections, also where a folder is called so;
    that one is named by ``./corrections``.
    """
    return corrections_folder() if os.fspath(name) == RESERVED_NAME else Path(os.path.abspath(name))


def detect_kind(path: Path, tag_encoding: str = text_encoding.AUTO) -> Kind:
    """Detect how the genres of the data set at ``path`` can be learnt.

    The user's own corrections are known by their file. Of others, a ``manifest.csv`` comes
    first, then FMA's metadata, then folders, whose names are the genres; a library of artists'
    folders whose tags name genres, and any other music, is read by its tags.

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
        if path.name == TRACKS_FILE:
            return "fma"
        if is_manifest(path):
            return "manifest"
        raise FstMuseError(path, "it is a file, not a data set", "name the folder it is in")
    if manifest_in(path) is not None:
        return "manifest"
    if find_metadata(path) is not None:
        return "fma"
    folders = genre_folders(path)
    return "folders" if folders and not is_library(folders, tag_encoding) else "tags"


def kinds_of(data: Sequence[str], kinds: Sequence[str]) -> list[str | None]:
    """Kind by which each data set is to be read, ``None`` where that is to be found out.

    Parameters
    ----------
    data : sequence of str
        Data sets as the user names them.
    kinds : sequence of str
        None, one for all, or one for each; of
        :data:`~fstmuse_core.datasets.track.CHOICES`.

    Raises
    ------
    FstMuseError
        If there are as many as fit neither.
    """
    if len(kinds) > 1 and len(kinds) != len(data):
        raise FstMuseError(
            "--kind",
            f"it is given {len(kinds)} times for {counted(len(data), 'data set')}",
            "give it once for all, or once for each --data in their order",
        )
    unknown = next((kind for kind in kinds if kind not in CHOICES), None)
    if unknown is not None:
        raise FstMuseError("--kind", f"{unknown!r} is not one of {', '.join(CHOICES)}")
    each = kinds if len(kinds) == len(data) else [*kinds, AUTO][:1] * len(data)
    # What was corrected has its genres from nowhere else.
    free = [holds_corrections(data_path(path)) for path in data]
    return [None if kind == AUTO or ours else kind for kind, ours in zip(each, free, strict=True)]


def how_chosen(collection: Collection) -> str:
    """Say where the genres of a data set were found, and how to have it otherwise, or nothing."""
    if collection.kind == "folders":
        return (
            f"{_shown(collection)}: the genres are its folders' names "
            f"({listed(collection.genres)}); --kind tags takes those in the files' tags"
        )
    if collection.kind == "tags":
        return (
            f"{_shown(collection)}: the genres are those in the files' tags "
            f"({listed(collection.genres)}); --kind folders takes the folders' names"
        )
    return ""


def _shown(collection: Collection) -> str:
    return one_line(collection.root.name or str(collection.root))


def load_tracks(
    path: Path,
    kind: str | None = None,
    *,
    tag_encoding: str = text_encoding.AUTO,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Collection:
    """Tracks of a data set of any kind.

    Parameters
    ----------
    path : Path
        A folder, a manifest or FMA's ``tracks.csv``.
    kind : str, optional
        One of :data:`~fstmuse_core.datasets.track.KINDS`; found out if not given.
    tag_encoding : str
        Encoding as for :func:`~fstmuse_core.tags.reading.read_tags`.
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
    with one_process():
        collection = _loaded(path, kind, tag_encoding, progress, cancelled)
    if not collection.tracks and not (cancelled and cancelled()):
        raise FstMuseError(path, "none of its files can be used", _why_none(collection))
    if collection.kind == "tags":
        tracks, notes = in_one_spelling(collection.tracks)
        collection = replace(collection, tracks=tracks, notes=notes)
    return collection


def _loaded(
    path: Path,
    kind: str | None,
    tag_encoding: str,
    progress: Progress | None,
    cancelled: Cancelled | None,
) -> Collection:
    found = kind or detect_kind(path, tag_encoding)
    if found == "fma":
        return read_fma(path.parent if path.is_file() else path)
    if found == "manifest":
        return load_manifest(path, cancelled=cancelled)
    if found == "corrections":
        return read_corrections(path, progress=progress, cancelled=cancelled)
    read = read_folders if found == "folders" else read_tagged
    return read(path, tag_encoding=tag_encoding, progress=progress, cancelled=cancelled)


def _why_none(collection: Collection) -> str:
    reasons = [aside.reason for aside in collection.set_aside]
    most = max(set(reasons), key=reasons.count)
    why = f"{reasons.count(most)} of {len(reasons)}: {most}"
    if collection.kind == "tags":
        why += "; one folder for each genre, named after it, would do as well"
    return why
