"""Two models on the same clips, and whether their difference is more than chance."""

from __future__ import annotations

from typing import Any

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.significance import Comparison, paired_test
from fstmuse_core.training.measure import Answers, whose


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
    artist_of = {t.path: whose(t) for t in a.tracks}
    return paired_test(
        [right_a[path] for path in both],
        [right_b[path] for path in both],
        [artist_of[path] for path in both],
        seed=seed,
    )


def _rights(answers: Answers) -> dict[Any, bool]:
    """Whether each clip of a genre that the model names was got right, by path."""
    best = answers.probabilities.argmax(axis=1)
    return {
        track.path: answers.genres[i] == track.genre
        for track, i in zip(answers.tracks, best, strict=True)
        if track.genre in answers.genres
    }
