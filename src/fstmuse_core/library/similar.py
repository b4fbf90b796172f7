"""Songs that sound like others, and journeys from one song to another.

Both search exactly, over the embeddings of the whole library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.datasets.duplicates import Print
from fstmuse_core.library.database import Library
from fstmuse_core.library.rows import LibraryRow, State
from fstmuse_core.library.schema import TITLE
from fstmuse_core.library.sounds import most_used_tagger, read_embeddings
from fstmuse_core.system.errors import FstMuseError

_REMEDY = "let a model listen that stands on a tagger: fstmuse library classify"


@dataclass(frozen=True)
class Near:
    """A file that sounds like others.

    Attributes
    ----------
    row : LibraryRow
    nearness : float
        Cosine of the embeddings: 1 for the same sound; half of all pairs of songs are below
        0.25, and a song's nearest among 500 is at 0.77 (medians).
    n_copies : int
        Files of the same recording that are left out beside it.
    """

    row: LibraryRow
    nearness: float
    n_copies: int = 0


class SongIndex:
    """Embeddings of the sounds of a library, of length 1.

    Distances are cosines of the embeddings as they are: centred, scaled or whitened by the
    library's own statistics they find songs of the same genre no better, see
    ``benchmarks/similar.py``, and would change with every song that is added.

    Parameters
    ----------
    tagger_sha256 : str
        Tagger that made them.
    contents : sequence of str
        Hashes of the sounds.
    rows : ndarray, shape ``(n, n_features)``
        Embedding of each.
    """

    def __init__(
        self, tagger_sha256: str, contents: Sequence[str], rows: npt.NDArray[np.floating]
    ) -> None:
        self.tagger_sha256 = tagger_sha256
        self.contents = tuple(contents)
        self.units = unit(rows)

    def __len__(self) -> int:
        return len(self.contents)

    @cached_property
    def places(self) -> dict[str, int]:
        """Place of each sound by its hash."""
        return {content: place for place, content in enumerate(self.contents)}

    def wanted(self, songs: Sequence[FloatArray]) -> FloatArray:
        """Direction of all these embeddings together, shape ``(n_features,)``."""
        together = unit(np.stack(songs)).mean(axis=0, keepdims=True)
        return np.asarray(unit(together)[0])

    def cosines(self, wanted: FloatArray) -> FloatArray:
        """Cosine of each sound with a direction, shape ``(n,)``."""
        # Half the time of a product with BLAS, which takes a matrix of rows by columns.
        return np.asarray(np.einsum("ij,j->i", self.units, wanted))

    def nearest(
        self, wanted: FloatArray, count: int, *, among: npt.NDArray[np.bool_] | None = None
    ) -> list[tuple[int, float]]:
        """Places of the sounds nearest a direction, with their cosines, the nearest first.

        Parameters
        ----------
        wanted : ndarray, shape ``(n_features,)``
            Of length 1, see :meth:`wanted`.
        count : int
            At most so many.
        among : ndarray of bool, shape ``(n,)``, optional
            Only these.
        """
        distances = -self.cosines(wanted)
        if among is not None:
            distances[~among] = np.inf
            count = min(count, int(np.count_nonzero(among)))
        count = min(count, len(distances))
        if count <= 0:
            return []
        found = np.argpartition(distances, count - 1)[:count]
        found = found[np.lexsort((found, distances[found]))]
        return [(int(place), -float(distances[place])) for place in found]


def unit(rows: npt.NDArray[np.floating]) -> FloatArray:
    """Rows of length 1, as float32; rows of zeros stay so."""
    units = np.array(rows, dtype=np.float32)
    norms = np.sqrt(np.einsum("ij,ij->i", units, units))[:, None]
    units /= np.maximum(norms, np.float32(1e-12))
    return units


def load_index(library: Library, tagger_sha256: str | None = None) -> SongIndex:
    """Read the embeddings of a library.

    Parameters
    ----------
    tagger_sha256 : str, optional
        Those of this tagger; by default of the one that has listened to most songs.

    Raises
    ------
    FstMuseError
        If there are none.
    """
    with library.reading() as connection:
        sha256 = tagger_sha256 or most_used_tagger(connection)
        found = read_embeddings(connection, sha256) if sha256 else None
    if sha256 is None or found is None or not found.contents:
        raise FstMuseError(TITLE, "of no song is kept what it sounds like", _REMEDY)
    return SongIndex(sha256, found.contents, found.rows)


class SongFinder:
    """An index together with the files that hold its sounds.

    Parameters
    ----------
    index : SongIndex
    rows : sequence of LibraryRow
        Files to choose from; of those with the same sound the first one that is not gone.
    is_current : callable, optional
        Asked of each file that is about to be chosen; others take the place of those that are
        not.
    prints : callable, optional
        Gives the fingerprints of sounds by their hashes. With them one file stands for a
        recording, and its copies are counted.
    """

    def __init__(
        self,
        index: SongIndex,
        rows: Sequence[LibraryRow],
        is_current: Callable[[LibraryRow], bool] = lambda row: True,
        prints: Callable[[Sequence[str]], Mapping[str, Print]] | None = None,
    ) -> None:
        self.index = index
        self._prints = prints
        self._is_current = is_current
        # Files by the places of their sounds.
        self._files: dict[int, list[LibraryRow]] = {}
        for row in rows:
            place = self.place_of(row)
            if place is not None and row.state is not State.GONE:
                self._files.setdefault(place, []).append(row)
        self.is_there = np.zeros(len(index), dtype=np.bool_)
        self.is_there[list(self._files)] = True

    def file_at(self, place: int) -> LibraryRow:
        """The first file with the sound at a place where one is there."""
        return self._files[place][0]

    def check(self, places: Iterable[int]) -> bool:
        """Drop the files at these places that are not current; true if a file is left at each."""
        are_there = True
        for place in places:
            files = self._files[place]
            while files and not self._is_current(files[0]):
                del files[0]
            self.is_there[place] = bool(files)
            are_there &= bool(files)
        return are_there

    def place_of(self, row: LibraryRow) -> int | None:
        """Place of a file's sound in the index; ``None`` if it is not kept."""
        return self.index.places.get(row.content) if row.content is not None else None

    def near(
        self, songs: Sequence[FloatArray], count: int, *, without: Sequence[LibraryRow] = ()
    ) -> list[Near]:
        """Files that sound most like the songs, the nearest first.

        Parameters
        ----------
        songs : sequence of ndarray
            Embeddings of what is sought, by the same tagger.
        count : int
            At most so many.
        without : sequence of LibraryRow
            Files to leave out, such as the songs themselves; with them go their copies.

        Raises
        ------
        FstMuseError
            If there is nothing to choose from.
        """
        wanted, looked_at = self.index.wanted(songs), count
        while True:
            found = self._nearest(wanted, looked_at, without)
            near = self._without_copies(found, without)
            if len(near) >= count or len(found) < looked_at:
                break
            looked_at *= 2
        if not near:
            raise FstMuseError(
                TITLE, "it holds no other song to compare with", "add more: fstmuse library scan"
            )
        return near[:count]

    def _without_copies(
        self, found: Sequence[tuple[int, float]], without: Sequence[LibraryRow]
    ) -> list[Near]:
        """One file of each recording, the nearest first."""
        near = {self.file_at(place).file_id: cosine for place, cosine in found}
        rows = [self.file_at(place) for place, _ in found]
        if self._prints is None:
            return [Near(row, near[row.file_id]) for row in rows]
        from fstmuse_core.library.copies import without_copies

        prints = self._prints([row.content for row in (*without, *rows) if row.content])
        kept = without_copies(rows, prints, without)
        return [Near(row, near[row.file_id], n_copies) for row, n_copies in kept]

    def _nearest(
        self, wanted: FloatArray, count: int, without: Sequence[LibraryRow]
    ) -> list[tuple[int, float]]:
        places = [place for row in without if (place := self.place_of(row)) is not None]
        looked_at = count
        while True:
            among = self.is_there.copy()
            among[places] = False
            found = self.index.nearest(wanted, looked_at, among=among)
            if self.check(place for place, _ in found):
                return found[:count]
            # Where a drive is away, many are: few rounds must do.
            looked_at *= 2


