"""The answer: plain frozen results that the window, the command line and tests share."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.traits import Trait, by_group

if TYPE_CHECKING:
    from fstmuse_core.audio.measures import Measures

# Which way of answering a result stands for, beside its model: a change of the answer for the
# same sound and model, such as another rule for the verdict, needs another name here.
SETTINGS = "whole file, 1"


class Doubt(StrEnum):
    """Reason a verdict is "not sure"."""

    SILENCE = "silence"
    TOO_SHORT = "too_short"
    CLIPPED = "clipped"
    SPEECH = "speech_like"
    UNFAMILIAR = "unlike_training_music"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Verdict on a clip, in words.

    Attributes
    ----------
    genre : str or None
        The genre named; ``None`` when not sure.
    doubt : Doubt or None
        Reason it is not sure; ``None`` when a genre is named. A string too: "silence",
        "too_short", "clipped", "speech_like", "unlike_training_music" or "undecided".
    sentence : str
        One sentence for people, such as "Rock, 84 % sure."

    Examples
    --------
    >>> Verdict("Rock", None, "Rock, 84 % sure.").genre
    'Rock'
    """

    genre: str | None
    doubt: Doubt | None
    sentence: str

    @property
    def is_sure(self) -> bool:
        """True if a genre is named.

        Examples
        --------
        >>> GenreClassifier.load("fst-muse").classify_samples(np.zeros(90_000)).verdict.is_sure
        False
        """
        return self.genre is not None


@dataclass(frozen=True, eq=False)
class Timeline:
    """Probabilities segment by segment.

    Attributes
    ----------
    start_s, end_s : ndarray of float64, shape ``(n,)``
        Seconds from the start of the clip; segments overlap.
    probabilities : ndarray of float32, shape ``(n, n_genres)``
        Rows sum to 1.
    silent : ndarray of bool, shape ``(n,)``
        Segments too quiet to count.

    Examples
    --------
    >>> timeline = GenreClassifier.load("fst-muse").classify_file("song.wav").timeline
    >>> bool((timeline.end_s > timeline.start_s).all())
    True
    >>> timeline.probabilities.shape[0] == len(timeline)
    True
    """

    start_s: npt.NDArray[np.float64]
    end_s: npt.NDArray[np.float64]
    probabilities: FloatArray
    silent: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.start_s.size)


@dataclass(frozen=True, eq=False)
class ActivationMap:
    """Contributions to each genre's score in time and frequency.

    Attributes
    ----------
    values : ndarray of float16, shape ``(n_genres, n_columns, n_rows)``
        Contribution to the genre's score: positive spoke for it, negative against it.
        Column 0 is the start of the clip, row 0 the lowest frequencies.
    seconds_per_column : float
        Width of a column.
    row_edges_hz : ndarray of float64, shape ``(n_rows + 1,)``
        Frequency limits of the rows; rows are equally wide on the mel axis.
    share : float
        Weight of the network, whose map it is, in the answer; the rest is a tagger's, which
        hears three seconds as a whole.

    Examples
    --------
    >>> classifier = GenreClassifier.load("fst-muse")
    >>> result = classifier.classify_file("song.wav", with_activation=True)
    >>> result.activation.values.shape[0] == len(result.genres)
    True
    >>> result.activation.row_edges_hz.size == result.activation.values.shape[2] + 1
    True
    """

    values: npt.NDArray[np.float16]
    seconds_per_column: float
    row_edges_hz: npt.NDArray[np.float64]
    share: float = 1.0


@dataclass(frozen=True, eq=False)
class Tagged:
    """Tags and embedding of a clip by a pre-trained tagger.

    Attributes
    ----------
    tagger_sha256 : str
        Hash of the tagger's bundle.
    names : tuple of str
    logits : ndarray of float32, shape ``(n_tags,)``
        One for each name; several tags may be true at once.
    embedding : ndarray of float32, shape ``(n_features,)``
        The same clip for machines: clips that sound alike lie near each other.

    Examples
    --------
    >>> tagged = GenreClassifier.load("fst-muse").classify_file("song.wav").tagged
    >>> tagged.logits.shape == (len(tagged.names),), tagged.embedding.ndim
    (True, 1)
    """

    tagger_sha256: str
    names: tuple[str, ...]
    logits: FloatArray
    embedding: FloatArray

    def ranked(self) -> list[tuple[str, float]]:
        """Tags with their chances from 0 to 1, highest first.

        Examples
        --------
        >>> tagged = GenreClassifier.load("fst-muse").classify_file("song.wav").tagged
        >>> tag, chance = tagged.ranked()[0]
        >>> tag in tagged.names, 0.0 < chance < 1.0
        (True, True)
        """
        chances = 1.0 / (1.0 + np.exp(-self.logits.astype(np.float64)))
        order = np.argsort(-chances, kind="stable")
        return [(self.names[i], float(chances[i])) for i in order]


