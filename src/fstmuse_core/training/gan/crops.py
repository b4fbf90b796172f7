"""Crops of real music and random changes of them, for a GAN to learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import FloatArray, mel_frequencies
from fstmuse_core.datasets.track import Track
from fstmuse_core.networks.toy_gan import CROP_FRAMES, N_MELS
from fstmuse_core.training.gan.model import Disguise
from fstmuse_core.training.mels import MelArray
from fstmuse_core.training.metrics import Floats, Ints

# The less there is to learn from, the sooner a discriminator knows it by heart: with 32 frames,
# 16 bands and 0.3 it gave songs of its training 0.69 after 14 epochs, and others 0.21.
_MAX_BLANK_FRAMES, _MAX_BLANK_BANDS = 64, 32
_BLANKED = 0.5
_LOUDER, _BRIGHTER, _COLOURED = 0.2, 0.2, 0.2
# Places of the random curve that colours the bands.
_KNOTS = 6
# Crops are moved by so many semitones at most: a song in another key is another song.
_MOST_SEMITONES = 2
_QUIET = 1e-3

Random = np.random.Generator


class RealCrops:
    """Draws crops of the training music; genres all alike, then artists, then songs.

    Parameters
    ----------
    tracks, mels : sequences of the same length
    genres : tuple of str
        Each has a track at least.
    scaling : FeatureScaling
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        mels: Sequence[MelArray],
        genres: tuple[str, ...],
        scaling: FeatureScaling,
    ) -> None:
        self._mels = mels
        self._scaling = scaling
        self._songs = [songs_by_artist(tracks, genre) for genre in genres]

    def draw(self, labels: Ints, rng: Random) -> FloatArray:
        """A scaled crop of each of these genres, shape ``(n, 256, 128)``."""
        crops = []
        for label in labels:
            crops.append(cut(self._mels[draw_song(self._songs[label], rng)], rng))
        return self._scaling.apply(np.stack(crops))


def songs_by_artist(
    tracks: Sequence[Track], genre: str, usable: Callable[[int], bool] = lambda index: True
) -> list[list[int]]:
    """Numbers of the usable tracks of each artist of a genre."""
    songs: dict[str, list[int]] = {}
    for index, track in enumerate(tracks):
        if track.genre == genre and usable(index):
            songs.setdefault(track.artist, []).append(index)
    return list(songs.values())


def draw_song(artists: Sequence[Sequence[int]], rng: Random) -> int:
    """Number of a track: artists all alike, then songs."""
    songs = artists[int(rng.integers(len(artists)))]
    return songs[int(rng.integers(len(songs)))]


def cut(mel: MelArray, rng: Random) -> FloatArray:
    """A crop from anywhere; what is too short is repeated."""
    if len(mel) < CROP_FRAMES:
        mel = np.tile(mel, (-(-CROP_FRAMES // len(mel)), 1))
    start = int(rng.integers(0, len(mel) - CROP_FRAMES + 1))
    return np.asarray(mel[start : start + CROP_FRAMES], dtype=np.float32)


def draw_transposed(mels: FloatArray, rng: Random) -> FloatArray:
    """Crops of which half are moved up or down, by one or two semitones.

    Parameters
    ----------
    mels : ndarray, shape ``(n, frames, 128)``
        Magnitudes.
    """
    semitones = rng.integers(1, _MOST_SEMITONES + 1, len(mels)) * rng.choice(
        (-1, 0, 0, 1), len(mels)
    )
    return np.stack(
        [transposed(mel, int(shift)) for mel, shift in zip(mels, semitones, strict=True)]
    )


def transposed(mel: FloatArray, semitones: int) -> FloatArray:
    """A mel spectrogram with its partials moved; between bands a cubic curve.

    Parameters
    ----------
    mel : ndarray, shape ``(frames, 128)``
    semitones : int
        Up, or down if negative.
    """
    if semitones == 0:
        return mel
    # Of logarithms, since magnitudes overshoot beside a partial.
    moved = np.log(mel + _QUIET) @ _movement(semitones)
    return np.asarray(np.maximum(np.exp(moved) - _QUIET, 0.0), dtype=np.float32)


@lru_cache(maxsize=2 * _MOST_SEMITONES + 1)
def _movement(semitones: int) -> FloatArray:
    """Matrix ``(128, 128)`` that takes each band from where its sound was."""
    # Between two bands hertz are nearly straight.
    centres = mel_frequencies()
    sources = centres * 2.0 ** (-semitones / 12.0)
    places = np.interp(sources, centres, np.arange(N_MELS, dtype=np.float64))
    low, bands = np.floor(places).astype(np.int64), np.arange(N_MELS)
    matrix = np.zeros((N_MELS, N_MELS))
    for tap, weights in enumerate(_cubic(places - low)):
        np.add.at(matrix, (np.clip(low + tap - 1, 0, N_MELS - 1), bands), weights)
    return matrix.astype(np.float32)


def _cubic(x: Floats) -> list[Floats]:
    """Weights of the four neighbours (Catmull-Rom) of places ``x`` from 0 to 1 past the second."""
    return [
        0.5 * (-(x**3) + 2.0 * x**2 - x),
        0.5 * (3.0 * x**3 - 5.0 * x**2 + 2.0),
        0.5 * (-3.0 * x**3 + 4.0 * x**2 + x),
        0.5 * (x**3 - x**2),
    ]


def draw_disguise(count: int, rng: Random) -> Disguise:
    """Random blanks and colours for ``count`` crops."""
    level = rng.normal(0.0, _LOUDER, (count, 1))
    tilt = rng.normal(0.0, _BRIGHTER, (count, 1)) * np.linspace(-1.0, 1.0, N_MELS)
    knots = rng.normal(0.0, _COLOURED, (count, _KNOTS))
    at = np.linspace(0.0, 1.0, N_MELS)
    curve = np.stack([np.interp(at, np.linspace(0.0, 1.0, _KNOTS), row) for row in knots])
    return Disguise(
        _blanks(count, CROP_FRAMES, _MAX_BLANK_FRAMES, rng),
        _blanks(count, N_MELS, _MAX_BLANK_BANDS, rng),
        (level + tilt + curve).astype(np.float32),
    )


def _blanks(count: int, size: int, longest: int, rng: Random) -> FloatArray:
    kept = np.ones((count, size), dtype=np.float32)
    for row in np.flatnonzero(rng.random(count) < _BLANKED):
        length = int(rng.integers(1, longest + 1))
        start = int(rng.integers(0, size - length + 1))
        kept[row, start : start + length] = 0.0
    return kept
