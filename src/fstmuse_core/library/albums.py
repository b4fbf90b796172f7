"""One genre for an album, by the evidence of all its songs together."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fstmuse_core.library.database import Library
from fstmuse_core.library.rows import KnownModel, LibraryRow, said_genre
from fstmuse_core.tags.plan import FileGenres

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
