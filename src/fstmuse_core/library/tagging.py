"""From the library's answers to tags, of a song or of an album as a whole, and back."""

from __future__ import annotations

import math
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fstmuse_core.audio.key import SURE_MARGIN
from fstmuse_core.audio.measures import track_gain
from fstmuse_core.audio.tempo import SURE_STEADINESS
from fstmuse_core.library.database import Library
from fstmuse_core.library.rows import KnownModel, LibraryRow, State, said_genre
from fstmuse_core.tags.extras import ALBUM_GAIN, ALBUM_PEAK, BPM, GAIN, KEY, MOOD, PEAK
from fstmuse_core.tags.outcome import Fate, Outcome
from fstmuse_core.tags.plan import FileGenres
from fstmuse_core.tags.reading import read_tags

# Files whose tags are kept in one transaction.
_AT_ONCE = 200


def file_genres(
    library: Library,
    model: KnownModel,
    rows: Sequence[LibraryRow],
    *,
    unsure: bool = False,
    of_albums: bool = False,
) -> list[FileGenres]:
    """Genres of files by a model or the user, as :func:`~.tags.plan.plan_changes` takes them.

    With them come mood, tempo, key and gain, those that are not sure only with ``unsure``, the
    gain of the album only with ``of_albums``.

    Files that are gone, and those of which nobody has said anything yet, are left out.
    """
    wanted = [
        row for row in rows if row.state is not State.GONE and (row.verdict or row.review_genre)
    ]
    scores = library.scores(model.sha256, file_ids=[row.file_id for row in wanted])
    known = {found.file_id: found.scores for found in scores}
    gains = album_gains(library.rows(model.sha256)) if of_albums else {}
    return [
        FileGenres(
            Path(row.path),
            known.get(row.file_id, {}),
            row.is_sure,
            model.name,
            model.sha256,
            row.review_genre or "",
            _extras(row, unsure) | gains.get(row.file_id, {}),
        )
        for row in wanted
    ]


def _extras(row: LibraryRow, unsure: bool) -> dict[str, str]:
    """Values of other tags by their names."""
    found = {}
    if row.bpm is not None and (unsure or (row.steadiness or 0.0) >= SURE_STEADINESS):
        found[BPM] = f"{row.bpm:.0f}"
    if row.key is not None and (unsure or (row.margin or 0.0) >= SURE_MARGIN):
        found[KEY] = row.key
    if row.mood:
        found[MOOD] = row.mood
    if row.loudness is not None:
        found[GAIN] = f"{track_gain(row.loudness):.2f} dB"
        found[PEAK] = f"{row.peak or 0.0:.6f}"
    return found


def album_gains(rows: Sequence[LibraryRow]) -> dict[int, dict[str, str]]:
    """Gain and peak of the album by the ids of its files; of albums measured as a whole alone.

    The loudness of an album is the mean power of its songs by their lengths. EBU R 128 would gate
    all their blocks together: a quiet song among loud ones counts a little less there.
    """
    together: dict[tuple[str, str], list[LibraryRow]] = {}
    for row in rows:
        if row.album and row.state is not State.GONE:
            key = (os.path.dirname(row.path), row.album.casefold())
            together.setdefault(key, []).append(row)
    found: dict[int, dict[str, str]] = {}
    for songs in together.values():
        measured = [(row.loudness, row.seconds, row.peak or 0.0) for row in songs]
        power = [
            (10.0 ** (loudness / 10.0), seconds)
            for loudness, seconds, _ in measured
            if loudness is not None and seconds > 0.0
        ]
        if len(power) < len(songs):
            continue
        mean = sum(p * s for p, s in power) / sum(s for _, s in power)
        values = {
            ALBUM_GAIN: f"{track_gain(10.0 * math.log10(mean)):.2f} dB",
            ALBUM_PEAK: f"{max(peak for _, _, peak in measured):.6f}",
        }
        found |= dict.fromkeys((row.file_id for row in songs), values)
    return found


def note_tags(library: Library, outcome: Outcome) -> None:
    """Let the library know that a file has other tags now and the same sound as before."""
    if outcome.fate not in (Fate.WRITTEN, Fate.UNDONE):
        return
    for name in (outcome.path, *outcome.links):
        path = os.path.abspath(name)
        library.retagged(path, **described_tags(path, library.tag_encoding()))


def read_again(library: Library, encoding: str) -> None:
    """Read the tags of all files anew, their old texts in another encoding; it is remembered.

    Parameters
    ----------
    encoding : str
        From :func:`~fstmuse_core.tags.text_encoding.encoding_of`.
    """
    library.set_tag_encoding(encoding)
    for row in library.rows(""):
        if row.state is not State.GONE:
            library.retitle(row.path, **described_tags(row.path, encoding))


