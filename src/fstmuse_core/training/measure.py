"""Measuring a model on labelled music, through the same classifier that users use."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.classify.result import Classification
from fstmuse_core.datasets.groups import count_artists, count_unknown, lead_key
from fstmuse_core.datasets.track import Track
from fstmuse_core.system.errors import AudioError, FstMuseError
from fstmuse_core.system.isolated import IsolatedWork, unexpected
from fstmuse_core.system.significance import Comparison, paired_test
from fstmuse_core.system.wording import share_by_artist
from fstmuse_core.training import metrics
from fstmuse_core.training.metrics import Floats, Ints

_BINS = 10


@dataclass(frozen=True, eq=False)
class Answers:
    """Results of a model on each track.

    Attributes
    ----------
    tracks : tuple of Track
        Those that could be decoded.
    probabilities : ndarray of float64, shape ``(tracks, genres)``
    named : tuple of str or None
        The genre in the verdict, ``None`` for "not sure".
    set_aside : tuple of str
        A sentence for each file that could not be read, or is silent.
    """

    genres: tuple[str, ...]
    tracks: tuple[Track, ...]
    probabilities: Floats
    named: tuple[str | None, ...]
    set_aside: tuple[str, ...]


def ask(
    classifier: GenreClassifier,
    tracks: Sequence[Track],
    progress: Callable[[int, int], None],
) -> Answers:
    """Let a model classify each track, in a process of its own that a crash costs one track.

    ``progress`` is told several times a second how many are done, of how many; it may raise to
    give up.

    Raises
    ------
    FstMuseError
        If the model cannot be used, or no process can be started.
    """
    genres = classifier.bundle.manifest.genres
    classified, rows, named, set_aside = [], [], [], []
    with IsolatedWork(_Listener(classifier.bundle), _name, spawn=True) as listener:
        for before, track in enumerate(tracks):
            try:
                found = listener.result(str(track.path), partial(_tell, progress, before, tracks))
                result = _heard(found, track.path)
                classified.append(track)
                rows.append(result.probabilities.astype(np.float64))
                named.append(result.verdict.genre)
            except AudioError as error:
                set_aside.append(str(error))
            progress(before + 1, len(tracks))
    table = np.array(rows, dtype=np.float64).reshape(-1, len(genres))
    return Answers(genres, tuple(classified), table, tuple(named), tuple(set_aside))


class _Listener:
    """Classifies files in whatever process it is called in; the model is loaded there."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._classifier: GenreClassifier | None = None

    def __call__(self, path: str) -> Classification:
        if self._classifier is None:
            self._classifier = GenreClassifier(self._bundle)
        return self._classifier.classify_file(Path(path))


def _tell(
    progress: Callable[[int, int], None], done: int, tracks: Sequence[Track], _fraction: float
) -> None:
    progress(done, len(tracks))


def _name(path: str) -> str:
    return os.path.basename(path)


def _heard(result: Classification | Exception, path: Path) -> Classification:
    if isinstance(result, OSError | MemoryError):
        raise unexpected(path, result)
    if isinstance(result, Exception):
        raise result
    if not result.probabilities.any():
        raise AudioError(path, "nothing can be heard in it")
    return result


@dataclass(frozen=True, eq=False)
class Measured:
    """The clips of genres that the model knows: what they are, and the likeliest genre."""

    tracks: list[Track]
    labels: Ints
    predicted: Ints
    best: Floats
    named: list[str | None]

    @property
    def right(self) -> Any:
        """True where the likeliest genre is the right one."""
        return self.predicted == self.labels


