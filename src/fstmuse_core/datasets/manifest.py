"""Data sets described by a ``manifest.csv``."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

from fstmuse_core.datasets.collection import SetAside
from fstmuse_core.datasets.track import Track, official_part
from fstmuse_core.errors import FstMuseError
from fstmuse_core.genres import canonical_genre

MANIFEST_FILE = "manifest.csv"
_REQUIRED = ("path", "genre", "artist", "seconds")


def read_manifest(path: Path, set_aside: list[SetAside] | None = None) -> list[Track]:
    """Tracks of a manifest, in its order; of a file that it lists twice the last line counts.

    Parameters
    ----------
    path : Path
        The CSV file, or the folder that holds ``manifest.csv``. Columns ``path`` (relative
        to the file's folder), ``genre``, ``artist`` and ``seconds`` are needed, where the artist
        may be left empty if nobody knows; ``title``, ``album``, ``licence``, ``collection`` and
        ``tag_genre`` are read if present, and so is ``split``, the part (training, validation or
        test) a track officially belongs to. A genre that is not in the table of names stays what
        it is called.
    set_aside : list of SetAside, optional
        Takes rows that make no sense; without it one such row is an error.

    Raises
    ------
    FstMuseError
        If the file cannot be read, lacks a column or lists nothing; the line is named.
    """
    file = path / MANIFEST_FILE if path.is_dir() else path
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(_tracks(file, csv.DictReader(stream, strict=True), set_aside))
    except OSError as error:
        raise FstMuseError(
            file, f"the list of tracks cannot be read ({error.strerror})", "name the music folder"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FstMuseError(file, f"it is not a CSV table in UTF-8 ({error})") from error
    if not rows and not set_aside:
        raise FstMuseError(file, "it lists no tracks")
    tracks: dict[Path, Track] = {}
    for track in rows:
        before = tracks.get(track.path)
        if before and set_aside is not None:
            reason = f"it is listed again, as {track.genre}, and the last line counts"
            set_aside.append(SetAside(track.path, reason))
        tracks[track.path] = track
    return list(tracks.values())


def _tracks(
    file: Path, rows: csv.DictReader[str], set_aside: list[SetAside] | None
) -> Iterator[Track]:
    missing = [name for name in _REQUIRED if name not in (rows.fieldnames or ())]
    if missing:
        raise FstMuseError(
            file, f"column {', '.join(missing)} is missing", f"needed are {', '.join(_REQUIRED)}"
        )
    for row in rows:
        found = _track(file, f"line {rows.line_num}", row)
        if isinstance(found, Track):
            yield found
        elif set_aside is None:
            raise FstMuseError(file, found.reason)
        else:
            set_aside.append(found)


def _track(file: Path, line: str, row: dict[str, str | None]) -> Track | SetAside:
    def text(name: str) -> str:
        return (row.get(name) or "").strip()

    path = file.parent / text("path") if text("path") else file
    for name in ("path", "genre", "seconds"):
        if not text(name):
            return SetAside(path, f"{line} has no {name}")
    try:
        seconds = float(text("seconds"))
    except ValueError:
        seconds = math.nan
    if not 0.0 < seconds < math.inf:
        return SetAside(path, f"{line} has {text('seconds')!r} seconds, not a duration")
    return Track(
        path=path,
        genre=canonical_genre(text("genre")) or " ".join(text("genre").split()),
        artist=text("artist"),
        title=text("title"),
        seconds=seconds,
        licence=text("licence"),
        collection=text("collection"),
        tag_genre=text("tag_genre"),
        album=text("album"),
        album_id=f"{text('collection')} / {text('album')}" if text("album") else "",
        official_part=official_part(text("split")),
    )
