"""Significance of the difference between two models that classified the same clips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest

from fstmuse_core.system.wording import Share, resampled_means, share_by_artist

_SIGNIFICANT = 0.05
_ENOUGH_ARTISTS = 5


@dataclass(frozen=True)
class Comparison:
    """Model A against model B on clips that both could decode and name.

    Attributes
    ----------
    clips, artists : int
    unknown : int
        Clips of which nobody knows the artist; each counts as if its artist played nothing else.
    accuracy_a, accuracy_b : float
    only_a, only_b : int
        Clips that one alone got right.
    p_value : float
        Exact McNemar test: the chance of so uneven ``only_a`` and ``only_b`` if both models
        were equally good and all clips independent.
    low, high : float
        95 % interval of ``accuracy_b - accuracy_a``; artists are drawn anew, not clips, for
        songs of an artist stand and fall together.
    share_a, share_b : Share
        Share that each model got right.
    """

    clips: int
    artists: int
    unknown: int
    accuracy_a: float
    accuracy_b: float
    only_a: int
    only_b: int
    p_value: float
    low: float
    high: float
    share_a: Share
    share_b: Share

    @property
    def is_clear(self) -> bool:
        """True if chance alone is no good explanation, by both tests.

        Of few artists the second says nothing: drawn anew they are the same again.
        """
        is_enough = self.artists + self.unknown >= _ENOUGH_ARTISTS
        return is_enough and self.p_value < _SIGNIFICANT and not self.low <= 0.0 <= self.high

    def sentence(self, name_a: str, name_b: str) -> str:
        """The result in words."""
        gain = self.accuracy_b - self.accuracy_a
        low, high = (self.low, self.high)
        if self.is_clear and gain < 0.0:  # then it is said the other way round
            low, high = -high, -low
        span = f"(95 % interval {100 * low:+.1f} to {100 * high:+.1f} points)"
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

    def whose(self) -> str:
        """``by 12 artists``, and how many clips are of artists that nobody knows."""
        known = f"by {self.artists} artist{'s' if self.artists != 1 else ''}"
        if not self.unknown:
            return known
        if not self.artists:
            return "whose artists nobody knows, each taken for another"
        return f"{known} ({self.unknown} of artists whom nobody knows, each taken for another)"


def paired_test(
    right_a: Sequence[bool], right_b: Sequence[bool], artists: Sequence[str], *, seed: int = 0
) -> Comparison:
    """Compare two models by which clips each got right.

    Parameters
    ----------
    right_a, right_b : sequence of bool, length n >= 1
        True where the model got the clip right.
    artists : sequence of str, length n
        Artist of each clip, see :func:`fstmuse_core.datasets.groups.lead_key`; of an unknown one,
        named ``""``, each clip counts for itself.
    seed : int
        Of the draw of artists.
    """
    one, two = np.array(right_a, dtype=bool), np.array(right_b, dtype=bool)
    only_a, only_b = int((one & ~two).sum()), int((two & ~one).sum())
    p_value = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    by_artist: dict[str | int, list[int]] = defaultdict(list)
    for index, artist in enumerate(artists):
        by_artist[artist or index].append(index)
    unknown = sum(not artist for artist in artists)
    gains = two.astype(np.int64) - one
    sums = np.array([gains[where].sum() for where in by_artist.values()])
    sizes = np.array([len(where) for where in by_artist.values()])
    low, high = np.quantile(resampled_means(sums, sizes, seed), [0.025, 0.975])
    return Comparison(
        len(one),
        len(by_artist) - unknown,
        unknown,
        float(one.mean()),
        float(two.mean()),
        only_a,
        only_b,
        p_value,
        float(low),
        float(high),
        share_by_artist(one.tolist(), artists),
        share_by_artist(two.tolist(), artists),
    )
