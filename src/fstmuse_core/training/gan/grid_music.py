"""Music on the beat grid, as far as it has a steady beat, and as it runs where it has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.beats import CELLS_A_BAR, from_grid, steady_beats, to_grid
from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.bundle.bar_noise import (
    Arrangement,
    Grid,
    condition,
    draw_bar_noise,
    draw_free_noise,
)
from fstmuse_core.bundle.noise import NoiseShape
from fstmuse_core.datasets.track import Track
from fstmuse_core.networks.toy_gan import CROP_FRAMES
from fstmuse_core.training.gan.crops import (
    Random,
    cut,
    draw_song,
    draw_transposed,
    songs_by_artist,
)
from fstmuse_core.training.mels import MelArray
from fstmuse_core.training.metrics import Ints

BARS = CROP_FRAMES // CELLS_A_BAR
_RANKS = (10, 25, 50, 75, 90)
# Above this share of steady music a genre is learned on the grid alone; below the other, without.
_ALL_STEADY, _NONE_STEADY = 0.6, 0.1
NOISES = ("global_noise", "local_noise", "beat_noise")

Floats = npt.NDArray[np.float64]
Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Stretch:
    """Steady beats of a song.

    Attributes
    ----------
    mel : ndarray of float16, shape ``(16 * n_beats, 128)``
        Magnitudes on the grid; begins with a bar.
    bpm : float
    """

    mel: MelArray
    bpm: float


@dataclass(frozen=True, eq=False)
class Drawn:
    """Crops of real music.

    Attributes
    ----------
    mels : ndarray of float32, shape ``(n, 256, 128)``
        Scaled.
    bpm : ndarray of float64, shape ``(n,)``
        Tempo of those on the grid, 0 of those that are not.
    songs : ndarray of int64, shape ``(n,)``
        Numbers of the tracks that they are from.
    """

    mels: FloatArray
    bpm: Floats
    songs: Ints


class GridMusic:
    """Draws crops of the training music; genres all alike, then artists, then songs.

    Parameters
    ----------
    tracks, mels : sequences of the same length
    genres : tuple of str
        Each has a track at least.
    scaling : FeatureScaling
    tell : callable, optional
        Told songs whose beats were found, and songs in all; may raise to give up.

    Attributes
    ----------
    genres : tuple of str
    grid : Grid
        Tempos of each genre, and how much of it has a beat.
    minutes : dict of str to tuple of two floats
        Of each genre: music with a steady beat, and all.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        mels: Sequence[MelArray],
        genres: tuple[str, ...],
        scaling: FeatureScaling,
        tell: Tell = lambda done, total: None,
    ) -> None:
        self.genres = genres
        self._mels, self._scaling = mels, scaling
        self._stretches: list[list[Stretch]] = []
        for done, mel in enumerate(mels, 1):
            self._stretches.append(_stretches(mel))
            tell(done, len(mels))
        self.minutes = {
            genre: self._minutes([i for i, t in enumerate(tracks) if t.genre == genre])
            for genre in genres
        }
        self.grid = self._survey(tracks)
        self._steady = [songs_by_artist(tracks, genre, self._has_stretch) for genre in genres]
        self._free = [songs_by_artist(tracks, genre) for genre in genres]
        self._shares = [self.grid.beat.get(genre, 0.0) for genre in genres]

    @property
    def steady_genres(self) -> list[int]:
        """Numbers of the genres that have music on the grid."""
        return [number for number, artists in enumerate(self._steady) if artists]

    def draw(self, labels: Ints, rng: Random) -> Drawn:
        """A crop of each of these genres, to be learned from: moved by up to two semitones."""
        on_grid = rng.random(len(labels)) < np.take(self._shares, labels)
        return self.draw_like(labels, on_grid, rng, moved=True)

    def draw_like(
        self, labels: Ints, on_grid: npt.NDArray[np.bool_], rng: Random, *, moved: bool = False
    ) -> Drawn:
        """A crop of each of these genres, on the grid or not; ``moved`` to other keys."""
        crops, tempos, numbers = [], [], []
        for label, steady in zip(labels, on_grid, strict=True):
            song = draw_song(self._steady[label] if steady else self._free[label], rng)
            numbers.append(song)
            if steady:
                stretch = _one_of(self._stretches[song], rng)
                bars = len(stretch.mel) // CELLS_A_BAR - BARS
                start = CELLS_A_BAR * int(rng.integers(bars + 1))
                crops.append(stretch.mel[start : start + CROP_FRAMES].astype(np.float32))
                tempos.append(stretch.bpm)
            else:
                crops.append(cut(self._mels[song], rng))
                tempos.append(0.0)
        mels = np.stack(crops)
        mels = self._scaling.apply(draw_transposed(mels, rng) if moved else mels)
        return Drawn(mels, np.array(tempos), np.array(numbers, dtype=np.int64))

    def _has_stretch(self, index: int) -> bool:
        return bool(self._stretches[index])

    def _minutes(self, indices: Sequence[int]) -> tuple[float, float]:
        per_minute = 60.0 * DEFAULT_CONFIG.frames_per_second
        steady = sum(
            len(s.mel) / CELLS_A_BAR * 4.0 / s.bpm for i in indices for s in self._stretches[i]
        )
        return steady, sum(len(self._mels[i]) for i in indices) / per_minute

    def _survey(self, tracks: Sequence[Track]) -> Grid:
        tempos, beat = {}, {}
        for genre in self.genres:
            steady, total = self.minutes[genre]
            share = steady / max(total, 1e-9)
            if share < _NONE_STEADY:
                beat[genre] = 0.0
                continue
            beat[genre] = 1.0 if share > _ALL_STEADY else round(share, 3)
            found = [
                stretch.bpm
                for index, track in enumerate(tracks)
                if track.genre == genre
                for stretch in self._stretches[index]
            ]
            tempos[genre] = [round(float(v), 1) for v in np.percentile(found, _RANKS)]
        return Grid(tempos=tempos, beat=beat)


