"""Answers beside songs that are put into class buckets, while they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.tagger_head import TaggerHead
from fstmuse_core.datasets.buckets import BucketAnswers, Buckets, SongAnswer
from fstmuse_core.datasets.groups import connected_tracks
from fstmuse_core.datasets.track import Track
from fstmuse_core.system.wording import listed
from fstmuse_core.tags.reading import read_tags
from fstmuse_core.training.metrics import Bools, Floats, probabilities
from fstmuse_core.training.quick.copies import same_recordings, under_two_names
from fstmuse_core.training.quick.fitting import (
    QuickData,
    calibrate,
    out_of_fold,
    with_share,
)
from fstmuse_core.training.quick.rows import read_rows
from fstmuse_core.training.quick.session import FOLDS, the_tagger
from fstmuse_core.training.tagger_rows import outputs_of

_TOO_FEW = "Two classes with a song each are needed before it can answer."
_ONE_ARTIST = "All is by one artist, so it cannot be tested yet."


def answer_buckets(
    buckets: Buckets,
    questions: Sequence[str],
    tell: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> BucketAnswers:
    """Hear all songs that were not heard before, learn, and answer for each.

    Parameters
    ----------
    buckets : tuple of Bucket
    questions : sequence of str
        Paths of songs that are in no bucket.
    tell : callable
        Told songs heard, and songs in all.
    cancelled : callable

    Raises
    ------
    FstMuseError
        If the tagger is missing, or the cache cannot be written.
    """
    tagger = the_tagger()
    paths = [Path(song) for bucket in buckets for song in bucket.songs]
    asked = [Path(song) for song in questions]
    heard = read_rows([*paths, *asked], tagger.sha256, tell, cancelled)
    songs = {str(file.path): SongAnswer(fault=file.reason) for file in heard.set_aside}
    tracks = [
        _track(Path(song), bucket.name)
        for bucket in buckets
        for song in bucket.songs
        if Path(song) in heard.by_path
    ]
    rows = heard.by_path
    sounds = {}
    if tracks:
        mine = [track.path for track in tracks]
        sounds = same_recordings(mine, np.stack([rows[path] for path in mine]))
    for group in under_two_names(tracks, sounds):
        names = listed(sorted({track.genre for track in group}))
        for track in group:
            songs[str(track.path)] = SongAnswer(fault=f"the same recording is in {names}")
    tracks = [track for track in tracks if str(track.path) not in songs]
    known = {track.genre for track in tracks}
    genres = tuple(bucket.name for bucket in buckets if bucket.name in known)
    if len(genres) < 2:
        return BucketAnswers(genres, songs, note=_TOO_FEW)
    data = QuickData(
        genres, tuple(tracks), np.stack([rows[t.path] for t in tracks]), tagger.tags, sounds
    )
    found = [path for path in asked if path in rows]
    return _answered(data, found, [rows[path] for path in found], songs)


def _track(path: Path, genre: str) -> Track:
    tags = read_tags(path)
    return Track(path, genre, tags.artist, tags.title or path.stem, 1.0, album=tags.album)


def _answered(
    data: QuickData, asked: Sequence[Path], rows: Sequence[FloatArray], songs: dict[str, SongAnswer]
) -> BucketAnswers:
    everything = np.ones(len(data.tracks), dtype=np.bool_)
    share, temperature, note = data.shares()[-1], 1.0, ""
    is_tested: Bools = ~everything
    left_out: Floats = np.zeros((len(data.tracks), len(data.genres)))
    if len(connected_tracks(data.tracks, data.sounds)) > 1:
        scores = out_of_fold(data, data.folds(FOLDS, 0))
        calibration = calibrate(scores, data.classes, everything)
        share, temperature = data.shares()[calibration.place], calibration.temperature
        is_tested = scores.is_tested
        left_out = probabilities(scores.logits[calibration.place], temperature)
    else:
        note = _ONE_ARTIST
    head = with_share(data.fit(everything, share), share)
    own = _chances(head, data.rows, len(data.tags), temperature)
    for number, track in enumerate(data.tracks):
        chances = left_out[number] if is_tested[number] else own[number]
        songs[str(track.path)] = SongAnswer(tuple(chances.tolist()), bool(is_tested[number]))
    if asked:
        answers = _chances(head, np.stack(rows), len(data.tags), temperature)
        for path, chances in zip(asked, answers, strict=True):
            songs[str(path)] = SongAnswer(tuple(chances.tolist()), was_left_out=True)
    right = (left_out.argmax(axis=1) == data.classes)[is_tested]
    return BucketAnswers(data.genres, songs, int(right.sum()), int(is_tested.sum()), note)


def _chances(head: TaggerHead, rows: FloatArray, n_tags: int, temperature: float) -> Floats:
    logits = head.join_alone(outputs_of(rows, n_tags)).logits.astype(np.float64)
    return probabilities(logits, temperature)
