"""A training without Keras, from start to end; and of class buckets, beside the window."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.tagger import Tagger, installed_tagger
from fstmuse_core.bundle.tagger_head import TaggerHead
from fstmuse_core.datasets.buckets import BucketAnswers, Buckets, SongAnswer
from fstmuse_core.datasets.corrections.store import TITLE as CORRECTED
from fstmuse_core.datasets.groups import (
    artist_or_id,
    connected_tracks,
    count_artists,
    count_unknown,
)
from fstmuse_core.datasets.track import Track
from fstmuse_core.runs.events import Done, Started
from fstmuse_core.runs.store import RUN_FILE, write_json
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.wording import listed
from fstmuse_core.tags.reading import read_tags
from fstmuse_core.training.control import Control
from fstmuse_core.training.data_split import Parts, choose_genres, left_out
from fstmuse_core.training.events import Events
from fstmuse_core.training.metrics import Bools, Floats, probabilities
from fstmuse_core.training.preparation import Preparation, commonest_reason, record_of
from fstmuse_core.training.quick.fitting import (
    QuickData,
    calibrate,
    judge,
    out_of_fold,
    with_share,
)
from fstmuse_core.training.quick.packaging import QuickResult, package_quick
from fstmuse_core.training.quick.rows import read_rows, same_recordings, under_two_names
from fstmuse_core.training.settings import TrainSettings
from fstmuse_core.training.tagger_rows import outputs_of

FOLDS = 5
# As many as a model from a file may have; of a thousand folders most are no genres.
MOST_GENRES = 64
_SECONDS = "seconds"
_KEPT_EVERY_S = 2.0
# Fewer songs are learned from, and said.
_A_BEGINNING = 10


@dataclass(frozen=True, eq=False)
class _Chosen:
    data: QuickData
    set_aside: tuple[str, ...]


def train_quick(
    settings: TrainSettings,
    folder: Path,
    preparation: Preparation,
    events: Events,
    control: Control,
    begun: float,
    record: Mapping[str, Any],
) -> Done:
    """Learn a head, judge it by cross-validation, write the bundle; return the last event.

    Parameters
    ----------
    folder : Path
        Of the run.
    begun : float
        Time at which the command began, on the monotonic clock.
    record : mapping
        Record of the run that is gone on with; empty for a new one.

    Raises
    ------
    FstMuseError
        If the music is too little or cannot be told apart, or the tagger is missing.
    """
    tagger = the_tagger()
    clock = _Clock(folder, begun, dict(record or record_of(settings, None, [])))
    chosen = _choose(settings, preparation, events, control, tagger, clock)
    data = chosen.data
    parts = Parts(data.genres, data.tracks, (), ())
    clock.keep(record_of(settings, parts, preparation.warnings))
    folds = data.folds(settings.cross_validate or FOLDS, settings.seed)
    for sentence in thin_classes(data):
        preparation.warn(sentence)
    known = [track for track in data.tracks if track.genre in data.genres]
    events.emit(_started(settings, folder, data.genres, known))

    def tell(done: int, total: int) -> None:
        control.check()
        clock.tick()
        events.preparing("folds", done, total)

    scores = out_of_fold(data, folds, tell)
    if not (scores.is_tested & (data.classes < len(data.genres))).any():
        raise FstMuseError(
            "music",
            "no genre has two artists, so nothing says what it is worth for others",
            "add music by other artists to one genre at least",
        )
    everything = np.ones(len(data.tracks), dtype=np.bool_)
    calibration = calibrate(scores, data.classes, everything)
    share = data.shares()[calibration.place]
    result = QuickResult(
        settings=settings,
        data=data,
        folds=folds,
        judged=judge(scores, data.classes, folds),
        head=with_share(data.fit(everything, share), share),
        calibration=calibration,
        share=share,
        tagger=tagger.sha256,
        warnings=tuple(preparation.warnings),
        set_aside=chosen.set_aside,
        seconds=clock.seconds,
    )
    control.check()
    return package_quick(result, folder, events.warn)


class _Clock:
    """Time that a training has taken over all its starts, kept in the record of the run."""

    def __init__(self, folder: Path, begun: float, record: dict[str, Any]) -> None:
        self._folder, self._begun, self._record = folder, begun, record
        self._earlier_s = 0.0
        # A record that has been tampered with costs the time, not the training.
        earlier = record.get(_SECONDS)
        if isinstance(earlier, float) and 0.0 <= earlier < math.inf:
            self._earlier_s = earlier
        self._kept_at = begun

    @property
    def seconds(self) -> float:
        return self._earlier_s + time.monotonic() - self._begun

    def keep(self, record: Mapping[str, Any] | None = None) -> None:
        """Write the time into the record, which is another from now on if one is given."""
        self._record = {**(record or self._record), _SECONDS: self.seconds}
        write_json(self._folder / RUN_FILE, self._record)
        self._kept_at = time.monotonic()

    def tick(self) -> None:
        """Write it now and then: whatever ends the process, little of it is lost."""
        if time.monotonic() - self._kept_at >= _KEPT_EVERY_S:
            self.keep()


def the_tagger() -> Tagger:
    """The tagger that comes with the program; raises ``BundleError`` if it is missing."""
    return Tagger(installed_tagger())


def _choose(
    settings: TrainSettings,
    preparation: Preparation,
    events: Events,
    control: Control,
    tagger: Tagger,
    clock: _Clock,
) -> _Chosen:
    def tell(done: int, total: int) -> None:
        clock.tick()
        events.preparing("features", done, total)

    tracks = preparation.undisputed(settings, preparation.tracks(settings))
    wanted = _few_enough(choose_genres(settings, tracks))
    found = read_rows(
        [track.path for track in tracks],
        tagger.sha256,
        tell,
        lambda: control.stopped,
        named={track.path for track in tracks if track.collection == CORRECTED},
    )
    control.check_start()
    preparation.warn_about(found.set_aside)
    usable = [track for track in tracks if track.path in found.by_path]
    if not usable:
        raise FstMuseError(
            "music",
            f"none of its {len(tracks)} files can be used",
            commonest_reason(found.set_aside),
        )
    rows = found.by_path
    sounds = same_recordings(list(rows), np.stack(list(rows.values())))
    usable = _of_one_mind(usable, sounds, preparation)
    genres = choose_genres(settings, usable)
    for sentence in left_out(settings, usable, genres):
        preparation.warn(sentence)
    if lost := [genre for genre in wanted if genre not in genres]:
        preparation.warn(f"all music of {', '.join(lost)} was set aside, so it is not learned")
    data = QuickData(
        genres,
        tuple(usable),
        np.stack([rows[track.path] for track in usable]),
        tagger.tags,
        sounds,
    )
    set_aside = tuple(f"{file.path.name}: {file.reason}" for file in found.set_aside)
    return _Chosen(data, set_aside)


def _few_enough(genres: tuple[str, ...]) -> tuple[str, ...]:
    if len(genres) > MOST_GENRES:
        raise FstMuseError(
            "music",
            f"it has {len(genres)} genres, {listed(genres, 3)}",
            f"{MOST_GENRES} at most can be learned: choose some with --genres",
        )
    return genres


def _of_one_mind(
    tracks: Sequence[Track], sounds: dict[Path, str], preparation: Preparation
) -> list[Track]:
    """The tracks without recordings that stand in two genres, which are said."""
    torn = under_two_names(tracks, sounds)
    if not torn:
        return list(tracks)
    shown = [
        f"{group[0].path.name} is in {listed(sorted({track.genre for track in group}))}"
        for group in torn
    ]
    preparation.warn(
        f"{listed(shown, 3)}: the same recording cannot be both, so it is left out; "
        "leave it in one of them"
    )
    gone = {id(track) for group in torn for track in group}
    return [track for track in tracks if id(track) not in gone]


def thin_classes(data: QuickData) -> list[str]:
    """Sentences on genres of which there is too little to say how well they are told."""
    said = []
    for genre in data.genres:
        mine = [track for track in data.tracks if track.genre == genre]
        artists = Counter(artist_or_id(track) or str(track.path) for track in mine)
        if len(mine) == 1:
            said.append(
                f"{genre} has one song: it is learned from and cannot be tested; ten songs by "
                "several artists are a beginning"
            )
        elif len(artists) == 1:
            said.append(
                f"all {len(mine)} songs of {genre} are by {mine[0].artist or 'one artist'}: it may "
                "learn the artist instead, and cannot be tested; add other artists"
            )
    few = [
        f"{genre} ({count})"
        for genre, count in Counter(track.genre for track in data.tracks).items()
        if genre in data.genres and 1 < count < _A_BEGINNING
    ]
    if few:
        said.append(f"there are few songs of {listed(few)}: ten of each are a beginning")
    return said


def _started(
    settings: TrainSettings, folder: Path, genres: tuple[str, ...], known: Sequence[Track]
) -> Started:
    return Started(
        run=folder.name,
        folder=str(folder),
        model=settings.model,
        design=settings.design,
        genres=genres,
        clips={"train": len(known), "validation": 0, "test": len(known)},
        artists={"train": count_artists(known), "validation": 0, "test": count_artists(known)},
        of_unknown_artists={
            "train": count_unknown(known),
            "validation": 0,
            "test": count_unknown(known),
        },
        epochs=1,
        resumed_from_epoch=0,
        steps_per_epoch=1,
        seed=settings.seed,
        backend="tagger",
    )


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
