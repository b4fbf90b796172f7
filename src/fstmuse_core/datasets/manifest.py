"""Data sets described by a ``manifest.csv``."""

from __future__ import annotations

import math
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from fstmuse_core.datasets.examine import Cancelled, duration_of, one_process
from fstmuse_core.datasets.track import Collection, SetAside, Track, in_one_spelling, official_part
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.tables import Cells, Row, read_table
from fstmuse_core.tags.genres import LONGEST_NAME, class_name
from fstmuse_core.tags.reading import known_artist

MANIFEST_FILES = ("manifest.csv", "manifest.tsv", "manifest.txt")
_SUFFIXES = (".csv", ".tsv", ".tab")
# Headings as people and programs write them, without capitals, blanks and units.
_FIELDS: dict[str, tuple[str, ...]] = {
    "path": (
        *("path", "filepath", "file", "filename", "audiopath", "audiofile", "audio", "location"),
        *("trackpath", "uri", "url", "fullpath", "relativepath", "source", "name"),
        *("pfad", "dateipfad", "datei", "dateiname", "chemin", "fichier", "archivo", "ruta"),
    ),
    "genre": (
        *("genre", "genres", "label", "class", "category", "style", "genrename", "classname"),
        *("classlabel", "genrelabel", "musicgenre", "trackgenre", "primarygenre", "songgenre"),
        *("target", "labels", "maingenre", "topgenre", "genretop", "tag", "klasse", "kategorie"),
        *("stil", "genero", "género", "categorie", "catégorie"),
    ),
    "artist": (
        *("artist", "artistname", "artists", "performer", "band", "singer", "trackartist"),
        *("albumartist", "musician", "interpret", "künstler", "interpreter", "artiste", "artista"),
    ),
    "seconds": (
        *("seconds", "duration", "length", "secs", "sec", "durationseconds", "durationsec"),
        *("durations", "lengthseconds", "lengthsec", "lengths", "time", "dauer", "länge"),
        *("durée", "duración", "sekunden"),
    ),
    "milliseconds": ("durationms", "lengthms", "milliseconds", "ms", "durationmilliseconds"),
    "title": ("title", "tracktitle", "songtitle", "trackname", "song", "titel", "titre", "título"),
    "album": ("album", "albumtitle", "record", "release"),
    "licence": ("licence", "license"),
    "collection": ("collection", "dataset"),
    "tag_genre": ("taggenre",),
    "split": ("split", "subset", "part", "set"),
}
_MISSING = "the file is missing"
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)")


def manifest_in(folder: Path) -> Path | None:
    """The manifest that a folder holds, if it does."""
    return next((folder / name for name in MANIFEST_FILES if (folder / name).is_file()), None)


def is_manifest(file: Path) -> bool:
    """True for a table by its suffix, or for text that has the headings of one."""
    if file.suffix.lower() in _SUFFIXES:
        return True
    if file.suffix.lower() != ".txt":
        return False
    try:
        _, found = next(read_table(file, _FIELDS))
    except FstMuseError:
        return False
    return "path" in found and "genre" in found


def load_manifest(path: Path, *, cancelled: Cancelled | None = None) -> Collection:
    """The data set that a manifest lists; rows that make no sense are set aside.

    ``cancelled`` is asked while files are measured.

    Raises
    ------
    FstMuseError
        See :func:`read_manifest`.
    """
    set_aside: list[SetAside] = []
    written: dict[str, str] = {}
    tracks = read_manifest(path, set_aside, written, cancelled=cancelled)
    spelt, notes = in_one_spelling(tracks, written)
    root = path if path.is_dir() else path.parent
    return Collection(root, "manifest", spelt, tuple(set_aside), notes)


def read_manifest(
    path: Path,
    set_aside: list[SetAside] | None = None,
    written: dict[str, str] | None = None,
    *,
    cancelled: Cancelled | None = None,
) -> list[Track]:
    """Tracks of a manifest, in its order; of a file that it lists twice the last line counts.

    Parameters
    ----------
    path : Path
        The table, or the folder that holds ``manifest.csv``, as spreadsheets write it; see
        :func:`~.tables.read_rows`. Columns ``path`` (relative to the file's folder)
        and ``genre`` are needed, under these or other usual names (file, label, class ...).
        ``artist`` may be left empty if nobody knows; ``seconds`` is measured where there is none;
        ``title``, ``album``, ``licence``, ``collection`` and ``tag_genre`` are read if present,
        and so is ``split``, the part (training, validation or test) a track officially belongs
        to. Genres are called as they are in the table, see
        :func:`fstmuse_core.tags.genres.class_name`.
    set_aside : list of SetAside, optional
        Takes rows that make no sense, and those whose files are missing; without it a row that
        makes no sense is an error.
    written : dict of str to str, optional
        Takes the genres as they are written, each with what it is called here.
    cancelled : callable, optional
        Asked while files are measured; if it says so they are not.

    Raises
    ------
    FstMuseError
        If the file cannot be read, lacks a column or lists nothing; the line is named.
    """
    file = (manifest_in(path) or path / MANIFEST_FILES[0]) if path.is_dir() else path
    if not file.is_file():
        raise FstMuseError(
            file, "the list of tracks cannot be read (no such file)", "name the music folder"
        )
    with one_process():
        rows = list(_tracks(file, set_aside, {} if written is None else written, cancelled))
    if not rows and not set_aside:
        raise FstMuseError(file, "it lists no tracks")
    # Where nothing is there the music as a whole is elsewhere, which is said once it is needed.
    is_there = [_is_file(track.path) for _, track in rows]
    tracks: dict[Path, Track] = {}
    for (line, track), there in zip(rows, is_there, strict=True):
        if not there and any(is_there) and set_aside is not None:
            set_aside.append(SetAside(track.path, f"line {line}: {_MISSING}"))
            continue
        if track.path in tracks and set_aside is not None:
            reason = f"it is listed again, as {track.genre}, and the last line counts"
            set_aside.append(SetAside(track.path, reason))
        tracks[track.path] = track
    return list(tracks.values())


