"""Songs that a generator is told of: their places fitted, drawn, and held against what it makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.likeness import AROUND, N_DIRECTIONS, N_LIKENESS_VALUES, Likeness
from fstmuse_core.training.gan.crops import Random
from fstmuse_core.training.metrics import Ints

# Share of the pieces that are told of no song, so that it can do without.
_UNTOLD = 0.5
# Fewer songs have no directions.
_FEWEST_SONGS = 3 * N_DIRECTIONS


def fit_likeness(embeddings: FloatArray, labels: Ints, n_genres: int) -> Likeness | None:
    """Principal directions of songs; ``None`` if there are too few.

    Parameters
    ----------
    embeddings : ndarray, shape ``(n, d)``
        Of the tagger; rows with NaN are left out.
    labels : ndarray of int, shape ``(n,)``
        Genres, by number.
    n_genres : int
    """
    known = np.isfinite(embeddings).all(axis=1)
    rows, labels = embeddings[known].astype(np.float64), labels[known]
    if len(rows) < _FEWEST_SONGS:
        return None
    mean, deviation = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
    _, strengths, axes = np.linalg.svd((rows - mean) / deviation, full_matrices=False)
    found = min(N_DIRECTIONS, len(rows) - 1)
    directions = np.zeros((rows.shape[1], N_DIRECTIONS))
    directions[:, :found] = axes[:found].T / strengths[:found] * np.sqrt(len(rows))
    directions /= deviation[:, None]
    places = (rows - mean) @ directions
    centres = [
        places[labels == k].mean(axis=0) if (labels == k).any() else np.zeros(N_DIRECTIONS)
        for k in range(n_genres)
    ]
    return Likeness(
        mean.astype(np.float32),
        directions.astype(np.float32),
        np.stack(centres).astype(np.float32),
        np.clip(places, -3.0, 3.0).astype(np.float32),
        labels.astype(np.float32),
    )


def told_of_songs(places: FloatArray | None, songs: Ints, rng: Random) -> FloatArray:
    """Values that are told of the songs that a batch is from, or of none.

    Parameters
    ----------
    places : ndarray, shape ``(songs, 16)``, or None
        Of all songs, NaN where not known; ``None`` if the network is told of no song.
    songs : ndarray of int, shape ``(n,)``
    rng : Generator

    Returns
    -------
    ndarray of float32, shape ``(n, 17)``, or ``(n, 0)`` without places
    """
    if places is None:
        return np.zeros((len(songs), 0), dtype=np.float32)
    # With a place of its own each the network would learn the few hundred by heart.
    near = places[songs] + AROUND * rng.standard_normal((len(songs), N_DIRECTIONS))
    told = np.concatenate([np.ones((len(songs), 1)), near], axis=1)
    is_told = np.isfinite(near).all(axis=1) & (rng.random(len(songs)) >= _UNTOLD)
    found = np.zeros((len(songs), N_LIKENESS_VALUES), dtype=np.float32)
    found[is_told] = told[is_told]
    return found


def closeness(
    likeness: Likeness,
    songs: Sequence[tuple[int, FloatArray]],
    hear: Callable[[int, int, FloatArray | None], FloatArray],
) -> dict[str, Any]:
    """Likeness of songs and the pieces that were asked to be like them, by what the tagger hears.

    Parameters
    ----------
    likeness : Likeness
    songs : sequence of (genre, embedding)
        Songs that nothing was learned from.
    hear : callable
        Given genre, seed and the place that it is told, or ``None`` for one of the genre's;
        embedding of a piece.

    Returns
    -------
    dict
        Mean correlation of a song's place with the place of a piece: ``asked``, told of the song;
        ``genre``, told its genre alone; ``others``, told of another song of the genre; and
        ``songs``, how many there are. Plain values for JSON.
    """
    wanted = [likeness.place(embedding) for _, embedding in songs]
    found: dict[str, list[float]] = {"asked": [], "genre": [], "others": []}
    for number, ((genre, _), place) in enumerate(zip(songs, wanted, strict=True)):
        asked = likeness.place(hear(genre, number, place))
        plain = likeness.place(hear(genre, number, None))
        found["asked"].append(_correlation(asked, place))
        found["genre"].append(_correlation(plain, place))
        found["others"] += [
            _correlation(asked, other)
            for k, ((their, _), other) in enumerate(zip(songs, wanted, strict=True))
            if their == genre and k != number
        ]
    return {
        **{name: float(np.mean(values)) if values else None for name, values in found.items()},
        "songs": len(songs),
    }


def _correlation(one: FloatArray, other: FloatArray) -> float:
    a, b = one.astype(np.float64), other.astype(np.float64)
    return float(a @ b / max(1e-9, float(np.linalg.norm(a) * np.linalg.norm(b))))


def balanced_songs(embeddings: FloatArray, labels: Ints, most: int) -> list[tuple[int, FloatArray]]:
    """Songs with embeddings, genres in turn, ``most`` at most."""
    by_genre: list[list[int]] = [
        [int(i) for i in np.flatnonzero(labels == k) if np.isfinite(embeddings[i]).all()]
        for k in np.unique(labels)
    ]
    longest = max(map(len, by_genre), default=0)
    order = [songs[n] for n in range(longest) for songs in by_genre if n < len(songs)]
    return [(int(labels[i]), embeddings[i]) for i in order[:most]]