# Songs that are looked at as steps, those nearest the straight way.
_CANDIDATES = 400
# What an uneven step costs, and two songs of one artist in a row, in squared distances.
_UNEVEN, _SAME_ARTIST = 2.0, 4.0
_SAME = 0.9999

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """A song of a journey; ``nearness`` is the cosine to the song before, 1 for the first."""

    row: LibraryRow
    nearness: float


def journey(finder: SongFinder, start: LibraryRow, end: LibraryRow, count: int) -> list[Step]:
    """Choose songs on the way from one to another, both included.

    The sum of the squared distances from song to song is least, for steps that come nearer the
    end each time, as evenly as possible, and change the artist wherever that can be.

    Parameters
    ----------
    finder : SongFinder
    start, end : LibraryRow
        Files whose sounds are in the index.
    count : int
        Songs in all, two or more; there are fewer if not as many lie on the way.

    Raises
    ------
    FstMuseError
        If start and end sound the same, or nothing is kept of how one of them sounds.
    """
    units = finder.index.units
    a, b = _place(finder, start), _place(finder, end)
    if units[a] @ units[b] > _SAME:
        raise FstMuseError(
            end.path, f"it sounds like {start.path}, so nothing lies between", "name another song"
        )
    progress, aside = _way(finder.index, a, b)
    is_between = (progress > 0.0) & (progress < 1.0)
    is_between[[a, b]] = False
    chosen = _candidates(finder, is_between, aside)
    places = np.concatenate([[a], chosen[np.argsort(progress[chosen], kind="stable")], [b]])
    songs = [start, *(finder.file_at(place) for place in places[1:-1].tolist()), end]
    costs = _costs(units[places], progress[places], songs, count)
    path = _cheapest(costs, min(count, len(places)))
    steps = [Step(songs[path[0]], 1.0)]
    for before, after in pairwise(path):
        cosine = float(units[places[before]] @ units[places[after]])
        steps.append(Step(songs[after], cosine))
    return steps


