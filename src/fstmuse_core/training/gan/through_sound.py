"""A generator judged through sound: what a tagger, which had no part in its training, hears.

Spectrograms can look right and sound wrong. So pieces are made sound, as a listener gets them, and
the tagger that knows music in general listens: how far its embeddings are from those of real
music (Fréchet distance), beside real music that went the same way through our inversion (as good
as can be) and beside noise; and how often it hears the genre that was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.levels import set_loudness
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.bundle.bar_noise import Grid
from fstmuse_core.bundle.likeness import Likeness
from fstmuse_core.bundle.noise import NoiseShape
from fstmuse_core.bundle.tagger import Tagger, tagger_of_two
from fstmuse_core.generate.arrange import Run, make_piece, plan_piece
from fstmuse_core.inversion import invert_mel
from fstmuse_core.system.errors import BundleError
from fstmuse_core.training.gan.crops import Random
from fstmuse_core.training.gan.judges import frechet_distance, unscaled
from fstmuse_core.training.mels import MelArray
from fstmuse_core.training.metrics import Floats, Ints
from fstmuse_core.training.tagger_head import TAGS_OF_GENRE
from fstmuse_core.training.tagger_rows import clip_outputs

SECONDS = 12.0
PIECES_A_GENRE = 24
_ITERATIONS = 16
# Directions of the embeddings, of real music, in which distances are taken: a few hundred clips
# say nothing about more.
_DIRECTIONS = 16

Piece = Callable[[int, int], FloatArray]


def frames_of_a_piece() -> int:
    """Frames of a piece that is judged."""
    return round(SECONDS * DEFAULT_CONFIG.frames_per_second)


def tagger_there() -> Tagger | None:
    """The tagger that comes with the program; ``None`` if it is missing."""
    try:
        return Tagger(tagger_of_two())
    except BundleError:
        return None


def pieces_of(
    run: Run, shape: NoiseShape, grid: Grid, genres: Sequence[str], likeness: Likeness | None
) -> Piece:
    """Pieces of a generator on the beat grid: tempo, form and place among songs by the seed."""
    weights = np.eye(len(genres), dtype=np.float32)

    def piece(label: int, seed: int) -> FloatArray:
        place = likeness.draw(label, seed) if likeness else None
        plan = plan_piece(grid, genres[label], SECONDS, seed, place)
        return make_piece(run, shape, grid, weights[label], plan, range(frames_of_a_piece()))

    return piece


def judge_sound(
    piece: Piece,
    scaling: FeatureScaling,
    mels: Sequence[MelArray],
    labels: Ints,
    genres: Sequence[str],
    tagger: Tagger,
    *,
    seed: int,
    count: int = PIECES_A_GENRE,
    check: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Figures of a generator through sound; plain values for JSON.

    Parameters
    ----------
    piece : callable
        Given the number of a genre and a seed; scaled log-mel of :func:`frames_of_a_piece`
        frames.
    scaling : FeatureScaling
        Of the pieces.
    mels : sequence of MelArray
        Real music.
    labels : ndarray of int, shape ``(len(mels),)``
        Genres of it, by number.
    genres : sequence of str
    tagger : Tagger
    seed : int
    count : int
        Clips of each genre and kind.
    check : callable
        Called before each clip; may raise to give up.

    Returns
    -------
    dict
        ``frechet`` of ``made``, ``real`` (through inversion, other clips) and ``noise`` to real
        music through inversion; ``share``, how far from noise to real the made is;
        ``heard``, by genre, the share of made and of real clips that the tagger takes for it;
        ``clips``, how many of each kind.
    """
    rng = np.random.default_rng([seed, 707])
    wanted = np.repeat(np.unique(labels), count)
    frames = frames_of_a_piece()

    def hear(mel_of: Callable[[int, int], FloatArray]) -> tuple[Floats, Floats]:
        rows = []
        for number, label in enumerate(wanted):
            check()
            rows.append(heard_piece(mel_of(int(label), number), tagger))
        return np.stack([r[0] for r in rows]), np.stack([r[1] for r in rows])

    def real(label: int, number: int) -> FloatArray:
        return _cut(mels, labels, label, frames, rng)

    def noise(label: int, number: int) -> FloatArray:
        white = rng.standard_normal((frames, DEFAULT_CONFIG.n_mels), dtype=np.float32)
        return unscaled(white, scaling)

    reference = hear(real)
    found = {
        "made": hear(lambda label, number: unscaled(piece(label, number), scaling)),
        "real": hear(real),
        "noise": hear(noise),
    }
    project = _directions(reference[0])
    distances = {
        name: frechet_distance(project(rows[0]), project(reference[0]))
        for name, rows in found.items()
    }
    way = max(distances["noise"] - distances["real"], 1e-9)
    return {
        "frechet": distances,
        "share": float((distances["noise"] - distances["made"]) / way),
        "heard": _genres_heard(found, reference[1], wanted, genres, tagger.tags),
        "clips": len(wanted),
    }


