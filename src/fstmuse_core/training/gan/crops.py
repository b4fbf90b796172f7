"""Crops of real music and random changes of them, for a GAN to learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.datasets.track import Track
from fstmuse_core.networks.toy_gan import CROP_FRAMES, N_MELS
from fstmuse_core.training.gan.model import Disguise
from fstmuse_core.training.mels import MelArray
from fstmuse_core.training.metrics import Ints

_MAX_BLANK_FRAMES, _MAX_BLANK_BANDS = 32, 16
_BLANKED = 0.3
_LOUDER, _BRIGHTER = 0.15, 0.1

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


def draw_disguise(count: int, rng: Random) -> Disguise:
    """Random blanks and colours for ``count`` crops."""
    level = rng.normal(0.0, _LOUDER, (count, 1))
    tilt = rng.normal(0.0, _BRIGHTER, (count, 1)) * np.linspace(-1.0, 1.0, N_MELS)
    return Disguise(
        _blanks(count, CROP_FRAMES, _MAX_BLANK_FRAMES, rng),
        _blanks(count, N_MELS, _MAX_BLANK_BANDS, rng),
        (level + tilt).astype(np.float32),
    )


def _blanks(count: int, size: int, longest: int, rng: Random) -> FloatArray:
    kept = np.ones((count, size), dtype=np.float32)
    for row in np.flatnonzero(rng.random(count) < _BLANKED):
        length = int(rng.integers(1, longest + 1))
        start = int(rng.integers(0, size - length + 1))
        kept[row, start : start + length] = 0.0
    return kept
