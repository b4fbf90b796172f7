"""Numbers in sentences: counts, and shares of songs with their 95 % interval."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

# Commands word sentences before there is known to be room for NumPy, which ends a process that
# has none without a word.
if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# Below so many songs a share is written as a count: one song more would move it by points.
FEW = 30
# Fewer artists, drawn anew, are the same again: then an artist counts as one observation.
_FEW_ARTISTS = 5
_RESAMPLES = 10_000
# A calibration error below this is small; above it, a gap that makes up most of it has a side.
_TRUSTED, _ONE_SIDED = 0.05, 0.7
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Share:
    """Number right, of a number, and the 95 % interval of the share that is behind them.

    ``low`` and ``high`` are from 0 to 1, of no songs 0 and 1.
    """

    right: int
    of: int
    low: float
    high: float

    @property
    def is_few(self) -> bool:
        """True if it rests on too few songs for a percentage."""
        return self.of < FEW

    @property
    def number(self) -> str:
        """``4 of 6``, or ``82 %`` where there are songs enough."""
        if not self.of:
            return "\N{EN DASH}"
        return f"{self.right} of {self.of}" if self.is_few else percent(self.right / self.of)

    @property
    def interval(self) -> str:
        """``95 %: 30 to 90 %``; empty if there are no songs."""
        if not self.of:
            return ""
        return f"95 %: {_whole(self.low)} to {_whole(self.high)} %"

    def said(self, what: str = "right") -> str:
        """``4 of 6 right (95 %: 30 to 90 %)``; of no songs ``not tested``."""
        return f"{self.number} {what} ({self.interval})" if self.of else "not tested"


def percent(share: float) -> str:
    """``84 %``; ``< 1 %`` and ``> 99 %`` for what is nearly, but not quite, nothing or all."""
    if 0.0005 <= share < 0.005:
        return "< 1 %"
    if 0.995 <= share < 1.0:
        return "> 99 %"
    return f"{_whole(share)} %"


def _whole(share: float) -> int:
    return math.floor(100.0 * share + 0.5)


def counted_share(right: int, of: int) -> Share:
    """A share of which nothing but the counts is known; the interval is Wilson's.

    Raises
    ------
    ValueError
        If ``right`` is not from 0 to ``of``.
    """
    if not 0 <= right <= of:
        raise ValueError(f"{right} of {of}")
    return Share(right, of, *wilson(right, of))


def share_by_artist(right: Sequence[bool], artists: Sequence[str]) -> Share:
    """A share whose interval allows for songs of an artist standing and falling together.

    It spans Wilson's interval over songs, that of artists drawn anew (cluster bootstrap), and,
    where there are fewer than five artists, Wilson's with an artist as one observation.

    Parameters
    ----------
    right : sequence of bool, length n
    artists : sequence of str, length n
        Artist of each song; of an unknown one, named ``""``, each song stands for itself.
    """
    n, hits = len(right), sum(map(bool, right))
    if not n:
        return counted_share(0, 0)
    by_artist: dict[str | int, list[bool]] = defaultdict(list)
    for index, (is_right, artist) in enumerate(zip(right, artists, strict=True)):
        by_artist[artist or index].append(bool(is_right))
    spans = [wilson(hits, n)]
    if len(by_artist) < _FEW_ARTISTS:
        spans.append(wilson(hits / n * len(by_artist), len(by_artist)))
    else:
        spans.append(_bootstrapped(list(by_artist.values())))
    return Share(hits, n, min(low for low, _ in spans), max(high for _, high in spans))


def recorded_share(right: float, of: int, interval: object = None) -> Share:
    """A share from a record that holds its value and perhaps its interval.

    Parameters
    ----------
    right : float
        The share, 0 to 1.
    of : int
        Songs behind it.
    interval : object
        Taken where it is a pair of numbers around the share.
    """
    share = counted_share(min(of, _whole_count(right, of)), of)
    if isinstance(interval, Sequence) and len(interval) == 2:
        low, high = interval
        are_numbers = all(isinstance(v, int | float) for v in (low, high))
        if are_numbers and 0.0 <= low <= right + 1e-9 and right - 1e-9 <= high <= 1.0:
            return Share(share.right, of, float(low), float(high))
    return share


def _whole_count(share: float, of: int) -> int:
    return max(0, math.floor(share * of + 0.5))


def wilson(right: float, of: int) -> tuple[float, float]:
    """95 % score interval of a share (Wilson 1927); all there is for ``of`` 0."""
    if not of:
        return 0.0, 1.0
    share, z2 = right / of, _Z**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def _bootstrapped(by_artist: Sequence[Sequence[bool]]) -> tuple[float, float]:
    import numpy as np

    sums = np.array([sum(songs) for songs in by_artist])
    sizes = np.array([len(songs) for songs in by_artist])
    low, high = np.quantile(resampled_means(sums, sizes, 0), [0.025, 0.975])
    return float(low), float(high)


def resampled_means(
    sums: npt.NDArray[Any], sizes: npt.NDArray[Any], seed: int
) -> npt.NDArray[np.float64]:
    """Mean per song in each of 10,000 draws of as many artists, with replacement.

    Parameters
    ----------
    sums, sizes : ndarray, shape ``(artists,)``
        Of each artist's songs: the sum of their values, and how many there are.
    seed : int
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    n_artists = len(sums)
    # A row of counts per draw and artist; in parts, for a library has thousands of artists.
    parts = max(1, min(_RESAMPLES, 4_000_000 // n_artists))
    means = []
    for start in range(0, _RESAMPLES, parts):
        size = min(parts, _RESAMPLES - start)
        drawn = rng.multinomial(n_artists, np.full(n_artists, 1.0 / n_artists), size=size)
        means.append((drawn @ sums) / (drawn @ sizes))
    return np.concatenate(means)


def guessing(songs: Mapping[str, int]) -> str:
    """Say what the commonest genre alone would get: ``always saying Rock would get 40 %``.

    Parameters
    ----------
    songs : mapping of str to int
        Songs of the test by genre; empty is returned if there are none.
    """
    counts = Counter({genre: n for genre, n in songs.items() if n > 0})
    total = counts.total()
    if not total:
        return ""
    genre, most = counts.most_common(1)[0]
    return f"always saying {genre} would get {counted_share(most, total).number}"


# What was tested in a cross-validation, by what records call it.
_WHAT_IS_TESTED: Mapping[str, str] = {
    "network": "network and linear head, trained anew for each fold",
    "head": "the linear head on rhythm and timbre alone, without the network",
    "tagger": "the head on the tagger, taught anew for each fold",
}


def cross_validation(found: Mapping[str, Any]) -> str:
    """Put the result of a cross-validation as a sentence without its full stop.

    Parameters
    ----------
    found : mapping
        As :mod:`fstmuse_core.training.cross_validation` gives it.
    """
    songs, artists = int(found["songs"]), int(found["artists"])
    whose = f"over {artists} artist{'' if artists == 1 else 's'}"
    if not artists:
        whose = "over songs whose artists are not known, so some may be on both sides"
    elif unknown := int(found["of_unknown_artists"]):
        whose += f" and {unknown} song{'' if unknown == 1 else 's'} of unknown ones"
    what = _WHAT_IS_TESTED[found["what"]]
    share = recorded_share(int(found["right"]) / max(1, songs), songs, found["interval"])
    counts = share.said() if share.is_few else f"{share.said()} of {songs} songs"
    return f"in a {found['folds']}-fold cross-validation {whose}, {what}: {counts}"


def certainty(songs: int, error: float, gap: float) -> str:
    """Put the calibration of a model as a sentence.

    Parameters
    ----------
    songs : int
        Of the test; below :data:`FEW` nothing can be said.
    error : float
        Expected calibration error, which has no sign: the mean distance between confidence and
        accuracy over groups of like confidence.
    gap : float
        Mean confidence less accuracy; above 0 if the model is too sure.
    """
    if songs < FEW or not (math.isfinite(error) and math.isfinite(gap)):
        return "There were too few songs to say how far its certainty can be trusted."
    off, lean = max(1, _whole(error)), _whole(abs(gap))
    if error < _TRUSTED:
        return f"Its certainty can be trusted: it is off by {_points(off)} on average."
    side = "surer" if gap > 0 else "less sure"
    if abs(gap) >= _ONE_SIDED * error and lean:
        return f"It is {side} than it should be, by {_points(lean)} on average."
    balance = f"all in all it is {side} than it should be by {_points(lean)}"
    return (
        f"Its certainty is off by {_points(off)} on average, now too high, now too low; "
        + (balance if lean else "all in all the two cancel out")
        + "."
    )


def _points(number: int) -> str:
    return f"{number} point{'' if number == 1 else 's'}"


def counted(number: int, noun: str) -> str:
    """The number with its noun, in the plural where that is due.

    Examples
    --------
    >>> counted(1, "clip"), counted(0, "clip")
    ('1 clip', '0 clips')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def sized(size: float) -> str:
    """Bytes in MiB or GiB, and in KiB where there is little.

    Examples
    --------
    >>> sized(3 * 2**20), sized(7.2 * 2**30), sized(1500)
    ('3.0 MiB', '7.2 GiB', '2 KiB')
    """
    if 0 < size < 2**20 / 10:
        return f"{math.ceil(size / 2**10)} KiB"
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names in a sentence; of many the first ``most``, and how many more there are.

    Examples
    --------
    >>> listed(["Rock"]), listed(["Rock", "Jazz", "Zouk"]), listed(["Rock", "Jazz", "Zouk"], 1)
    ('Rock', 'Rock, Jazz and Zouk', 'Rock and 2 more')
    """
    shown = [*names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)