def _candidates(
    finder: SongFinder, is_between: npt.NDArray[np.bool_], aside: FloatArray
) -> npt.NDArray[np.intp]:
    """Places of songs nearest the straight way, of which a file is there."""
    while True:
        between = np.flatnonzero(is_between & finder.is_there)
        chosen = between[np.argsort(aside[between], kind="stable")[:_CANDIDATES]]
        if finder.check(chosen.tolist()):
            return chosen


def _place(finder: SongFinder, row: LibraryRow) -> int:
    place = finder.place_of(row)
    if place is None:
        raise FstMuseError(
            row.path, "what it sounds like is not kept", "let it be heard: fstmuse library classify"
        )
    return place


def _way(index: SongIndex, a: int, b: int) -> tuple[FloatArray, FloatArray]:
    """Place of each song by the straight way: how far along it, and how far from it.

    The first is 0 at the start and 1 at the end, the second a squared distance.
    """
    start, way = index.units[a], index.units[b] - index.units[a]
    by_start, by_way = index.cosines(start), index.cosines(way)
    progress = (by_way - start @ way) / (way @ way)
    # Both have length 1: |x - (start + progress way)|^2 from products alone.
    aside = 2.0 - 2.0 * (by_start + progress * by_way)
    aside += 2.0 * progress * (start @ way) + progress**2 * (way @ way)
    return progress, aside


def _costs(units: FloatArray, progress: FloatArray, songs: list[LibraryRow], count: int) -> Floats:
    """Cost of a step from each song to each later one, infinite to others."""
    costs = 2.0 - 2.0 * (units @ units.T).astype(np.float64)
    gain = progress[None, :].astype(np.float64) - progress[:, None]
    costs += _UNEVEN * (gain * (count - 1) - 1.0) ** 2 / (count - 1)
    artists = [song.artist.casefold() for song in songs]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(artists))}
    codes = np.array([numbers[name] if name else -1 - i for i, name in enumerate(artists)])
    costs += _SAME_ARTIST * (codes[:, None] == codes[None, :])
    costs[np.tril_indices(len(costs))] = np.inf
    return costs


def _cheapest(costs: Floats, count: int) -> list[int]:
    """Cheapest way of ``count`` songs from the first to the last, in their order."""
    total = np.full(len(costs), np.inf)
    total[0] = 0.0
    came_from = []
    for _ in range(count - 1):
        through = total[:, None] + costs
        came_from.append(through.argmin(axis=0))
        total = through.min(axis=0)
    path = [len(costs) - 1]
    for before in reversed(came_from):
        path.append(int(before[path[-1]]))
    return path[::-1]
