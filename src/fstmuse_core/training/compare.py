"""Two models on the same clips, and whether their difference is more than chance."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest

from fstmuse_core.errors import FstMuseError
from fstmuse_core.training.measure import Answers

_RESAMPLES = 10_000
_SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Comparison:
    """Model A against model B on clips that both could name and hear.

    Attributes
    ----------
    clips, artists : int
    accuracy_a, accuracy_b : float
    only_a, only_b : int
        Clips that one alone got right.
    p_value : float
        Exact McNemar test: the chance of so uneven ``only_a`` and ``only_b`` if both models
        were equally good and all clips independent.
    low, high : float
        95 % interval of ``accuracy_b - accuracy_a``; artists are drawn anew, not clips, for
        songs of an artist stand and fall together.
    """

    clips: int
    artists: int
    accuracy_a: float
    accuracy_b: float
    only_a: int
    only_b: int
    p_value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether chance alone is no good explanation, by both tests."""
        return self.p_value < _SIGNIFICANT and not self.low <= 0.0 <= self.high

    def sentence(self, name_a: str, name_b: str) -> str:
        """The result in words."""
        gain = self.accuracy_b - self.accuracy_a
        span = f"(95 % interval {100 * self.low:+.1f} to {100 * self.high:+.1f} points)"
        if not self.is_clear:
            return (
                f"No clear difference: {name_b} is {100 * gain:+.1f} points against {name_a} "
                f"{span}, p = {self.p_value:.2g}; more artists would tell."
            )
        better, worse = (name_b, name_a) if gain > 0 else (name_a, name_b)
        return (
            f"{better} is better than {worse} by {100 * abs(gain):.1f} points {span}, "
            f"p = {self.p_value:.2g}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "is_clear": self.is_clear}


def compare(a: Answers, b: Answers, *, seed: int = 0) -> Comparison:
    """Compare two models' likeliest genres, clip by clip.

    Only clips count whose genre both models can name; each model chooses among its own genres.

    Raises
    ------
    FstMuseError
        If there is no such clip.
    """
    right_a, right_b = _rights(a), _rights(b)
    both = [path for path in right_a if path in right_b]
    if not both:
        raise FstMuseError("music", "no clip is of a genre that both models name", "compare others")
    artist_of = {track.path: track.artist for track in a.tracks}
    one = np.array([right_a[path] for path in both])
    two = np.array([right_b[path] for path in both])
    only_a, only_b = int((one & ~two).sum()), int((two & ~one).sum())
    p_value = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    by_artist: dict[str, list[int]] = defaultdict(list)
    for index, path in enumerate(both):
        # Of an unknown artist each clip counts for itself.
        by_artist[artist_of[path] or str(path)].append(index)
    gains = two.astype(np.int64) - one
    sums = np.array([gains[where].sum() for where in by_artist.values()])
    sizes = np.array([len(where) for where in by_artist.values()])
    drawn = np.random.default_rng(seed).multinomial(
        len(sums), np.full(len(sums), 1.0 / len(sums)), size=_RESAMPLES
    )
    low, high = np.quantile((drawn @ sums) / (drawn @ sizes), [0.025, 0.975])
    return Comparison(
        len(both),
        len(by_artist),
        float(one.mean()),
        float(two.mean()),
        only_a,
        only_b,
        p_value,
        float(low),
        float(high),
    )


def _rights(answers: Answers) -> dict[Any, bool]:
    """Whether each clip of a genre that the model names was got right, by path."""
    best = answers.probabilities.argmax(axis=1)
    return {
        track.path: answers.genres[i] == track.genre
        for track, i in zip(answers.tracks, best, strict=True)
        if track.genre in answers.genres
    }
