"""Figures of a generator: made-up music held against real music, other real music, and noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bar_noise import Grid
from fstmuse_core.bundle.bundle import JUDGE_NAME, Bundle
from fstmuse_core.bundle.likeness import Likeness, told_of
from fstmuse_core.bundle.litert import GeneratorNetwork
from fstmuse_core.bundle.noise import NoiseShape, draw_noise
from fstmuse_core.datasets.overlap import generator_overlap
from fstmuse_core.datasets.track import Track
from fstmuse_core.networks.toy_gan import CROP_FRAMES, N_MELS
from fstmuse_core.system.errors import BundleError, FstMuseError
from fstmuse_core.training.gan.crops import RealCrops, cut
from fstmuse_core.training.gan.grid_music import (
    NOISES,
    GridMusic,
    as_it_runs,
    bar_correlation,
    conditions,
    draw_noises,
    draw_tempos,
)
from fstmuse_core.training.gan.judges import (
    Figures,
    Judge,
    coarse,
    figures,
    judge_plan,
    nearest,
    read_judge,
)
from fstmuse_core.training.gan.through_sound import (
    PIECES_A_GENRE,
    Piece,
    frames_of_a_piece,
    judge_sound,
    pieces_of,
    tagger_there,
)
from fstmuse_core.training.mels import MelArray
from fstmuse_core.training.metrics import Floats, Ints
from fstmuse_core.training.preparation import read_features

WINDOWS_A_GENRE = 96

Random = np.random.Generator


@dataclass(frozen=True, eq=False)
class Asked:
    """Inputs of a generator for windows to be measured.

    Attributes
    ----------
    inputs : list of ndarray
        Condition and global, local and beat noise, a row for each window.
    tempos : ndarray, shape ``(n,)``
        In beats a minute; 0 without a beat.
    """

    inputs: list[FloatArray]
    tempos: Floats


@dataclass(frozen=True, eq=False)
class Made:
    """Windows that a generator made.

    Attributes
    ----------
    mels : ndarray of float32, shape ``(n, 256, 128)``
        Scaled log-mel, on the beat grid where there is a tempo.
    tempos : ndarray, shape ``(n,)``
        In beats a minute; 0 without a beat.
    """

    mels: FloatArray
    tempos: Floats

    def heard(self) -> FloatArray:
        """Windows as they run, as many frames of each."""
        return as_it_runs(self.mels, self.tempos)

    def bars(self) -> float | None:
        """Correlation of a bar with the next; ``None`` without a beat."""
        steady = self.mels[self.tempos > 0.0]
        return bar_correlation(steady) if len(steady) else None


def ask(
    shape: NoiseShape,
    grid: Grid,
    genres: Sequence[str],
    labels: Ints,
    rng: Random,
    likeness: Likeness | None = None,
) -> Asked:
    """Draw what a generator is asked for windows of these genres, tempos as their music has.

    One that was told of songs is told of one of the genre's.
    """
    tempos = draw_tempos(grid, genres, labels, rng)
    noise = draw_noises(shape, grid, tempos, rng)
    told = conditions(labels, tempos, len(genres))
    if likeness is not None:
        seeds = rng.integers(2**31, size=len(labels))
        places = [
            told_of(likeness.draw(int(label), int(seed)))
            for label, seed in zip(labels, seeds, strict=True)
        ]
        told = np.concatenate([told, np.stack(places)], axis=1)
    return Asked([told, *noise], tempos)


_LEARNED_HOP = 64
_MOST_LEARNED = 16_000


class Reference:
    """Measures windows of music against real ones, always the same.

    Parameters
    ----------
    judge : Judge
    scaling : FeatureScaling
        Of the windows.
    learned : RealCrops
        The music that was learned from: what the made-up is to be like.
    mels : sequence
        Of the music that was learned from.
    genres : sequence of int
        Genres that are measured, by their numbers; there is music of each.
    seed : int
    unheard : RealCrops, optional
        Music of the same genres by artists that nothing was learned from.
    """

    def __init__(
        self,
        judge: Judge,
        scaling: FeatureScaling,
        learned: RealCrops,
        mels: Sequence[MelArray],
        genres: Sequence[int],
        seed: int,
        *,
        count: int = WINDOWS_A_GENRE,
        unheard: RealCrops | None = None,
    ) -> None:
        self._judge, self._scaling = judge, scaling
        self.labels = np.repeat(np.asarray(genres, dtype=np.int64), count)
        rng = np.random.default_rng([seed, 303])
        self._real = judge.see(learned.draw(self.labels, rng), self.labels, scaling)
        self._other = learned.draw(self.labels, rng)
        shape = (self.labels.size, CROP_FRAMES, N_MELS)
        self._noise = rng.standard_normal(shape, dtype=np.float32)
        self._learned = _learned(mels, scaling, rng)
        self._unheard = unheard.draw(self.labels, rng) if unheard else None

    def measure(self, mels: FloatArray) -> tuple[Figures, Ints]:
        """Figures of windows whose genres are :attr:`labels`, and what they are taken for."""
        found = self._judge.see(mels, self.labels, self._scaling)
        return figures(found, self._real, self._learned), found.named

    def compare(self, mels: FloatArray, names: Sequence[str]) -> dict[str, Any]:
        """Figures of windows for reports; plain values for JSON.

        ``figures`` of the made ones, of other windows of the same music (as good as can be, but
        for ``nearest``) and of white noise in the same bands; ``consistency`` for each genre,
        of all genres' ``names``, and that of the real windows; ``accuracy`` and ``frechet`` of
        the made ones; ``windows``, how many there are; ``nearest_of_unheard``, how near music
        comes by itself to what was learned from, or ``None``.
        """
        made, named = self.measure(mels)
        real, real_named = self.measure(self._other)
        compared = {"made": made, "real": real, "noise": self._of_noise()}
        return {
            "accuracy": made.consistency,
            "frechet": made.frechet,
            "figures": {name: found.to_dict() for name, found in compared.items()},
            "consistency": self._by_genre(named, names),
            "consistency_of_real": self._by_genre(real_named, names),
            "windows": int(self.labels.size),
            "nearest_of_unheard": self._nearest_of_unheard(),
        }

    def _of_noise(self) -> Figures:
        return self.measure(self._noise)[0]

    def _nearest_of_unheard(self) -> float | None:
        return None if self._unheard is None else nearest(coarse(self._unheard), self._learned)

    def _by_genre(self, named: Ints, names: Sequence[str]) -> dict[str, float]:
        return {
            names[genre]: float((named[self.labels == genre] == genre).mean())
            for genre in np.unique(self.labels)
        }


def _learned(
    mels: Sequence[MelArray], scaling: FeatureScaling, rng: np.random.Generator
) -> FloatArray:
    """Crops all through the music that was learned from, coarsely."""
    found = []
    for mel in mels:
        starts = range(0, max(1, len(mel) - CROP_FRAMES + 1), _LEARNED_HOP)
        crops = [cut(mel[s : s + CROP_FRAMES], rng) for s in starts]
        found.append(coarse(scaling.apply(np.stack(crops))))
    every = np.concatenate(found)
    return every[rng.permutation(len(every))[:_MOST_LEARNED]]


_SEED = 0

Tell = Callable[[int, int], None]


def evaluate_generator(
    bundle: Bundle,
    tracks: Sequence[Track],
    tell: Tell,
    *,
    count: int = WINDOWS_A_GENRE,
    sounds: int = PIECES_A_GENRE,
) -> dict[str, Any]:
    """The figures of a generator; see :meth:`Reference.compare`, ``set_aside``
    and ``note``.

    The judge is the one that came with the generator, and had no part in its training.

    Parameters
    ----------
    bundle : Bundle
        Of a generator.
    tracks : sequence of Track
        Those of its genres are what it is held against.
    tell : callable
        Told files read, of how many.
    count, sounds : int
        Windows of each genre, and pieces that are made sound.

    Raises
    ------
    BundleError
        If it has no judge, or one that does not fit.
    FstMuseError
        If there is no music of its genres.
    """
    network = GeneratorNetwork(bundle)
    manifest = bundle.manifest
    judge = _judge(bundle)
    known = [track for track in tracks if track.genre in manifest.genres]
    table, set_aside = read_features(known, tell, lambda: False)
    usable = [track for track in known if track.path in table.usable]
    there = {track.genre for track in usable}
    if not there:
        raise FstMuseError(
            "music",
            "none of it is of a genre the model makes",
            f"it makes {', '.join(manifest.genres)}",
        )
    genres = [index for index, genre in enumerate(manifest.genres) if genre in there]
    mels = table.of(usable)
    crops = RealCrops(usable, mels, manifest.genres, manifest.scaling)
    reference = Reference(judge, manifest.scaling, crops, mels, genres, _SEED, count=count)
    made = _made(network, manifest.genres, reference.labels)
    said = [f"{file.path.name}: {file.reason}" for file in set_aside]
    note = generator_overlap(bundle, usable)
    compared = reference.compare(made.heard(), manifest.genres)
    of_songs = np.array([manifest.genres.index(t.genre) for t in usable], dtype=np.int64)
    sound = _through_sound(network, manifest.genres, manifest.scaling, mels, of_songs, sounds)
    music = GridMusic(usable, mels, manifest.genres, manifest.scaling) if network.grid else None
    complete_figures(compared, made, music, reference.labels, _SEED, sound)
    return {**compared, "set_aside": said, "note": note}


def complete_figures(
    metrics: dict[str, Any],
    made: Made,
    music: GridMusic | None,
    labels: Ints,
    seed: int,
    sound: Mapping[str, Any] | None,
) -> None:
    """Put ``bars`` and ``sound`` beside the other figures of made, real and noise.

    Parameters
    ----------
    metrics : dict
        As :meth:`Reference.compare` gives it; changed in place.
    made : Made
    music : GridMusic or None
        Music that it learned from; ``None`` if it has no beat grid.
    labels : ndarray of int
        Genres of the windows.
    seed : int
    sound : mapping, optional
        As :func:`fstmuse_core.training.gan.through_sound.judge_sound` gives it.
    """
    rng = np.random.default_rng([seed, 606])
    bars = None if music is None else made.bars()
    known = labels[np.isin(labels, [] if music is None else music.steady_genres)]
    if music is not None and bars is not None and known.size:
        real = music.draw_like(known, np.ones(len(known), np.bool_), rng).mels
        noise = rng.standard_normal(real.shape, dtype=np.float32)
        _add(metrics, "bars", (bars, bar_correlation(real), bar_correlation(noise)))
    if sound is not None:
        _add(metrics, "sound", [sound["frechet"][name] for name in ("made", "real", "noise")])
        metrics["through_sound"] = {key: sound[key] for key in ("share", "heard", "clips")}


def _add(metrics: dict[str, Any], figure: str, values: Sequence[float]) -> None:
    for column, value in zip(("made", "real", "noise"), values, strict=True):
        metrics["figures"][column][figure] = value


def _through_sound(
    network: GeneratorNetwork,
    genres: Sequence[str],
    scaling: FeatureScaling,
    mels: Sequence[MelArray],
    labels: Ints,
    count: int,
) -> dict[str, Any] | None:
    """Figures of a bundle's pieces as sound; ``None`` without a tagger."""
    tagger, grid = tagger_there(), network.grid
    if tagger is None:
        return None
    if grid is not None:
        piece = pieces_of(network.run, network.shape, grid, genres, network.likeness)
    else:
        piece = _pieces_without_grid(network, len(genres))
    return judge_sound(piece, scaling, mels, labels, genres, tagger, seed=_SEED, count=count)