@dataclass(frozen=True, eq=False)
class Classification:
    """Everything a model says about one clip.

    Attributes
    ----------
    model, model_sha256 : str
        Name and hash of the model.
    genres : tuple of str
    duration_s : float
        Length of the sound in seconds.
    probabilities : ndarray of float32, shape ``(n_genres,)``
        In the order of ``genres``; they sum to 1. All zeros when there is no answer (silence,
        too short).
    timeline : Timeline
        The same segment by segment.
    verdict : Verdict
        The answer in words.
    warnings : tuple of str
        Sentences about the sound and its file.
    activation : ActivationMap or None
        ``None`` unless asked for, and of a model that has none.
    no_map : str
        Reason there is no map though it was asked for; else empty.
    tagged : Tagged or None
        Tags and embedding; ``None`` unless the model stands on a tagger.
    traits : tuple of Trait
        Style, mood, era, voice and instruments; none unless the model stands on a tagger.
    sound : str
        SHA-256 of the file's sound without its tags; empty unless asked for.
    measures : Measures or None
        Tempo, key, loudness and energy; ``None`` unless asked for.

    Examples
    --------
    >>> result = GenreClassifier.load("fst-muse").classify_file("song.wav")
    >>> result.duration_s, round(float(result.probabilities.sum()), 4)
    (10.0, 1.0)
    """

    model: str
    model_sha256: str
    genres: tuple[str, ...]
    duration_s: float
    probabilities: FloatArray
    timeline: Timeline
    verdict: Verdict
    warnings: tuple[str, ...] = ()
    activation: ActivationMap | None = field(default=None, repr=False)
    no_map: str = ""
    tagged: Tagged | None = field(default=None, repr=False)
    traits: tuple[Trait, ...] = ()
    sound: str = ""
    measures: Measures | None = None

    def ranked(self) -> list[tuple[str, float]]:
        """Genres with their probabilities, most likely first; ties keep the model's order.

        Examples
        --------
        >>> result = GenreClassifier.load("fst-muse").classify_file("song.wav")
        >>> dict(result.ranked()).keys() == set(result.genres)
        True
        """
        order = np.argsort(-self.probabilities, kind="stable")
        return [(self.genres[i], float(self.probabilities[i])) for i in order]

    def to_dict(self, *, timeline: bool = False) -> dict[str, Any]:
        """Plain values for JSON, probabilities rounded to five digits.

        With ``sound`` and ``settings``, which stand there where the sound is known, such a line
        of a file's results enters a library: see ``fstmuse library import``.

        Parameters
        ----------
        timeline : bool, optional
            With ``segments`` too.

        Examples
        --------
        >>> result = GenreClassifier.load("fst-muse").classify_file("song.wav")
        >>> values = result.to_dict()
        >>> values["model"], values["duration_s"], "segments" in values
        ('fst-muse', 10.0, False)
        """
        result: dict[str, Any] = {
            "model": self.model,
            "model_sha256": self.model_sha256,
            "duration_s": round(self.duration_s, 3),
            "verdict": self.verdict.sentence,
            "genre": self.verdict.genre,
            "not_sure_because": self.verdict.doubt.value if self.verdict.doubt else None,
            "probabilities": {name: round(p, 5) for name, p in self.ranked()},
            "warnings": list(self.warnings),
        }
        if self.traits:
            result["traits"] = by_group(self.traits)
        if self.measures:
            result["measures"] = self.measures.to_dict()
        if self.sound:
            result |= {"sound": self.sound, "settings": SETTINGS}
        if timeline:
            result["segments"] = [self._segment(index) for index in range(len(self.timeline))]
        return result

    def _segment(self, index: int) -> dict[str, Any]:
        row = self.timeline.probabilities[index]
        silent = {"silent": True} if self.timeline.silent[index] else {}
        return {
            "start_s": round(float(self.timeline.start_s[index]), 3),
            "end_s": round(float(self.timeline.end_s[index]), 3),
            **silent,
            "probabilities": {
                name: round(float(p), 5) for name, p in zip(self.genres, row, strict=True)
            },
        }