def known_clips(answers: Answers) -> Measured:
    """The clips whose genre the model could name.

    Raises
    ------
    FstMuseError
        If there are none.
    """
    where = [i for i, track in enumerate(answers.tracks) if track.genre in answers.genres]
    if not where:
        raise FstMuseError(
            "music",
            "none of the clips that could be read is of a genre the model names",
            f"it names {', '.join(answers.genres)}",
        )
    tracks = [answers.tracks[i] for i in where]
    chances = answers.probabilities[where]
    return Measured(
        tracks,
        np.array([answers.genres.index(track.genre) for track in tracks], dtype=np.int64),
        chances.argmax(axis=1),
        chances.max(axis=1),
        [answers.named[i] for i in where],
    )


def measure(answers: Answers) -> dict[str, Any]:
    """Figures, as plain values for JSON.

    ``right`` counts songs, ``interval`` is the 95 % interval of ``accuracy`` over artists, see
    :func:`~.wording.share_by_artist`. ``ece`` is the expected calibration error, which
    has no sign; ``confidence_gap`` the mean confidence less the accuracy.
    ``accuracy``, ``macro_f1``, ``recall`` and ``confusion`` are forced choices over clips of
    the model's genres. ``named`` is the share for which the verdict names a genre,
    ``named_accuracy`` how many of those names are right; ``others`` says how often music of
    other genres is turned away with "not sure". ``of_unknown_artists`` counts clips of which
    nobody knows who plays.
    """
    known = known_clips(answers)
    genres = answers.genres
    confusion = metrics.confusion_matrix(known.labels, known.predicted, len(genres))
    recalls = dict(zip(genres, metrics.recalls(confusion), strict=True))
    names = [name for name in known.named if name is not None]
    hits = sum(n == t.genre for n, t in zip(known.named, known.tracks, strict=True))
    share = share_by_artist(known.right.tolist(), [whose(t) for t in known.tracks])
    tested = {g: [t for t in known.tracks if t.genre == g] for g in genres}
    return {
        "accuracy": float(known.right.mean()),
        "right": share.right,
        "interval": [share.low, share.high],
        "macro_f1": metrics.macro_f1(confusion),
        "recall": {g: None if np.isnan(r) else float(r) for g, r in recalls.items()},
        "songs": {genre: len(tracks) for genre, tracks in tested.items()},
        "artists": {genre: count_artists(tracks) for genre, tracks in tested.items()},
        "of_unknown_artists": count_unknown(known.tracks),
        "confusion": confusion.tolist(),
        "ece": metrics.expected_calibration_error(known.best, known.right, _BINS),
        "confidence_gap": float(known.best.mean() - known.right.mean()),
        "reliability": reliability(known.best, known.right),
        "named": len(names) / len(known.named),
        "named_accuracy": hits / len(names) if names else None,
        "others": _others(answers),
        "set_aside": list(answers.set_aside),
    }


def whose(track: Track) -> str:
    """Key of a track's artist where intervals allow for artists; empty if nobody knows."""
    return lead_key(track.artist) or track.artist_id


def reliability(best: Floats, right: Any) -> list[list[float]]:
    """Mean confidence, accuracy and number of clips in each tenth that has any."""
    index = np.minimum((best * _BINS).astype(np.int64), _BINS - 1)
    return [
        [
            float(best[index == b].mean()),
            float(right[index == b].mean()),
            int((index == b).sum()),
        ]
        for b in np.unique(index)
    ]


def _others(answers: Answers) -> dict[str, dict[str, float]]:
    rows = {}
    for genre in sorted({t.genre for t in answers.tracks} - set(answers.genres)):
        where = [i for i, track in enumerate(answers.tracks) if track.genre == genre]
        rows[genre] = {
            "songs": len(where),
            "artists": count_artists(answers.tracks[i] for i in where),
            "turned_away": sum(answers.named[i] is None for i in where) / len(where),
        }
    return rows


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
    """True for each clip, by path, that was got right; of the genres that the model names."""
    best = answers.probabilities.argmax(axis=1)
    return {
        track.path: answers.genres[i] == track.genre
        for track, i in zip(answers.tracks, best, strict=True)
        if track.genre in answers.genres
    }
