"""Data sets in folders: a folder for each class, or genres in the files' own tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from fstmuse_core.audio.sound_files import find_audio_files, is_sound_file
from fstmuse_core.datasets.examine import duration_of
from fstmuse_core.datasets.track import Collection, SetAside, Track, in_one_spelling, official_part
from fstmuse_core.system.errors import AudioError, FstMuseError, one_line
from fstmuse_core.system.wording import listed
from fstmuse_core.tags.genres import (
    LONGEST_NAME,
    canonical_genre,
    class_name,
    decoded_name,
    genre_key,
    known_genres,
    useful_genres,
)
from fstmuse_core.tags.reading import Tags, known_artist, read_tags
from fstmuse_core.tags.text_encoding import AUTO

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


def named_genre(names: Iterable[str], *, keep_unknown: bool = True) -> str | None:
    """The genre that names from tags or folders mean.

    The first that is known, whole or as a part of a list such as "Rock; Pop", wins. An unknown
    one stays what it is called, or is ``None`` without ``keep_unknown``. Names that say nothing,
    such as "Unknown", count as none.

    Examples
    --------
    >>> named_genre(["Psytrance / Techno"]), named_genre(["Polka"])
    ('Electronic', 'Polka')
    """
    names = useful_genres(name.strip() for name in names)
    if known := known_genres(names):
        return known[0]
    return names[0] if names and keep_unknown else None


def read_tagged(
    path: Path,
    *,
    keep_unknown: bool = True,
    tag_encoding: str = AUTO,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Collection:
    """Tracks of any library, with the genre, artist and album in its tags.

    Parameters
    ----------
    path : Path
        A folder, read with all that is in it.
    keep_unknown : bool
        Keep genres that are not in the table of names under their own; else such files are
        set aside.
    tag_encoding : str
        Encoding as for :func:`~fstmuse_core.tags.reading.read_tags`.
    progress : callable, optional
        Called with files read and files in all.
    cancelled : callable, optional
        Asked before each file; if it says so the tracks up to there are returned.

    Raises
    ------
    FstMuseError
        If there are no sound files.
    """
    set_aside: list[SetAside] = []
    files = audio_files(path, set_aside)
    tracks: list[Track] = []
    for done, file in enumerate(files, 1):
        if cancelled and cancelled():
            break
        tags = read_tags(file, tag_encoding)
        genre = named_genre(tags.genres, keep_unknown=keep_unknown)
        found = (
            tagged_track(file, genre, tags, cancelled=cancelled)
            if genre
            else SetAside(file, _no_genre(tags))
        )
        if isinstance(found, Track):
            tracks.append(found)
        else:
            set_aside.append(found)
        if progress:
            progress(done, len(files))
    return Collection(path, "tags", tuple(tracks), tuple(set_aside))


def _no_genre(tags: Tags) -> str:
    if useful := useful_genres(tags.genres):
        return f"the genre {useful[0]!r} is not known"
    if tags.genres:
        return f"its tags name no genre ({tags.genres[0]!r} says nothing)"
    return "its tags name no genre"


def audio_files(path: Path, set_aside: list[SetAside]) -> list[Path]:
    """Sound files below a folder; folders that cannot be read are set aside.

    Raises
    ------
    FstMuseError
        If there are none.
    """

    def unreadable(error: AudioError) -> None:
        set_aside.append(SetAside(Path(error.subject), error.reason))

    files = list(find_audio_files([path], unreadable)) if path.is_dir() else []
    if not files:
        raise FstMuseError(
            path,
            "no music was found in it" if path.is_dir() else "there is no such folder",
            "name a folder with mp3, flac, ogg, m4a or wav files",
        )
    return files


def tagged_track(
    file: Path,
    genre: str,
    tags: Tags,
    *,
    artist: str = "",
    part: str = "",
    cancelled: Cancelled | None = None,
) -> Track | SetAside:
    """The track, or why the file cannot be one.

    ``artist`` is used where the tags name none; ``part`` is where it officially belongs to.
    """
    seconds = tags.seconds or duration_of(file, cancelled)
    if isinstance(seconds, str):
        return SetAside(file, seconds)
    return Track(
        path=file,
        genre=genre,
        artist=tags.artist or artist,
        title=tags.title or file.stem,
        seconds=seconds,
        tag_genre="; ".join(tags.genres),
        album=tags.album,
        # Records of the same name are told apart by where they lie.
        album_id=f"{file.parent}/{tags.album}" if tags.album else "",
        official_part=part,
    )


# Folders that hold the genre folders of GTZAN, under the names it goes by.
_INNER = ("genres", "genres_original", "Data/genres_original")
# How far down the folders of the classes may lie where nothing else is beside them.
_DEEPEST = 4
# Enough to tell artists' folders from classes.
_FOLDERS_LOOKED_AT, _FILES_LOOKED_AT = 40, 3
_SORTED_BY = frozenset(
    "albums,album,singles,compilations,compilation,variousartists,various,va,music,downloads,"
    "soundtracks,playlists,unknownartist,mp3,flac,lossless".split(",")
)


def genre_folders(path: Path) -> dict[Path, str]:
    """Folders of a data set with the classes they are named after, or nothing if it has none.

    Their names are the classes, whatever they are. They lie in ``path``, or further down where
    one folder holds all the music, or in folders called train, validation and test. A class
    whose name is blank or too long is called "".
    """
    folders: list[Path] = []
    for root in (path, *(path / name for name in _INNER)):
        found = _class_folders(root)
        folders = folders or found
        known = sum(canonical_genre(folder.name) is not None for folder in found)
        if known and 2 * known >= len(found):
            folders = found
            break
    return {folder: _class_of(folder) for folder in folders}


def _class_of(folder: Path) -> str:
    name = class_name(folder.name)
    return name if len(name) <= LONGEST_NAME else ""


def _class_folders(root: Path) -> list[Path]:
    one: list[Path] = []
    for _ in range(_DEEPEST):
        folders = [folder for folder in _children(root) if _holds_music(folder)]
        if len(folders) != 1:
            break
        if canonical_genre(folders[0].name) is not None:
            return folders
        if next(_loose(root), None) is not None:
            break
        one, root = folders, folders[0]
    if all(official_part(folder.name) for folder in folders):
        folders = [f for part in folders for f in _children(part) if _holds_music(f)]
    if len(folders) > 1 and _is_worth_more(folders, _loose(root)):
        return folders
    return one


def _is_worth_more(folders: Sequence[Path], loose: Iterable[Path]) -> bool:
    """At least as much music lies in the folders as beside them."""
    n_loose = sum(1 for _ in loose)
    return sum(1 for _ in islice(find_audio_files(folders), n_loose)) >= n_loose


def _children(root: Path) -> list[Path]:
    try:
        return sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError:
        return []


def _loose(root: Path) -> Iterator[Path]:
    """Music that lies in a folder itself."""
    try:
        files = sorted(p for p in root.iterdir() if not p.name.startswith("."))
        return iter([file for file in files if is_sound_file(str(file), file.stat())])
    except OSError:
        return iter(())


def _holds_music(folder: Path) -> bool:
    # One file is enough to know, and a genre's folder may hold thousands.
    return next(find_audio_files([folder]), None) is not None


def is_library(folders: Iterable[Path], tag_encoding: str = AUTO) -> bool:
    """True if folders are named after artists, albums or years, and the files' tags name genres.

    A few files of each are looked at. Folders of which half are called as a known genre are none;
    a single other folder is one if its tags name genres.
    """
    looked_at = list(islice(folders, _FOLDERS_LOOKED_AT))
    known = sum(canonical_genre(folder.name) is not None for folder in looked_at)
    if not looked_at or 2 * known >= len(looked_at):
        return False
    named = tagged = files = 0
    for folder in looked_at:
        files_in = islice(find_audio_files([folder]), _FILES_LOOKED_AT)
        tags = [read_tags(file, tag_encoding) for file in files_in]
        of_folder = sum(_is_named_after(folder.name, (t.artist, t.album)) for t in tags)
        named += len(looked_at) == 1 or (bool(tags) and 2 * of_folder >= len(tags))
        tagged += sum(bool(useful_genres(t.genres)) for t in tags)
        files += len(tags)
    return 2 * named >= len(looked_at) and 2 * tagged >= files


def _is_named_after(folder: str, owners: Iterable[str]) -> bool:
    name = genre_key(folder).removeprefix("the")
    if name.isdecimal() or name in _SORTED_BY:
        return True
    keys = [genre_key(owner).removeprefix("the") for owner in owners if owner]
    if len(name) == 1:
        return any(key.startswith(name) for key in keys)
    return any(key == name or (len(key) > 2 and key in name) for key in keys)


def _files(folder: Path, set_aside: list[SetAside]) -> list[Path]:
    try:
        return audio_files(folder, set_aside)
    except FstMuseError as error:  # there was music in it a moment ago
        set_aside.append(SetAside(folder, error.reason))
        return []


def read_folders(
    path: Path,
    *,
    tag_encoding: str = AUTO,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Collection:
    """Tracks whose genre is the name of the folder they are in.

    Artist and album come from the files' tags; where these name no artist it is the folder
    between the genre's and the file (``rock/The Band/song.mp3``), and else unknown.

    Parameters
    ----------
    path : Path
        The folder that holds the folders of the classes, or one above it.
    tag_encoding : str
    progress, cancelled : callable, optional
        As for :func:`fstmuse_core.datasets.folders.read_tagged`.

    Raises
    ------
    FstMuseError
        If there are no such folders.
    """
    folders = genre_folders(path)
    if not folders:
        raise FstMuseError(
            path,
            "no music was found in folders with names of genres",
            "name a folder that holds, say, Zouk/*.mp3 and Kizomba/*.mp3",
        )
    roots = dict.fromkeys(folder.parent for folder in folders)
    set_aside = [SetAside(f, "it is in no genre's folder") for root in roots for f in _loose(root)]
    set_aside += [SetAside(f, _cannot_be_shown(f)) for f, genre in folders.items() if not genre]
    is_divided = len(roots) > 1
    tracks: list[Track] = []
    files = [(file, f, g) for f, g in folders.items() if g for file in _files(f, set_aside)]
    for done, (file, folder, genre) in enumerate(files, 1):
        if cancelled and cancelled():
            break
        between = file.relative_to(folder).parts[:-1]
        artist = known_artist(decoded_name(between[0])) if between else ""
        part = official_part(folder.parent.name) if is_divided else ""
        tags = read_tags(file, tag_encoding)
        track = tagged_track(file, genre, tags, artist=artist, part=part, cancelled=cancelled)
        if isinstance(track, Track):
            tracks.append(track)
        else:
            set_aside.append(track)
        if progress:
            progress(done, len(files))
    written = {decoded_name(folder.name): genre for folder, genre in folders.items()}
    spelt, notes = in_one_spelling(tracks, written)
    return Collection(path, "folders", spelt, tuple(set_aside), (*notes, *_empty(roots)))


def _cannot_be_shown(folder: Path) -> str:
    if n := len(class_name(folder.name)):
        return f"its name has {n} letters; shorten it to {LONGEST_NAME} or fewer to use its music"
    return "its name is blank; rename it to use its music"


def _empty(roots: Iterable[Path]) -> Iterator[str]:
    """A sentence if folders beside those of the classes hold no music."""
    names = [one_line(f.name) for root in roots for f in _children(root) if not _holds_music(f)]
    if names:
        noun, verb = ("folder", "holds") if len(names) == 1 else ("folders", "hold")
        yield f"the {noun} {listed(names)} {verb} no music, so there is no such genre"
