"""A head on the tagger's outputs, and what is known of it from artists that were left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.manifest import Thresholds
from fstmuse_core.bundle.tagger_head import TaggerHead
from fstmuse_core.datasets.groups import artist_or_id, connected_tracks, group_folds
from fstmuse_core.datasets.track import Track
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training import metrics
from fstmuse_core.training.metrics import Bools, Floats, Ints
from fstmuse_core.training.tagger_head import fit_tagger_head, tag_table
from fstmuse_core.training.tagger_rows import outputs_of

# Shares of the trained expert that are tried; the tags have the rest.
SHARES = (0.2, 0.35, 0.5, 0.7, 0.85, 1.0)
# A third of what the models that come along are given: accuracy in cross-validations of 40 to 470
# songs is the same within 0.5 points, in 40 % of the time.
_ITERATIONS = 100

Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class QuickData:
    """Music that a head learns from.

    Attributes
    ----------
    genres : tuple of str
    tracks : tuple of Track
    rows : ndarray of float32, shape ``(tracks, n_features + n_tags)``
    tags : tuple of str
        Names of the tagger's tags.
    sounds : mapping of Path to str
        Equal values for files of the same recording.
    """

    genres: tuple[str, ...]
    tracks: tuple[Track, ...]
    rows: FloatArray
    tags: tuple[str, ...]
    sounds: Mapping[Path, str]

    @property
    def classes(self) -> Ints:
        """Class of each track, shape ``(tracks,)``; the last is music of other genres."""
        places = {genre: number for number, genre in enumerate(self.genres)}
        found = [places.get(track.genre, len(places)) for track in self.tracks]
        return np.array(found, dtype=np.int64)

    def artists(self) -> list[str]:
        """Artist of each track; one of an unknown artist stands for itself."""
        return [artist_or_id(track) or f"nobody knows: {track.path}" for track in self.tracks]

    def fit(self, taught: Bools, share: float) -> TaggerHead:
        """Fit a head to the tracks where ``taught`` is true."""
        artists = [a for a, is_taught in zip(self.artists(), taught, strict=True) if is_taught]
        shares = (share, 1.0 - share, 0.0)
        rows, classes = self.rows[taught], self.classes[taught]
        taught_by = rows, classes, artists, self.genres, self.tags, shares
        return fit_tagger_head(*taught_by, max_iterations=_ITERATIONS)

    def shares(self) -> tuple[float, ...]:
        """Shares of the trained expert worth trying: where no genre has a tag, it has all."""
        table = tag_table(self.genres, self.tags)[: len(self.genres)]
        return SHARES if (table >= 0).any() else SHARES[-1:]

    def folds(self, n_folds: int, seed: int) -> Ints:
        """Fold of each track; artists, records and copies stay together.

        Raises
        ------
        FstMuseError
            If all of it hangs together.
        """
        groups = len(connected_tracks(self.tracks, self.sounds))
        if groups < 2:
            raise FstMuseError(
                "music",
                "all of it is by one artist, so nothing says what it is worth for others",
                "add music by other artists",
            )
        return group_folds(self.tracks, min(n_folds, groups), seed=seed, sounds=self.sounds)


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Scores of each track by heads that have not learned from its artist, for each share.

    ``logits`` has shape ``(shares, tracks, K)``, ``novelty`` ``(shares, tracks)``; ``is_tested``
    is false where the genre has no other artist to learn from.
    """

    logits: Floats
    novelty: Floats
    is_tested: Bools


