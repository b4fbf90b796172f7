"""A playlist for each genre, in M3U8, which players on every system read."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote_from_bytes

from fstmuse_core.library.rows import LibraryRow, State, said_genre
from fstmuse_core.system.atomic_write import open_atomic
from fstmuse_core.system.errors import FstMuseError

NOT_SURE = "Not sure"
SUFFIX = ".m3u8"
_MARK = "# Made by FstMuse, which may replace it"
# Names that Windows keeps for devices, with any ending.
_DEVICES = frozenset(
    [
        *("con", "prn", "aux", "nul", "conin$", "conout$"),
        *(f"{kind}{n}" for kind in ("com", "lpt") for n in "0123456789¹²³"),
    ]
)
# 255 bytes are allowed; a staging name and a number beside it take some.
_LONGEST_NAME = 180


@dataclass(frozen=True)
class Playlist:
    """A playlist that was written, and how many files it names."""

    path: Path
    genre: str
    n_files: int


def write_playlists(
    rows: Iterable[LibraryRow],
    folder: Path,
    *,
    min_confidence: float = 0.0,
    min_files: int = 1,
    absolute: bool = False,
    with_unsure: bool = False,
) -> list[Playlist]:
    """Write a playlist for each genre; files that are gone are in none.

    Parameters
    ----------
    folder : Path
        Folder for them; made if it is not there.
    min_confidence : float
        Least probability of a model's genre, from 0 to 1. What the user said always counts.
    min_files : int
        Genres with fewer files get no playlist.
    absolute : bool
        Name files by their whole paths. Else paths start from ``folder``, which can then be
        moved together with the music.
    with_unsure : bool
        Also a playlist of what was classified and is in no other.

    Returns
    -------
    list of Playlist
        By genre.

    Raises
    ------
    FstMuseError
        If one cannot be written, or a file of that name is somebody else's: then none is.
    """
    by_genre: dict[str, list[LibraryRow]] = defaultdict(list)
    for row in rows:
        genre = said_genre(row, min_confidence=min_confidence)
        if row.state is State.GONE or (genre is None and row.state is not State.DONE):
            continue
        by_genre[genre or ""].append(row)
    unsure = by_genre.pop("", [])
    wanted = {g: by_genre[g] for g in sorted(by_genre) if len(by_genre[g]) >= min_files}
    lists = list(wanted.items())
    if with_unsure and unsure:
        lists.append((NOT_SURE, unsure))
    paths = [folder / name for name in file_names([genre for genre, _ in lists])]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            _refuse_strangers(path)
        return [
            _write(genre, path, sorted(found, key=lambda row: row.path), absolute)
            for path, (genre, found) in zip(paths, lists, strict=True)
        ]
    except OSError as error:
        why = error.strerror or str(error)
        raise FstMuseError(
            folder, f"playlists cannot be written there ({why})", "choose another folder"
        ) from error


def write_playlist(
    rows: Sequence[LibraryRow], path: Path, title: str, *, absolute: bool = False
) -> Playlist:
    """Write one playlist, its files in the order given.

    Parameters
    ----------
    rows : sequence of LibraryRow
    path : Path
        Replaced if it is a playlist that FstMuse has made.
    title : str
        Name that players show.
    absolute : bool
        Name files by their whole paths, and not from the playlist's folder on.

    Raises
    ------
    FstMuseError
        If it cannot be written, or a file of that name is somebody else's.
    """
    try:
        _refuse_strangers(path)
        return _write(title, path, rows, absolute)
    except OSError as error:
        why = error.strerror or str(error)
        raise FstMuseError(path, f"it cannot be written ({why})", "choose another place") from error


def file_names(genres: Sequence[str]) -> list[str]:
    """A file name for each genre that is allowed, and its own, on every system.

    Examples
    --------
    >>> file_names(["Old-Time / Historic", "AUX", "aux"])
    ['Old-Time - Historic.m3u8', 'AUX_.m3u8', 'aux_ (2).m3u8']
    """
    names: list[str] = []
    taken: set[str] = set()
    for genre in genres:
        stem = name = _safe(genre)
        number = 1
        # Windows and macOS take names for the same that differ in case alone.
        while name.casefold() in taken:
            number += 1
            name = f"{stem} ({number})"
        taken.add(name.casefold())
        names.append(name + SUFFIX)
    return names


def _safe(genre: str) -> str:
    name = unicodedata.normalize("NFC", genre)
    name = "".join(c if c.isprintable() else " " for c in name)
    name = re.sub(r'\s*[<>:"/\\|?*]+\s*', lambda m: " - " if " " in m[0] else "-", name)
    name = " ".join(name.split())
    while len(name.encode()) > _LONGEST_NAME:
        name = name[:-1]
    name = name.strip(" .") or "genre"
    return f"{name}_" if name.split(".")[0].rstrip().casefold() in _DEVICES else name


def _refuse_strangers(path: Path) -> None:
    """Raise if a playlist would take the place of one that we did not make."""
    if not os.path.lexists(path):
        return
    if path.is_file():
        with path.open("rb") as stream:
            if _MARK.encode() in stream.read(1000):
                return
    raise FstMuseError(
        path, "there is one of this name that FstMuse did not make", "choose another place"
    )


def _write(genre: str, path: Path, rows: Sequence[LibraryRow], absolute: bool) -> Playlist:
    lines = ["#EXTM3U", _MARK, f"#PLAYLIST:{_flat(genre)}"]
    for row in rows:
        lines.append(f"#EXTINF:{round(row.seconds) or -1},{_title(row)}")
        lines.append(entry(row.path, path.parent, absolute=absolute))
    with open_atomic(path) as stream:
        stream.write("\n".join([*lines, ""]).encode("utf-8", "replace"))
    return Playlist(path, genre, len(rows))


def _title(row: LibraryRow) -> str:
    title = row.title or Path(row.path).stem
    return _flat(f"{row.artist} - {title}" if row.artist else title)


def _flat(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def entry(path: str, folder: Path, *, absolute: bool) -> str:
    """Name of a file in a playlist in ``folder``.

    A name that a line of text cannot hold, for it is no text, has line breaks or ends in a
    blank, is named by a ``file:`` URI.
    """
    if not path.isprintable() or path != path.rstrip():
        raw = os.fsencode(path)
        drive = "/" if os.name == "nt" else ""
        return f"file://{drive}{quote_from_bytes(raw.replace(os.sep.encode(), b'/'), safe='/:')}"
    if absolute:
        return path
    start = os.path.abspath(folder)
    target = path
    if os.path.realpath(start) != start:
        # Behind a link ".." leads elsewhere than it seems to: only real places are sure.
        start = os.path.realpath(start)
        target = os.path.join(_real(os.path.dirname(path)), os.path.basename(path))
    try:
        relative = os.path.relpath(target, start)
    except ValueError:  # on another drive of Windows
        return path
    relative = relative.replace(os.sep, "/")
    # A line that starts so would be a comment, or lose its blank.
    return f"./{relative}" if relative.startswith(("#", " ")) else relative


@lru_cache(maxsize=1024)
def _real(folder: str) -> str:
    return os.path.realpath(folder)
