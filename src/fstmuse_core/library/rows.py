"""What the library says of its files: plain tuples, read fifty thousand at a time."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """How far a file is, for one model."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    GONE = "gone"


class ReviewKind(StrEnum):
    """What the user said of an answer."""

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
        From its tags, read when it is heard; empty where there are none. Several genres are
        joined by ``"; "``.
    state : State
        Never ``WORKING`` when read from the library: who works tells that.
    genre : str or None
        The likeliest genre, also where the model is not sure; ``None`` if nothing was heard.
    confidence : float
        Its probability, from 0 to 1.
    is_sure : bool
        Whether the verdict names the genre.
    doubt : str or None
        Why it is not sure: a value of ``Doubt``.
    verdict : str
        The sentence for people; empty until it is heard.
    seconds : float
        Length of the sound; 0 until it is heard.
    error : str or None
        Why it failed, or is gone, in one line.
    review_genre : str or None
        What the user accepted or said it is.
    review : ReviewKind or None
    content : str or None
        Hash of the sound; ``None`` until it is heard.
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


class LibraryFolder(NamedTuple):
    """A folder that the user added; ``n_files`` counts those that are not gone."""

    folder_id: int
    path: str
    added_at: str
    n_files: int


class HeardModel(NamedTuple):
    """A model that has heard something of the library."""

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
    """How many files are in which state for one model."""

    waiting: int
    done: int
    failed: int
    skipped: int
    gone: int
    unsure: int
    reviewed: int
