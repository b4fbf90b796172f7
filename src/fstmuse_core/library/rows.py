"""Files of the library as plain tuples, and classifications as they lie in it."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from fstmuse_core.audio.key import SURE_MARGIN
from fstmuse_core.audio.tempo import SURE_STEADINESS
from fstmuse_core.classify.result import Classification, Doubt, Timeline, Verdict
from fstmuse_core.classify.traits import Group, Trait
from fstmuse_core.system.strict_json import parse_json


def said_genre(row: LibraryRow, *, min_confidence: float = 0.0) -> str | None:
    """Genre that the user gave, else the one that the model names; ``None`` if neither did.

    Parameters
    ----------
    min_confidence : float
        A model's genre that is less likely than this, from 0 to 1, does not count. What the
        user said always does.
    """
    if row.review_genre is not None:
        return row.review_genre
    if row.state is not State.DONE or not row.is_sure or row.confidence < min_confidence:
        return None
    return row.genre


# Columns of ``files`` that are read from tags.
TAG_COLUMNS = ("title", "artist", "album", "tag_genre", "year", "length", "format", "bit_rate")


def tempo_words(bpm: float | None, steadiness: float | None) -> str:
    """Tempo for people: "120", "97?" where half of the song has another, "-" for none."""
    if bpm is None:
        return "-"
    return f"{bpm:.0f}" + ("?" if (steadiness or 0.0) < SURE_STEADINESS else "")


def key_words(key: str | None, margin: float | None) -> str:
    """Key for people: "Am", "F#?" where another fits nearly as well, "-" for none."""
    if key is None:
        return "-"
    return key + ("?" if (margin or 0.0) < SURE_MARGIN else "")


class State(StrEnum):
    """State of a file, for one model."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    GONE = "gone"


class ReviewKind(StrEnum):
    """Review of an answer by the user."""

    ACCEPTED = "accepted"
    CORRECTED = "corrected"


class LibraryRow(NamedTuple):
    """A file with what one model says of it.

    Attributes
    ----------
    file_id : int
        Stays the same when the file is moved.
    path : str
    folder_id : int
        The library's folder that it lies in.
    size : int
        Bytes.
    title, artist, album, tag_genre : str
        From its tags; empty where there are none. Several genres are joined by ``"; "``.
    state : State
        Never ``WORKING`` when read from the library: who works tells that.
    genre : str or None
        The likeliest genre, also where the model is not sure; ``None`` if it holds no sound.
    confidence : float
        Its probability, from 0 to 1.
    is_sure : bool
        True if the verdict names the genre.
    doubt : str or None
        Reason it is not sure: a value of ``Doubt``.
    verdict : str
        The sentence for people; empty until it is classified.
    seconds : float
        Length of the sound; until it is classified what its header says, or 0.
    error : str or None
        Reason it failed, or is gone, in one line.
    review_genre : str or None
        Genre that the user accepted or gave.
    review : ReviewKind or None
    content : str or None
        Hash of the sound; ``None`` until it is classified.
    year, format, bit_rate
        From its tags and header: 0 and empty where they do not tell; bits a second.
    added_at : str
        Day and time when it was found, in ISO 8601.
    mood : str
        Words of the model for its mood, joined by ``", "``.
    style : str
        The same for styles and genres that are true of it too.
    bpm, steadiness, key, margin, loudness, peak, energy
        Fields of :class:`~fstmuse_core.audio.measures.Measures`; ``None`` until it is measured.
    """

    file_id: int
    path: str
    folder_id: int
    size: int
    title: str
    artist: str
    album: str
    tag_genre: str
    state: State
    genre: str | None
    confidence: float
    is_sure: bool
    doubt: str | None
    verdict: str
    seconds: float
    error: str | None
    review_genre: str | None
    review: ReviewKind | None
    content: str | None
    year: int = 0
    format: str = ""
    bit_rate: int = 0
    added_at: str = ""
    mood: str = ""
    style: str = ""
    bpm: float | None = None
    steadiness: float | None = None
    key: str | None = None
    margin: float | None = None
    loudness: float | None = None
    peak: float | None = None
    energy: float | None = None