def read_new_tags(
    library: Library,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Read the tags of files that are new or have changed since theirs were read; how many.

    Parameters
    ----------
    progress : callable, optional
        Told how many of how many are read.
    cancelled : callable, optional
        Asked before each file; what was read until then is kept.
    """
    encoding = library.tag_encoding()
    waiting = library.untagged()
    found: list[tuple[int, int, dict[str, Any]]] = []
    for number, (file_id, path, mtime_ns) in enumerate(waiting):
        if cancelled and cancelled():
            break
        found.append((file_id, mtime_ns, described_tags(path, encoding)))
        if len(found) >= _AT_ONCE:
            library.take_tags(found)
            found.clear()
            if progress:
                progress(number + 1, len(waiting))
    library.take_tags(found)
    return len(waiting)


def described_tags(path: str, encoding: str) -> dict[str, Any]:
    """Columns of the library that a file's tags fill, by :data:`~.rows.TAG_COLUMNS`."""
    tags = read_tags(Path(path), encoding)
    return {
        "title": storable(tags.title),
        "artist": storable(tags.artist),
        "album": storable(tags.album),
        "tag_genre": storable("; ".join(tags.genres)),
        "year": tags.year,
        "length": tags.seconds,
        "format": storable(tags.format),
        "bit_rate": tags.bit_rate,
    }


def storable(text: str) -> str:
    """``text`` as the library can keep it: damaged tags may hold what is no text."""
    return text.encode("utf-8", "replace").decode("utf-8")


# An album has so many songs at least, and names a genre only from here on: the mean probability,
# and the share of the songs that a model was sure of or the user has named and that say the same.
_LEAST_SONGS = 2
_LEAST_MEAN, _LEAST_SHARE = 0.5, 0.5


@dataclass(frozen=True)
class Album:
    """Songs of one folder and album together.

    Attributes
    ----------
    artist : str
        Of its songs; "Various artists" where they differ.
    title : str
    rows : tuple of LibraryRow
        Songs of which a model or the user has said something.
    scores : mapping of str to float
        Mean probability of each genre over the songs, the most likely first; a genre that the
        user gave counts as certain.
    named : mapping of str to int
        Genres that the songs are said to be of each by itself, with how many; the most frequent
        first.
    """

    artist: str
    title: str
    rows: tuple[LibraryRow, ...]
    scores: Mapping[str, float]
    named: Mapping[str, int]

    @property
    def likeliest(self) -> str:
        """Genre with the highest mean."""
        return next(iter(self.scores))

    @property
    def genre(self) -> str | None:
        """Genre of the album; ``None`` if its songs do not agree enough."""
        n_named = sum(self.named.values())
        is_agreed = bool(n_named) and self.n_agreeing >= _LEAST_SHARE * n_named
        return self.likeliest if is_agreed and self.scores[self.likeliest] >= _LEAST_MEAN else None

    @property
    def n_agreeing(self) -> int:
        """Number of songs that are said to be of its likeliest genre each by itself."""
        return self.named.get(self.likeliest, 0)

    @property
    def words(self) -> str:
        """Songs of each genre, short enough for a column: "Rock 6, Pop 2, not sure 1"."""
        unsure = len(self.rows) - sum(self.named.values())
        counts = {self.likeliest: self.n_agreeing, **self.others, "not sure": unsure}
        said = ", ".join(f"{genre} {n}" for genre, n in counts.items() if n)
        return said if self.genre else f"{said}; not agreed"

    @property
    def others(self) -> dict[str, int]:
        """Other genres that songs are said to be of, with how many."""
        return {genre: n for genre, n in self.named.items() if genre != self.likeliest}


def find_albums(library: Library, model: KnownModel, rows: Sequence[LibraryRow]) -> list[Album]:
    """Albums among files, by artist and title; those of one song are left out.

    Songs are of one album if they lie in one folder and their tags name the same.
    """
    scores = {
        found.file_id: found.scores
        for found in library.scores(model.sha256, file_ids=[row.file_id for row in rows])
    }
    together: dict[tuple[str, str], list[LibraryRow]] = {}
    for row in rows:
        if row.album and (row.file_id in scores or row.review_genre):
            key = (os.path.dirname(row.path), row.album.casefold())
            together.setdefault(key, []).append(row)
    albums = [_album(songs, scores) for songs in together.values() if len(songs) >= _LEAST_SONGS]
    return sorted(albums, key=lambda album: (album.artist.casefold(), album.title.casefold()))


def _album(rows: Sequence[LibraryRow], scores: Mapping[int, Mapping[str, float]]) -> Album:
    total: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        said = row.review_genre
        own: Mapping[str, float] = {said: 1.0} if said else scores[row.file_id]
        for genre, probability in own.items():
            total[genre] += probability / len(rows)
    ranked = sorted(total.items(), key=lambda item: -item[1])
    artists = {row.artist for row in rows if row.artist}
    named = Counter(known for row in rows if (known := said_genre(row)))
    artist = next(iter(artists)) if len(artists) == 1 else "Various artists" if artists else ""
    return Album(artist, rows[0].album, tuple(rows), dict(ranked), dict(named.most_common()))


def by_album(files: Sequence[FileGenres], albums: Sequence[Album]) -> list[FileGenres]:
    """Let each song have its album's genre; what the user said of a song stays.

    Songs of no album, and of one whose songs do not agree, are as they were.
    """
    of = {row.path: album for album in albums if album.genre for row in album.rows}
    return [
        replace(file, scores=of[path].scores, is_sure=True)
        if (path := str(file.path)) in of and not file.said
        else file
        for file in files
    ]