def _tracks(
    file: Path,
    set_aside: list[SetAside] | None,
    written: dict[str, str],
    cancelled: Cancelled | None,
) -> Iterator[tuple[int, Track]]:
    """The line and the track of each row that makes sense."""
    rows = read_table(file, _FIELDS)
    head, found = next(rows)
    missing = [name for name in ("path", "genre") if name not in found]
    if missing:
        there = ", ".join(cell for cell in head.cells if cell)
        raise FstMuseError(
            file,
            f"column {', '.join(missing)} is missing",
            f"its headings are {there[:200]}; needed are path and genre, and artist is of use"
            if there
            else "its first row must name the columns: path, genre, artist",
        )
    for row, cells in rows:
        track = _track(file, row, cells, cancelled)
        if cells["path"].startswith("#") and not _is_file(track.path):
            continue  # a comment
        if isinstance(track, Track):
            written[cells["genre"]] = track.genre
            yield row.line, track
        elif set_aside is None:
            raise FstMuseError(file, track.reason)
        else:
            set_aside.append(track)


def _track(file: Path, row: Row, cells: Cells, cancelled: Cancelled | None) -> Track | SetAside:
    line = f"line {row.line}"
    if row.fault:
        return SetAside(file, f"{line} has {row.fault}")
    if not cells["path"]:
        return SetAside(file, f"{line} has no path")
    path = _path(file.parent, cells["path"])
    genre = class_name(cells["genre"])
    if not genre:
        return SetAside(path, f"{line} has no genre")
    if len(genre) > LONGEST_NAME:
        n = len(genre)
        return SetAside(
            path, f"{line} has a genre of {n} letters; shorten it to {LONGEST_NAME} or fewer"
        )
    seconds = _seconds(cells) or _measured(path, cancelled)
    if isinstance(seconds, str):
        stated = f"{cells['seconds']!r} seconds, not a duration"
        said = stated if cells["seconds"] else "no seconds"
        return SetAside(path, f"{line} has {said}, and {seconds}")
    collection, album = cells["collection"], cells["album"]
    return Track(
        path=path,
        genre=genre,
        artist=known_artist(cells["artist"]),
        title=cells["title"],
        seconds=seconds,
        licence=cells["licence"],
        collection=collection,
        tag_genre=cells["tag_genre"],
        album=album,
        album_id=f"{collection} / {album}" if album else "",
        official_part=official_part(cells["split"]),
    )


def _path(folder: Path, text: str) -> Path:
    """The file that ``text`` means: the first way to read it that leads to one."""
    ways = [os.path.expanduser(text)]
    if text[:7].casefold() == "file://":
        # Two slashes and a name are a server's; three are this machine's.
        ways.insert(0, url2pathname(urlsplit(text).path))
    ways += [unquote(way) for way in ways]
    ways += [way.replace("\\", "/") for way in ways]
    ways += [unicodedata.normalize(form, way) for form in ("NFC", "NFD") for way in ways]
    paths = [folder / way for way in dict.fromkeys(ways) if "\0" not in way]
    found = next((path for path in paths if _is_file(path)), None)
    return found or folder / text.replace("\0", "").replace("\\", "/")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _seconds(cells: Cells) -> float:
    """The duration that a row states; 0 if it states none, or one that is none."""
    seconds = _number(cells["seconds"])
    return seconds or _number(cells["milliseconds"]) / 1000.0


def _number(text: str) -> float:
    """A duration above 0 as people write it: 12.5, 12,5, 1.234,5, 3:25, 0:03:25, 12 s; else 0.

    Examples
    --------
    >>> _number("12,5"), _number("3:25"), _number("long")
    (12.5, 205.0, 0.0)
    """
    text = re.sub(r"\s|'|\u2019|s(ec(onds?|s)?)?\.?$", "", text.casefold())
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = clock.groups()
        return 3600.0 * int(hours or 0) + 60.0 * int(minutes) + float(seconds.replace(",", "."))
    if text.rfind(",") > text.rfind("."):
        text = text.replace(".", "").replace(",", ".")
    else:
        text = text.replace(",", "")
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if 0.0 < number < math.inf else 0.0


def _measured(path: Path, cancelled: Cancelled | None) -> float | str:
    """The duration in the file's header, or why there is none."""
    return duration_of(path, cancelled) if _is_file(path) else _MISSING
