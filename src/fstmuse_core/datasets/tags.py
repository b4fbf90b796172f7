"""Data sets whose genres stand in the files' own tags: ID3, Vorbis comments, MP4 and others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from fstmuse_core.audio import find_audio_files, probe
from fstmuse_core.datasets.collection import Collection, SetAside
from fstmuse_core.datasets.track import Track
from fstmuse_core.errors import AudioError, FstMuseError
from fstmuse_core.file_tags.reading import Tags, read_tags
from fstmuse_core.file_tags.text_encoding import AUTO
from fstmuse_core.genres import known_genres
from fstmuse_core.placeholders import useful_genres

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
        See :func:`~fstmuse_core.file_tags.reading.read_tags`.
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
        found = tagged_track(file, genre, tags) if genre else SetAside(file, _no_genre(tags))
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
    file: Path, genre: str, tags: Tags, *, artist: str = "", part: str = ""
) -> Track | SetAside:
    """The track, or why the file cannot be one.

    ``artist`` is used where the tags name none; ``part`` is where it officially belongs to.
    """
    seconds = tags.seconds
    if not seconds:
        try:
            seconds = probe(file).duration_s or 0.0
        except AudioError as error:
            return SetAside(file, error.reason)
        if not seconds:
            return SetAside(file, "its length is not known, so it may be damaged")
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
