"""Place of a song among others, by what a tagger hears: what a generator can be told of a song."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray

# Directions in which songs differ most; a few hundred songs say little about more.
N_DIRECTIONS = 16
# A generator is told that there is a song, and its place.
N_LIKENESS_VALUES = 1 + N_DIRECTIONS
# A song is a place and what lies around it: this standard deviation along each direction.
AROUND = 0.3
_FARTHEST = 3.0
_ENTRY = "likeness"


@dataclass(frozen=True, eq=False)
class Likeness:
    """Principal directions of the tagger's embeddings of songs, and where genres lie.

    Attributes
    ----------
    mean : ndarray of float32, shape ``(d,)``
        Of the embeddings.
    axes : ndarray of float32, shape ``(d, 16)``
        Directions; a place along each has unit variance over the songs.
    centres : ndarray of float32, shape ``(K, 16)``
        Mean place of each genre's songs.
    songs : ndarray of float32, shape ``(n, 16)``
        Places of the songs.
    labels : ndarray of float32, shape ``(n,)``
        Their genres, by number.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """

    mean: FloatArray
    axes: FloatArray
    centres: FloatArray
    songs: FloatArray
    labels: FloatArray

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.axes.shape != (self.mean.size, N_DIRECTIONS):
            raise ValueError(f"directions of shape {self.axes.shape} do not fit {self.mean.shape}")
        if self.centres.ndim != 2 or self.centres.shape[1] != N_DIRECTIONS:
            raise ValueError(f"centres have the shape {self.centres.shape}")
        if self.songs.shape != (self.labels.size, N_DIRECTIONS) or self.labels.ndim != 1:
            raise ValueError(f"songs have the shape {self.songs.shape}")

    @property
    def genres(self) -> int:
        """Number of genres."""
        return len(self.centres)

    def place(self, embeddings: FloatArray) -> FloatArray:
        """Places of songs, within 3 standard deviations.

        Parameters
        ----------
        embeddings : ndarray, shape ``(..., d)``

        Returns
        -------
        ndarray of float32, shape ``(..., 16)``

        Raises
        ------
        ValueError
            If they have another length than those that it was made from.
        """
        if embeddings.shape[-1] != self.mean.size:
            raise ValueError(
                f"an embedding has {embeddings.shape[-1]} values, not {self.mean.size}"
            )
        # Without BLAS, so that it is the same on every processor to the last bit or nearly so.
        places = np.einsum("...d,dn->...n", embeddings - self.mean, self.axes)
        return np.asarray(np.clip(places, -_FARTHEST, _FARTHEST), dtype=np.float32)

    def nearest_genre(self, place: FloatArray) -> int:
        """Number of the genre whose songs lie around a place."""
        return int(np.argmin(np.square(self.centres - place).sum(axis=1)))

    def draw(self, genre: int, seed: int) -> FloatArray:
        """A place near one of a genre's songs; near the middle of one without songs.

        A generator that is told one makes takes that differ as songs do.
        """
        rng = np.random.default_rng([seed, 8])
        own = np.flatnonzero(self.labels == genre)
        middle = self.songs[rng.choice(own)] if own.size else self.centres[genre]
        place = middle + AROUND * rng.standard_normal(N_DIRECTIONS)
        return np.asarray(np.clip(place, -_FARTHEST, _FARTHEST), dtype=np.float32)

    def to_bytes(self) -> bytes:
        """As an ``.npz``."""
        stream = io.BytesIO()
        np.savez(
            stream,
            mean=self.mean,
            axes=self.axes,
            centres=self.centres,
            songs=self.songs,
            labels=self.labels,
        )
        return stream.getvalue()


def told_of(place: FloatArray | None) -> FloatArray:
    """Values that a generator is told of a song: that there is one, and its place; else zeros.

    Returns
    -------
    ndarray of float32, shape ``(17,)``
    """
    if place is None:
        return np.zeros(N_LIKENESS_VALUES, dtype=np.float32)
    return np.concatenate([[1.0], place]).astype(np.float32)


def likeness_entry(tagger_sha256: str) -> dict[str, Any]:
    """Entry of a bundle's ``architecture`` for a generator that can be told of a song."""
    return {_ENTRY: {"tagger": tagger_sha256}}


def likeness_tagger(architecture: Mapping[str, Any]) -> str:
    """Hash of the tagger whose embeddings a generator can be told; empty if it cannot.

    Raises
    ------
    ValueError
        If the entry is malformed.
    """
    entry = architecture.get(_ENTRY)
    if entry is None:
        return ""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("tagger"), str):
        raise ValueError("the likeness of songs names no tagger")
    return str(entry["tagger"])
