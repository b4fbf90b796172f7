"""Genres that a library already has, and what of it a model was trained on."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from fstmuse_core.bundle.bundle import load_bundle
from fstmuse_core.bundle.find_by_hash import folder_of
from fstmuse_core.bundle.model_list import describe
from fstmuse_core.datasets.overlap import overlap
from fstmuse_core.datasets.track import Track
from fstmuse_core.library.rows import KnownModel, LibraryRow
from fstmuse_core.system.errors import BundleError, FstMuseError
from fstmuse_core.tags.genres import known_genres, useful_genres

# What beets puts between the values of a field with several.
_BEETS_DELIMITER = "\\␀"


@dataclass(frozen=True, slots=True)
class Label:
    """The genres that somebody gave to a file.

    Attributes
    ----------
    path : str
    names : tuple of str
        As they are written.
    genres : tuple of str
        Those among them that are known, by their canonical names.
    """

    path: str
    names: tuple[str, ...]
    genres: tuple[str, ...]

    def among(self, genres: Iterable[str]) -> list[str]:
        """Those of them that a model has; it may have some that no table knows."""
        own = {genre.casefold(): genre for genre in genres}
        found = [own.get(name.casefold()) for name in (*self.genres, *self.names)]
        return [genre for genre in dict.fromkeys(found) if genre]


def _label(path: str, names: Iterable[str]) -> Label | None:
    written = useful_genres(name.strip() for name in names)
    return Label(path, written, known_genres(written)) if written else None


def tag_labels(
    rows: Iterable[LibraryRow], *, progress: Callable[[int, int], None] | None = None
) -> list[Label]:
    """The genres in the files' own tags, as Picard and others write them.

    Files whose genre FstMuse has written are left out: it would agree with itself. To know
    them each file is opened, which takes about a millisecond.

    Parameters
    ----------
    progress : callable, optional
        Called with files looked at and files in all.
    """
    tagged = [row for row in rows if row.tag_genre]
    found = []
    for done, row in enumerate(tagged, 1):
        label = None if _wrote_it(row.path) else _label(row.path, row.tag_genre.split("; "))
        if label:
            found.append(label)
        if progress:
            progress(done, len(tagged))
    return found


def _wrote_it(path: str) -> bool:
    from fstmuse_core.tags.formats import open_tags

    try:
        return bool(open_tags(Path(path)).provenance)
    except (OSError, FstMuseError):
        return False


def review_labels(rows: Iterable[LibraryRow]) -> list[Label]:
    """The genres that the user accepted or gave."""
    found = (_label(row.path, [row.review_genre]) for row in rows if row.review_genre)
    return [label for label in found if label]


def beets_labels(
    database: Path, paths: Sequence[str], *, music_folder: Path | None = None
) -> list[Label]:
    """The genres in a library of beets, which is only read.

    Tracks that our plug-in for beets has named are left out.

    Parameters
    ----------
    database : Path
        ``library.db``; ``beet config`` names it.
    paths : sequence of str
        Files of our library: only these are told of.
    music_folder : Path, optional
        Value of ``directory`` in beets' configuration. Newer versions of beets keep paths below
        it; by default it is found out from ``paths``.

    Raises
    ------
    FstMuseError
        If the file is no library of beets.
    """
    stored = list(_read_beets(database))
    root = music_folder or _music_folder([path for path, _ in stored], paths)
    ours = {os.path.normcase(path): path for path in paths}
    found = []
    for path, names in stored:
        if not os.path.isabs(path):
            if root is None:
                continue
            path = os.path.normpath(os.path.join(os.path.abspath(root), path))
        mine = ours.get(os.path.normcase(path))
        label = _label(mine, names) if mine is not None else None
        if label:
            found.append(label)
    return found


def _read_beets(database: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not database.is_file():
        raise FstMuseError(database, "there is no such file", 'see "library" in: beet config')
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as beets:
            columns = {row[1] for row in beets.execute("PRAGMA table_info(items)")}
            # "genres" took the place of "genre" in beets 2.7, which leaves the old column be.
            genre = "genres" if "genres" in columns else "genre"
            if not {"path", genre} <= columns:
                raise FstMuseError(database, "it is no library of beets", "name its library.db")
            chosen = (
                f"SELECT path, {genre} FROM items WHERE {genre} <> '' AND id NOT IN "
                "(SELECT entity_id FROM item_attributes WHERE key = 'fstmuse_model')"
            )
            for path, names in beets.execute(chosen):
                raw = path if isinstance(path, bytes) else str(path).encode()
                yield os.fsdecode(raw), tuple(str(names).split(_BEETS_DELIMITER))
    except sqlite3.Error as error:
        raise FstMuseError(
            database, f"it cannot be read as a library of beets ({error})", "name its library.db"
        ) from error


def _music_folder(stored: Iterable[str], paths: Iterable[str]) -> Path | None:
    """The folder below which most of beets' relative paths are files of ours."""
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(os.path.basename(path), []).append(path)
    votes: Counter[str] = Counter()
    for relative in stored:
        if os.path.isabs(relative):
            continue
        end = os.sep + os.path.normpath(relative)
        votes.update(
            path.removesuffix(end)
            for path in by_name.get(os.path.basename(end), ())
            if path.endswith(end)
        )
    return Path(votes.most_common(1)[0][0] or os.sep) if votes else None


_CLAIMED = "only its maker says that it was not trained on these songs or their artists"
_GONE = "it is no longer installed, so nothing tells whether it was trained on this music"


def known_before(model: KnownModel, rows: Sequence[LibraryRow], labels: Sequence[Label]) -> str:
    """A sentence if a model was trained on labelled files, or if that is a claim; else empty.

    Songs are told by artist and title; of those without an artist it is said that nothing tells.
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
    return found and f"Mind: of {model.title or model.name}, {found}."


def _found(model: KnownModel, tracks: Sequence[Track]) -> str:
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
