"""A journey from one song to another: each step is near the last one and goes towards the end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.library.rows import LibraryRow
from fstmuse_core.library.similar import SongFinder, SongIndex
from fstmuse_core.system.errors import FstMuseError

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
