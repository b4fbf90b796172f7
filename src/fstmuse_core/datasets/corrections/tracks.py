"""The corrections as a data set to train on, and as a manifest to take elsewhere."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fstmuse_core.datasets.corrections.journal import JOURNAL_FILE, Correction
from fstmuse_core.datasets.corrections.store import TITLE, CorrectionStore, corrections_folder
from fstmuse_core.datasets.examine import examined
from fstmuse_core.datasets.track import Collection, SetAside, Track
from fstmuse_core.system.atomic_write import write_atomic
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.tables import csv_rows
from fstmuse_core.tags.genres import says_unsure

# What stands for the corrections where a data set is named. A folder that happens to be
# called so is named by "./corrections".
RESERVED_NAME = "corrections"
_COLUMNS = ("path", "genre", "artist", "title", "album", "seconds", "collection")


def holds_corrections(path: Path) -> bool:
    """Return true if the data set at ``path`` is one of corrections."""
    return (path / JOURNAL_FILE).is_file() or path == corrections_folder()


def read_corrections(
    folder: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Collection:
    """Tracks of all that was corrected; files that are gone or hold another sound are set aside.

    Parameters
    ----------
    folder : Path
        Folder of the corrections.
    progress : callable, optional
        Called with files looked at and files in all.
    cancelled : callable, optional
        Asked before each file; if it says so the tracks up to there are returned.

    Raises
    ------
    FstMuseError
        If nothing has been corrected yet, or the corrections cannot be read.
    """
    store = CorrectionStore(folder, listen=partial(examined, cancelled=cancelled))
    records = store.records()
    if not records:
        raise FstMuseError(
            TITLE,
            "nothing has been corrected yet",
            "correct a verdict in the Classify tab or with fstmuse correct",
        )
    tracks: list[Track] = []
    set_aside: list[SetAside] = []
    for done, record in enumerate(records, 1):
        if cancelled and cancelled():
            break
        if says_unsure(record.genre):  # said before such names were refused
            set_aside.append(SetAside(record.path, f"{record.genre!r} is no genre"))
        elif why := store.fault_of(record):
            set_aside.append(SetAside(record.path, why))
        else:
            tracks.append(_track(record))
        if progress:
            progress(done, len(records))
    return Collection(store.folder, "corrections", tuple(tracks), tuple(set_aside))


def _track(record: Correction) -> Track:
    return Track(
        path=record.path,
        genre=record.genre,
        artist=record.artist,
        title=record.title,
        seconds=record.seconds,
        collection=TITLE,
        album=record.album,
        # As for tagged music: records of the same name are told apart by where they lie.
        album_id=f"{record.path.parent}/{record.album}" if record.album else "",
    )


def export_manifest(collection: Collection, path: Path) -> list[SetAside]:
    """Write tracks as a ``manifest.csv`` that any FstMuse reads as a data set.

    Files below the folder of ``path`` are named from there on, others by their whole path.

    Returns
    -------
    list of SetAside
        Files whose names no text can hold.

    Raises
    ------
    FstMuseError
        If ``path`` cannot be written.
    """
    text = io.StringIO()
    write = csv_rows(text)
    write(_COLUMNS)
    left_out = []
    folder = path.absolute().parent
    for track in collection.tracks:
        below = track.path.is_relative_to(folder)
        name = track.path.relative_to(folder).as_posix() if below else str(track.path)
        if name != name.strip() or not _is_text(name):
            left_out.append(SetAside(track.path, "its name does not fit into a table"))
            continue
        fields = (track.artist, track.title, track.album, track.seconds, track.collection)
        write((name, track.genre, *fields))
    data = text.getvalue().encode("utf-8", "backslashreplace")
    write_atomic(path, lambda stream: stream.write(data))
    return left_out


def _is_text(name: str) -> bool:
    """True for what a table gives back as it is: UTF-8 without carriage returns."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\r" not in name
