"""Data sets of one folder per genre: ``rock/song.mp3``, or GTZAN's ``genres/blues/*.wav``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fstmuse_core.audio import find_audio_files
from fstmuse_core.datasets.collection import Collection, SetAside
from fstmuse_core.datasets.tags import audio_files, tagged_track
from fstmuse_core.datasets.track import Track
from fstmuse_core.errors import FstMuseError
from fstmuse_core.file_tags.reading import known_artist, read_tags
from fstmuse_core.genres import canonical_genre
from fstmuse_core.sound_files import is_sound_file

# Folders that hold the genre folders of GTZAN, under the names it goes by.
_INNER = ("genres", "genres_original", "Data/genres_original")


def genre_folders(path: Path) -> dict[Path, str]:
    """Genre folders of a data set with their genres, or nothing if it is not made so.

    It is if at least half of the folders that hold music bear the name of a known genre; the
    others then keep their own name as the genre's.
    """
    for root in (path, *(path / name for name in _INNER)):
        folders = _children(root)
        # One file is enough to know, and a genre's folder may hold thousands.
        named = {f: canonical_genre(f.name) for f in folders if _holds_music(f)}
        known = sum(genre is not None for genre in named.values())
        if known and 2 * known >= len(named):
            return {
                folder: genre or " ".join(folder.name.split()) for folder, genre in named.items()
            }
    return {}


def _children(root: Path) -> list[Path]:
    try:
        return sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError:
        return []


def _holds_music(folder: Path) -> bool:
    return next(find_audio_files([folder]), None) is not None


def _files(folder: Path, set_aside: list[SetAside]) -> list[Path]:
    try:
        return audio_files(folder, set_aside)
    except FstMuseError as error:  # there was music in it a moment ago
        set_aside.append(SetAside(folder, error.reason))
        return []


def _beside(folders: dict[Path, str]) -> list[SetAside]:
    """Music that lies next to the genre folders."""
    root = next(iter(folders)).parent
    try:
        files = sorted(p for p in root.iterdir() if not p.name.startswith("."))
        found = [p for p in files if is_sound_file(str(p), p.stat())]
    except OSError:
        return []
    return [SetAside(f, "it is in no genre's folder") for f in found]


def read_folders(
    path: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Collection:
    """Tracks whose genre is the name of the folder they are in.

    Artist and album come from the files' tags; where these name no artist it is the folder
    between the genre's and the file (``rock/The Band/song.mp3``), and else unknown.

    Parameters
    ----------
    path : Path
        The folder that holds the genre folders, or one above it as GTZAN is shipped.
    progress, cancelled : callable, optional
        As for :func:`fstmuse_core.datasets.tags.read_tagged`.

    Raises
    ------
    FstMuseError
        If there are no genre folders.
    """
    folders = genre_folders(path)
    if not folders:
        raise FstMuseError(
            path,
            "no music was found in folders with names of genres",
            "name a folder that holds, say, rock/*.mp3 and jazz/*.mp3",
        )
    tracks: list[Track] = []
    set_aside = _beside(folders)
    files = [(file, f, g) for f, g in folders.items() for file in _files(f, set_aside)]
    for done, (file, folder, genre) in enumerate(files, 1):
        if cancelled and cancelled():
            break
        between = file.relative_to(folder).parts[:-1]
        artist = known_artist(between[0]) if between else ""
        track = tagged_track(file, genre, read_tags(file), artist=artist)
        if isinstance(track, Track):
            tracks.append(track)
        else:
            set_aside.append(track)
        if progress:
            progress(done, len(files))
    return Collection(path, "folders", tuple(tracks), tuple(set_aside))
