"""A classification as it lies in the library, and back."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

import numpy as np

from fstmuse_core.classification import Classification, Doubt, Timeline, Verdict
from fstmuse_core.strict_json import parse_json

# Which way of answering a result stands for, beside its model: a change of the answer for the
# same sound and model, such as another rule for the verdict, needs another name here.
SETTINGS = "whole file, 1"
_SEGMENTS = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A row of ``results`` and one of ``timelines``, without their keys.

    ``scores`` holds the probabilities as a JSON list in the order of the model's genres,
    ``warnings`` a JSON list of sentences, ``timeline`` packed arrays.
    """

    guess: str | None
    confidence: float
    genre: str | None
    doubt: str | None
    verdict: str
    seconds: float
    scores: str
    warnings: str
    timeline: bytes


def stored(answer: Classification) -> StoredAnswer:
    """What the library keeps of an answer: all but the activation map."""
    guess, confidence = answer.ranked()[0]
    heard = bool(answer.probabilities.any())
    # Nine digits bring back the very same float32.
    scores = [float(f"{p:.9g}") for p in answer.probabilities]
    return StoredAnswer(
        guess=guess if heard else None,
        confidence=confidence if heard else 0.0,
        genre=answer.verdict.genre,
        doubt=answer.verdict.doubt.value if answer.verdict.doubt else None,
        verdict=answer.verdict.sentence,
        seconds=answer.duration_s,
        scores=json.dumps(scores),
        warnings=json.dumps(answer.warnings),
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
