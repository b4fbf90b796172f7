"""Cross-validation over artists of trainings with few songs, and what chooses the head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.datasets.groups import group_folds
from fstmuse_core.datasets.track import Track
from fstmuse_core.training.cross_validation import Folded, cross_validate_head, fold
from fstmuse_core.training.data_split import Parts
from fstmuse_core.training.plan import PLANS, Hyperparameters
from fstmuse_core.training.settings import TrainSettings

PLAN = PLANS["toy-model"]
GENRES = PLAN.genres


class Table:
    """Spectrograms whose bands say the genre."""

    def __init__(self, tracks: list[Track]) -> None:
        rng = np.random.default_rng(0)
        self.usable = {track.path for track in tracks}
        self._mels = {}
        for track in tracks:
            mel = rng.gamma(1.0, 0.1, (600, 128))
            place = 40 * (GENRES.index(track.genre) if track.genre in GENRES else 2)
            mel[:, place : place + 30] += 3.0
            self._mels[track.path] = mel.astype(np.float16)

    def of(self, tracks: list[Track]) -> list[Any]:
        return [self._mels[track.path] for track in tracks]

    def sounds(self, tracks: list[Track]) -> dict[Path, str]:
        return {}


def songs(artists: int, each: int, *, album: str = "") -> list[Track]:
    return [
        Track(
            Path(f"{genre}-{artist}-{n}.wav"),
            genre,
            f"{genre} {artist}",
            f"Song {n}",
            30.0,
            album_id=album,
        )
        for genre in GENRES
        for artist in range(artists)
        for n in range(each)
    ]


def folded(tracks: list[Track], n_folds: int = 5) -> Folded | None:
    third = len(tracks) // 3
    parts = Parts(
        GENRES, tuple(tracks[:third]), tuple(tracks[third : 2 * third]), tuple(tracks[2 * third :])
    )
    table: Any = Table(tracks)
    return fold(PLAN, Hyperparameters(), parts, table, 0, n_folds)


def test_every_song_is_tested_once_by_what_has_not_heard_its_artist() -> None:
    tracks = songs(4, 2)
    data = folded(tracks)
    assert data is not None
    tested: list[int] = []
    for train, test in data.rounds():
        taught = {data.tracks[i].artist for i in train}
        assert not taught & {data.tracks[i].artist for i in test}
        assert {data.tracks[i].genre for i in train} >= {"Noise", *GENRES}
        tested += test
    assert sorted(data.tracks[i].path for i in tested) == sorted(t.path for t in tracks)


def test_the_head_is_right_about_what_bands_tell() -> None:
    data = folded(songs(4, 2))
    assert data is not None
    found = cross_validate_head(data, lambda _done, _of: None)
    assert found is not None
    assert (found["what"], found["folds"], found["songs"], found["artists"]) == ("head", 5, 24, 12)
    assert found["right"] >= 22
    assert found["interval"][0] < found["right"] / 24 <= found["interval"][1]


def test_a_genre_of_one_artist_is_not_tested() -> None:
    tracks = [t for t in songs(3, 2) if t.genre != "Folk" or t.artist == "Folk 0"]
    data = folded(tracks, 3)
    assert data is not None
    tested = [data.tracks[i].genre for _, test in data.rounds() for i in test]
    assert "Folk" not in tested
    assert len(tested) == 12


def test_one_record_cannot_be_cross_validated() -> None:
    assert folded(songs(2, 2, album="one record")) is None


def test_groups_keep_guests_and_copies_together() -> None:
    tracks = [
        Track(Path("a.wav"), "Rock", "Ana", "1", 30.0),
        Track(Path("b.wav"), "Rock", "Ana feat. Bo", "2", 30.0),
        Track(Path("c.wav"), "Rock", "Cy", "3", 30.0),
        Track(Path("d.wav"), "Rock", "Di", "3", 30.0),
    ]
    folds = group_folds(tracks, 2, sounds={Path("c.wav"): "same", Path("d.wav"): "same"})
    assert folds[0] == folds[1] != folds[2] == folds[3]


@pytest.mark.parametrize("folds", [-1, 1, 21])
def test_folds_that_make_no_sense_are_refused(folds: int) -> None:
    from fstmuse_core.system.errors import FstMuseError
    from fstmuse_core.training.settings import settings_from

    with pytest.raises(FstMuseError, match="--cross-validate"):
        settings_from({"data": ["m"], "cross_validate": folds})
    assert settings_from({"data": ["m"], "cross_validate": 5}).cross_validate == 5
    assert TrainSettings().cross_validate == 0