def out_of_fold(data: QuickData, folds: Ints, tell: Tell = lambda _done, _total: None) -> OutOfFold:
    """Cross-validate; ``tell`` is told folds done, and folds in all."""
    shares, classes = data.shares(), data.classes
    n, n_folds = len(data.tracks), int(folds.max()) + 1
    logits = np.zeros((len(shares), n, len(data.genres)))
    novelty, is_tested = np.zeros((len(shares), n)), np.zeros(n, dtype=np.bool_)
    for fold in range(n_folds):
        here = folds == fold
        is_tested |= here & np.isin(classes, [*classes[~here], len(data.genres)])
        head = data.fit(~here, shares[0])
        outputs = outputs_of(data.rows[here], len(data.tags))
        for number, share in enumerate(shares):
            joined = with_share(head, share).join_alone(outputs)
            logits[number, here], novelty[number, here] = joined.logits, joined.novelty
        tell(fold + 1, n_folds)
    return OutOfFold(logits, novelty, is_tested)


def with_share(head: TaggerHead, share: float) -> TaggerHead:
    """The same experts with another share of the trained one, and no network."""
    return replace(head, shares=np.array([share, 1.0 - share, 0.0], dtype=np.float32))


def best_share(scores: OutOfFold, classes: Ints, chosen: Bools) -> int:
    """Place of the share that suits the tracks where ``chosen`` is true best.

    By the mean log-likelihood at its best temperature, in which a genre counts by the root of
    its songs, as when it is learned: with all genres alike, one of four songs made half of the
    others wrong, and with all songs alike it was never named. The highest share where there are
    no such tracks.
    """
    known = chosen & scores.is_tested & (classes < scores.logits.shape[2])
    if not known.any():
        return len(scores.logits) - 1
    labels = classes[known]
    weights = np.bincount(labels)[labels] ** -0.5
    values = []
    for logits in scores.logits:
        temperature = metrics.safe_temperature(logits[known], labels)
        chances = metrics.probabilities(logits[known], temperature)
        right = np.log(np.maximum(chances[np.arange(len(labels)), labels], 1e-9))
        values.append(float(weights @ right))
    return int(np.argmax(values))


@dataclass(frozen=True, eq=False)
class Judged:
    """Answers of heads that have not learned from a track's artist.

    Share, temperature and thresholds of each fold are those that the other folds suggest.

    Attributes
    ----------
    probabilities : ndarray of float64, shape ``(tracks, K)``
    is_named : ndarray of bool, shape ``(tracks,)``
        True where the verdict names the likeliest genre.
    is_tested : ndarray of bool, shape ``(tracks,)``
    """

    probabilities: Floats
    is_named: Bools
    is_tested: Bools


def judge(scores: OutOfFold, classes: Ints, folds: Ints) -> Judged:
    """Answers of the cross-validation, nothing of which was fitted to the song it is about."""
    n_genres = scores.logits.shape[2]
    chances = np.full(scores.logits.shape[1:], 1.0 / n_genres)
    is_named = np.zeros(len(classes), dtype=np.bool_)
    for fold in range(int(folds.max()) + 1):
        here = folds == fold
        settings = calibrate(scores, classes, ~here)
        place = settings.place
        chances[here] = metrics.probabilities(scores.logits[place, here], settings.temperature)
        is_known = scores.novelty[place, here] <= settings.thresholds.novelty
        is_sure = chances[here].max(axis=1) >= settings.thresholds.confidence
        is_named[here] = is_known & is_sure
    return Judged(chances, is_named, scores.is_tested)


@dataclass(frozen=True)
class Calibration:
    """Share (its place among those tried), temperature and thresholds."""

    place: int
    temperature: float
    thresholds: Thresholds


def calibrate(scores: OutOfFold, classes: Ints, chosen: Bools) -> Calibration:
    """Share, temperature and thresholds for the tracks where ``chosen`` is true."""
    place = best_share(scores, classes, chosen)
    known = chosen & scores.is_tested & (classes < scores.logits.shape[2])
    if not known.any():
        return Calibration(place, 1.0, Thresholds(novelty=float("inf"), confidence=0.0))
    temperature, thresholds = metrics.fit_calibration(
        scores.logits[place, known], scores.novelty[place, known], classes[known]
    )
    return Calibration(place, temperature, thresholds)