def _stretches(mel: MelArray) -> list[Stretch]:
    return [Stretch(to_grid(mel, run), run.bpm()) for run in steady_beats(mel)]


def _one_of(stretches: Sequence[Stretch], rng: Random) -> Stretch:
    """A stretch, the likelier the longer it is."""
    lengths = np.array([len(stretch.mel) for stretch in stretches], dtype=np.float64)
    return stretches[int(rng.choice(len(stretches), p=lengths / lengths.sum()))]


def draw_noises(
    shape: NoiseShape, grid: Grid, tempos: Sequence[float] | Floats, rng: Random
) -> list[FloatArray]:
    """Global, local and beat noise of pieces as long as a crop; tempo 0 for none."""
    drawn = [_noise(shape, grid, bpm, int(rng.integers(2**31))) for bpm in tempos]
    return [np.concatenate([noise[name] for noise in drawn]) for name in NOISES]


def _noise(shape: NoiseShape, grid: Grid, bpm: float, seed: int) -> Mapping[str, FloatArray]:
    if bpm > 0.0:
        return draw_bar_noise(shape, grid, Arrangement(BARS), seed)
    return draw_free_noise(shape, shape.steps(CROP_FRAMES), seed)


def conditions(labels: Ints, tempos: Sequence[float] | Floats, n_genres: int) -> FloatArray:
    """Values that the networks are told of each piece, shape ``(n, n_genres + 2)``."""
    weights = np.eye(n_genres, dtype=np.float32)
    return np.stack(
        [condition(weights[k], bpm or None) for k, bpm in zip(labels, tempos, strict=True)]
    )


def draw_tempos(grid: Grid, genres: Sequence[str], labels: Ints, rng: Random) -> Floats:
    """A tempo for each piece of these genres as their music has them; 0 without a beat."""
    return np.array(
        [
            grid.draw_tempo(genres[k], rng) if rng.random() < grid.beat.get(genres[k], 0.0) else 0.0
            for k in labels
        ]
    )


def as_it_runs(mels: FloatArray, tempos: Sequence[float] | Floats) -> FloatArray:
    """Windows on the grid at their tempos, cut to as many frames; those without a beat as is."""
    fps = DEFAULT_CONFIG.frames_per_second
    return np.stack(
        [
            from_grid(mel, 60.0 * fps / bpm, CROP_FRAMES) if bpm > 0.0 else mel
            for mel, bpm in zip(mels, tempos, strict=True)
        ]
    )


def bar_correlation(mels: FloatArray) -> float:
    """Mean correlation of a bar with the next, of windows on the grid; each band less its mean.

    Parameters
    ----------
    mels : ndarray, shape ``(n, 64 * bars, bands)``
    """
    centred = mels.astype(np.float64) - mels.mean(axis=1, keepdims=True, dtype=np.float64)
    bars = centred.reshape(len(mels), mels.shape[1] // CELLS_A_BAR, -1)
    bars = bars / np.maximum(np.linalg.norm(bars, axis=2, keepdims=True), 1e-12)
    return float(np.einsum("nbi,nbi->nb", bars[:, :-1], bars[:, 1:]).mean())
