"""A song that a clip is to be like: its place among songs, its genre and its tempo."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fstmuse_core.bundle.bar_noise import MAX_BPM, MIN_BPM
from fstmuse_core.bundle.bundle import LIKENESS_NAME, Bundle
from fstmuse_core.bundle.likeness import N_DIRECTIONS, likeness_tagger
from fstmuse_core.bundle.litert import read_likeness
from fstmuse_core.generate.groove import BeatWish
from fstmuse_core.system.errors import BundleError, GenerateError, one_line
from fstmuse_core.system.isolated import isolated

if TYPE_CHECKING:
    from fstmuse_core.audio.spectrogram import FloatArray

_Listen = Callable[[str], "tuple[FloatArray, float | None]"]

_FARTHEST = 3.0
_MOST_TITLE = 200
# Values of a place are kept to four digits, so that recipes stay short.
_DIGITS = 4


@dataclass(frozen=True)
class Like:
    """A song that a clip is like; part of its recipe.

    Attributes
    ----------
    song : str
        For people: the name of its file.
    place : tuple of 16 floats
        Place among the songs that the model learned from, each from -3 to 3.

    Raises
    ------
    GenerateError
        If a value is out of range.
    """

    song: str
    place: tuple[float, ...]

    def __post_init__(self) -> None:
        fits = len(self.place) == N_DIRECTIONS and all(
            math.isfinite(value) and abs(value) <= _FARTHEST for value in self.place
        )
        if not fits:
            raise GenerateError(
                "the song to be like",
                f"its place is not {N_DIRECTIONS} numbers from -3 to 3",
                "name the song's file again",
            )
        is_plain = self.song.strip() and one_line(self.song) == self.song
        if not is_plain or len(self.song) > _MOST_TITLE:
            raise GenerateError("the song to be like", "it has no plain name", "rename its file")


@dataclass(frozen=True)
class LikedSong:
    """Findings on a song that a clip is to be like.

    Attributes
    ----------
    like : Like
    genre : str
        One of the model's, whose songs lie nearest.
    bpm : float or None
        Its tempo, from 60 to 200 beats a minute; ``None`` if it has no steady beat.
    """

    like: Like
    genre: str
    bpm: float | None

    @property
    def note(self) -> str:
        """A sentence on what is not taken over; empty if nothing."""
        if self.bpm is not None:
            return ""
        return f"{self.like.song} has no steady beat, so its tempo is not taken over"

    def wish(self, beat: BeatWish, *, has_beat: bool) -> BeatWish:
        """The wish, with the song's tempo if none is named and the genre ``has_beat``."""
        if beat.bpm is None and self.bpm is not None and has_beat:
            return replace(beat, bpm=self.bpm)
        return beat


def like_song(
    bundle: Bundle,
    path: str | os.PathLike[str],
    run: Callable[[_Listen, str], tuple[FloatArray, float | None]] = isolated,
) -> LikedSong:
    """Listen to a song and find its place, genre and tempo.

    Parameters
    ----------
    bundle : Bundle
        Of a generator.
    path : str or path-like
    run : callable, optional
        Calls the work with the path, in another process unless told otherwise.

    Raises
    ------
    GenerateError
        If the model was not told of songs.
    BundleError
        If the tagger or the model's record of songs is missing or damaged.
    AudioError
        If the file cannot be read, is silent or shorter than 3 s.
    """
    tagger, likeness = check_told_of_songs(bundle), read_likeness(bundle)
    assert likeness is not None
    embedding, bpm = run(_listen(tagger), os.fspath(path))
    try:
        place = likeness.place(embedding)
    except ValueError as error:
        raise BundleError(
            bundle.path, f"its record of songs does not fit ({error})", "get the model again"
        ) from error
    name = one_line(Path(path).name)[:_MOST_TITLE]
    like = Like(name, tuple(round(float(value), _DIGITS) for value in place))
    genre = bundle.manifest.genres[likeness.nearest_genre(place)]
    return LikedSong(like, genre, bpm)


def check_told_of_songs(bundle: Bundle) -> str:
    """Hash of the tagger by which a generator was told of songs.

    Raises
    ------
    GenerateError
        If it was told of none.
    """
    tagger = likeness_tagger(bundle.manifest.architecture)
    if not tagger or LIKENESS_NAME not in bundle.manifest.files:
        raise GenerateError(
            f"the model {bundle.name}",
            "it was not told of songs as it learned, so no clip like one can be asked of it",
            "name a genre alone, or use another model",
        )
    return tagger


def _listen(tagger: str) -> _Listen:
    """Work for a file: its embedding, and its tempo where it is steady."""
    from fstmuse_core.audio.measures import measure_file
    from fstmuse_core.audio.tempo import SURE_STEADINESS
    from fstmuse_core.classify.tagger_session import EmbeddingTask

    embedding_of = EmbeddingTask(tagger)

    def listen(path: str) -> tuple[FloatArray, float | None]:
        embedding = embedding_of(path)
        found = measure_file(path)
        is_steady = found.steadiness is not None and found.steadiness >= SURE_STEADINESS
        return embedding, _folded(found.bpm) if found.bpm and is_steady else None

    return listen


def _folded(bpm: float) -> float:
    """A tempo that can be asked for, an octave away at need."""
    while bpm < MIN_BPM:
        bpm *= 2.0
    while bpm > MAX_BPM:
        bpm /= 2.0
    return round(bpm, 1)
