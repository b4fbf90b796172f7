"""Songs that a command is told of: found in the library, or listened to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fstmuse_core.cli.common.console import say
from fstmuse_core.cli.common.progress import ProgressBar
from fstmuse_core.cli.library.options import chosen_model
from fstmuse_core.cli.library.stale import StaleFiles
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.isolated import isolated
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from fstmuse_core.audio.spectrogram import FloatArray
    from fstmuse_core.library.database import Library
    from fstmuse_core.library.rows import LibraryRow
    from fstmuse_core.library.similar import SongFinder


def opened_finder(
    library: Library, model: str | None, stale: StaleFiles
) -> tuple[SongFinder, list[LibraryRow]]:
    """Embeddings by the tagger of a model, or by the one that has listened to most songs.

    With them come all files of the library, heard or not.

    Says how many songs are left out, which were heard before embeddings were kept, or on another
    tagger.
    """
    from fstmuse_core.library.copies import read_prints
    from fstmuse_core.library.similar import SongFinder, load_index

    rows = library.rows(chosen_model(library, model).sha256)
    index = load_index(library, None if model is None else _tagger_of(model))
    lacking = library.count_lacking(index.tagger_sha256)
    if lacking:
        say(
            f"fstmuse: {counted(lacking, 'song')} left out, whose sound is not kept by the tagger "
            "in use; let it listen: fstmuse library classify"
        )
    return SongFinder(index, rows, stale.is_current, partial(read_prints, library)), rows


def _tagger_of(model: str) -> str:
    from fstmuse_core.bundle.bundle import find_bundle

    tagger = find_bundle(model).manifest.tagger
    if not tagger:
        raise FstMuseError(
            model, "it stands on no tagger, so nothing is kept of how songs sound", "name another"
        )
    return tagger


def find_song(rows: Sequence[LibraryRow], name: str, stale: StaleFiles) -> LibraryRow | None:
    """The file of the library with this path, file name, title, or artist and title.

    Of several files with the same sound it is the first that is as it was scanned.

    Raises
    ------
    FstMuseError
        If several are.
    """
    path = os.path.normcase(os.path.abspath(name))
    for row in rows:
        if os.path.normcase(row.path) == path:
            return row
    if os.path.lexists(name) and not os.path.isdir(name):
        return None
    wanted = name.casefold()
    found = [row for row in rows if wanted in _names(row)]
    if len({row.content or row.path for row in found}) > 1:
        paths = ", ".join(one_line(row.path) for row in found[:3])
        raise FstMuseError(name, f"{len(found)} songs are called so ({paths})", "name a path")
    return next(filter(stale.is_current, found), found[0]) if found else None


def _names(row: LibraryRow) -> set[str]:
    file = os.path.basename(row.path).casefold()
    stem = os.path.splitext(file)[0]
    title = row.title.casefold() or stem
    return {file, stem, title, f"{row.artist.casefold()} - {title}"}


def embedding_of(
    finder: SongFinder, row: LibraryRow | None, name: str, stale: StaleFiles
) -> FloatArray:
    """Embedding of a file of the library; of another file it is made, which takes a moment.

    Raises
    ------
    FstMuseError
        If there is no such file, it has changed since it was scanned, or it can't be listened
        to.
    """
    place = None if row is None else finder.place_of(row)
    if row is not None and place is not None:
        stale.require(row)
        return np.asarray(finder.index.units[place])
    path = name if row is None else row.path
    if not os.path.lexists(path):
        raise FstMuseError(
            name, "the library has no such song, and there is no such file", "check the name"
        )
    from fstmuse_core.library.file_embedding import EmbeddingTask

    with ProgressBar(1) as bar:
        bar.update(0, os.path.basename(path))
        return isolated(EmbeddingTask(finder.index.tagger_sha256), path)


def library_song(rows: Sequence[LibraryRow], name: str, stale: StaleFiles) -> LibraryRow:
    """The song of the library that is called so.

    Raises
    ------
    FstMuseError
        If there is none, or it has changed since it was scanned.
    """
    row = find_song(rows, name, stale)
    if row is None:
        raise FstMuseError(
            name, "the library has no such song", "add its folder: fstmuse library scan"
        )
    stale.require(row)
    return row