class LibraryFolder(NamedTuple):
    """A folder that the user added; ``n_files`` counts those that are not gone."""

    folder_id: int
    path: str
    added_at: str
    n_files: int


class KnownModel(NamedTuple):
    """A model that has classified something of the library."""

    sha256: str
    name: str
    title: str
    genres: tuple[str, ...]
    n_results: int


class FileScores(NamedTuple):
    """Every genre's probability for one file, most likely first."""

    file_id: int
    path: str
    content: str
    scores: dict[str, float]


class Counts(NamedTuple):
    """Number of files in each state for one model."""

    waiting: int
    done: int
    failed: int
    skipped: int
    gone: int
    unsure: int
    reviewed: int


_SEGMENTS = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A row of ``results`` and one of ``timelines``, without their keys.

    ``scores`` holds the probabilities as a JSON list in the order of the model's genres,
    ``warnings`` a JSON list of sentences, ``traits`` one of groups, words and strengths,
    ``timeline`` packed arrays.
    """

    guess: str | None
    confidence: float
    genre: str | None
    doubt: str | None
    verdict: str
    seconds: float
    scores: str
    warnings: str
    traits: str
    timeline: bytes


def stored(answer: Classification) -> StoredAnswer:
    """Convert an answer to what the library stores: all but the activation map."""
    guess, confidence = answer.ranked()[0]
    has_sound = bool(answer.probabilities.any())
    # Nine digits bring back the very same float32.
    scores = [float(f"{p:.9g}") for p in answer.probabilities]
    return StoredAnswer(
        guess=guess if has_sound else None,
        confidence=confidence if has_sound else 0.0,
        genre=answer.verdict.genre,
        doubt=answer.verdict.doubt.value if answer.verdict.doubt else None,
        verdict=answer.verdict.sentence,
        seconds=answer.duration_s,
        scores=json.dumps(scores),
        warnings=json.dumps(answer.warnings),
        traits=json.dumps([(t.group.value, t.word, t.strength) for t in answer.traits]),
        timeline=_packed(answer.timeline),
    )


def restored(
    answer: StoredAnswer, model: str, model_sha256: str, genres: tuple[str, ...]
) -> Classification:
    """The answer again; raises ``ValueError`` if it is no sound one."""
    doubt = None if answer.doubt is None else Doubt(answer.doubt)
    scores = np.asarray(parse_json(answer.scores), dtype=np.float32)
    if scores.shape != (len(genres),):
        raise ValueError(f"{scores.shape} scores for {len(genres)} genres")
    return Classification(
        model=model,
        model_sha256=model_sha256,
        genres=genres,
        duration_s=answer.seconds,
        probabilities=scores,
        timeline=_unpacked(answer.timeline),
        verdict=Verdict(answer.genre, doubt, answer.verdict),
        warnings=tuple(parse_json(answer.warnings)),
        traits=tuple(
            Trait(Group(group), str(word), float(strength))
            for group, word, strength in parse_json(answer.traits)
        ),
    )


def _packed(timeline: Timeline) -> bytes:
    shape = timeline.probabilities.shape
    arrays = (
        timeline.start_s.astype("<f8"),
        timeline.end_s.astype("<f8"),
        timeline.probabilities.astype("<f4"),
        timeline.silent.astype("u1"),
    )
    return _SEGMENTS.pack(*shape) + b"".join(array.tobytes() for array in arrays)


def _unpacked(data: bytes) -> Timeline:
    count, n_genres = _SEGMENTS.unpack_from(data)
    at = _SEGMENTS.size
    starts = np.frombuffer(data, "<f8", count, at)
    ends = np.frombuffer(data, "<f8", count, at + 8 * count)
    probabilities = np.frombuffer(data, "<f4", count * n_genres, at + 16 * count)
    silent = np.frombuffer(data, "u1", count, at + 16 * count + 4 * count * n_genres)
    return Timeline(
        start_s=starts.astype(np.float64),
        end_s=ends.astype(np.float64),
        probabilities=probabilities.astype(np.float32).reshape(count, n_genres),
        silent=silent.astype(np.bool_),
    )