def _pieces_without_grid(network: GeneratorNetwork, n_genres: int) -> Piece:
    weights, count = np.eye(n_genres, dtype=np.float32), frames_of_a_piece()

    def piece(label: int, seed: int) -> FloatArray:
        noise = draw_noise(network.shape, network.shape.steps(count), seed)
        return network.run(weights[label], noise, count)

    return piece


def _judge(bundle: Bundle) -> Judge:
    if JUDGE_NAME not in bundle.manifest.files:
        raise BundleError(bundle.path, "it has no judge to be measured by", "retrain it")
    try:
        return read_judge(judge_plan(bundle.manifest.genres), bundle.path / JUDGE_NAME)
    except (OSError, ValueError, KeyError) as error:
        raise BundleError(
            bundle.path, f"its judge cannot be used ({error})", "retrain it"
        ) from error


def _made(network: GeneratorNetwork, genres: Sequence[str], labels: Ints) -> Made:
    if network.grid is not None:
        rng = np.random.default_rng([_SEED, 505])
        asked = ask(network.shape, network.grid, genres, labels, rng, network.likeness)
        rows = [
            network.run(told, dict(zip(NOISES, noise, strict=True)), CROP_FRAMES)
            for told, *noise in zip(
                asked.inputs[0], *(v[:, None] for v in asked.inputs[1:]), strict=True
            )
        ]
        return Made(np.stack(rows), asked.tempos)
    weights = np.eye(len(genres), dtype=np.float32)
    steps = network.shape.steps(CROP_FRAMES)
    pieces = [
        network.run(weights[label], draw_noise(network.shape, steps, seed), CROP_FRAMES)
        for seed, label in enumerate(labels)
    ]
    return Made(np.stack(pieces), np.zeros(len(labels)))