def _cut(
    mels: Sequence[MelArray], labels: Ints, label: int, frames: int, rng: Random
) -> FloatArray:
    songs = np.flatnonzero(labels == label)
    mel = np.asarray(mels[int(songs[rng.integers(len(songs))])])
    if len(mel) < frames:
        mel = np.tile(mel, (-(-frames // len(mel)), 1))
    start = int(rng.integers(len(mel) - frames + 1))
    return mel[start : start + frames].astype(np.float32)


def heard_piece(mel: FloatArray, tagger: Tagger) -> tuple[Floats, Floats]:
    """Embedding and tags of what a spectrogram sounds like.

    Parameters
    ----------
    mel : ndarray, shape ``(frames, 128)``
        Magnitudes.
    tagger : Tagger
    """
    samples = set_loudness(invert_mel(mel, iterations=_ITERATIONS))
    outputs = clip_outputs(samples, tagger)
    if outputs is None:  # silence
        return np.zeros(tagger.n_features), np.zeros(len(tagger.tags))
    return outputs.embedding.astype(np.float64), outputs.tags.astype(np.float64)


def _directions(rows: Floats) -> Callable[[Floats], Floats]:
    """Projection onto the directions in which real music differs most, at unit variance each."""
    mean, deviation = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-6)
    scaled = (rows - mean) / deviation
    _, strengths, axes = np.linalg.svd(scaled, full_matrices=False)
    kept = axes[:_DIRECTIONS].T / np.maximum(strengths[:_DIRECTIONS], 1e-9) * np.sqrt(len(rows))
    return lambda values: np.asarray((values - mean) / deviation @ kept)


def _genres_heard(
    found: Mapping[str, tuple[Floats, Floats]],
    reference: Floats,
    wanted: Ints,
    genres: Sequence[str],
    tags: Sequence[str],
) -> dict[str, dict[str, float]]:
    """By genre, the share of made and real clips whose tags say so above all the others."""
    known = [(k, genre) for k, genre in enumerate(genres) if _columns(genre, tags)]
    if len(known) < 2:
        return {}
    # Some tags are said of everything: each is held against what it says of real music.
    middle, deviation = reference.mean(axis=0), np.maximum(reference.std(axis=0), 1e-6)

    def named(rows: Floats) -> Ints:
        scores = (rows - middle) / deviation
        by_genre = [scores[:, _columns(genre, tags)].max(axis=1) for _, genre in known]
        numbers = np.array([k for k, _ in known], dtype=np.int64)
        return np.asarray(numbers[np.argmax(by_genre, axis=0)])

    answers = {name: named(found[name][1]) for name in ("made", "real")}
    return {
        genre: {name: float((a[wanted == k] == k).mean()) for name, a in answers.items()}
        for k, genre in known
        if (wanted == k).any()
    }


def _columns(genre: str, tags: Sequence[str]) -> list[int]:
    """Places of a genre's tags, whatever their case."""
    there = [tag.casefold() for tag in tags]
    return [
        there.index(tag.casefold())
        for tag in TAGS_OF_GENRE.get(genre, ())
        if tag.casefold() in there
    ]
