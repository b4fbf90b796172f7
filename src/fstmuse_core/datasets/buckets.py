"""Class buckets: songs put into classes by hand, and what is answered beside them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import platformdirs

from fstmuse_core.system.atomic_write import write_atomic
from fstmuse_core.system.regular_files import read_regular
from fstmuse_core.system.strict_json import parse_json, typed
from fstmuse_core.system.tables import csv_rows
from fstmuse_core.tags.genres import class_name
from fstmuse_core.tags.reading import read_tags

# As many as a quick training takes.
MOST_CLASSES = 64
_MOST_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Bucket:
    """A class and its songs, as paths."""

    name: str
    songs: tuple[str, ...] = ()


Buckets = tuple[Bucket, ...]


def buckets_folder() -> Path:
    """Folder of the buckets, which is a data set too; may not exist yet."""
    return Path(platformdirs.user_data_dir("fstmuse", appauthor=False)) / "class-buckets"


def read_buckets(folder: Path) -> Buckets:
    """The buckets of the last time; none where nothing sound is kept."""
    try:
        values = parse_json(read_regular(folder / "buckets.json", _MOST_BYTES))
        return typed(values, tuple[Bucket, ...])
    except (OSError, ValueError):
        return ()


def write_buckets(folder: Path, buckets: Buckets) -> None:
    """Keep the buckets; raises ``FstMuseError`` if they cannot be written."""
    text = json.dumps([asdict(bucket) for bucket in buckets], indent=1)
    write_atomic(folder / "buckets.json", lambda stream: stream.write(text.encode()))


def write_manifest(folder: Path, buckets: Buckets) -> Path:
    """Make the folder a data set of the songs, which stay where they are; return it.

    Raises ``FstMuseError`` if it cannot be written.
    """
    text = io.StringIO()
    write = csv_rows(text)
    write(("path", "genre", "artist", "title", "album", "collection"))
    for bucket in buckets:
        for song in bucket.songs:
            tags = read_tags(Path(song))
            about = tags.artist, tags.title or Path(song).stem, tags.album
            write((song, bucket.name, *about, "Class buckets"))
    data = text.getvalue().encode("utf-8", "backslashreplace")
    write_atomic(folder / "manifest.csv", lambda stream: stream.write(data))
    return folder


def with_class(buckets: Buckets, name: str) -> tuple[Buckets, str]:
    """Buckets with another class, and why there is none; one of the two is as it was."""
    plain = class_name(name)
    if not plain:
        return buckets, "Give the class a name."
    if any(bucket.name.casefold() == plain.casefold() for bucket in buckets):
        return buckets, f"There is a class {plain} already."
    if len(buckets) >= MOST_CLASSES:
        return buckets, f"{MOST_CLASSES} classes at most can be learned."
    return (*buckets, Bucket(plain)), ""


def with_songs(buckets: Buckets, name: str, paths: Sequence[str]) -> tuple[Buckets, str]:
    """Buckets with more songs in one, and a sentence on those that are in another one already."""
    where = {path: bucket.name for bucket in buckets for path in bucket.songs}
    fresh = [path for path in dict.fromkeys(paths) if path not in where]
    elsewhere = [path for path in paths if where.get(path, name) != name]
    said = ""
    if elsewhere:
        first = elsewhere[0]
        more = f" and {len(elsewhere) - 1} more" if len(elsewhere) > 1 else ""
        said = f"{Path(first).name}{more} is in {where[first]} already: a song has one class."
    grown = tuple(
        Bucket(bucket.name, (*bucket.songs, *fresh)) if bucket.name == name else bucket
        for bucket in buckets
    )
    return grown, said


def without_class(buckets: Buckets, name: str) -> Buckets:
    """Buckets without one."""
    return tuple(bucket for bucket in buckets if bucket.name != name)


def without_song(buckets: Buckets, path: str) -> Buckets:
    """Buckets without a song."""
    return tuple(
        Bucket(bucket.name, tuple(song for song in bucket.songs if song != path))
        for bucket in buckets
    )


@dataclass(frozen=True)
class SongAnswer:
    """Chances of the classes for a song; ``was_left_out`` if nothing was learned from its artist.

    ``fault`` says why there are none.
    """

    chances: tuple[float, ...] = ()
    was_left_out: bool = False
    fault: str = ""


@dataclass(frozen=True)
class BucketAnswers:
    """Answers beside the songs.

    Attributes
    ----------
    genres : tuple of str
        Classes that have songs that can be heard.
    songs : mapping of str to SongAnswer
        By path; of those in buckets and of those that were asked about.
    right, tested : int
        Songs named rightly by what had not learned from their artists, of how many.
    note : str
        Sentence on why there are no answers, or none that were tested; empty if there are.
    """

    genres: tuple[str, ...] = ()
    songs: Mapping[str, SongAnswer] = field(default_factory=dict)
    right: int = 0
    tested: int = 0
    note: str = ""
